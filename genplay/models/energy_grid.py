"""An energy on a grid of the plane: log Z = log ∫ exp(−E(x)) dx by the midpoint rule, and samples by inverting sums.

A grid is trusted when two things hold. Its four sub-lattices of double spacing agree: the midpoint rule's error falls
like exp(−c/h²) for a smooth density, so the whole lattice is then far more exact than they are. And its outer ring holds
next to nothing; else the box grows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genplay.errors import Failure
from genplay.spaces.plane import Box, Grid

__all__ = ["EnergyGrid", "settled_grid"]

Array = NDArray[np.float64]

AGREEMENT = 0.002
"""Largest relative difference between the sub-lattices' sums. The lattice itself is then good to about its 4th power."""
FEWEST_CELLS = 8
"""A mass that sits in effectively fewer cells, (Σ m)² / Σ m², is too sharp for the grid, whatever its sub-lattices say."""
OUTSIDE = 1e-7
"""Largest share of the mass in the outer ring of cells."""
MOST_CELLS = 1024
MOST_BOX = 50.0


@dataclass(frozen=True)
class EnergyGrid:
    """exp(−E) on a grid, divided by its largest value: ``mass`` (n, n), indexed [row y, column x].

    ``trouble`` says why the grid cannot be trusted, '' where it can.
    """

    grid: Grid
    mass: Array
    log_z: float
    trouble: str = ""

    def crop(self, share: float) -> Box:
        """The smallest box of cells outside which no row or column holds more than this share of the mass."""
        total = self.mass.sum()
        columns = np.flatnonzero(self.mass.sum(axis=0) > share * total)
        rows = np.flatnonzero(self.mass.sum(axis=1) > share * total)
        box, step = self.grid.box, self.grid.box.width / self.grid.n
        return Box(
            box.x0 + step * columns[0], box.x0 + step * (columns[-1] + 1),
            box.y0 + step * rows[0], box.y0 + step * (rows[-1] + 1),
        )  # fmt: skip

    def invert(self, u: Array) -> Array:
        """Points (n, 2) from uniforms (n, 2): the first finds y by the sums of rows, the second x within the row."""
        n, box = self.grid.n, self.grid.box
        rows = _cumulative(self.mass.sum(axis=1))
        y, row = _place(rows, u[:, 0])
        columns = np.cumsum(self.mass, axis=1)
        if not (np.isfinite(columns).all() and columns[:, -1].sum() > 0):
            raise Failure(
                "The energy has no finite integral any more: lower the learning rate, then train on."
            )
        # A row without mass is never chosen.
        columns /= np.where(columns[:, -1:] > 0, columns[:, -1:], 1.0)
        # Row r's sums shifted by r make one rising table for all rows: one search serves every point.
        flat = (columns + np.arange(n)[:, None]).ravel()
        at = np.minimum(np.searchsorted(flat, row + u[:, 1]), row * n + n - 1)
        column = at - row * n
        before = np.where(column > 0, flat[at - 1] - row, 0.0)
        width = np.maximum(flat[at] - row - before, 1e-300)
        x = column + np.clip((u[:, 1] - before) / width, 0.0, 1.0)
        return np.stack([box.x0 + box.width * x / n, box.y0 + box.height * y / n], axis=1)


def _cumulative(mass: Array) -> Array:
    total = np.concatenate([[0.0], np.cumsum(mass)])
    return np.asarray(total / total[-1])


def _place(cumulative: Array, u: Array) -> tuple[Array, NDArray[np.int64]]:
    """Where u falls among cumulative sums (n + 1,), in cells, and the cell's number."""
    cell = np.clip(np.searchsorted(cumulative, u, side="right") - 1, 0, len(cumulative) - 2)
    width = np.maximum(cumulative[cell + 1] - cumulative[cell], 1e-300)
    inside = np.clip((u - cumulative[cell]) / width, 0.0, 1.0)
    return cell.astype(np.float64) + inside, cell.astype(np.int64)


def energy_grid(energy: Callable[[Array], Array], grid: Grid) -> EnergyGrid:
    """One grid, energy: (m, 2) → (m,) in float64."""
    values = energy(grid.points()).reshape(grid.n, grid.n)
    least = float(values.min())
    mass = np.exp(least - values)
    return EnergyGrid(grid, mass, float(np.log(mass.sum() * grid.cell_area) - least))


def settled_grid(energy: Callable[[Array], Array], start: Grid) -> EnergyGrid:
    """The first grid that can be trusted: from ``start`` the box grows by half and the cells are halved as needed."""
    found = energy_grid(energy, start)
    while True:
        mass, grid = found.mass, found.grid
        total = mass.sum()
        outer = total - mass[1:-1, 1:-1].sum()
        parts = [4 * mass[i::2, j::2].sum() / total for i in (0, 1) for j in (0, 1)]
        smooth = max(parts) - min(parts) < AGREEMENT and total**2 > FEWEST_CELLS * np.square(mass).sum()
        fine = smooth or grid.n >= MOST_CELLS
        wide = outer / total < OUTSIDE or grid.box.width > MOST_BOX * start.box.width
        if wide and fine:
            trouble = []
            if outer / total >= OUTSIDE:
                trouble.append(f"{outer / total:.1g} of the mass lies on the border of the largest box")
            if not smooth:
                trouble.append("the energy is too sharp for the finest grid")
            return replace(found, trouble="; ".join(trouble))
        box = grid.box if wide else grid.box.grown(1.5)
        n = min(MOST_CELLS, grid.n * 2 if wide else 2 * round(grid.n * 0.75))
        found = energy_grid(energy, Grid(box, n))
