"""log of a mean of weights, log 1/n Σ w, and an error bar that can be believed.

    first order      r² = var(w) / (n mean(w)²)                                       (the delta method)
    second order     E log 1/n Σ w ≈ log E w − r²/2:  the logarithm of a mean falls short on average
    error²           log(1 + r²) + (½ log(1 + r²))²                                   (both, for r that is not small)
Where the largest weights are rare, few draws have not met them and r is too small. Weights of long chains are nearly
log-normal, and then r² = (e^{s²} − 1)/n with s² the variance of log w; the larger of the two is taken. For weights of other
kinds ``tail_index`` [1] tells: from ξ = ½ on their variance is infinite, the mean comes nearer only as n^{ξ − 1}, and r is
at least that; from 1 on it need not come nearer at all, and r is at least 1.

[1] Hill 1975.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["WILD", "log_mean_with_error", "tail_index"]

Array = NDArray[np.float64]

WILD = 0.5
"""Tail index from which on weights have no finite variance."""


def log_mean_with_error(log_w: Array, log_normal: bool = False) -> tuple[float, float]:
    """log of the mean of weights given as logarithms (n,), and its standard error in nats, its own bias included.

    ``log_normal``: the weights are products of many factors, as those of annealed chains.
    """
    n, top = len(log_w), float(log_w.max())
    if not math.isfinite(top):
        return -math.inf, math.inf
    w = np.exp(log_w - top)
    value = top + math.log(float(w.mean()))
    if n < 2:
        return value, math.inf
    squared = float(w.var(ddof=1)) / float(w.mean()) ** 2 / n
    tail = 0.0 if log_normal else tail_index(log_w)
    if tail >= WILD:
        squared = max(squared, float(n) ** (-2 * max(1 - tail, 0.0)))
    if log_normal:
        squared = max(squared, math.expm1(min(_upper_variance(log_w), 50.0)) / n)
    grown = math.log1p(squared)
    return value, math.sqrt(grown + (grown / 2) ** 2)


def _upper_variance(log_w: Array) -> float:
    """The variance of a normal law whose upper half is that of log w: lost chains, far below, say nothing of the large weights."""
    middle = float(np.median(log_w))
    return float(np.square(log_w[log_w >= middle] - middle).mean()) if math.isfinite(middle) else math.inf


def tail_index(log_w: Array) -> float:
    """ξ of the largest weights' tail, P(w > t) ~ t^{−1/ξ}, over the largest 3 √n of them; 0 where there are too few."""
    known = np.sort(log_w[np.isfinite(log_w)])
    many = min(len(known) // 5, int(3 * math.sqrt(len(known))))
    if many < 5:
        return 0.0
    return float((known[-many:] - known[-many - 1]).mean())
