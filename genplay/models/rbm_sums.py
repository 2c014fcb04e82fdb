"""Exact sums of an RBM: log Z = log Σ_v Σ_h exp(vᵀW h + bᵀv + cᵀh) and its derivatives, in float64.

One side of the machine can be summed by hand, since its units are independent given the other side:
    hidden side    Z = Σ_h e^{cᵀh} Π_j (1 + e^{b_j + (W h)_j})       2^H terms
    visible side   Z = Σ_v e^{bᵀv} Π_k (1 + e^{c_k + (vᵀW)_k})       2^25 terms
and ∂ log Z/∂W = E[v hᵀ], ∂ log Z/∂b = E[v], ∂ log Z/∂c = E[h]. States split in two halves with a table each, so that no
exponential is taken of a single state (see ``spaces.binary.softplus_sums``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.spaces.binary import CACHED, LARGEST_LOG, half_images, half_sums, log_sum_exp, softplus_sums
from genplay.spaces.one_thread import one_thread

__all__ = [
    "HIDDEN_SIDE",
    "LogZ",
    "hidden_side_log_z",
    "minus_free_energy_blocks",
    "moments",
    "visible_side_log_z",
]

HIDDEN_SIDE = 20
"""Up to so many hidden units the sum over their states is the cheaper one: 2^20 states take about 50 ms."""

Array = NDArray[np.float64]


def minus_free_energy_blocks(W: Array, b: Array, c: Array) -> Callable[[int, int], Array]:
    """−F(v) = bᵀv + Σ_k log(1 + e^{c_k + (vᵀW)_k}) of whole blocks of images: (start, stop) → (stop − start, 4096)."""
    low, high = half_sums(W)
    low_bias, high_bias = half_sums(b[:, None])
    sums = softplus_sums(low, high + c)

    def block(start: int, stop: int) -> Array:
        values = sums(start, stop)
        values += low_bias[:, 0]
        values += high_bias[start:stop]
        return values

    return block


def visible_side_log_z(W: Array, b: Array, c: Array) -> float:
    """log Z as a sum over all 2^25 images; W (25, H), b (25,), c (H,)."""
    return log_sum_exp(minus_free_energy_blocks(W, b, c), rows=16)


def _hidden_tables(W: Array, b: Array, c: Array) -> tuple[Array, Array, Array]:
    """Tables of b + W h for the two halves of h, (A, d) and (B, d), and log weights of all states h, (B, A)."""
    half = W.shape[1] // 2
    low_states, high_states = half_images(half), half_images(W.shape[1] - half)
    low, high = low_states @ W[:, :half].T, high_states @ W[:, half:].T + b
    log_weights = softplus_sums(low, high)(0, len(high))
    log_weights += low_states @ c[:half]
    log_weights += (high_states @ c[half:])[:, None]
    return low, high, log_weights


def hidden_side_log_z(W: Array, b: Array, c: Array) -> float:
    """log Z as a sum over all 2^H states of the hidden units; W (d, H), b (d,), c (H,)."""
    log_weights = _hidden_tables(W, b, c)[2]
    top = float(log_weights.max())
    return top + float(np.log(np.exp(log_weights - top).sum()))


@one_thread()
def moments(W: Array, b: Array, c: Array) -> tuple[float, Array, Array, Array]:
    """log Z, E[v hᵀ] (d, H), E[v] (d,) and E[h] (H,) under the model, summed over the states of the hidden units."""
    low, high, log_weights = _hidden_tables(W, b, c)
    top = float(log_weights.max())
    p = np.exp(log_weights - top)
    mass = float(p.sum())
    p /= mass
    lit_low, lit_high = np.zeros_like(low), np.empty_like(high)
    rows = max(1, CACHED // len(low))
    over_low, over_high = np.ones(len(low)), np.ones(len(high))
    for start in range(0, len(high), rows):
        part = slice(start, start + rows)
        lit = np.empty_like(p[part])
        for j in range(len(b)):
            _lit(p[part], low[:, j], high[part, j], lit)
            lit_low[:, j] += over_high[part] @ lit
            lit_high[part, j] = lit @ over_low
    half = W.shape[1] // 2
    low_states, high_states = half_images(half), half_images(W.shape[1] - half)
    v_h = np.concatenate([lit_low.T @ low_states, lit_high.T @ high_states], axis=1)
    h = np.concatenate([p.sum(axis=0) @ low_states, p.sum(axis=1) @ high_states])
    return top + float(np.log(mass)), v_h, lit_low.sum(axis=0), h


def _lit(p: Array, low: Array, high: Array, out: Array) -> None:
    """P(h) P(v_j = 1 | h) = p / (1 + e^(−low − high)) for all states h, (B, A), into ``out``."""
    if np.abs(low).max() + np.abs(high).max() < LARGEST_LOG:
        np.multiply.outer(np.exp(-high), np.exp(-low), out=out)
    else:
        np.add.outer(-high, -low, out=out)
        with np.errstate(over="ignore"):
            np.exp(out, out=out)
    out += 1.0
    np.divide(p, out, out=out)


class LogZ(torch.autograd.Function):
    """log Z of W (d, H), b (d,), c (H,) by the hidden side, with its exact derivatives."""

    @staticmethod
    def forward(ctx: Any, W: Tensor, b: Tensor, c: Tensor) -> Tensor:
        log_z, *expected = moments(*(t.detach().cpu().double().numpy() for t in (W, b, c)))
        ctx.save_for_backward(*(torch.from_numpy(e).to(W) for e in expected))
        return W.new_tensor(log_z)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        v_h, v, h = ctx.saved_tensors
        return grads[0] * v_h, grads[0] * v, grads[0] * h
