"""The plane: boxes, and grids for the midpoint rule ∫ f(x) dx ≈ Σ f(centre) · area.

The midpoint rule on a smooth density that vanishes at the border converges faster than any power of the cell size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOME", "Box", "Grid"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle [x0, x1] × [y0, y1]."""

    x0: float
    x1: float
    y0: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x1 > self.x0 and self.y1 > self.y0):
            raise ValueError(f"an empty box: {self}")

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    def grown(self, factor: float) -> Box:
        """The box scaled about its centre."""
        cx, cy = (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2
        w, h = self.width * factor / 2, self.height * factor / 2
        return Box(cx - w, cx + w, cy - h, cy + h)

    def contains(self, x: Array) -> NDArray[np.bool_]:
        """Which rows of x (n, 2) lie inside."""
        return (x[:, 0] >= self.x0) & (x[:, 0] <= self.x1) & (x[:, 1] >= self.y0) & (x[:, 1] <= self.y1)

    @staticmethod
    def around(x: Array, margin: float = 0.15) -> Box:
        """The smallest square that holds the rows of x (n, 2), with a margin on each side."""
        low, high = x.min(axis=0), x.max(axis=0)
        centre = (low + high) / 2
        half = max(float((high - low).max()) / 2, 1e-6) * (1 + 2 * margin)
        return Box(centre[0] - half, centre[0] + half, centre[1] - half, centre[1] + half)


HOME = Box(-2.0, 2.0, -2.0, 2.0)
"""Where every preset of the plane lives, and what the stage shows at first."""


@dataclass(frozen=True, slots=True)
class Grid:
    """n × n cell centres of a box; values on it are arrays (n, n) indexed [row y, column x]."""

    box: Box
    n: int

    @property
    def xs(self) -> Array:
        step = self.box.width / self.n
        return self.box.x0 + step * (np.arange(self.n, dtype=np.float64) + 0.5)

    @property
    def ys(self) -> Array:
        step = self.box.height / self.n
        return self.box.y0 + step * (np.arange(self.n, dtype=np.float64) + 0.5)

    @property
    def cell_area(self) -> float:
        return self.box.area / self.n**2

    def points(self) -> Array:
        """All centres (n², 2), x running fastest."""
        gx, gy = np.meshgrid(self.xs, self.ys)
        return np.stack([gx.ravel(), gy.ravel()], axis=1)
