"""Affine coupling [1]: half of the dimensions stay, and tell a network how to stretch and shift the other half,

    y_a = x_a,    y_b = x_b · exp(s(x_a)) + t(x_a),    log |det| = Σ s.

The inverse needs no inverse of the network. s is kept within ±bound: a free one runs away and ends in numbers that are none.

[1] Dinh, Sohl-Dickstein and Bengio 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models.flow import Layer
from genplay.models.flow_knobs import AffineKnobs
from genplay.models.layers import mlp

__all__ = ["AffineCoupling"]


class AffineCoupling(Layer):
    """With ``leads`` 0 the first half of the dimensions leads and the second follows, with 1 the other way round."""

    def __init__(self, dim: int, knobs: AffineKnobs, leads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.leads = leads
        self.bound = knobs.bound
        self.split = dim // 2
        leaders = self.split if leads == 0 else dim - self.split
        # One network with two heads. Small last weights: the flow begins near the identity.
        sizes = [leaders] + [knobs.width] * knobs.depth + [2 * (dim - leaders)]
        self.network = mlp(
            sizes, generator, knobs.activation, last_gain=0.01, norm=knobs.norm, dropout=knobs.dropout
        )

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Who leads and who follows."""
        first, second = x[:, : self.split], x[:, self.split :]
        return (first, second) if self.leads == 0 else (second, first)

    def _joined(self, lead: Tensor, follow: Tensor) -> Tensor:
        return torch.cat([lead, follow] if self.leads == 0 else [follow, lead], dim=1)

    def _heads(self, lead: Tensor) -> tuple[Tensor, Tensor]:
        """s and t, (n, followers) each."""
        raw, shift = self.network(lead).chunk(2, dim=1)
        return self.bound * torch.tanh(raw / self.bound), shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lead, follow = self._parts(x)
        stretch, shift = self._heads(lead)
        return self._joined(lead, torch.addcmul(shift, follow, stretch.exp())), stretch.sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        lead, follow = self._parts(y)
        stretch, shift = self._heads(lead)
        return self._joined(lead, (follow - shift) * torch.exp(-stretch))
