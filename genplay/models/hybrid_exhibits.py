"""What a model with a likelihood and a discriminator shows: the two goals side by side, and D at data and at samples."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from genplay.models.adversary import Adversary
from genplay.models.base import About
from genplay.models.exhibits import Curves, Exhibit, Facts
from genplay.models.latent_exhibits import a_few, array
from genplay.models.transport import directions, sliced_wasserstein
from genplay.quantity import Kind, Quantity, bound, estimate

__all__ = ["hybrid_exhibits"]

BINS = 20
DIRECTIONS = 64


class Hybrid(Protocol):
    """What is needed of the model."""

    adversary: Adversary
    density_kind: Kind
    density_method: str

    def log_prob(self, x: Tensor) -> Tensor: ...
    def sample(self, n: int, generator: torch.Generator) -> Tensor: ...
    def discriminator(self, x: Tensor) -> Tensor: ...


@torch.no_grad()
def hybrid_exhibits(model: Hybrid, about: About) -> tuple[Exhibit, ...]:
    """Likelihood against sample quality as numbers, and what the discriminator says."""
    data, _ = a_few(about, 256)
    samples = model.sample(len(data), about.generator)
    n = len(data)
    # A bound by importance sampling costs many passes for each example.
    judged = data[:48] if model.density_kind == "bound" else data
    fit = -model.log_prob(judged).mean()
    where = f"mean over {len(judged)} training examples"
    nll: Quantity = (
        bound(float(fit), "upper", f"{model.density_method}; {where}")
        if model.density_kind == "bound"
        else Quantity(float(fit), model.density_kind, None, f"{model.density_method}; {where}")
    )
    normal = torch.randn(
        DIRECTIONS, data.shape[1], generator=about.generator, device=about.generator.device
    ).to(data)
    apart = float(sliced_wasserstein(samples, data, directions(normal))) ** 0.5
    d_real, d_fake = model.discriminator(data), model.discriminator(samples)
    facts = Facts(
        "Likelihood against sample quality",
        (
            ("NLL", nll),
            ("sliced Wasserstein-2, samples to data", estimate(apart, None, f"{DIRECTIONS} directions, {n} samples", "data units")),
            ("mean D at data", estimate(float(d_real.mean()), float(d_real.std(correction=0)) / math.sqrt(n), f"{n} data", "")),
            ("mean D at samples", estimate(float(d_fake.mean()), float(d_fake.std(correction=0)) / math.sqrt(n), f"{n} samples", "")),
        ),
        help="The slider weighs the first against the rest. The two goals agree only for a perfect model.",
    )  # fmt: skip
    edges = np.linspace(0, 1, BINS + 1)
    lines = {
        name: ((edges[1:] + edges[:-1]) / 2, np.histogram(array(values), bins=edges)[0] / n)
        for name, values in (("at data", d_real), ("at samples", d_fake))
    }
    return facts, Curves("What the discriminator says", lines, "D(x), probability of real", "share")
