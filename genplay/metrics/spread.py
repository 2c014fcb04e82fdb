"""KL(p ∗ k ‖ q ∗ k): the KL divergence of truth and model after the same noise k on both [1].

Noise gives every law mass everywhere, so this is finite where KL(p‖q) is infinite or there is no density at all: for data on
a curve without thickness, or for a generator that only draws. On the plane k is Gaussian; images have each pixel flipped
with probability ε. Where the model has a density quick enough, both noised laws are known at every point of a grid, or for all
2^25 images. Else q ∗ k is the mean of the noise around each of the model's samples, and
    E log p ∗ k (x) − log 1/K Σ_j k(x − y_j),  x ~ p ∗ k,
lies above the truth in the mean, by Jensen's inequality.

[1] Zhang et al. 2020, Spread divergence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Law, has_density
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.metrics.card import Missing
from genplay.metrics.density import log_prob_on_grid
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.plane import seconds_a_point
from genplay.metrics.spread_images import kl_of_flipped
from genplay.metrics.sums import DivergenceSums
from genplay.models.base import HasBlocks, HasDensity
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.spaces.plane import Grid

__all__ = ["FLIP", "LawWithBlur", "NOISE", "blurred_on_grid", "spread_kl"]

Array = NDArray[np.float64]

NOISE = 0.1
"""Standard deviation on the plane, in units."""
FLIP = 0.05
"""Probability that a pixel is flipped."""
SIZES = (256, 512)
GROWN = 1.5
BUDGET = 10.0
"""Seconds that the model's density may take on the finest grid."""
REACH = 38.0
"""Standard deviations at which a Gaussian is still a float64."""
SETTLED = 1e-3
MASS_TOLERANCE = 1e-3


@runtime_checkable
class LawWithBlur(Protocol):
    """A law that knows itself under Gaussian noise."""

    def blurred(self, std: float) -> Law: ...


def spread_kl(on: Evaluation) -> Quantity:
    """In nats: exact over the whole space where the model's density allows, else bounded from above in the mean."""
    model, law = on.model, on.data.law
    assert law is not None
    known = isinstance(model, HasDensity) and model.density_kind == "exact"
    if on.data.world == "digits":
        if not isinstance(law, ImageMixtureLaw):
            raise Missing("the law of these images is not known under noise.")
        noised = law.flipped(FLIP)
        if known and isinstance(model, HasBlocks):
            return kl_of_flipped(noised.log_prob_blocks(), model.log_prob_blocks(), FLIP, on.watch)
        return _from_samples(on, noised.log_prob, f"pixels flipped with probability {FLIP:g}")
    if isinstance(model, HasDensity) and known and _quick(on, model):
        return _on_the_plane(on, model, law)
    return _from_samples(on, _noised_law(on, law), f"Gaussian noise of {NOISE:g}")


def _quick(on: Evaluation, model: HasDensity) -> bool:
    """Whether the density on both grids is there in time."""
    return sum(n**2 for n in SIZES) * seconds_a_point(model, on.device, on.data.box) < BUDGET


def blurred_on_grid(density: Array, std: float, grid: Grid) -> Array:
    """A density on a grid, (n, n), after Gaussian noise: by direct sums of positive terms, so that small values are right too."""
    from scipy.ndimage import gaussian_filter

    sigma = (std * grid.n / grid.box.height, std * grid.n / grid.box.width)
    return np.asarray(gaussian_filter(density, sigma, mode="constant", truncate=REACH))


def _noised_on_grid(law: Law, grid: Grid) -> Array:
    """log p ∗ k at the centres, (n², ): in closed form where the law has one, else by sums over the grid."""
    points = grid.points()
    if isinstance(law, LawWithBlur):
        return law.blurred(NOISE).log_prob(points)
    if not has_density(law):
        raise Missing("the law of these data is not known under noise.")
    density = np.exp(law.log_prob(points)).reshape(grid.n, grid.n)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(blurred_on_grid(density, NOISE, grid)).ravel())


def _on_the_plane(on: Evaluation, model: HasDensity, law: Law) -> Quantity:
    box = on.data.box.grown(GROWN)
    found: list[DivergenceSums] = []
    for i, n in enumerate(SIZES):
        on.watch.at(0.1 + 0.4 * i, f"both noised densities on a grid of {n} × {n}")
        grid = Grid(box, n)
        q = np.exp(log_prob_on_grid(model, grid, on.device))
        with np.errstate(divide="ignore"):
            log_q = np.log(blurred_on_grid(q, NOISE, grid)).ravel()
        sums = DivergenceSums(("kl",), negligible=1e-6)
        sums.add(_noised_on_grid(law, grid), log_q, grid.cell_area)
        found.append(sums)
    value, change = found[-1].value("kl"), abs(found[-1].value("kl") - found[-2].value("kl"))
    off = max(abs(found[-1].mass_p - 1), abs(found[-1].mass_q - 1))
    method = (
        f"Gaussian noise of {NOISE:g} on both; quadrature on {SIZES[-1]} × {SIZES[-1]} cells of [{box.x0:g}, {box.x1:g}] × "
        f"[{box.y0:g}, {box.y1:g}]; there the law integrates to {found[-1].mass_p:.4f}, the model to {found[-1].mass_q:.4f}"
    )
    if change < SETTLED and off < MASS_TOLERANCE:
        return exact(value, method)
    return estimate(value, max(change, off) if math.isfinite(change) else None, method)


def _noised_law(on: Evaluation, law: Law) -> Callable[[Array], Array]:
    """log p ∗ k at any points."""
    if isinstance(law, LawWithBlur):
        return law.blurred(NOISE).log_prob
    from scipy.ndimage import map_coordinates

    grid = Grid(on.data.box.grown(GROWN), SIZES[-1])
    log_p = _noised_on_grid(law, grid).reshape(grid.n, grid.n)

    def at(x: Array) -> Array:
        column = (x[:, 0] - grid.xs[0]) / (grid.xs[1] - grid.xs[0])
        row = (x[:, 1] - grid.ys[0]) / (grid.ys[1] - grid.ys[0])
        return np.asarray(map_coordinates(log_p, [row, column], mode="nearest"))

    return at


def _from_samples(on: Evaluation, log_p: Callable[[Array], Array], noise: str) -> Quantity:
    from scipy.spatial.distance import cdist

    if not on.model.draws:
        raise Missing("the model has no exact density, and draws no samples.")
    y, rng = on.samples, on.rng(50)
    if on.data.world == "plane":
        x = on.truth + NOISE * rng.standard_normal(on.truth.shape)
        log_kernel = cdist(x, y, "sqeuclidean") / (-2 * NOISE**2) - math.log(2 * math.pi * NOISE**2)
    else:
        x = np.abs(on.truth - (rng.random(on.truth.shape) < FLIP))
        flips = cdist(x, y, "cityblock")
        log_kernel = flips * math.log(FLIP) + (x.shape[1] - flips) * math.log1p(-FLIP)
    on.watch.at(0.5, "noise around each sample")
    top = log_kernel.max(axis=1)
    log_q = top + np.log(np.exp(log_kernel - top[:, None]).mean(axis=1))
    gap = log_p(x) - log_q
    method = (
        f"{noise} on both; mean over {len(x):,} noised draws of the law, the model's noised density from {len(y):,} of its "
        "samples, which puts it above in the mean; standard error of the mean over draws"
    )
    return bound(float(gap.mean()), "upper", method, float(gap.std(ddof=1)) / math.sqrt(len(gap)))
