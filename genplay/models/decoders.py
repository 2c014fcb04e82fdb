"""What a latent variable model draws from a code: p(x | z), a Gaussian on the plane, a product of Bernoullis for images.

Given nodes z_k with log weights both also sum to the marginal log p(x) = log Σ_k w_k p(x | z_k) (see ``latent_nodes``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from genplay.models.layers import Standardise
from genplay.models.product_mixture import (
    bernoulli_blocks,
    log_bernoullis,
    log_gaussians,
    log_gaussians_on_lattice,
)

__all__ = ["BernoulliDecoder", "GaussianDecoder"]

LOG_2PI = math.log(2 * math.pi)


class GaussianDecoder(nn.Module):
    """x | z ~ N(f(z), σ² I), with σ learned or fixed.

    The network gives standardised units; densities, means and ``fixed_sigma`` are in data units.
    """

    tolerance, least_mass, most_nodes, finer = 1.5, 1e-9, 18_000, 2.0
    """How finely the code is divided for pictures (see ``latent_nodes``), and how much finer for numbers that are reported:
    log p is good to about 0.001 nats at a point, and to 0.0003."""

    def __init__(self, net: nn.Module, units: Standardise, fixed_sigma: float | None) -> None:
        super().__init__()
        self.net = net
        self.units = units
        self.fixed_sigma = fixed_sigma
        self.log_sigma = nn.Parameter(torch.tensor(-1.0), requires_grad=fixed_sigma is None)

    def inputs(self, x: Tensor) -> Tensor:
        """What the encoder sees of x."""
        out: Tensor = self.units(x)
        return out

    def _moments(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (…, d) and log σ (0-dim) in standardised units."""
        mean: Tensor = self.net(z)
        if self.fixed_sigma is not None:
            return mean, math.log(self.fixed_sigma) - self.units.scale.log()
        return mean, self.log_sigma

    def sigma(self) -> Tensor:
        """σ in data units, 0-dim."""
        if self.fixed_sigma is not None:
            return torch.full_like(self.log_sigma, self.fixed_sigma)
        return self.log_sigma.exp() * self.units.scale

    def mean(self, z: Tensor) -> Tensor:
        """E[x | z], (m, latent) → (m, d)."""
        return self.units.inverse(self.net(z))

    def draw(self, z: Tensor, normal: Tensor, noisy: bool) -> Tensor:
        """A sample from p(x | z) made of standard normals (m, d), or its mean."""
        mean = self.mean(z)
        return mean + self.sigma() * normal if noisy else mean

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z) in nats of data units, (n, d) and (…, n, latent) → (…, n)."""
        mean, log_sigma = self._moments(z)
        d = mean.shape[-1]
        squares = ((self.units(x) - mean) * torch.exp(-log_sigma)).square().sum(dim=-1)
        out: Tensor = (self.units.log_det - 0.5 * d * LOG_2PI - d * log_sigma) - 0.5 * squares
        return out

    def place(self, z: Tensor) -> Tensor:
        """Where p(x | z) lies, in standard deviations, (m, latent) → (m, d)."""
        return self.mean(z) / self.sigma()

    def log_marginal(self, x: Tensor, z: Tensor, log_weight: Tensor) -> Tensor:
        """log Σ_k w_k p(x | z_k), (n, 2) → (n,)."""
        return log_gaussians(x, log_weight, self.mean(z), self.sigma())

    def log_marginal_grid(self, xs: Tensor, ys: Tensor, z: Tensor, log_weight: Tensor) -> Tensor:
        """The same at every (xs[i], ys[j]), (ny, nx)."""
        return log_gaussians_on_lattice(xs, ys, log_weight, self.mean(z), self.sigma())


class BernoulliDecoder(nn.Module):
    """x_j | z ~ Bernoulli(σ(f_j(z))): given the code the pixels are independent."""

    tolerance, least_mass, most_nodes, finer = 2.5, 1e-4, 8_000, 1.5
    """How finely the code is divided: log p is good to about 0.007 nats at an image, and 0.001 for numbers that are reported."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def inputs(self, x: Tensor) -> Tensor:
        """What the encoder sees of x: −1 and 1."""
        return 2 * x - 1

    def logits(self, z: Tensor) -> Tensor:
        """Log odds of each pixel, (…, latent) → (…, d)."""
        out: Tensor = self.net(z)
        return out

    def mean(self, z: Tensor) -> Tensor:
        """The probability of each pixel, (m, latent) → (m, d)."""
        return torch.sigmoid(self.logits(z))

    def draw(self, z: Tensor, normal: Tensor, noisy: bool) -> Tensor:
        """A sample from p(x | z) made of standard normals (m, d), or its likeliest image."""
        level = torch.special.ndtr(normal) if noisy else torch.full_like(normal, 0.5)
        return (level < self.mean(z)).to(normal.dtype)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z) in nats, (n, d) and (…, n, latent) → (…, n)."""
        logits = self.logits(z)
        lost = binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
        return -lost.sum(dim=-1)

    def place(self, z: Tensor) -> Tensor:
        """Where p(x | z) lies, in standard deviations, (m, latent) → (m, d): Fisher's metric is that of 2 asin √p."""
        return 2 * torch.asin(self.mean(z).sqrt())

    def log_marginal(self, x: Tensor, z: Tensor, log_weight: Tensor) -> Tensor:
        """log Σ_k w_k p(x | z_k), (n, d) → (n,)."""
        return log_bernoullis(x, log_weight, self.logits(z))

    def log_marginal_blocks(self, z: Tensor, log_weight: Tensor) -> Callable[[int, int], NDArray[np.float64]]:
        """The same for all 2^25 images by blocks."""
        return bernoulli_blocks(log_weight, self.logits(z))
