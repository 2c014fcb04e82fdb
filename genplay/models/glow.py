"""Glow [1]: a flow whose steps are an actnorm, an invertible linear map of all dimensions, and an affine coupling.

    actnorm    y = (x + b) · e^a, set once so that the data leave it with mean 0 and deviation 1      log |det| = Σ a
    linear     y = W x with W = P L (U + diag s), triangular L and U, P a fixed permutation           log |det| = Σ log |s|
    coupling   y_b = x_b · exp(s(x_a)) + t(x_a)                                                       log |det| = Σ s

The linear map is Glow's 1×1 convolution: it learns how to mix the dimensions where RealNVP only exchanges them.

[1] Kingma and Dhariwal 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.models.cards.glow import CARD, GlowKnobs
from genplay.models.coupling import AffineCoupling
from genplay.models.dequantise import DigitFlow
from genplay.models.flow import Chain, Flow, Layer, PlaneFlow, Transform

__all__ = ["ActNorm", "DigitGlow", "Glow", "InvertibleLinear"]


class ActNorm(Layer):
    """y = (x + b) · e^a, with a and b from the first data it sees."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(dim))
        self.b = nn.Parameter(torch.zeros(dim))

    def settle(self, x: Tensor) -> None:
        spread = x.std(dim=0, correction=0)
        self.b.copy_(-x.mean(dim=0))
        self.a.copy_(-torch.where(spread > 1e-3, spread, torch.ones_like(spread)).log())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return (x + self.b) * self.a.exp(), self.a.sum()

    def inverse(self, y: Tensor) -> Tensor:
        return y * torch.exp(-self.a) - self.b


class InvertibleLinear(Layer):
    """y = W x, W kept in the form P L (U + diag s); at first it is a random rotation or reflection."""

    permutation: Tensor
    sign: Tensor

    def __init__(self, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        rotation, _ = torch.linalg.qr(torch.randn(dim, dim, generator=generator))
        permutation, lower, upper = torch.linalg.lu(rotation)
        s = upper.diagonal()
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", s.sign())
        self.log_s = nn.Parameter(s.abs().log())
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))

    def _factors(self) -> tuple[Tensor, Tensor]:
        """L and U + diag s."""
        one = torch.eye(len(self.sign), dtype=self.lower.dtype, device=self.lower.device)
        return self.lower.tril(-1) + one, self.upper.triu(1) + torch.diag(self.sign * self.log_s.exp())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lower, upper = self._factors()
        return x @ (self.permutation @ lower @ upper).T, self.log_s.sum()

    def inverse(self, y: Tensor) -> Tensor:
        lower, upper = self._factors()
        half = torch.linalg.solve_triangular(lower, (y @ self.permutation).T, upper=False)
        x: Tensor = torch.linalg.solve_triangular(upper, half, upper=True).T
        return x


class GlowStep(Layer):
    """Actnorm, linear map, coupling: one step, and one picture of the plane."""

    def __init__(self, dim: int, knobs: GlowKnobs, generator: torch.Generator) -> None:
        super().__init__()
        self.norm = ActNorm(dim)
        self.mix = InvertibleLinear(dim, generator)
        self.couple = AffineCoupling(dim, knobs, 0, generator)

    def settle(self, x: Tensor) -> None:
        self.norm.settle(x)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x, by_norm = self.norm(x)
        x, by_mix = self.mix(x)
        y, by_couple = self.couple(x)
        return y, by_couple + (by_norm + by_mix)

    def inverse(self, y: Tensor) -> Tensor:
        return self.norm.inverse(self.mix.inverse(self.couple.inverse(y)))


class GlowLayers(Flow):
    """The layers of Glow in any number of dimensions."""

    card = CARD
    knobs: GlowKnobs

    def make_transform(self, generator: torch.Generator) -> Transform:
        return Chain(GlowStep(self.dim, self.knobs, generator) for _ in range(self.knobs.layers))


class Glow(GlowLayers, PlaneFlow):
    """Glow on the plane."""


class DigitGlow(GlowLayers, DigitFlow):
    """Glow of dequantised images: the linear map mixes all 25 pixels."""
