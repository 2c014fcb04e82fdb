"""The standard error of a statistic of samples by leaving out one tenth of them at a time.

    se² = (B − 1)/B Σ_b (θ_b − θ̄)²,   θ_b the statistic without block b of B = 10 blocks

Unlike the bootstrap it never repeats a point, which would spoil nearest neighbours and transport. Quenouille 1949, Tukey 1958.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCKS", "SAID", "jackknife"]

BLOCKS = 10
SAID = "standard error by leaving out a tenth at a time"

Index = NDArray[np.int64]


def jackknife(statistic: Callable[[Index, Index], float], n: int, m: int) -> float | None:
    """Of a statistic of two sets of n and m independent points, told which rows of each to use; None for fewer than 20."""
    if min(n, m) < 2 * BLOCKS:
        return None
    a, b = np.arange(n), np.arange(m)
    values = np.array([statistic(a[a % BLOCKS != k], b[b % BLOCKS != k]) for k in range(BLOCKS)])
    if not np.isfinite(values).all():
        return None
    return math.sqrt((BLOCKS - 1) / BLOCKS * float(((values - values.mean()) ** 2).sum()))
