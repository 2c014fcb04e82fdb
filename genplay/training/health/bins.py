"""Bins over the data: each point belongs to its nearest centre. Where the law has a few separate bumps, those are the bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data

__all__ = ["Bins", "bins_of", "nearest"]

Array = NDArray[np.float64]

_CELLS = 20
_ROUNDS = 12
_ROWS, _FRESH = 128, 50
_MOST_BUMPS = 64
_APART = 5.0
"""Bumps are separate where their centres lie this many deviations apart."""


@dataclass(frozen=True)
class Bins:
    """Centres (k, d), what each holds of the data (k,), and whether they are the law's own bumps.

    ``usual`` (m,) are the distances that fresh data have to the nearest training example.
    """

    centres: Array
    share: Array
    bumps: bool
    usual: Array

    def of(self, x: Array) -> NDArray[np.int64]:
        """The bin of each point, (n, d) → (n,)."""
        return nearest(x, self.centres)[0]


def bins_of(data: Data) -> Bins:
    """The bumps of the law where it has a few that stand apart, else cells of the training data (k-means)."""
    bumps = _bumps(data)
    centres = _cells(data.x_train) if bumps is None else bumps
    everything = np.concatenate([data.x_train, data.x_test]) if len(data.x_test) else data.x_train
    index = nearest(everything, centres)[0]
    share = np.bincount(index, minlength=len(centres)) / len(everything)
    return Bins(centres, share, bumps is not None, _usual_distances(data))


def nearest(x: Array, centres: Array) -> tuple[NDArray[np.int64], Array]:
    """Index of and squared distance to the nearest centre, (n, d) and (k, d) → (n,) and (n,).

    Found in single precision, a part of the points at a time so that the table stays in the cache; the distance to the one
    that was found is exact.
    """
    at = centres.mean(axis=0)
    there = np.asarray(centres - at, np.float32)
    offset = (there**2).sum(axis=1)
    index = np.empty(len(x), np.int64)
    for start in range(0, len(x), _ROWS):
        here = np.asarray(x[start : start + _ROWS] - at, np.float32)
        index[start : start + _ROWS] = (offset - 2 * (here @ there.T)).argmin(axis=1)
    return index, ((x - centres[index]) ** 2).sum(axis=1)


def _usual_distances(data: Data) -> Array:
    """Distance of up to 500 fresh data to the nearest training example; without fresh data, of one half to the other."""
    if len(data.x_test) >= _FRESH:
        return np.sqrt(nearest(data.x_test[:500], data.x_train)[1])
    return (
        np.sqrt(nearest(data.x_train[::2][:500], data.x_train[1::2])[1])
        if len(data.x_train) > 1
        else np.zeros(0)
    )


def _bumps(data: Data) -> Array | None:
    """Means of a mixture of few Gaussians far apart; None where the law is something else."""
    means, cov, weights = (getattr(data.law, name, None) for name in ("means", "cov", "weights"))
    if means is None or cov is None or weights is None or not 2 <= len(means) <= _MOST_BUMPS:
        return None
    kept = np.asarray(means, np.float64)[np.asarray(weights) > 0]
    if len(kept) < 2:
        return None
    widest = float(np.sqrt(np.linalg.eigvalsh(cov)[:, 1].max()))
    gaps = np.linalg.norm(kept[:, None] - kept[None], axis=2)[~np.eye(len(kept), dtype=bool)]
    return kept if gaps.min() > _APART * widest else None


def _cells(x: Array) -> Array:
    """Centres of at most twenty cells, k-means from far-apart starts; the same for the same data."""
    k = min(_CELLS, max(1, len(x) // 25))
    rng = np.random.default_rng(0)
    some = x[rng.permutation(len(x))[:2000]]
    chosen = [0]
    distance = ((some - some[0]) ** 2).sum(axis=1)
    while len(chosen) < k and distance.max() > 0:
        chosen.append(int(rng.choice(len(some), p=distance / distance.sum())))
        distance = np.minimum(distance, ((some - some[chosen[-1]]) ** 2).sum(axis=1))
    centres = some[chosen].copy()
    for _ in range(_ROUNDS):
        index = nearest(some, centres)[0]
        for j in range(len(centres)):
            if (index == j).any():
                centres[j] = some[index == j].mean(axis=0)
    return centres
