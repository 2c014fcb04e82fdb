"""Has a chain mixed, and what are its samples worth?

A trace is (n_steps, chains): one number of each chain at each step.
    autocorrelation ρ_t;  integrated autocorrelation time τ = 1 + 2 Σ_t ρ_t, the sum cut where it becomes noise [1]
    effective sample size n / τ: so many independent draws would give a mean as good
    split R̂ [2]: the spread of all halves of all chains together, against the spread within each; 1 when they agree
Each is an estimate from the trace, and none can see a mode that no chain has found.

[1] Geyer 1992, initial positive sequence.  [2] Gelman and Rubin 1992; split: Gelman et al. 2013.  [3] Sokal 1997.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Quantity, estimate

__all__ = ["autocorrelation", "autocorrelation_time", "effective_size", "split_r_hat", "summary"]

Array = NDArray[np.float64]
FEWEST = 8


def autocorrelation(trace: Array, lags: int | None = None) -> Array:
    """ρ_0 … ρ_lags of traces (n, chains), measured about the mean of all chains; nan for a trace that never moves.

    About the common mean: a chain that is stuck in one mode then shows, as a correlation that does not fall to 0.
    """
    n = len(trace)
    lags = min(n - 1, n // 2 if lags is None else lags)
    centred = trace - trace.mean()
    size = 1 << (2 * n - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    covariance = np.fft.irfft(power, size, axis=0)[: lags + 1].mean(axis=1) / n
    if covariance[0] <= 1e-300:
        return np.full(lags + 1, np.nan)
    return np.asarray(covariance / covariance[0])


def autocorrelation_time(trace: Array) -> float:
    """τ in steps, at least 1 for a chain that only forgets; nan for one that never moves."""
    return _time_and_error(trace)[0]


def _time_and_error(trace: Array) -> tuple[float, float]:
    """τ, and its standard error τ √(2 (2 M + 1) / N) for a sum over M lags of N numbers [3]."""
    rho = autocorrelation(trace)
    if np.isnan(rho[0]):
        return float("nan"), float("nan")
    # Sums of neighbouring pairs are positive and fall, for any reversible chain: where they stop doing so is noise.
    pairs = rho[: len(rho) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    pairs = np.minimum.accumulate(pairs[: ends[0] if len(ends) else len(pairs)])
    time = float(max(2 * pairs.sum() - 1, 1 / len(trace)))
    return time, time * float(np.sqrt(2 * (4 * len(pairs) + 1) / trace.size))


def effective_size(trace: Array) -> float:
    """n_steps · chains / τ; nan for a trace that never moves."""
    return float(trace.size / autocorrelation_time(trace))


def split_r_hat(trace: Array) -> float:
    """R̂ of the halves of each chain; nan for fewer than 8 steps or where nothing moves."""
    half = len(trace) // 2
    if half < FEWEST // 2:
        return float("nan")
    halves = np.concatenate([trace[:half], trace[len(trace) - half :]], axis=1)
    within = halves.var(axis=0, ddof=1).mean()
    between = halves.mean(axis=0).var(ddof=1) if halves.shape[1] > 1 else 0.0
    if within <= 1e-300:
        return float("nan") if between <= 1e-300 else float("inf")
    return float(np.sqrt((half - 1) / half + between / within))


def summary(traces: Mapping[str, Array]) -> dict[str, Quantity]:
    """The worst over several traces, by name: ``r_hat``, ``autocorrelation_time``, ``ess``; those that can be had."""
    out: dict[str, Quantity] = {}
    if not traces or len(next(iter(traces.values()))) < FEWEST:
        return out
    r_hat = {name: split_r_hat(t) for name, t in traces.items()}
    times = {name: _time_and_error(t) for name, t in traces.items()}
    shape = next(iter(traces.values())).shape
    how = f"{shape[0]:,} steps of {shape[1]} chains"
    seen = {name: value for name, value in r_hat.items() if not np.isnan(value)}
    if seen:
        worst = max(seen, key=lambda name: seen[name])
        out["r_hat"] = estimate(seen[worst], None, f"split R-hat of {worst}, {how}", unit="")
    moved = {name: value for name, value in times.items() if not np.isnan(value[0])}
    if moved:
        worst = max(moved, key=lambda name: moved[name][0])
        (time, error), size = moved[worst], traces[worst].size
        out["autocorrelation_time"] = estimate(time, error, f"of {worst}, {how}", unit="steps")
        out["ess"] = estimate(size / time, size / time * error / time, f"of {worst}, {how}", unit="draws")
    return out
