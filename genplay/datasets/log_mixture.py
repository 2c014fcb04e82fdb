"""log Σ_k exp(Q_k(x)) for many points and many Gaussians of the plane, exact to float64.

Q_k(x) = log w_k + log N(x; μ_k, Σ_k) is a quadratic in x, so all of them at once are one matrix product of the six
monomials with the coefficients. Where points and Gaussians are many, points are sorted into cells and each cell keeps
only the Gaussians that can add more than e^−45 of the largest one to a point in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Gaussians", "log_mixture", "log_mixture_slope"]

Array = NDArray[np.float64]

_NEGLIGIBLE = 45.0
_CHUNK = 1 << 19
"""Entries of one block of the (points × Gaussians) table: 4 MB, so that it stays in the cache."""


@dataclass(frozen=True)
class Gaussians:
    """Weighted Gaussians in the form the sum needs: log weights with the normaliser (k,), means (k, 2), precisions
    (k, 3) as (a, b, c) of a dx² + 2 b dx dy + c dy², largest and smallest standard deviation (k,)."""

    log_scale: Array
    means: Array
    precision: Array
    widest: Array
    narrowest: Array

    @staticmethod
    def of(weights: Array, means: Array, covariances: Array) -> Gaussians:
        """From weights (k,), means (k, 2) and covariances (k, 2, 2)."""
        sxx, sxy, syy = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
        determinant = sxx * syy - sxy**2
        precision = np.stack([syy, -sxy, sxx], axis=1) / determinant[:, None]
        spread = np.linalg.eigvalsh(covariances)
        with np.errstate(divide="ignore"):
            log_scale = np.log(weights) - np.log(2 * np.pi) - 0.5 * np.log(determinant)
        return Gaussians(log_scale, means, precision, np.sqrt(spread[:, 1]), np.sqrt(spread[:, 0]))

    def subset(self, index: NDArray[np.generic]) -> Gaussians:
        return Gaussians(
            self.log_scale[index],
            self.means[index],
            self.precision[index],
            self.widest[index],
            self.narrowest[index],
        )

    def precision_times_means(self) -> Array:
        """Σ⁻¹ μ of each, (k, 2)."""
        (a, b, c), (mx, my) = self.precision.T, self.means.T
        return np.stack([a * mx + b * my, b * mx + c * my], axis=1)

    def __len__(self) -> int:
        return len(self.log_scale)


def log_mixture(gaussians: Gaussians, x: Array) -> Array:
    """log Σ_k w_k N(x; μ_k, Σ_k) in nats, (n, 2) → (n,)."""
    x = np.asarray(x, dtype=np.float64)
    out = np.empty(len(x))
    if len(x) < 2048 or len(gaussians) < 64:
        _fill(gaussians, x, np.arange(len(x)), out)
        return out
    for rows, centre, radius in _cells(x, float(np.median(gaussians.widest))):
        _fill(_within_reach(gaussians, centre, radius), x, rows, out)
    return out


def _fill(gaussians: Gaussians, x: Array, rows: NDArray[np.int64], out: Array) -> None:
    """Write the log-sum of the given rows, in chunks, measured from their own middle to keep digits."""
    step = max(1, _CHUNK // max(1, len(gaussians)))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        centre = x[part].mean(axis=0)
        table = _monomials(x[part] - centre) @ _coefficients(gaussians, centre)
        top = table.max(axis=1, keepdims=True)
        table -= top
        np.exp(table, out=table)
        out[part] = np.log(table.sum(axis=1)) + top[:, 0]


def log_mixture_slope(gaussians: Gaussians, x: Array) -> Array:
    """∇ of ``log_mixture``, Σ_k r_k(x) Σ_k⁻¹ (μ_k − x) with r_k the share of Gaussian k at x, (n, 2) → (n, 2)."""
    x = np.asarray(x, dtype=np.float64)
    out = np.empty_like(x)
    a, b, c = gaussians.precision.T
    pull = gaussians.precision_times_means()
    step = max(1, _CHUNK // max(1, len(gaussians)))
    for start in range(0, len(x), step):
        part = x[start : start + step]
        centre = part.mean(axis=0)
        share = _monomials(part - centre) @ _coefficients(gaussians, centre)
        share -= share.max(axis=1, keepdims=True)
        np.exp(share, out=share)
        share /= share.sum(axis=1, keepdims=True)
        stiff, towards = share @ np.stack([a, b, c], axis=1), share @ pull
        px, py = part.T
        out[start : start + step, 0] = towards[:, 0] - stiff[:, 0] * px - stiff[:, 1] * py
        out[start : start + step, 1] = towards[:, 1] - stiff[:, 1] * px - stiff[:, 2] * py
    return out


def _monomials(d: Array) -> Array:
    dx, dy = d[:, 0], d[:, 1]
    return np.stack([dx * dx, dx * dy, dy * dy, dx, dy, np.ones_like(dx)], axis=1)


def _coefficients(g: Gaussians, centre: Array) -> Array:
    """The quadratics of x − centre, (6, k)."""
    a, b, c = g.precision.T
    mx, my = (g.means - centre).T
    linear_x, linear_y = a * mx + b * my, b * mx + c * my
    constant = g.log_scale - 0.5 * (mx * linear_x + my * linear_y)
    return np.stack([-0.5 * a, -b, -0.5 * c, linear_x, linear_y, constant])


def _cells(x: Array, scale: float) -> Iterator[tuple[NDArray[np.int64], Array, float]]:
    """Split the rows of x into square cells about three scales wide: their rows, centre and radius."""
    low, high = x.min(axis=0), x.max(axis=0)
    extent = max(float((high - low).max()), 1e-9)
    side = int(np.clip(extent / (3 * scale), 1, min(np.sqrt(len(x) / 16), 128)))
    size = extent / side
    cell = np.minimum(((x - low) / size).astype(np.int64), side - 1)
    code = cell[:, 0] * side + cell[:, 1]
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(code[order]) > 0])
    for start, stop in zip(starts, np.r_[starts[1:], len(x)], strict=True):
        rows = order[start:stop]
        yield rows, low + (cell[rows[0]] + 0.5) * size, size * np.sqrt(0.5)


def _within_reach(g: Gaussians, centre: Array, radius: float) -> Gaussians:
    """The Gaussians that matter anywhere in the disc: their largest value there against the best smallest value."""
    distance = np.sqrt(((g.means - centre) ** 2).sum(axis=1))
    most = g.log_scale - 0.5 * (np.maximum(distance - radius, 0.0) / g.widest) ** 2
    least = g.log_scale - 0.5 * ((distance + radius) / g.narrowest) ** 2
    return g.subset(np.flatnonzero(most >= least.max() - _NEGLIGIBLE))
