"""Noise-contrastive estimation [1]: tell data from noise of a known density q, and the density of the data is learned.

A logistic classifier with log odds G(x) = log p(x) − log q(x) − log ν, ν examples of noise for each of the data, is best
exactly where p is the density of the data, normalised. So log Z may be a parameter like any other, log p = −E − c, and
the classifier finds it: no integral is ever taken. The nearer the noise is to the data, the more each example teaches.

[1] Gutmann and Hyvärinen 2010.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.models.gmm import scattered_centres
from genplay.models.normals import Normals

__all__ = ["FlippedImages", "GaussianNoise", "NoiseLaw", "contrast"]

COMPONENTS = 12
EM_STEPS = 30
BACKGROUND = 0.3
"""Share of a mixture that is its widest member, so that noise is found wherever the model might put mass."""


class NoiseLaw(Protocol):
    """A law that can be drawn from and whose density is known."""

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws (n, d)."""
        ...

    def log_density(self, x: Tensor) -> Tensor:
        """log q(x) in nats, (n, d) → (n,)."""
        ...


def contrast(data: Tensor, noise: Tensor) -> Tensor:
    """The classifier's cross-entropy, from log p − log q at data (n,) and at noise (ν n,); least at p = p_data."""
    many = len(noise) / len(data)
    shift = math.log(many)
    return softplus(shift - data).mean() + many * softplus(noise - shift).mean()


class GaussianNoise(nn.Module):
    """On the plane: one Gaussian fitted to x, or a mixture of several over a wide one."""

    weights: Tensor

    def __init__(self, x: Tensor, mixture: bool, generator: torch.Generator) -> None:
        super().__init__()
        spread = x.var(dim=0, correction=0).mean().sqrt().clamp(min=1e-2)
        floor = 0.02 * float(spread)
        count = COMPONENTS if mixture else 1
        centres = scattered_centres(x, count, generator) if mixture else x.mean(dim=0, keepdim=True)
        self.normals = Normals(centres, spread.expand(count) / math.sqrt(count), "full", floor)
        weights = torch.full((count,), 1 / count)
        for _ in range(EM_STEPS if mixture else 1):
            with torch.no_grad():
                share = (self.normals.log_prob(x) + weights.log()).softmax(dim=1)
                self.normals.fit(x, share)
                weights = share.mean(dim=0).clamp(min=1e-6)
        if mixture:
            wide = Normals(x.mean(dim=0, keepdim=True), 1.5 * spread.expand(1), "full", floor)
            for name, value in self.normals.named_parameters():
                value.data = torch.cat([value.data, wide.get_parameter(name).data])
            weights = torch.cat([(1 - BACKGROUND) * weights / weights.sum(), x.new_tensor([BACKGROUND])])
        self.register_buffer("weights", weights)
        self.requires_grad_(False)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        means = self.normals.means
        z = torch.randn(n, means.shape[1], 1, generator=generator, device=means.device, dtype=means.dtype)
        return means[k] + (self.normals.factors()[k] @ z).squeeze(2)

    def log_density(self, x: Tensor) -> Tensor:
        return torch.logsumexp(self.normals.log_prob(x) + self.weights.log(), dim=1)


class FlippedImages(nn.Module):
    """For images: independent pixels as often lit as in x, or some of the images of x with each pixel flipped now and then."""

    lit: Tensor

    def __init__(
        self, x: Tensor, mixture: bool, generator: torch.Generator, flip: float, most: int = 256
    ) -> None:
        super().__init__()
        if mixture:
            rows = torch.randperm(len(x), generator=generator)[:most]
            lit = flip + (1 - 2 * flip) * x[rows]
        else:
            lit = x.mean(dim=0, keepdim=True).clamp(0.02, 0.98)
        self.register_buffer("lit", lit)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        k = torch.randint(len(self.lit), (n,), generator=generator, device=self.lit.device)
        u = torch.rand(
            n, self.lit.shape[1], generator=generator, device=self.lit.device, dtype=self.lit.dtype
        )
        return (u < self.lit[k]).to(self.lit)

    def log_density(self, x: Tensor) -> Tensor:
        odds = torch.logit(self.lit)
        base = (1 - self.lit).log().sum(dim=1) - math.log(len(self.lit))
        return torch.logsumexp(torch.addmm(base, x, odds.T), dim=1)
