"""Normalising flows [1]: an invertible map f from data to noise, z = f(x) ~ N(0, I), so that

    log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|.

A ``Transform`` is such a map of standardised data, mostly a ``Chain`` of layers; ``PlaneFlow`` is the model around it on
the plane (images need ``dequantise`` first). A kind of flow is then only its layers.

[1] Rezende and Mohamed 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.differentiation import slope_of
from genplay.models.exhibits import Exhibit
from genplay.models.flow_exhibits import plane_exhibits
from genplay.models.flow_knobs import FlowKnobs
from genplay.models.layers import NoiseTape, Standardise
from genplay.quantity import Kind

__all__ = ["Chain", "Flow", "Layer", "PlaneFlow", "Shuffle", "Transform", "halves_in_turn"]

LOG_2PI = math.log(2 * math.pi)


class Layer(nn.Module):
    """An invertible map of (n, d)."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y (n, d) and log |det ∂y/∂x|, (n,) or one number for all points."""
        raise NotImplementedError

    def inverse(self, y: Tensor) -> Tensor:
        """x, (n, d) → (n, d)."""
        raise NotImplementedError

    def settle(self, x: Tensor) -> None:
        """Told once, before training, what standardised data (n, d) will come in."""


class Transform(Layer):
    """A layer that can be watched on the way."""

    def stages(self, x: Tensor) -> list[Tensor]:
        """x after each part of the map, the last being y."""
        raise NotImplementedError


class Chain(Transform):
    """Layers one after the other; their log-determinants add up."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_det = x.new_zeros(())
        for layer in self.layers:
            x, more = layer(x)
            log_det = log_det + more
        return x, log_det

    def inverse(self, y: Tensor) -> Tensor:
        for layer in reversed(self.layers):
            assert isinstance(layer, Layer)
            y = layer.inverse(y)
        return y

    def settle(self, x: Tensor) -> None:
        for layer in self.layers:
            assert isinstance(layer, Layer)
            layer.settle(x)
            x, _ = layer(x)

    def stages(self, x: Tensor) -> list[Tensor]:
        out = []
        for layer in self.layers:
            x, _ = layer(x)
            # A mere change of order bends nothing.
            if not isinstance(layer, Shuffle):
                out.append(x)
        return out


class Shuffle(Layer):
    """The dimensions in another order, so that layers on fixed halves mix them all."""

    order: Tensor
    back: Tensor

    def __init__(self, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        order = torch.randperm(dim, generator=generator)
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(order))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, self.order], x.new_zeros(())

    def inverse(self, y: Tensor) -> Tensor:
        return y[:, self.back]


def halves_in_turn(
    layer: Callable[[int], Layer], count: int, dim: int, generator: torch.Generator
) -> Iterator[Layer]:
    """``layer(leads)`` for the first half leading, the second, the first …; of many dimensions the halves change too."""
    for i in range(count):
        if dim > 2 and i % 2 == 0:
            yield Shuffle(dim, generator)
        yield layer(i % 2)


class Flow(Model):
    """A ``transform`` of data that have been brought to unit size by ``standardise``."""

    knobs: FlowKnobs
    transform: Transform

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        x = self.continuous(setting)
        self.standardise = Standardise(x)
        self.transform = self.make_transform(setting.generator).to(x.dtype)
        with torch.no_grad():
            self.transform.settle(self.standardise(x))
        self.latent_dim = setting.dim
        self._noise = NoiseTape("normal")

    @property
    def det_method(self) -> str:
        """How log |det ∂f/∂x| is taken."""
        return "change of variables"

    def continuous(self, setting: Setting) -> Tensor:
        """The training data as points of a continuous space, (n, d)."""
        return setting.x

    def make_transform(self, generator: torch.Generator) -> Transform:
        """The map, as it is before training."""
        raise NotImplementedError

    def phases(self) -> tuple[Phase, ...]:
        learned = [p for p in self.parameters() if p.requires_grad]
        return (Phase("likelihood", self.loss, parameters=learned),)

    def loss(self, batch: Batch) -> Terms:
        """What one training step lowers."""
        raise NotImplementedError

    def warp(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z = f(x) and log |det ∂f/∂x|, (n, d) → (n, d) and (n,)."""
        z, log_det = self.transform(self.standardise(x))
        return z, log_det + self.standardise.log_det

    def unwarp(self, z: Tensor) -> Tensor:
        """x = f⁻¹(z)."""
        return self.standardise.inverse(self.transform.inverse(z))

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) of continuous data in nats, (n, d) → (n,)."""
        z, log_det = self.warp(x)
        return torch.add(log_det - 0.5 * self.dim * LOG_2PI, z.square().sum(dim=1), alpha=-0.5)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """z ~ N(0, I), (n, d)."""
        return torch.randn(n, self.dim, generator=generator, device=generator.device)


class PlaneFlow(Flow):
    """A flow on the plane: its density is exact. ``fine``: it is quick enough for exhibits of many points."""

    density_kind: Kind = "exact"
    fine = True

    @property
    def density_method(self) -> str:
        return self.det_method

    def loss(self, batch: Batch) -> Terms:
        return {"loss": -self.log_density(self.jittered(batch)).mean()}

    def jittered(self, batch: Batch) -> Tensor:
        """The batch with a little noise."""
        x = batch.x
        if self.knobs.jitter > 0:
            noise = self._noise.draw(tuple(x.shape), x, batch.generator)
            x = x + noise * (self.knobs.jitter * self.standardise.scale)
        return x

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,)."""
        return self.log_density(x)

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), by automatic differentiation, (n, 2) → (n, 2)."""
        return slope_of(self.log_density, x)

    def encode(self, x: Tensor) -> Tensor:
        """z = f(x)."""
        return self.warp(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """x = f⁻¹(z)."""
        return self.unwarp(z)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.unwarp(noise)

    def stages(self, x: Tensor) -> Tensor:
        """x itself, then as it is bent layer by layer until it is noise, (layers + 1, n, 2)."""
        return torch.stack([x, *self.transform.stages(self.standardise(x))])

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The plane warped layer by layer, mass before and after, and the chosen point there and back."""
        return plane_exhibits(self, about, self.fine)
