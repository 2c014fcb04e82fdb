"""Masked autoregressive flow [1]: each number is stretched and shifted as the numbers before it say,

    y_i = x_i · exp(s_i(x_1 … x_{i−1})) + t_i(x_1 … x_{i−1}),    log |det ∂y/∂x| = Σ s_i,

with all s and t in one pass of a masked network (MADE [2]). The next layer takes the numbers in reversed order. Data turn to
noise in one pass; the way back has to find x_1, then x_2, and so on: d passes a layer.

[1] Papamakarios, Pavlakou and Murray 2017. [2] Germain, Gregor, Murray and Larochelle 2015.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.models.cards.maf import CARD, MAFKnobs
from genplay.models.dequantise import DigitFlow
from genplay.models.flow import Chain, Flow, Layer, PlaneFlow, Transform
from genplay.models.layers import ACTIVATIONS, BatchNorm, Dropout
from genplay.models.made import MaskedLinear

__all__ = ["MAF", "DigitMAF", "MaskedLayer"]


class MaskedLayer(Layer):
    """The affine autoregressive map; ``order[i]`` is the dimension at place i."""

    order: Tensor

    def __init__(self, order: Tensor, knobs: MAFKnobs, generator: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("order", order)
        self.bound = knobs.bound
        place = torch.argsort(order)
        # A hidden unit of degree m sees the numbers at places up to m, and is seen by those at later places.
        degrees = torch.arange(knobs.width) % max(len(order) - 1, 1)
        sees = place
        parts: list[nn.Module] = []
        for _ in range(knobs.depth):
            parts.append(MaskedLinear((degrees[:, None] >= sees).float(), generator, gain=2.0))
            if knobs.norm == "batch":
                parts.append(BatchNorm(knobs.width))
            parts.append(ACTIVATIONS[knobs.activation]())
            if knobs.dropout > 0:
                parts.append(Dropout(knobs.dropout, generator))
            sees = degrees
        mask = (place[:, None] > degrees).float()
        parts.append(MaskedLinear(torch.cat([mask, mask]), generator, gain=0.01))
        self.network = nn.Sequential(*parts)

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """s and t, (n, d) each."""
        raw, shift = self.network(x).chunk(2, dim=1)
        return self.bound * torch.tanh(raw / self.bound), shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        stretch, shift = self._heads(x)
        return torch.addcmul(shift, x, stretch.exp()), stretch.sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        """One number after the other: each pass makes the next one right."""
        x = torch.zeros_like(y)
        for i in self.order.tolist():
            stretch, shift = self._heads(x)
            x = x.clone()
            x[:, i] = (y[:, i] - shift[:, i]) * torch.exp(-stretch[:, i])
        return x


class MaskedLayers(Flow):
    """The layers of MAF in any number of dimensions."""

    card = CARD
    knobs: MAFKnobs

    def make_transform(self, generator: torch.Generator) -> Transform:
        order = torch.arange(self.dim)
        layers = []
        for _ in range(self.knobs.layers):
            layers.append(MaskedLayer(order, self.knobs, generator))
            shuffled = self.knobs.order == "shuffle" and self.dim > 2
            order = torch.randperm(self.dim, generator=generator) if shuffled else order.flip(0)
        return Chain(layers)


class MAF(MaskedLayers, PlaneFlow):
    """MAF on the plane."""


class DigitMAF(MaskedLayers, DigitFlow):
    """MAF of dequantised images."""
