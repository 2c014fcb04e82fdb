"""Do samples lie where true points are, and does every true point have samples near it? By k nearest neighbours.

With B(x) the ball around x that reaches its k-th nearest neighbour of its own set, y samples and x true points [1, 2]:
    precision = share of samples within some B(x)              recall   = share of true points within some B(y)
    density   = mean over samples of (balls B(x) around it) / k  coverage = share of true points with a sample in B(x)

Precision and recall change places when samples and true points do.

[1] Kynkäänniemi et al. 2019. [2] Naeem et al. 2020.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.features import features
from genplay.metrics.jackknife import SAID, jackknife
from genplay.quantity import Quantity, estimate

__all__ = ["Neighbourhoods", "coverage", "density", "precision", "radii", "recall"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
K = 5


def radii(apart: Array, k: int = K) -> Array:
    """Distance of each point to its k-th nearest other, from all distances within its set (n, n) → (n,)."""
    # The nearest of all is the point itself, at distance 0.
    return np.asarray(np.partition(apart, k, axis=1)[:, k])


class Neighbourhoods:
    """All distances between true points x (m, d) and samples y (n, d); the four figures for any part of both."""

    def __init__(self, truth: Array, samples: Array, k: int = K) -> None:
        from scipy.spatial.distance import cdist

        self.k = k
        self.within_truth = cdist(truth, truth)
        self.within_samples = cdist(samples, samples)
        self.between = cdist(truth, samples)

    def precision(self, samples: Index, truth: Index) -> float:
        """Share of samples within some true point's ball."""
        return float(self._in_true_balls(samples, truth).any(axis=0).mean())

    def recall(self, samples: Index, truth: Index) -> float:
        """Share of true points within some sample's ball."""
        reach = radii(self.within_samples[np.ix_(samples, samples)], self.k)
        return float((self.between[np.ix_(truth, samples)] <= reach[None]).any(axis=1).mean())

    def density(self, samples: Index, truth: Index) -> float:
        """Mean number of true points' balls around a sample, divided by k: not bounded by 1."""
        return float(self._in_true_balls(samples, truth).sum(axis=0).mean() / self.k)

    def coverage(self, samples: Index, truth: Index) -> float:
        """Share of true points with a sample in their ball."""
        return float(self._in_true_balls(samples, truth).any(axis=1).mean())

    def _in_true_balls(self, samples: Index, truth: Index) -> NDArray[np.bool_]:
        reach = radii(self.within_truth[np.ix_(truth, truth)], self.k)
        return np.asarray(self.between[np.ix_(truth, samples)] <= reach[:, None])


def _measured(on: Evaluation, name: str) -> Quantity:
    said, x, y = features(on)
    if min(len(x), len(y)) <= 2 * K:
        raise Missing(f"{K} nearest neighbours need more points.")
    on.watch.at(0.3, "nearest neighbours")
    near = on.once("neighbourhoods", lambda: Neighbourhoods(y, x))
    statistic: Callable[[Index, Index], float] = getattr(near, name)
    value = statistic(np.arange(len(x)), np.arange(len(y)))
    stderr = jackknife(statistic, len(x), len(y))
    method = f"{K} nearest neighbours in {said}, {len(x):,} samples against {on.true_ones(len(y))}; {SAID}"
    return estimate(value, stderr, method, unit="")


def precision(on: Evaluation) -> Quantity:
    """Share of samples that lie among true points."""
    return _measured(on, "precision")


def recall(on: Evaluation) -> Quantity:
    """Share of true points that lie among samples."""
    return _measured(on, "recall")


def density(on: Evaluation) -> Quantity:
    """How densely true points surround samples; about 1 for a perfect model."""
    return _measured(on, "density")


def coverage(on: Evaluation) -> Quantity:
    """Share of true points near which there is a sample."""
    return _measured(on, "coverage")
