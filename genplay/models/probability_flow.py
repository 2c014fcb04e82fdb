"""The probability-flow ODE of a diffusion [1], followed by Runge and Kutta's method in the log noise level ℓ = log ν.

x̃ = u + νε obeys dx̃/dν = ε(x̃, ν), the noise that is expected in it. For x = x̃/√(1 + ν²) that is
    dx/dℓ = s (ε − s x),   s = ν/√(1 + ν²),
at rest for Gaussian data, so equal steps in ℓ fit. The divergence integrated along the way is log |det| of the whole map.

[1] Song et al. 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["flow"]

Field = Callable[[Tensor, float, bool], tuple[Tensor, Tensor]]
"""x (n, d), ℓ and whether the divergence is wanted to dx/dℓ (n, d) and its divergence (n,), or 0 where it is not."""


@torch.no_grad()
def flow(
    field: Field,
    start: Tensor,
    levels: tuple[float, float],
    steps: int,
    upward: bool,
    trace: bool = False,
    path: list[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Follow the ODE between x̃ at the least level and x at the greatest, with ``trace`` log |det| of the map too; (n, d) and
    (n,). ``path`` collects x on the way."""
    low, high = levels
    log_shrink = -0.5 * math.log1p(math.exp(2 * low))
    h = (high - low) / steps if upward else (low - high) / steps
    x = start * math.exp(log_shrink) if upward else start
    total = x.new_zeros(len(x))
    for i in range(steps):
        level = (low if upward else high) + i * h
        v1, d1 = field(x, level, trace)
        v2, d2 = field(x + h / 2 * v1, level + h / 2, trace)
        v3, d3 = field(x + h / 2 * v2, level + h / 2, trace)
        v4, d4 = field(x + h * v3, level + h, trace)
        x = x + h / 6 * (v1 + 2 * (v2 + v3) + v4)
        total = total + h / 6 * (d1 + 2 * (d2 + d3) + d4)
        if path is not None:
            path.append(x)
    shift = start.shape[1] * log_shrink
    if upward:
        return x, total + shift
    return x * math.exp(-log_shrink), total - shift
