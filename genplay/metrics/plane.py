"""Divergences on the plane by quadrature: log p and log q on one common grid, made finer until nothing changes.

The grid is refined from 256 to 1,024 cells a side, or less far where a density is costly; the box grows until it holds
both laws. What two resolutions do not agree on within a hundredth of a nat is called an estimate, with their
disagreement as its error. Where more than 1e-4 of a mass was not found, however far the box grew, the method says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.datasets.base import Labels, Law
from genplay.metrics.density import log_prob, log_prob_on_grid
from genplay.metrics.sums import DIVERGENCES, DivergenceSums
from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity
from genplay.quantity import Kind, Quantity
from genplay.spaces.plane import Box, Grid

__all__ = ["over_the_plane", "seconds_a_point"]

Array = NDArray[np.float64]

RESOLUTIONS = (32, 64, 128, 256, 512, 1024)
FIRST = 256
SETTLED = 1e-3
AGREED = 1e-2
MASS_TOLERANCE = 1e-3
NEGLIGIBLE = 1e-6
LEAST_LOG_MASS = -32.0
"""A cell with less mass than e to this, 1e-14, counts for nothing even where log q is −1,000."""
OUTSIDE = MASS_TOLERANCE / 10
"""So much of a law's mass may lie outside of the box."""
MOST_GROWTH = 12
PATIENCE, COSTLY = 2, 1.0
LAW_CHUNK = 1 << 15
CHECKED = 20_000


@runtime_checkable
class LawWithNodes(Protocol):
    """A law that knows where its mass is, and gives nodes (m, 2) and weights (m,) fine enough for its density."""

    def log_prob(self, x: Array) -> Array: ...

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]: ...

    def quadrature(self, box: Box) -> tuple[Array, Array]: ...


@dataclass(frozen=True)
class _Look:
    """The sums on one grid, and what the law and the model weigh there."""

    grid: Grid
    sums: DivergenceSums

    @property
    def off(self) -> float:
        return max(abs(self.sums.mass_p - 1), abs(self.sums.mass_q - 1))


def over_the_plane(
    law: Law,
    model: HasDensity,
    device: torch.device,
    box: Box,
    names: tuple[str, ...] = DIVERGENCES,
    *,
    budget: float = 20.0,
    seed: int = 0,
    watch: Watch | None = None,
) -> dict[str, Quantity]:
    """Divergences of the model q from the law p. ``budget``: about so many seconds may go into the model's density."""
    watch = watch or Watch()
    per_point = seconds_a_point(model, device, box)
    fitting = [n for n in RESOLUTIONS if n * n * per_point < budget / 2] or [RESOLUTIONS[0]]
    first = min(FIRST, fitting[max(0, len(fitting) - 2)])

    def look(grid: Grid) -> _Look:
        watch.at(0.9 * (grid.n / fitting[-1]) ** 2, f"both densities on a grid of {grid.n} × {grid.n}")
        sums = DivergenceSums(names, negligible=NEGLIGIBLE)
        log_p = _law_on(law, grid.points())
        log_q = log_prob_on_grid(model, grid, device).ravel()
        # What the fast way calls 0 may only be too small for it; where the law has mass, a KL would be infinite by mistake.
        lost = np.isneginf(log_q) & (log_p + np.log(grid.cell_area) > LEAST_LOG_MASS)
        if lost.any():
            log_q[lost] = log_prob(model, grid.points()[lost], device)
        sums.add(log_p, log_q, grid.cell_area)
        return _Look(grid, sums)

    now = _grown(look, look(Grid(box, first)), fitting[-1])
    change = dict.fromkeys(names, np.inf)
    while 2 * now.grid.n <= fitting[-1]:
        before, now = now, look(Grid(now.grid.box, 2 * now.grid.n))
        change = {name: _change(before, now, name) for name in names}
        if max(change.values()) < SETTLED and now.off < MASS_TOLERANCE:
            break
    if np.inf in change.values():
        coarser = look(Grid(now.grid.box, now.grid.n // 2))
        change = {name: _change(coarser, now, name) for name in names}
    found = {name: _quantity(now, name, change[name]) for name in names}
    if "kl" in names and isinstance(law, LawWithNodes) and abs(now.sums.mass_p - 1) >= MASS_TOLERANCE:
        found["kl"] = _kl_on_nodes(law, model, device, now, seed, watch)
    return found


def seconds_a_point(model: HasDensity, device: torch.device, box: Box) -> float:
    """Seconds a point, measured on 256 points, or on 4,096 where that is quick enough to say little.

    On the CPU it is the thread's own time: how fine a grid is must not depend on what else the machine does.
    """
    clock = time.thread_time if device.type == "cpu" else time.perf_counter
    log_prob_on_grid(model, Grid(box, 4), device)
    for n in (16, 64):
        began = clock()
        log_prob_on_grid(model, Grid(box, n), device)
        seconds = clock() - began
        if seconds > 0.1:
            break
    return seconds / n**2


def _law_on(law: Law | LawWithNodes, points: Array) -> Array:
    parts = [law.log_prob(points[i : i + LAW_CHUNK]) for i in range(0, len(points), LAW_CHUNK)]
    return np.concatenate(parts)


def _grown(look: Callable[[Grid], _Look], now: _Look, most: int) -> _Look:
    """Let the box grow, with cells of the same size while they are affordable, until less than 1e-4 of either law is outside.

    It stops, too, when two enlargements in a row have found nothing (one, where a look is costly): then what is missing lies
    between the points.
    """
    best, fruitless = now, 0
    for _ in range(MOST_GROWTH):
        if min(best.sums.mass_p, best.sums.mass_q) > 1 - OUTSIDE:
            break
        began = time.perf_counter()
        now = look(Grid(now.grid.box.grown(1.5), min(most, now.grid.n * 3 // 2)))
        found = now.sums.mass_p + now.sums.mass_q - best.sums.mass_p - best.sums.mass_q
        if found >= OUTSIDE / 2:
            best, fruitless = now, 0
            continue
        fruitless += 1
        if fruitless == PATIENCE or time.perf_counter() - began > COSTLY:
            break
    return best


def _change(before: _Look, after: _Look, name: str) -> float:
    a, b = before.sums.value(name), after.sums.value(name)
    return 0.0 if a == b else abs(a - b)


def _masses(p: float, q: float) -> str:
    """What both integrate to there, and how much of one of them was not found."""
    words = f"there the law integrates to {p:.4f}, the model to {q:.4f}"
    lost = [f"{1 - m:.2g} of the {name}'s mass" for name, m in (("law", p), ("model", q)) if 1 - m > OUTSIDE]
    return f"{words}: {' and '.join(lost)} lies outside or between the points" if lost else words


def _quantity(look: _Look, name: str, change: float) -> Quantity:
    value = look.sums.value(name)
    # A KL is infinite as soon as one density has mass where the other has none, however well that mass is known.
    trusted = np.isinf(value) or (change < AGREED and look.off < MASS_TOLERANCE)
    box = look.grid.box
    method = (
        f"quadrature on {look.grid.n} × {look.grid.n} cells of [{box.x0:g}, {box.x1:g}] × [{box.y0:g}, {box.y1:g}]; "
        + _masses(look.sums.mass_p, look.sums.mass_q)
    )
    kind: Kind = "exact" if trusted else "estimate"
    error = None if trusted else max(change, look.off) if np.isfinite(change) else None
    return Quantity(value, kind, error, method, unit="" if name == "total_variation" else "nats")


def _kl_on_nodes(
    law: LawWithNodes, model: HasDensity, device: torch.device, look: _Look, seed: int, watch: Watch
) -> Quantity:
    """KL(p‖q) on the law's own nodes, for a law too thin for the common grid or with edges.

    The nodes know the law's details and not the model's, so a mean over fresh samples has to agree.
    """
    x, weights = law.quadrature(look.grid.box)
    sums = DivergenceSums(("kl",), negligible=NEGLIGIBLE)
    sums.add(_law_on(law, x), log_prob(model, x, device, watch.part(0.9, 0.95)), weights)
    drawn, _ = law.sample(CHECKED, np.random.default_rng(seed))
    with np.errstate(invalid="ignore"):
        ratio = _law_on(law, drawn) - log_prob(model, drawn, device, watch.part(0.95, 1.0))
    value, mean = sums.value("kl"), float(ratio.mean())
    stderr = float(ratio.std(ddof=1)) / len(drawn) ** 0.5 if np.isfinite(mean) else 0.0
    agreed = value == mean or abs(value - mean) < max(AGREED, 4 * stderr)
    if agreed and abs(sums.mass_p - 1) < MASS_TOLERANCE and abs(look.sums.mass_q - 1) < MASS_TOLERANCE:
        where = f"quadrature on {len(x):,} nodes along the law"
        return Quantity(value, "exact", None, f"{where}; {_masses(sums.mass_p, look.sums.mass_q)}")
    method = f"mean over {len(drawn):,} fresh samples of the law; {_masses(sums.mass_p, look.sums.mass_q)}"
    return Quantity(mean, "estimate", stderr, method)
