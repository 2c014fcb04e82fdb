"""KL(p‖q) by Monte Carlo, from log p − log q at samples of p.

    plain        1/n Σ log p/q
    never below 0 [1]    1/n Σ (q/p − 1 − log q/p): each term is at least 0, and E q/p = 1 takes nothing away

[1] The control variate of Schulman's note "Approximating KL divergence", 2020.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.estimators.convergence import Convergence, sizes_up_to
from genplay.metrics.estimators.log_weights import WILD, tail_index
from genplay.quantity import estimate

__all__ = ["plain", "with_control"]

Array = NDArray[np.float64]

PLAIN = (
    "Draw from the truth and average log p − log q. Right on average; but some terms are below 0, and where the two laws are close "
    "these nearly cancel, so that the bar is wide beside what is measured, and with few samples the value may even be negative."
)
CONTROL = (
    "The same with q/p − 1 added to each term, which is 0 on average and takes much of the noise away where the laws are close. Where "
    "q reaches places that p does not, q/p is wild, and it does worse."
)


def plain(log_ratio: Array) -> Convergence:
    """From log p − log q at samples of p (n,)."""
    return _averaged("kl_plain", "Monte Carlo", PLAIN, log_ratio, "mean of log p − log q")


def with_control(log_ratio: Array) -> Convergence:
    """The same with q/p − 1 as control variate."""
    with np.errstate(over="ignore"):
        terms = np.expm1(-log_ratio) + log_ratio
    return _averaged(
        "kl_control", "With a control variate", CONTROL, terms, "mean of q/p − 1 − log q/p, at least 0"
    )


def _averaged(id: str, title: str, why: str, terms: Array, what: str) -> Convergence:
    sizes = sizes_up_to(len(terms))
    value = np.array([terms[:n].mean() for n in sizes])
    with np.errstate(invalid="ignore"):
        error = np.array([terms[:n].std(ddof=1) / math.sqrt(n) if n > 1 else math.inf for n in sizes])
    with np.errstate(divide="ignore", invalid="ignore"):
        tails = np.array([tail_index(np.log(np.maximum(terms[:n], 0.0))) for n in sizes])
    # Heavier tails than a variance can bear: the mean comes nearer only as n^(ξ − 1).
    slow = np.abs(value) * sizes ** (np.minimum(tails, 1.0) - 1.0)
    error = np.where(tails >= WILD, np.fmax(error, slow), error)
    error = np.where(np.isfinite(value), error, math.inf)
    last = float(error[-1]) if math.isfinite(error[-1]) else None
    return Convergence(
        id, title, "samples", why, sizes.astype(float), value, error,
        estimate(float(value[-1]), last, f"{what}, {len(terms):,} fresh samples of the law"),
    )  # fmt: skip
