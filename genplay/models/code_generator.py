"""A generator x = G(z), z ~ N(0, I), that has no encoder: how it draws, decodes, and is searched for the code of a point."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from genplay.models.base import Model
from genplay.models.inversion import invert
from genplay.models.layers import Standardise

__all__ = ["CodeGenerator"]


class CodeGenerator(Model):
    """Base of models made of one network from codes to data: points in standardised units, or log odds of pixels.

    A subclass sets ``latent_dim``, ``binary`` (images) and ``units``, and implements ``raw``.
    """

    latent_dim: int
    binary: bool
    units: Standardise

    def raw(self, z: Tensor) -> Tensor:
        """What the network gives for codes, (n, latent) → (n, d)."""
        raise NotImplementedError

    def seen(self, x: Tensor) -> Tensor:
        """Data in the generator's units: standardised points, or pixels as −1 and 1."""
        return 2 * x - 1 if self.binary else cast(Tensor, self.units(x))

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Codes from N(0, I), for images followed by a uniform for each pixel: (n, latent) or (n, latent + 25)."""
        z = torch.randn(n, self.latent_dim, generator=generator, device=generator.device)
        if not self.binary:
            return z
        return torch.cat([z, torch.rand(n, self.dim, generator=generator, device=generator.device)], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """G(z); for images pixel j is lit where its uniform is below its probability."""
        x = self.decode(noise[:, : self.latent_dim])
        return (noise[:, self.latent_dim :] < x).to(noise) if self.binary else x

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """G(z), (n, latent) → (n, d): a point, or the probability of each pixel."""
        out = self.raw(z)
        return torch.sigmoid(out) if self.binary else self.units.inverse(out)

    def encode(self, x: Tensor) -> Tensor:
        """A code whose G(z) comes near x, (n, d) → (n, latent): there is no encoder, so it is searched for."""

        def produce(z: Tensor) -> Tensor:
            out = self.raw(z)
            return torch.tanh(out / 2) if self.binary else out

        return invert(produce, self.seen(x), self.latent_dim)
