"""Searching the code of a generator that has no encoder: argmin_z ‖G(z) − x‖² + λ ‖z‖²."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["invert"]

CANDIDATES = 1024
STEPS = 80
PRIOR_WEIGHT = 1e-3


def invert(produce: Callable[[Tensor], Tensor], x: Tensor, latent_dim: int) -> Tensor:
    """Codes (n, latent) with G(z) near x (n, d): the best of 1,024 fixed draws from the prior, then descent by Adam.

    The draws are always the same ones, so the same x gives the same code. ``produce`` is G, (m, latent) → (m, d).
    """
    draws = torch.randn(CANDIDATES, latent_dim, generator=torch.Generator().manual_seed(0)).to(x)
    with torch.no_grad():
        outputs = produce(draws)
        nearest = torch.cat([torch.cdist(part, outputs).argmin(dim=1) for part in x.split(1024)])
    z = draws[nearest].clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.05)
    with torch.enable_grad():
        for _ in range(STEPS):
            cost = (produce(z) - x).square().sum() + PRIOR_WEIGHT * z.square().sum()
            (z.grad,) = torch.autograd.grad(cost, [z])
            optimiser.step()
    return z.detach()
