"""log Z of p = f/Z from draws: of a broad law q (importance), of p (harmonic mean), or of both (contrast).

    importance   Z = E_q [f/q]
    harmonic     1/Z = E_p [q/f]
    contrast     log Z is the c at which a classifier with log odds log f − c − log q is best calibrated:
                 Σ_p σ(c + log q − log f) = Σ_q σ(log f − c − log q)

The last is what noise-contrastive estimation [1] learns when f stands still, and Bennett's acceptance ratio [2].

[1] Gutmann and Hyvärinen 2010.  [2] Bennett 1976.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.estimators.convergence import Convergence, sizes_up_to
from genplay.metrics.estimators.log_weights import WILD, log_mean_with_error, tail_index
from genplay.quantity import estimate
from genplay.sampling.weights import effective

__all__ = ["contrast", "harmonic_mean", "importance", "learned"]

Array = NDArray[np.float64]

IMPORTANCE = (
    "Draw from a broad law and average the weights f/q. The average is right at any size, its logarithm is a little low, and a "
    "few lucky draws carry it all where q rarely meets p: the effective sample size says how many count."
)
HARMONIC = (
    "Draw from the model itself and average q/f, which is 1/Z. It looks free and is called the worst estimator there is: where p "
    "is small and q is not, one draw in a million would carry the whole average, so its variance is infinite or as good as that. "
    "It cannot see what it misses, so it settles too high, and a plain standard error would be far too short."
)
CONTRAST = (
    "Show a classifier draws of the model and draws of noise, and let it learn the one constant that makes log f − c the "
    "logarithm of a density: that c is log Z. It looks at both sides, so neither tail can hide."
)
LEARNED = (
    "The constant that noise-contrastive training learned beside the energy. It is no average, so it has no error bar of its own, "
    "and it is log Z only as far as training has come."
)


def importance(log_w: Array, base: str) -> Convergence:
    """log Z from log f − log q at draws of q (n,)."""
    sizes = sizes_up_to(len(log_w))
    found = np.array([log_mean_with_error(log_w[:n]) for n in sizes])
    many, tail = effective(log_w), tail_index(log_w)
    method = f"importance sampling from {base}, {len(log_w):,} draws, effective sample size {many:,.0f}"
    if tail >= WILD:
        method += (
            f"; the weights' tail index {tail:.2f} is above ½: their variance is infinite or as good as that"
        )
    return Convergence(
        "importance", "Importance sampling", "draws", IMPORTANCE, sizes.astype(float), found[:, 0], found[:, 1],
        estimate(found[-1, 0], _finite(found[-1, 1]), method),
    )  # fmt: skip


def harmonic_mean(log_w: Array, base: str) -> Convergence:
    """log Z from log f − log q at draws of p (n,)."""
    sizes = sizes_up_to(len(log_w))
    found = np.array([log_mean_with_error(-log_w[:n]) for n in sizes])
    tail = tail_index(-log_w)
    word = (
        "infinite variance" if tail >= WILD else "its variance is infinite wherever q reaches farther than p"
    )
    method = (
        f"harmonic mean over {len(log_w):,} draws of the model, against {base}; tail index {tail:.2f}: {word}"
    )
    return Convergence(
        "harmonic", "Harmonic mean", "draws", HARMONIC, sizes.astype(float), -found[:, 0], found[:, 1],
        estimate(-found[-1, 0], _finite(found[-1, 1]), method),
    )  # fmt: skip


def contrast(log_w_model: Array, log_w_base: Array, base: str) -> Convergence:
    """log Z from log f − log q at as many draws of p (n,) as of q (n,)."""
    sizes = sizes_up_to(len(log_w_model))
    found = np.array([_calibrated(log_w_model[:n], log_w_base[:n]) for n in sizes])
    method = (
        f"noise-contrastive estimation of the constant, {len(log_w_model):,} draws of the model and of {base}"
    )
    return Convergence(
        "contrast", "Noise contrast", "draws", CONTRAST, sizes.astype(float), found[:, 0], found[:, 1],
        estimate(found[-1, 0], _finite(found[-1, 1]), method),
    )  # fmt: skip


def learned(value: float) -> Convergence:
    """The constant that training has learned, as one point."""
    return Convergence(
        "learned", "Learned by NCE", "", LEARNED, np.ones(1), np.array([value]), np.full(1, math.inf),
        estimate(value, None, "the constant learned by noise-contrastive training"),
    )  # fmt: skip


def _finite(error: float) -> float | None:
    return float(error) if math.isfinite(error) else None


def _calibrated(of_model: Array, of_base: Array) -> tuple[float, float]:
    """The root c, by bisection, and its asymptotic standard error √((⟨s²⟩/⟨s⟩² − 1)/n summed over both sides)."""
    known = np.concatenate([of_model, of_base])
    known = known[np.isfinite(known)]
    if not len(known) or not np.isfinite(of_model).any():
        return math.nan, math.inf
    low, high = float(known.min()) - 1.0, float(known.max()) + 1.0
    for _ in range(60):
        c = (low + high) / 2
        if _sigmoid(of_base - c).mean() > _sigmoid(c - of_model).mean():
            low = c
        else:
            high = c
    if len(of_model) < 2:
        return c, math.inf
    variance = 0.0
    for s in (_sigmoid(of_base - c), _sigmoid(c - of_model)):
        variance += float(s.var(ddof=1)) / max(float(s.mean()) ** 2, 1e-300) / len(s)
    return c, math.sqrt(variance)


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)))
