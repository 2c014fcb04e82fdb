"""A model of your own: change this file, save it, and genplay trains the new version at once.

A ring of Gaussians: K equal bells on a circle around a centre, the circle's centre, its radius and the width of the bells
learned by maximum likelihood,

    p(x) = 1/K Σ_k N(x; c + r (cos 2πk/K, sin 2πk/K), σ² I).

One class that derives from ``Model``. What it can do is seen from its methods: ``log_prob`` makes it a density, ``score``
gives arrows, ``encode`` and ``decode`` give latent sliders. ``noise`` and ``sample_from`` draw samples; ``phases`` says
how one training step goes. All arrays are torch tensors: x is (n, d), with d = 2 on the plane and 25 pixels in digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from genplay.knobs import Knobs, knob
from genplay.models.base import Batch, Model, Phase, Setting, Terms


@dataclass(frozen=True)
class RingKnobs(Knobs):
    """What can be turned; each knob becomes a control of the window and a ``--set`` of the command line."""

    bells: int = knob(12, "How many bells stand on the circle.", low=1, high=64)


class Ring(Model):
    """A ring of Gaussians, learned by maximum likelihood."""

    title = "Ring of Gaussians"
    worlds = ("plane",)
    formula = r"p(x) = \frac{1}{K} \sum_k N(x; c + r u_k, \sigma^2 I)"
    reference = "You"
    density_kind = "exact"
    density_method = "sum over the bells"
    knobs: RingKnobs

    def __init__(self, knobs: RingKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.centre = nn.Parameter(setting.x.mean(dim=0))
        self.log_radius = nn.Parameter(torch.zeros(()))
        self.log_sigma = nn.Parameter(torch.tensor(-0.5))

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("likelihood", self._loss, list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    def _means(self) -> Tensor:
        angle = torch.arange(self.knobs.bells, device=self.centre.device) * (2 * math.pi / self.knobs.bells)
        return self.centre + self.log_radius.exp() * torch.stack([angle.cos(), angle.sin()], dim=1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,)."""
        squares = (x[:, None] - self._means()).square().sum(dim=2) * torch.exp(-2 * self.log_sigma)
        bells = -0.5 * squares - 2 * self.log_sigma - math.log(2 * math.pi)
        return torch.logsumexp(bells, dim=1) - math.log(self.knobs.bells)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """A uniform that picks the bell, and two standard normals, (n, 3)."""
        which = torch.rand(n, 1, generator=generator, device=generator.device)
        return torch.cat([which, torch.randn(n, 2, generator=generator, device=generator.device)], dim=1)

    def sample_from(self, noise: Tensor) -> Tensor:
        """Samples (n, 2), the same ones for the same noise."""
        bell = (noise[:, 0] * self.knobs.bells).long().clamp(max=self.knobs.bells - 1)
        return self._means()[bell] + self.log_sigma.exp() * noise[:, 1:]
