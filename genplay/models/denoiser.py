"""The network of a diffusion model: a point and a noise level ℓ in, a point out.

It sees ℓ, scaled to e ∈ [−1, 1], as e and sin, cos of πe, 2πe, … [1]. Its divergence Σⱼ ∂Fⱼ/∂xⱼ is carried forward
beside its value, layer by layer: two tangents on the plane, and no graph is kept.

[1] Fourier features, Tancik et al. 2020.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from genplay.models.layers import Dropout, mlp

__all__ = ["Denoiser"]

_WAVES = 4


def _relu(z: Tensor) -> tuple[Tensor, Tensor]:
    return z.relu(), (z > 0).to(z.dtype)


def _tanh(z: Tensor) -> tuple[Tensor, Tensor]:
    value = z.tanh()
    return value, 1 - value.square()


def _silu(z: Tensor) -> tuple[Tensor, Tensor]:
    gate = z.sigmoid()
    value = z * gate
    return value, torch.addcmul(gate, value, 1 - gate)


def _softplus(z: Tensor) -> tuple[Tensor, Tensor]:
    return functional.softplus(z), z.sigmoid()


_WITH_SLOPE: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    "relu": _relu,
    "tanh": _tanh,
    "silu": _silu,
    "softplus": _softplus,
}
"""Each activation and its derivative."""


def _normalised(part: nn.LayerNorm, value: Tensor, tangents: Tensor) -> tuple[Tensor, Tensor]:
    """Layer normalisation and its derivative along the tangents (k, n, width)."""
    centred = value - value.mean(dim=1, keepdim=True)
    spread = (centred.square().mean(dim=1, keepdim=True) + part.eps).sqrt()
    unit = centred / spread
    moved = tangents - tangents.mean(dim=2, keepdim=True)
    turned = (moved - unit * (unit * moved).mean(dim=2, keepdim=True)) / spread
    return unit * part.weight + part.bias, turned * part.weight


def _batch_scale(part: nn.BatchNorm1d) -> Tensor:
    """What batch normalisation by its running statistics multiplies by."""
    assert part.running_var is not None
    return part.weight * (part.running_var + part.eps).rsqrt()


class Denoiser(nn.Module):
    """F(x, ℓ), (n, dim) → (n, dim), for noise levels between ``least`` and ``most``."""

    def __init__(
        self,
        dim: int,
        hidden: list[int],
        activation: str,
        levels: tuple[float, float],
        generator: torch.Generator,
        norm: str = "none",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.activation = activation
        self.least, self.most = levels
        sizes = [dim + 1 + 2 * _WAVES, *hidden, dim]
        self.network = mlp(sizes, generator, activation, norm=norm, dropout=dropout)

    def features(self, level: Tensor) -> Tensor:
        """What the network sees of ℓ, (n,) → (n, 1 + 2·waves)."""
        e = (2 * level - (self.least + self.most)) / (self.most - self.least)
        angles = e[:, None] * (math.pi * torch.arange(1, _WAVES + 1, dtype=e.dtype, device=e.device))
        return torch.cat([e[:, None], angles.sin(), angles.cos()], dim=1)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        out: Tensor = self.network(torch.cat([x, features.expand(len(x), -1)], dim=1))
        return out

    def with_divergence(self, x: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """F (n, dim) and Σⱼ ∂Fⱼ/∂xⱼ (n,), as in evaluation: nothing dropped, norms by their running statistics."""
        bend = _WITH_SLOPE[self.activation]
        value = torch.cat([x, features.expand(len(x), -1)], dim=1)
        tangents = torch.eye(value.shape[1], dtype=x.dtype, device=x.device)[: self.dim, None]
        for part in self.network:
            if isinstance(part, nn.Linear):
                value, tangents = part(value), tangents @ part.weight.T
            elif isinstance(part, nn.LayerNorm):
                value, tangents = _normalised(part, value, tangents)
            elif isinstance(part, nn.BatchNorm1d):
                value, tangents = part(value), tangents * _batch_scale(part)
            elif isinstance(part, Dropout):
                continue
            else:
                value, slope = bend(value)
                tangents = tangents * slope
        return value, torch.einsum("jnj->n", tangents)
