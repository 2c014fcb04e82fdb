"""Sums of importance weights that are given as logarithms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective", "log_mean"]

Array = NDArray[np.float64]


def log_mean(log_weights: Array) -> tuple[float, float]:
    """log 1/n Σ w and its standard error sd(w) / (mean(w) √n), first order in the error of the mean."""
    n, top = len(log_weights), float(log_weights.max())
    if not np.isfinite(top):
        return -np.inf, float("nan")
    w = np.exp(log_weights - top)
    stderr = float(w.std(ddof=1) / w.mean() / np.sqrt(n)) if n > 1 else float("inf")
    return top + float(np.log(w.mean())), stderr


def effective(log_weights: Array) -> float:
    """(Σ w)² / Σ w²: so many equal weights would be worth as much."""
    top = float(log_weights.max())
    if not np.isfinite(top):
        return 0.0
    w = np.exp(log_weights - top)
    return float(w.sum() ** 2 / np.square(w).sum())
