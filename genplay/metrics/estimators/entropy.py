"""The entropy H(p) = −E log p of a law from samples of it: where p is known, and where only the samples are.

    Monte Carlo            −1/n Σ log p(x_i)
    nearest neighbours     ψ(n) − ψ(k) + log π + 2/n Σ log ε_i,  ε_i the distance to the k-th neighbour in the plane [1]
    counting               −Σ c/n log c/n over the images seen c times, and + (seen − 1)/2n [2]

[1] Kozachenko and Leonenko 1987; with k Kraskov, Stögbauer and Grassberger 2004.  [2] Miller 1955.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.estimators.convergence import Convergence, sizes_up_to
from genplay.quantity import estimate
from genplay.spaces.binary import codes

__all__ = ["by_counting", "by_neighbours", "by_samples", "neighbour_entropy"]

Array = NDArray[np.float64]
FIRST = 64

MONTE_CARLO = "Draw from the law and average −log p. It needs the density, is right on average, and errs by the spread of log p over √n."
NEIGHBOURS = (
    "Needs no density: where neighbours are near, the density is high. It takes the density for even out to the k-th neighbour, "
    "which thin curves and sharp edges are not, so few samples make the entropy too high."
)
COUNTING = (
    "Count how often each image was seen. Images never seen have no share, so it is too low until there are far more samples than "
    "likely images; Miller's correction adds back the first part of what is missing."
)


def by_samples(log_p: Array) -> Convergence:
    """From log p at samples of p (n,)."""
    sizes = sizes_up_to(len(log_p))
    value = np.array([-log_p[:n].mean() for n in sizes])
    error = np.array([log_p[:n].std(ddof=1) / math.sqrt(n) for n in sizes])
    method = f"mean of −log p over {len(log_p):,} fresh samples of the law"
    return Convergence(
        "entropy_samples", "Monte Carlo", "samples", MONTE_CARLO, sizes.astype(float), value, error,
        estimate(value[-1], float(error[-1]), method),
    )  # fmt: skip


def neighbour_entropy(x: Array, k: int = 3) -> tuple[float, float]:
    """The k-nearest-neighbour entropy of points x (n, 2), n > k, and its standard error, in nats; −∞ where points repeat.

    The error has two parts: the spread of the terms over √n, and what twice as many neighbours would change. On the plane
    the error made by taking the density for even grows as k/n, so that change is about as large as the error itself.
    """
    from scipy.spatial import cKDTree
    from scipy.special import digamma

    n, d = x.shape
    twice = min(2 * k, n - 1)
    reach = cKDTree(x).query(x, k=[k + 1, twice + 1])[0]
    if not reach.min() > 0:
        return -math.inf, math.inf
    volume = math.log(math.pi) if d == 2 else 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)
    each = digamma(n) - digamma(np.array([k, twice])) + volume + d * np.log(reach)
    value, smoother = each.mean(axis=0)
    return float(value), math.hypot(float(each[:, 0].std(ddof=1)) / math.sqrt(n), float(smoother - value))


def by_neighbours(x: Array, k: int = 3) -> Convergence:
    """From points of the plane (n, 2)."""
    sizes = sizes_up_to(len(x), least=FIRST)
    found = np.array([neighbour_entropy(x[:n], k) for n in sizes])
    error = float(found[-1, 1])
    method = f"Kozachenko–Leonenko with {k} neighbours, {len(x):,} samples"
    return Convergence(
        "entropy_neighbours", f"{k} nearest neighbours", "samples", NEIGHBOURS, sizes.astype(float), found[:, 0], found[:, 1],
        estimate(float(found[-1, 0]), error if math.isfinite(error) else None, method),
    )  # fmt: skip


def by_counting(x: Array) -> Convergence:
    """From images (n, 25), with Miller's correction."""
    seen = codes(x)
    sizes = sizes_up_to(len(x), least=FIRST)
    found = []
    for n in sizes:
        share = np.unique(seen[:n], return_counts=True)[1] / n
        log_share = np.log(share)
        value = -float((share * log_share).sum())
        spread = float((share * log_share**2).sum()) - value**2
        missing = (len(share) - 1) / (2 * n)
        # Miller's term is only the first of those missing: its size says how far the others may go.
        found.append((value + missing, math.sqrt(max(spread, 0.0) / n + missing**2)))
    rows = np.array(found)
    method = f"counts of {len(x):,} images with Miller's correction; too low while images are new"
    return Convergence(
        "entropy_counts", "Counting", "samples", COUNTING, sizes.astype(float), rows[:, 0], rows[:, 1],
        estimate(float(rows[-1, 0]), float(rows[-1, 1]), method),
    )  # fmt: skip
