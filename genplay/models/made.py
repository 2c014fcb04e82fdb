"""MADE, masked autoencoder for distribution estimation [1]: the chain rule in one pass of a network.

    log p(x) = Σ_i log p(x_{o_i} | x_{o_1} … x_{o_{i−1}})

A pixel is a Bernoulli with log odds a_{o_i}(x), a coordinate of the plane a mixture (see ``coordinate_heads``).

Every hidden unit has a degree m: it may see the dimensions whose place in the order o is at most m. A unit sees units of
degree ≤ m below it, and the outputs for place i see units of degree < i. So they depend on the dimensions before it and
on no other, whatever the weights. In training some of the pixels that it looks at are hidden (``dropout``), none of those that
it predicts.

[1] Germain, Gregor, Murray and Larochelle 2015.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import linear

from genplay.knobs import Knobs
from genplay.models import layers
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.made import CARD, MADEKnobs
from genplay.models.chain_exhibits import conditional_curves, pixel_by_pixel
from genplay.models.coordinate_heads import BernoulliHead, DiscretisedLogisticHead, Head, coordinate_head
from genplay.models.decoding import ancestral, decoding_exhibits, jacobi
from genplay.models.differentiation import slope_of
from genplay.models.exhibits import Exhibit, Matrix
from genplay.models.prefix_tree import prefix_tree_blocks
from genplay.quantity import Kind

__all__ = ["MADE", "MaskedLinear", "PlaneMADE", "pixel_order"]


class MaskedLinear(nn.Module):
    """A linear layer whose weight (out, in) is multiplied by a fixed mask of 0 and 1."""

    mask: Tensor

    def __init__(self, mask: Tensor, generator: torch.Generator, gain: float) -> None:
        super().__init__()
        dense = layers.linear(mask.shape[1], mask.shape[0], generator, gain)
        self.weight, self.bias = dense.weight, dense.bias
        self.register_buffer("mask", mask, persistent=False)

    @property
    def masked(self) -> Tensor:
        return self.weight * self.mask

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.masked, self.bias)


class _Chain(Model):
    """The masked network in either world. ``order[i]`` is the dimension at place i; ``place[j]`` is the place of j."""

    card = CARD
    density_kind: Kind = "exact"

    order: Tensor
    place: Tensor

    def __init__(self, knobs: Knobs, setting: Setting, order: Tensor, head: Head) -> None:
        super().__init__(knobs, setting)
        self.head = head
        self.register_buffer("order", order)
        self.register_buffer("place", torch.argsort(order))
        generator, options = setting.generator, self.options
        degrees = torch.arange(options.width) % max(self.dim - 1, 1)
        sees = self.place
        hidden: list[nn.Module] = []
        for _ in range(options.depth):
            hidden.append(MaskedLinear((degrees[:, None] >= sees).float(), generator, gain=2.0))
            if options.norm == "batch":
                hidden.append(layers.BatchNorm(options.width))
            hidden.append(layers.ACTIVATIONS[options.activation]())
            sees = degrees
        self.hidden = nn.Sequential(*hidden)
        before = (self.place[:, None] > degrees).float()
        self.output = MaskedLinear(before.repeat_interleave(head.size, dim=0), generator, gain=1.0)
        with torch.no_grad():
            self.output.bias.add_(head.start().repeat(self.dim))
        self._tape = layers.NoiseTape("uniform")

    @property
    def options(self) -> MADEKnobs:
        assert isinstance(self.knobs, MADEKnobs)
        return self.knobs

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("cross-entropy", self._cross_entropy, list(self.parameters())),)

    def _cross_entropy(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    def inputs(self, x: Tensor) -> Tensor:
        """x as the network sees it."""
        raise NotImplementedError

    def predict(self, x: Tensor) -> Tensor:
        """What the head needs for each dimension given its predecessors, (n, d) → (n, d, size)."""
        out: Tensor = self.output(self.hidden(self.inputs(x)))
        return out.view(len(x), self.dim, self.head.size)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the dimensions before j), (n, d) → (n, d); rows sum to ``log_prob``."""
        return self.head.log_prob(self.predict(x), x)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,): the sum of the conditionals."""
        return self.log_conditionals(x).sum(dim=1)

    # Sampling

    @property
    def draws_its_density(self) -> bool:
        return self.options.temperature == 1

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Random numbers for every dimension, (n, d · k)."""
        return self.head.noise(n, self.dim, generator).flatten(1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Dimension by dimension in the order, d passes; or all at once until nothing changes."""
        parts, heat = noise.view(len(noise), self.dim, self.head.noises), self.options.temperature
        if self.options.decoding == "jacobi":
            return jacobi(self.predict, self.head, parts, heat)
        return ancestral(self._step(), self.head, parts, self.order.tolist(), heat)

    def _step(self) -> Callable[[int, Tensor], Tensor]:
        """The conditional at one place: the last layer only as far as that place needs it."""
        rows = self.output.masked.view(self.dim, self.head.size, -1)[self.order]
        bias = self.output.bias.view(self.dim, self.head.size)[self.order]
        return lambda place, x: linear(self.hidden(self.inputs(x)), rows[place], bias[place])

    # What is shown

    def _cost(self, about: About) -> tuple[Exhibit, ...]:
        order, heat = self.order.tolist(), self.options.temperature
        _, shown = decoding_exhibits(self.predict, self._step(), self.head, order, about, heat)
        return shown

    def mask_exhibit(self) -> Matrix:
        """How strongly each dimension's outputs hang on each input; empty where no path leads."""
        paths = strength = torch.eye(self.dim, dtype=self.dtype)
        for layer in [*self.hidden, self.output]:
            if isinstance(layer, MaskedLinear):
                paths = layer.mask.cpu() @ paths
                strength = layer.masked.detach().abs().cpu() @ strength
        strength = strength.view(self.dim, self.head.size, self.dim).mean(dim=1)
        paths = paths.view(self.dim, self.head.size, self.dim).sum(dim=1)
        order = self.order.cpu()
        seen = strength.where(paths > 0, float("nan"))[order][:, order].double()
        top = float(strength.max())
        names = tuple(f"x{j + 1}" for j in order.tolist())
        return Matrix(
            "Who may look at whom", (seen / top if top > 0 else seen).numpy(), names, names,
            help="A row is predicted from the columns; both stand in the order of prediction. Empty cells have no path through "
            "the masks. The others show the weights along all paths, multiplied and added up.",
        )  # fmt: skip


class MADE(_Chain):
    """Images: every pixel a Bernoulli."""

    density_method = "chain rule, product of 25 conditionals"

    def __init__(self, knobs: MADEKnobs, setting: Setting) -> None:
        super().__init__(
            knobs, setting, pixel_order(knobs.order, setting.dim, setting.generator), BernoulliHead()
        )

    def inputs(self, x: Tensor) -> Tensor:
        """Pixels as ±1: a hidden pixel (0, see dropout) is then halfway between dark and lit."""
        return 2 * x - 1

    def log_odds(self, x: Tensor) -> Tensor:
        """a_j(x): the log odds of each pixel given its predecessors, (n, 25) → (n, 25)."""
        return self.predict(x).squeeze(-1)

    def conditionals(self, x: Tensor) -> Tensor:
        """p(x_j = 1 | the pixels before j), (n, 25) → (n, 25)."""
        return self.log_odds(x).sigmoid()

    def _cross_entropy(self, batch: Batch) -> Terms:
        seen, hidden = batch.x, self.options.dropout
        if hidden > 0:
            uniform = self._tape.draw(tuple(seen.shape), seen, batch.generator)
            seen = torch.where(uniform < hidden, 0.5, seen)
        return {"loss": -self.head.log_prob(self.predict(seen), batch.x).sum() / len(seen)}

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images, by the tree of prefixes: one forward pass in each 2^24."""
        first = self.hidden[0]
        assert isinstance(first, MaskedLinear)
        weight = first.masked.detach()
        out = self.output.masked.detach()[self.order]
        out_bias = self.output.bias.detach()[self.order]

        def log_odds(sums: Tensor, places: slice) -> Tensor:
            return torch.addmm(out_bias[places], self.hidden[1:](sums), out[places].T)

        # The network sees pixels as ±1: 2Wx + (b − Σ_j W_j) is its first layer on pixels 0 and 1.
        return prefix_tree_blocks(
            2 * weight, first.bias.detach() - weight.sum(dim=1), log_odds, self.order.cpu().numpy()
        )

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The conditionals of one image, the masks, and what sampling costs."""
        shown = pixel_by_pixel(about.x, self.conditionals(about.x), self.order)
        return (*shown, self.mask_exhibit(), *self._cost(about))


class PlaneMADE(_Chain):
    """The plane: one coordinate a mixture by itself, the other a mixture whose parameters hang on the first."""

    density_method = "chain rule, p(first coordinate) · p(second | first)"

    def __init__(self, knobs: MADEKnobs, setting: Setting) -> None:
        first = 0 if knobs.first == "x1" else 1
        head = coordinate_head(knobs.head, knobs.components, knobs.bins)
        super().__init__(knobs, setting, torch.tensor([first, 1 - first]), head)
        self.standardise = layers.Standardise(setting.x)

    def inputs(self, x: Tensor) -> Tensor:
        """Coordinates of unit size."""
        return x

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the coordinate before), (n, 2) → (n, 2), in data units."""
        return super().log_conditionals(self.standardise(x)) + self.standardise.log_det / self.dim

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """First coordinate, then the second given the first."""
        return self.standardise.inverse(super().sample_from(noise))

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), (n, 2) → (n, 2). A density of flat bins has no slope: there it is that of the smooth curve
        through the middles of the steps."""
        head = self.head
        density = head.smooth if isinstance(head, DiscretisedLogisticHead) else head.log_prob

        def log_p(x: Tensor) -> Tensor:
            u = self.standardise(x)
            return density(self.predict(u), u).sum(dim=1)

        return slope_of(log_p, x)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Both conditionals, the masks, and what sampling costs."""
        curves = conditional_curves(self.log_conditionals, about.x, about.data, self.order)
        return (*curves, self.mask_exhibit(), *self._cost(about))


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
