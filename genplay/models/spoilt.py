"""A good density spoilt by noise [1]: q₂(x) = ε q(x) + (1 − ε) u(x), u even over the box of the data or all 2^25 images.

With ε = 0.01 ninety-nine samples in a hundred are noise. Yet q₂ ≥ ε q everywhere, so
    −log q₂(x) ≤ −log q(x) + log 1/ε,
and the NLL rises by at most log 100 = 4.605 nats, whatever the number of dimensions.

[1] Theis, van den Oord and Bethge 2016, section 3.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.base import HasBlocks, HasDensity, Model
from genplay.quantity import Kind
from genplay.spaces import DIMENSIONS
from genplay.spaces.plane import Box

__all__ = ["SpoiltBlocks", "SpoiltModel", "spoilt"]


class SpoiltModel(Model):
    """The mixture of a model that has a density with even noise; ``share`` is ε, the model's part of the samples."""

    def __init__(self, good: Model, box: Box, share: float) -> None:
        assert isinstance(good, HasDensity)
        nn.Module.__init__(self)
        self.good = good
        self.card = good.card  # type: ignore[misc]
        self.world, self.dim, self.objective, self.knobs = good.world, good.dim, good.objective, good.knobs
        self.box, self.share = box, share
        area = (box.x1 - box.x0) * (box.y1 - box.y0)
        self.log_even = -math.log(area) if self.world == "plane" else -DIMENSIONS["digits"] * math.log(2)

    @property
    def draws(self) -> bool:
        return self.good.draws

    def settle_density(self) -> None:
        self.good.settle_density()

    @property
    def density_kind(self) -> Kind:
        """The model's own: adding the noise keeps an exact density exact, and a lower bound a lower bound."""
        return self.good.density_kind

    @property
    def density_method(self) -> str:
        return f"{self.share:g} of the model and {1 - self.share:g} of even noise; {self.good.density_method}"

    def log_prob(self, x: Tensor) -> Tensor:
        """log q₂(x) in nats, (n, d) → (n,)."""
        ours = self.good.log_prob(x) + math.log(self.share)
        noise = torch.full_like(ours, math.log1p(-self.share) + self.log_even)
        if self.world == "plane":
            box = self.box
            inside = (x[:, 0] >= box.x0) & (x[:, 0] <= box.x1) & (x[:, 1] >= box.y0) & (x[:, 1] <= box.y1)
            noise = torch.where(inside, noise, torch.full_like(noise, -math.inf))
        return torch.logaddexp(ours, noise)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + d + k): a uniform that picks the part, an even point, and what the model's sample is made from."""
        even = torch.rand(n, 1 + self.dim, generator=generator, device=generator.device)
        return torch.cat([even, self.good.noise(n, generator)], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        even = noise[:, 1 : 1 + self.dim]
        if self.world == "plane":
            box = self.box
            low = even.new_tensor([box.x0, box.y0])
            out = low + even * even.new_tensor([box.x1 - box.x0, box.y1 - box.y0])
        else:
            out = (even < 0.5).to(even)
        ours = noise[:, 0] < self.share
        if bool(ours.any()):
            out[ours] = self.good.sample_from(noise[ours, 1 + self.dim :])
        return out


class SpoiltBlocks(SpoiltModel):
    """The same for images whose model has the fast table of all 2^25."""

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log q₂ for whole blocks of the enumeration."""
        assert isinstance(self.good, HasBlocks)
        block = self.good.log_prob_blocks()
        ours, noise = math.log(self.share), math.log1p(-self.share) + self.log_even
        return lambda start, stop: np.logaddexp(block(start, stop) + ours, noise)


def spoilt(good: Model, box: Box, share: float = 0.01) -> SpoiltModel:
    """The mixture, with whatever the model has to make its density fast."""
    made: type[SpoiltModel] = SpoiltBlocks if isinstance(good, HasBlocks) else SpoiltModel
    return made(good, box, share)
