"""The mass of a density in a region of the plane that somebody drew: ∫_R p(x) dx for a closed loop.

Along x the region is cut at the loop's corners; at each of the Gauss–Legendre nodes between two cuts the loop is a few
intervals of y, by the even–odd rule, and along each of them nodes are laid again. So borders are followed exactly, however they
run, and only the density has to be resolved: pieces are made half as large until the mass no longer changes. A model
without an exact density is asked for samples, and the share of them inside is an estimate.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data, Law, has_density
from genplay.metrics.density import log_prob, sample
from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity, Model
from genplay.models.precision import device_of
from genplay.quantity import Quantity, estimate, exact

__all__ = ["Masses", "inside", "mass_by_quadrature", "mass_by_samples", "masses", "region_nodes"]

Array = NDArray[np.float64]
Density = Callable[[Array], Array]

ORDER = 4
"""Gauss–Legendre nodes along a piece, in each direction."""
SETTLED = 1e-4
"""Two resolutions that differ by less agree."""
FIRST, MOST = 24, 800_000
"""Pieces across the region at first, and the most nodes."""
SAMPLES, CHECKED = 20_000, 4000
BUDGET = 8.0
"""Seconds after which pieces are not halved again."""
MOST_CORNERS = 400


@dataclass(frozen=True)
class Masses:
    """What a region holds under the model and under the truth; None where it cannot be told."""

    model: Quantity | None
    truth: Quantity | None


def masses(model: Model, data: Data, loop: Array, seed: int = 0, watch: Watch | None = None) -> Masses:
    """The mass within a closed loop (m, 2) of corners, m ≥ 3; the last corner is joined to the first."""
    watch = watch or Watch()
    model.settle_density()
    of_model: Quantity | None = None
    if isinstance(model, HasDensity) and model.density_kind == "exact":
        device, dense = device_of(model), model
        of_model = mass_by_quadrature(
            lambda x: log_prob(dense, x, device), loop, model.density_method, watch.part(0.0, 0.6)
        )
        if model.draws:
            of_model = _checked(of_model, sample(model, CHECKED, seed, watch.part(0.6, 0.7)), loop, "model")
    elif model.draws:
        drawn = sample(model, SAMPLES, seed, watch.part(0.0, 0.7))
        of_model = mass_by_samples(drawn, loop, "samples of the model")
    return Masses(of_model, _of_law(data.law, data, loop, seed, watch.part(0.7, 1.0)))


def _of_law(law: Law | None, data: Data, loop: Array, seed: int, watch: Watch) -> Quantity:
    if law is None:
        return mass_by_samples(np.concatenate([data.x_train, data.x_test]), loop, "data points")
    if not has_density(law):
        drawn, _ = law.sample(SAMPLES, np.random.default_rng(seed))
        return mass_by_samples(drawn, loop, "samples of the law")
    found = mass_by_quadrature(law.log_prob, loop, "the law's density", watch)
    many = CHECKED if found.kind == "exact" else 10 * SAMPLES
    return _checked(found, law.sample(many, np.random.default_rng(seed))[0], loop, "law")


def _checked(found: Quantity, drawn: Array, loop: Array, of: str) -> Quantity:
    """What was integrated, unless the share of samples says that the points missed something thin."""
    counted = mass_by_samples(drawn, loop, f"samples of the {of}")
    assert counted.stderr is not None
    error = found.stderr if found.kind == "estimate" else 0.0
    agrees = abs(found.value - counted.value) < 4 * counted.stderr
    better = error is not None and error < counted.stderr
    return found if agrees and better else counted


def mass_by_quadrature(
    log_density: Density, loop: Array, what: str = "the density", watch: Watch | None = None
) -> Quantity:
    """∫_R exp(log_density) by halving pieces until nothing changes: exact then, else an estimate with the last change."""
    watch = watch or Watch()
    loop = _simpler(loop)
    size = float(np.ptp(loop, axis=0).max()) / FIRST
    before, value, change, count, began = math.nan, math.nan, math.inf, 0, time.monotonic()
    for turn in range(8):
        x, w = region_nodes(loop, size / 2**turn)
        spent = time.monotonic() - began
        # Half as large is four times the points.
        if turn and (len(x) > MOST or (turn > 1 and 4 * spent > BUDGET)):
            break
        if not len(x):
            return exact(0.0, "the loop encloses nothing", unit="")
        watch.at(turn / 8, f"{len(x):,} points of the region")
        with np.errstate(over="ignore"):
            p = np.exp(log_density(x))
        before, value, count = value, float(np.nansum(w * p)), len(x)
        change = abs(value - before) if turn else math.inf
        if change < SETTLED:
            break
    method = f"{what}, quadrature on {count:,} points of the region"
    if change < SETTLED:
        return exact(value, method, unit="")
    return estimate(value, change if math.isfinite(change) else None, f"{method}, not settled", unit="")


def mass_by_samples(x: Array, loop: Array, what: str) -> Quantity:
    """The share of points (n, 2) inside, with a standard error that is not 0 where none or all of them are."""
    n, k = len(x), int(inside(x, loop).sum())
    # Agresti and Coull's centre: two imagined points inside and two outside.
    share = (k + 2) / (n + 4)
    return estimate(
        k / max(n, 1), math.sqrt(share * (1 - share) / (n + 4)), f"share of {n:,} {what}", unit=""
    )


def inside(x: Array, loop: Array) -> NDArray[np.bool_]:
    """Which points (n, 2) a closed loop (m, 2) encloses, by the even–odd rule."""
    found = np.zeros(len(x), bool)
    a, b = loop, np.roll(loop, -1, axis=0)
    for (ax, ay), (bx, by) in zip(a, b, strict=True):
        crosses = (ay > x[:, 1]) != (by > x[:, 1])
        if crosses.any():
            at = ax + (x[:, 1] - ay) / (by - ay if by != ay else 1.0) * (bx - ax)
            found ^= crosses & (x[:, 0] < at)
    return found


def region_nodes(loop: Array, size: float) -> tuple[Array, Array]:
    """Nodes (k, 2) and weights (k,) of ∫ over the inside of a closed loop (m, 2), pieces no larger than ``size``."""
    t, w = np.polynomial.legendre.leggauss(ORDER)
    columns, column_weights = _columns(loop, size, t, w)
    xs, ys, weights = [], [], []
    a, b = loop, np.roll(loop, -1, axis=0)
    for x, weight in zip(columns, column_weights, strict=True):
        cut = (a[:, 0] <= x) != (b[:, 0] <= x)
        if not cut.any():
            continue
        lower, upper = a[cut], b[cut]
        y = lower[:, 1] + (x - lower[:, 0]) / (upper[:, 0] - lower[:, 0]) * (upper[:, 1] - lower[:, 1])
        y.sort()
        for low, high in zip(y[::2], y[1::2], strict=True):
            pieces = max(1, math.ceil((high - low) / size))
            edges = np.linspace(low, high, pieces + 1)
            half = (edges[1:] - edges[:-1]) / 2
            middle = (edges[1:] + edges[:-1]) / 2
            ys.append((middle[:, None] + half[:, None] * t).ravel())
            weights.append(weight * (half[:, None] * w).ravel())
            xs.append(np.full(pieces * ORDER, x))
    if not xs:
        return np.zeros((0, 2)), np.zeros(0)
    return np.stack([np.concatenate(xs), np.concatenate(ys)], axis=1), np.concatenate(weights)


def _columns(loop: Array, size: float, t: Array, w: Array) -> tuple[Array, Array]:
    """Where the columns of nodes stand, and their weights: between the corners nothing about the borders has a kink."""
    edges = np.unique(loop[:, 0])
    places, weights = [], []
    for low, high in itertools.pairwise(edges):
        pieces = max(1, math.ceil((high - low) / size))
        # A narrow strip needs fewer nodes: a many-cornered loop would have thousands of them.
        few = high - low < size / 4
        nodes, share = (np.zeros(1), np.full(1, 2.0)) if few else (t, w)
        cuts = np.linspace(low, high, pieces + 1)
        half, middle = (cuts[1:] - cuts[:-1]) / 2, (cuts[1:] + cuts[:-1]) / 2
        places.append((middle[:, None] + half[:, None] * nodes).ravel())
        weights.append((half[:, None] * share).ravel())
    if not places:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(places), np.concatenate(weights)


def _simpler(loop: Array) -> Array:
    """At most 400 corners, evenly picked: a hand does not draw finer than that."""
    if len(loop) <= MOST_CORNERS:
        return loop
    return np.asarray(loop[np.round(np.linspace(0, len(loop) - 1, MOST_CORNERS)).astype(int)])
