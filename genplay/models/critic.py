"""Two ways to keep the discriminator of a GAN from winning outright.

Spectral normalisation [1] divides each weight matrix by its largest singular value σ, so that no layer stretches any
direction by more than a constant (in [1] it is 1) and the logit's slope is bounded. σ = uᵀ W v, with u and v followed by
power iteration.

Minibatch discrimination [2] shows the discriminator, beside each example, how crowded its neighbourhood in the batch is:
    o_b(x) = mean over 32 x′ of the batch of exp(−‖M_b(x) − M_b(x′)‖₁),   M a learned map
A generator that makes the same few points over and over is then found out by the crowd, not by any single point.

[1] Miyato, Kataoka, Koyama and Yoshida 2018.  [2] Salimans et al. 2016.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from genplay.models.layers import mlp

__all__ = ["Crowd", "SpectralLinear", "spectral"]

FEATURES, WIDTH = 4, 3
"""How many closenesses o_b there are, and in how many dimensions each is measured."""
OTHERS = 32
"""With so many of the batch each example is compared."""
SLOPE = 10.0
"""The most that a logit may change per unit of what the discriminator sees: all layers share it evenly."""


class SpectralLinear(nn.Module):
    """x ↦ s (W/σ) x + b, s the largest stretch; ``follow`` brings u and v nearer to the singular vectors of the present W."""

    u: Tensor
    v: Tensor

    def __init__(self, dense: nn.Linear, generator: torch.Generator, stretch: float) -> None:
        super().__init__()
        self.weight, self.bias = dense.weight, dense.bias
        self.stretch = stretch
        self.register_buffer("u", normalize(torch.randn(len(dense.weight), generator=generator), dim=0))
        self.register_buffer("v", torch.zeros(dense.weight.shape[1]))
        self.follow(30)

    @torch.no_grad()
    def follow(self, turns: int = 1) -> None:
        for _ in range(turns):
            self.v.copy_(normalize(self.weight.T @ self.u, dim=0))
            self.u.copy_(normalize(self.weight @ self.v, dim=0))

    def forward(self, x: Tensor) -> Tensor:
        sigma = self.u @ self.weight @ self.v
        return linear(x, self.weight * (self.stretch / sigma), self.bias)


def spectral(net: nn.Sequential, generator: torch.Generator) -> nn.Sequential:
    """The same network with the stretch of every linear layer held, and so the slope of the whole to ``SLOPE``."""
    count = sum(isinstance(part, nn.Linear) for part in net)
    stretch = SLOPE ** (1 / count)
    return nn.Sequential(
        *(SpectralLinear(part, generator, stretch) if isinstance(part, nn.Linear) else part for part in net)
    )


class Crowd(nn.Module):
    """How near the other examples of a batch are to each example, (n, d) and (m, d) → (n, 4)."""

    def __init__(self, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.features = FEATURES
        self.places = mlp([dim, 32, FEATURES * WIDTH], generator, "tanh")

    def forward(self, u: Tensor, others: Tensor) -> Tensor:
        here = self.places(u).view(len(u), 1, FEATURES, WIDTH)
        there = self.places(others[:OTHERS]).view(1, -1, FEATURES, WIDTH)
        return torch.exp(-(here - there).abs().sum(dim=3)).mean(dim=1)
