"""Affine couplings, the layers of RealNVP [1], for any number of dimensions above one.

    y_A = x_A,   y_B = x_B · exp(s(x_A)) + t(x_A),   log|det| = Σ s        A and B take turns

s is bounded by a tanh: unbounded scales run away. Both halves of a layer's network come from one pass.

[1] Dinh, Sohl-Dickstein and Bengio 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.models.layers import mlp

__all__ = ["AffineCouplings"]

REACH = 2.0
"""The largest log scale of a layer."""


class AffineCouplings(nn.Module):
    """``forward`` gives z and log|det ∂z/∂x|, ``inverse`` gives x back; it begins at the identity."""

    masks: Tensor

    def __init__(
        self, dim: int, layers: int, width: int, depth: int, activation: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        sizes = [dim, *[width] * depth, 2 * dim]
        self.nets = nn.ModuleList(mlp(sizes, generator, activation, last_gain=0.01) for _ in range(layers))
        masks = [(torch.arange(dim) % 2 == i % 2).float() for i in range(layers)]
        if dim > 3:
            # Every second pair of layers splits the dimensions by halves, so that neighbours meet as well.
            halves = [(torch.arange(dim) < dim // 2).float(), (torch.arange(dim) >= dim // 2).float()]
            masks = [halves[i % 2] if i % 4 > 1 else m for i, m in enumerate(masks)]
        self.register_buffer("masks", torch.stack(masks), persistent=False)

    def _scale_shift(self, i: int, kept: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = self.nets[i](kept).chunk(2, dim=1)
        free = 1 - self.masks[i]
        return REACH * torch.tanh(raw / REACH) * free, shift * free

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total = x.new_zeros(len(x))
        for i in range(len(self.nets)):
            scale, shift = self._scale_shift(i, x * self.masks[i])
            x = torch.addcmul(shift, x, scale.exp())
            total = total + scale.sum(dim=1)
        return x, total

    def inverse(self, z: Tensor) -> Tensor:
        for i in reversed(range(len(self.nets))):
            scale, shift = self._scale_shift(i, z * self.masks[i])
            z = (z - shift) * torch.exp(-scale)
        return z
