"""Probabilistic PCA of images: the pixels are fitted as if they were real numbers, and a drawn number above ½ lights its pixel.

    x_j = 1 where (W z + μ)_j + σ ε_j > ½,   so   P(x_j = 1 | z) = Φ(((W z + μ)_j − ½) / σ)

The Gaussian density of real numbers that the fit maximises is no probability of an image. But after the threshold the
pixels are independent given the code, and P(x) = ∫ N(z; 0, I) Π_j P(x_j | z) dz is an integral over one or two dimensions
that can be computed. With a larger code it is a mean over many codes drawn once and for all: an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.special import log_ndtr, ndtr

from genplay.models.base import About, Setting
from genplay.models.cards.ppca import PPCAKnobs
from genplay.models.exhibits import Exhibit, Pictures
from genplay.models.latent_nodes import latent_nodes
from genplay.models.layers import double
from genplay.models.memo import Memo
from genplay.models.ppca import PPCA
from genplay.models.product_mixture import bernoulli_blocks, log_bernoullis
from genplay.quantity import Kind

__all__ = ["ImagePPCA"]

THRESHOLD = 0.5
CODES = 4096
"""Codes that stand for the prior when it has more than two dimensions."""


class ImagePPCA(PPCA):
    """The linear Gaussian model of the pixels, and a threshold."""

    density_kind: Kind
    density_method: str
    floor = 0.02

    def __init__(self, knobs: PPCAKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self._nodes: Memo[tuple[Tensor, Tensor]] = Memo()
        if self.latent_dim <= 2:
            self.density_kind = "exact"
            self.density_method = f"latent quadrature over the {self.latent_dim}-dimensional code"
        else:
            self.density_kind = "estimate"
            self.density_method = f"mean over {CODES:,} codes drawn once from the prior"

    def _thresholds(self, z: Tensor) -> Tensor:
        """((W z + μ) − ½) / σ, float64, (m, q) → (m, 25)."""
        weight, mean = double(self.weight), double(self.mean)
        return (torch.addmm(mean, double(z), weight.T) - THRESHOLD) / double(self.log_sigma).exp()

    def decode(self, z: Tensor) -> Tensor:
        """The probability of each pixel, (m, q) → (m, 25)."""
        lit: Tensor = ndtr(self._thresholds(z)).to(z)
        return lit

    def reconstruct(self, x: Tensor) -> Tensor:
        """The probability of each pixel at the mean code of x."""
        return self.decode(self.encode(x))

    def _mixture(self) -> tuple[Tensor, Tensor]:
        """Log weights (k,) and the log odds of each pixel (k, 25) at the nodes of the code, float64."""
        z, log_weight = self._nodes.get(self.parameters(), None, self._lay_nodes)
        t = self._thresholds(z)
        log_weight = double(log_weight)
        return log_weight - log_weight.logsumexp(dim=0), log_ndtr(t) - log_ndtr(-t)

    @torch.no_grad()
    def _lay_nodes(self) -> tuple[Tensor, Tensor]:
        if self.latent_dim > 2:
            z = torch.randn(CODES, self.latent_dim, generator=torch.Generator().manual_seed(0))
            return z.to(self.weight), self.weight.new_full((CODES,), -math.log(CODES))

        def place(z: Tensor) -> Tensor:
            """Where p(x | z) lies, in standard deviations: Fisher's metric is that of 2 asin √p."""
            return 2 * self.decode(z).sqrt().asin()

        return latent_nodes(place, self.latent_dim, tolerance=1.0, least_mass=1e-5, most=3000, like=self.weight)  # fmt: skip

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x) in nats, (n, 25) → (n,)."""
        return log_bernoullis(double(x), *self._mixture()).to(x)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log P of whole blocks of the 2^25 images."""
        return bernoulli_blocks(*self._mixture())

    def sample_from(self, noise: Tensor) -> Tensor:
        blurred = self._thresholds(noise[:, : self.latent_dim]) + double(noise[:, self.latent_dim :])
        return (blurred > 0).to(noise)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        rebuilt = torch.cat([about.x, self.reconstruct(about.x)]).cpu().double().numpy()
        parts = torch.cat([self.mean[None] - THRESHOLD, self.weight.T]).cpu().double().numpy()
        captions = ("mean − ½", *(f"direction {k + 1}" for k in range(self.latent_dim)))
        return (
            Pictures(
                "The chosen image and what its code remembers", rebuilt, ("chosen", "pixel probabilities")
            ),
            Pictures(
                "Mean, and the directions of the code",
                parts,
                captions,
                "signed",
                "An image is the mean plus a multiple of each direction; what comes out above 0 here is likelier lit than dark.",
            ),
            *self.scree(about),
        )
