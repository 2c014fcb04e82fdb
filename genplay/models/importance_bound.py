"""The importance weighted bound [1] of a model whose one-sample bound is the logarithm of a weight p(x, z) / q(z | x).

    IWAE_k = E log 1/k Σ_i w_i,   log w_i = bound(x) with the i-th draw of z;      IWAE_1 ≤ IWAE_2 ≤ … → log p(x)

[1] Burda, Grosse and Salakhutdinov 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["importance_bound"]


def importance_bound(
    log_weight: Callable[[Tensor, torch.Generator], Tensor], x: Tensor, k: int, generator: torch.Generator
) -> Tensor:
    """log of the mean of k weights in nats, (n, d) → (n,)."""
    weights = log_weight(x.repeat(k, 1), generator).reshape(k, len(x))
    return torch.logsumexp(weights, dim=0) - math.log(k)
