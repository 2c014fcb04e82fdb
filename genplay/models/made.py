"""MADE, masked autoencoder for distribution estimation [1]: the chain rule in one pass of a network.

    log p(x) = Σ_i log p(x_{o_i} | x_{o_1} … x_{o_{i−1}}),   each conditional a Bernoulli with log odds a_{o_i}(x)

Every hidden unit has a degree m: it may see the pixels whose place in the order o is at most m. A unit sees units of
degree ≤ m below it, and the output for the pixel at place i sees units of degree < i. So a_{o_i} depends on the pixels
before it and on no other, whatever the weights.

[1] Germain, Gregor, Murray and Larochelle 2015.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, linear

from genplay.knobs import Knobs
from genplay.models import layers
from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.made import CARD, MADEKnobs
from genplay.models.prefix_tree import prefix_tree_blocks
from genplay.quantity import Kind

__all__ = ["MADE", "MaskedLinear", "pixel_order"]


class MaskedLinear(nn.Module):
    """A linear layer whose weight (out, in) is multiplied by a fixed mask of 0 and 1."""

    mask: Tensor

    def __init__(self, mask: Tensor, generator: torch.Generator, gain: float) -> None:
        super().__init__()
        dense = layers.linear(mask.shape[1], mask.shape[0], generator, gain)
        self.weight, self.bias = dense.weight, dense.bias
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight * self.mask, self.bias)


class MADE(Model):
    """``order[i]`` is the pixel at place i; ``place[j]`` is the place of pixel j."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "chain rule, product of 25 conditionals"

    order: Tensor
    place: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        assert isinstance(knobs, MADEKnobs)
        generator = setting.generator
        self.register_buffer("order", pixel_order(knobs.order, self.dim, generator))
        self.register_buffer("place", torch.argsort(self.order))
        degrees = torch.arange(knobs.width) % max(self.dim - 1, 1)
        sees = self.place
        hidden: list[nn.Module] = []
        for _ in range(knobs.depth):
            hidden.append(MaskedLinear((degrees[:, None] >= sees).float(), generator, gain=2.0))
            hidden.append(layers.ACTIVATIONS[knobs.activation]())
            sees = degrees
        self.hidden = nn.Sequential(*hidden)
        self.output = MaskedLinear((self.place[:, None] > degrees).float(), generator, gain=1.0)
        self._tape = layers.NoiseTape("uniform")

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("cross-entropy", self._cross_entropy, list(self.parameters())),)

    def log_odds(self, x: Tensor) -> Tensor:
        """a_j(x): the log odds of each pixel given its predecessors, (n, 25) → (n, 25)."""
        # Pixels as ±1: a hidden pixel (0, see dropout) is then halfway between dark and lit.
        out: Tensor = self.output(self.hidden(2 * x - 1))
        return out

    def _cross_entropy(self, batch: Batch) -> Terms:
        assert isinstance(self.knobs, MADEKnobs)
        seen = batch.x
        if self.knobs.dropout > 0:
            uniform = self._tape.draw(tuple(seen.shape), seen, batch.generator)
            seen = torch.where(uniform < self.knobs.dropout, 0.5, seen)
        loss = binary_cross_entropy_with_logits(self.log_odds(seen), batch.x, reduction="sum")
        return {"loss": loss / len(seen)}

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,): minus the sum of the 25 cross-entropies."""
        return self.log_conditionals(x).sum(dim=1)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the pixels before j), (n, 25) → (n, 25); rows sum to ``log_prob``."""
        return -binary_cross_entropy_with_logits(self.log_odds(x), x, reduction="none")

    def conditionals(self, x: Tensor) -> Tensor:
        """p(x_j = 1 | the pixels before j), (n, 25) → (n, 25)."""
        return self.log_odds(x).sigmoid()

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images, by the tree of prefixes: one forward pass in each 2^24."""
        first = self.hidden[0]
        assert isinstance(first, MaskedLinear)
        weight = (first.weight * first.mask).detach()
        out = (self.output.weight * self.output.mask).detach()[self.order]
        out_bias = self.output.bias.detach()[self.order]

        def log_odds(sums: Tensor, places: slice) -> Tensor:
            return torch.addmm(out_bias[places], self.hidden[1:](sums), out[places].T)

        # The network sees pixels as ±1: 2Wx + (b − Σ_j W_j) is its first layer on pixels 0 and 1.
        return prefix_tree_blocks(
            2 * weight, first.bias.detach() - weight.sum(dim=1), log_odds, self.order.cpu().numpy()
        )

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 25), one a pixel."""
        return torch.rand(n, self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Pixel by pixel in the order: lit where its uniform is below its conditional; 25 passes."""
        x = torch.zeros_like(noise)
        for j in self.order.tolist():
            x[:, j] = (noise[:, j] < self.conditionals(x)[:, j]).to(x)
        return x


def pixel_order(name: str, dim: int, generator: torch.Generator) -> Tensor:
    """The pixels in the order of prediction, (dim,) int64; images are square, in raster order."""
    if name == "random":
        return torch.randperm(dim, generator=generator, device=generator.device)
    side = round(dim**0.5)
    row, column = torch.arange(dim) // side, torch.arange(dim) % side
    if name == "column":
        key = column * side + row
    elif name == "snake":
        key = row * side + torch.where(row % 2 == 0, column, side - 1 - column)
    elif name == "centre-out":
        middle = (side - 1) / 2
        rings = torch.maximum((row - middle).abs(), (column - middle).abs())
        around = torch.atan2(row - middle, column - middle)
        key = rings * 10 + around
    else:
        key = torch.arange(dim)
    return torch.argsort(key, stable=True)
