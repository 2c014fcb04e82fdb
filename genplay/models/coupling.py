"""Affine couplings [1]: some of the dimensions stay, and tell a network how to stretch and shift the others,

    y_a = x_a,    y_b = x_b · exp(s(x_a)) + t(x_a),    log |det| = Σ s.

The inverse needs no inverse of the network. s is kept within ±bound: a free one runs away and ends in numbers that are none.
``AffineCoupling`` is one layer that splits the dimensions by halves; ``AffineCouplings`` are many that split them by masks, so
that no layer between them has to change their order.

[1] Dinh, Sohl-Dickstein and Bengio 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.models.flow import Layer
from genplay.models.flow_knobs import AffineKnobs
from genplay.models.layers import mlp

__all__ = ["AffineCoupling", "AffineCouplings"]

REACH = 2.0
"""The bound of a layer that has no knob for it."""


def bounded(raw: Tensor, bound: float) -> Tensor:
    """s within ±bound, near 0 as the network gives it."""
    return bound * torch.tanh(raw / bound)


def stretched(x: Tensor, stretch: Tensor, shift: Tensor) -> Tensor:
    """x · exp(s) + t."""
    return torch.addcmul(shift, x, stretch.exp())


def unstretched(y: Tensor, stretch: Tensor, shift: Tensor) -> Tensor:
    """(y − t) · exp(−s)."""
    return (y - shift) * torch.exp(-stretch)


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
        return bounded(raw, self.bound), shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lead, follow = self._parts(x)
        stretch, shift = self._heads(lead)
        return self._joined(lead, stretched(follow, stretch, shift)), stretch.sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        lead, follow = self._parts(y)
        stretch, shift = self._heads(lead)
        return self._joined(lead, unstretched(follow, stretch, shift))


class AffineCouplings(Layer):
    """``layers`` couplings in any number of dimensions above one; near the identity to begin with."""

    masks: Tensor

    def __init__(
        self, dim: int, layers: int, width: int, depth: int, activation: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        # Both heads give a number for every dimension; those that lead throw theirs away.
        sizes = [dim, *[width] * depth, 2 * dim]
        self.nets = nn.ModuleList(mlp(sizes, generator, activation, last_gain=0.01) for _ in range(layers))
        masks = [(torch.arange(dim) % 2 == i % 2).float() for i in range(layers)]
        if dim > 3:
            # Every second pair of layers splits the dimensions by halves, so that neighbours meet as well.
            halves = [(torch.arange(dim) < dim // 2).float(), (torch.arange(dim) >= dim // 2).float()]
            masks = [halves[i % 2] if i % 4 > 1 else m for i, m in enumerate(masks)]
        self.register_buffer("masks", torch.stack(masks), persistent=False)

    def _heads(self, i: int, lead: Tensor) -> tuple[Tensor, Tensor]:
        """s and t of layer i, (n, dim) each, 0 for the dimensions that lead."""
        raw, shift = self.nets[i](lead).chunk(2, dim=1)
        follows = 1 - self.masks[i]
        return bounded(raw, REACH) * follows, shift * follows

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total = x.new_zeros(len(x))
        for i in range(len(self.nets)):
            stretch, shift = self._heads(i, x * self.masks[i])
            x = stretched(x, stretch, shift)
            total = total + stretch.sum(dim=1)
        return x, total

    def inverse(self, y: Tensor) -> Tensor:
        for i in reversed(range(len(self.nets))):
            stretch, shift = self._heads(i, y * self.masks[i])
            y = unstretched(y, stretch, shift)
        return y
