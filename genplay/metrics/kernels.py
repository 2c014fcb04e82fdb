"""How far two sets of points are apart in the eyes of a kernel.

    MMD² = E k(x, x′) + E k(y, y′) − 2 E k(x, y)         unbiased: no point is paired with itself, so it may be negative
    MMD:  k(x, y) = exp(−‖x − y‖² / 2s²), s the median distance between all points [1]
    KID:  k(x, y) = (x·y / d + 1)³ on features [2]

[1] Gretton et al. 2012. [2] Bińkowski et al. 2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.features import features
from genplay.metrics.jackknife import SAID, jackknife
from genplay.quantity import Quantity, estimate

__all__ = ["gaussian_kernel", "kid", "median_distance", "mmd", "mmd_of_kernel", "polynomial_kernel"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
POINTS = 1000


def median_distance(x: Array, y: Array) -> float:
    """The median of all distances between different rows of both sets together."""
    from scipy.spatial.distance import pdist

    return float(np.median(pdist(np.concatenate([x, y]))))


def gaussian_kernel(x: Array, width: float) -> Array:
    """exp(−‖x_i − x_j‖² / 2s²), (n, d) → (n, n)."""
    from scipy.spatial.distance import cdist

    return np.asarray(np.exp(cdist(x, x, "sqeuclidean") / (-2 * width**2)))


def polynomial_kernel(x: Array) -> Array:
    """(x_i · x_j / d + 1)³, (n, d) → (n, n)."""
    return np.asarray((x @ x.T / x.shape[1] + 1) ** 3)


def mmd_of_kernel(kernel: Array, a: Index, b: Index) -> float:
    """Unbiased MMD² between the points ``a`` and the points ``b`` of a kernel matrix of all."""
    within_a, within_b = kernel[np.ix_(a, a)], kernel[np.ix_(b, b)]
    n, m = len(a), len(b)
    own_a = (within_a.sum() - np.trace(within_a)) / (n * (n - 1))
    own_b = (within_b.sum() - np.trace(within_b)) / (m * (m - 1))
    return float(own_a + own_b - 2 * kernel[np.ix_(a, b)].mean())


def _measured(kernel: Array, n: int, m: int) -> tuple[float, float | None]:
    def statistic(a: Index, b: Index) -> float:
        return mmd_of_kernel(kernel, a, b + n)

    return statistic(np.arange(n), np.arange(m)), jackknife(statistic, n, m)


def mmd(on: Evaluation) -> Quantity:
    """Unbiased MMD² with a Gaussian kernel as wide as the median distance."""
    x, y = on.samples[:POINTS], on.truth[:POINTS]
    on.watch.at(0.1, "MMD")
    width = median_distance(x, y)
    if width == 0 or min(len(x), len(y)) < 2:
        raise Missing("most points are one and the same.")
    value, stderr = _measured(gaussian_kernel(np.concatenate([x, y]), width), len(x), len(y))
    method = (
        f"MMD², unbiased, {len(x):,} samples against {on.true_ones(len(y))}, Gaussian kernel of width {width:.3g} "
        f"(the median distance); {SAID}"
    )
    return estimate(value, stderr, method, unit="")


def kid(on: Evaluation) -> Quantity:
    """Unbiased MMD² of features with a polynomial kernel."""
    name, x, y = features(on)
    x, y = x[:POINTS], y[:POINTS]
    if min(len(x), len(y)) < 2:
        raise Missing("there are too few points to compare.")
    on.watch.at(0.5, "kernel distance of features")
    value, stderr = _measured(polynomial_kernel(np.concatenate([x, y])), len(x), len(y))
    method = (
        f"MMD², unbiased, of {name}, kernel (x·y/{x.shape[1]} + 1)³, {len(x):,} samples against "
        f"{on.true_ones(len(y))}; {SAID}"
    )
    return estimate(value, stderr, method, unit="")
