"""log Z where it is said to be out of reach: importance sampling, and annealed importance sampling both ways.

    importance   Z = Z₀ E_q [f(x)/f₀(x)]  with x from a law q = f₀/Z₀ that can be drawn from
    annealed     the same along a chain of laws f_β = f₀^{1−β} f^β, with a Metropolis step at each [1]

The mean of the log weights is below log Z. Started from the model's own samples and run backwards it is above [2]: the
truth lies between the two. Here f = exp(−bowl − net), f₀ = exp(−bowl) is a Gaussian.

[1] Neal 2001.  [2] Grosse, Ghahramani and Adams 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from genplay.quantity import Quantity, bound, estimate

__all__ = ["annealed", "from_weights", "metropolis_path"]

Move = Callable[[Tensor, float], Tensor]
"""States (n, d) and β to the states after a step that leaves f_β's law as it is."""


def from_weights(log_weight: Tensor, log_z0: float, what: str) -> Quantity:
    """log Z from importance weights (n,), its standard error by the delta method, and how many of them count."""
    w = log_weight.double()
    n = len(w)
    top = float(w.max())
    share = (w - top).exp()
    mean = float(share.mean())
    error = float(share.std(correction=1)) / math.sqrt(n) / mean if n > 1 else None
    effective = float(share.sum() ** 2 / share.square().sum())
    value = log_z0 + top + math.log(mean)
    return estimate(value, error, f"{what}, {n:,} draws, effective sample size {effective:.0f}")


def annealed(
    net: Callable[[Tensor], Tensor], move: Move, start: Tensor, levels: int, log_z0: float, reverse: bool
) -> Quantity:
    """The mean log weight over chains from ``start`` (n, d): drawn from f₀, or with ``reverse`` from the model itself."""
    betas = [i / levels for i in range(levels + 1)]
    x, total = start, torch.zeros(len(start), device=start.device)
    order = range(levels, 0, -1) if reverse else range(1, levels + 1)
    for i in order:
        total = total - (betas[i] - betas[i - 1]) * net(x)
        after = i - 1 if reverse else i
        if 0 < after < levels:
            x = move(x, betas[after])
    total = total.double()
    error = float(total.std(correction=1)) / math.sqrt(len(total)) if len(total) > 1 else None
    way = "backwards from the model's own samples" if reverse else "forwards"
    side: Literal["lower", "upper"] = "upper" if reverse else "lower"
    method = f"annealed importance sampling {way}, {len(total)} chains through {levels} laws"
    return bound(log_z0 + float(total.mean()), side, method, error)


def metropolis_path(
    net: Callable[[Tensor], Tensor],
    bowl: Callable[[Tensor], Tensor],
    reach: float,
    generator: torch.Generator,
) -> Move:
    """Random-walk Metropolis on exp(−bowl − β net), steps of standard deviation ``reach``."""

    def move(x: Tensor, beta: float) -> Tensor:
        kick = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        chance = torch.rand(len(x), generator=generator, device=x.device, dtype=x.dtype)
        both = torch.cat([x, x + reach * kick])
        old, new = (bowl(both) + beta * net(both)).chunk(2)
        return torch.where((chance.log() < old - new)[:, None], both[len(x) :], x)

    return move
