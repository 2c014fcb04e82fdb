"""Pairwise models of images, log p(x) = a + Σ_j b_j x_j + Σ_{i<j} U_ij x_i x_j: exact sums over all 2^25 of them.

log Z    the 25 pixels split into three groups of 9, 8 and 8. A pair lies within a group or between two, so with a table
         e^{…} for every two groups Z = Σ_r w_r Σ_s Σ_t A_rs B_rt F_st: one matrix product, no exponential an image.
         Some 6 ms, and its derivative (the exact moments E x_i and E x_i x_j) as much again.
blocks   log p of every image: the pixels split into two halves, and again one matrix product holds all pairs between them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.spaces.binary import HIGH, LOW, half_images
from genplay.spaces.one_thread import one_thread

__all__ = ["pairwise_blocks", "pairwise_log_z"]

Array = NDArray[np.float64]


def pairwise_blocks(constant: float, b: Array, U: Array) -> Callable[[int, int], Array]:
    """a + bᵀx + xᵀUx of whole blocks of images with pixels 0 and 1; b (25,), U (25, 25) upper triangular."""
    low, high = half_images(LOW), half_images(HIGH)
    own_low = low @ b[:LOW] + ((low @ U[:LOW, :LOW]) * low).sum(axis=1)
    own_high = high @ b[LOW:] + ((high @ U[LOW:, LOW:]) * high).sum(axis=1) + constant
    between = np.ascontiguousarray((low @ U[:LOW, LOW:]).T)

    @one_thread()
    def block(start: int, stop: int) -> Array:
        values = high[start:stop] @ between
        values += own_low
        values += own_high[start:stop, None]
        return values

    return block


def pairwise_log_z(fields: Tensor, couplings: Tensor) -> Tensor:
    """log Σ_s exp(hᵀs + sᵀUs) over all spins s ∈ {−1, +1}^d; h (d,), U (d, d) upper triangular, both float64.

    Differentiable: ∂/∂h is E[s], ∂/∂U_ij is E[s_i s_j]. Each table is scaled by its largest entry.
    """
    d = len(fields)
    first, second = d - 2 * (d // 3), d // 3
    parts = [slice(0, first), slice(first, first + second), slice(first + second, d)]
    spins = [torch.from_numpy(2 * half_images(p.stop - p.start) - 1).to(fields) for p in parts]
    own = [s @ fields[p] + ((s @ couplings[p, p]) * s).sum(dim=1) for s, p in zip(spins, parts, strict=True)]
    a = spins[0] @ couplings[parts[0], parts[1]] @ spins[1].T + own[1]
    b = spins[0] @ couplings[parts[0], parts[2]] @ spins[2].T + own[2]
    f = spins[1] @ couplings[parts[1], parts[2]] @ spins[2].T
    top_a, top_b = (t.detach().amax(dim=1, keepdim=True) for t in (a, b))
    top_f = f.detach().max()
    inner = ((torch.exp(a - top_a) @ torch.exp(f - top_f)) * torch.exp(b - top_b)).sum(dim=1)
    # Where strong couplings pull in different ways a whole row may underflow; its share of Z is then nothing.
    return torch.logsumexp(inner.clamp_min(1e-300).log() + (own[0] + (top_a + top_b).squeeze(1)), 0) + top_f
