"""Energy-based model of images: p(x) = exp(−E(x)) / Z,  Z = Σ exp(−E(x)) over all 2^25 images, E a network.

As on the plane (``ebm``) the likelihood's gradient lowers E on data and raises it on the model's own images:
    exact   E is a sum over strips of three rows, and Z a sum from row to row (``strip_energy``): true maximum likelihood
    cd      one network sees all pixels (``pixel_energy``); k Gibbs sweeps from the data [1]
    pcd     the same, from where the chains were at the last step [2]
    nce     data are told apart from noise of a known density; log Z is learned beside E [3]
There is no slope between 0 and 1, so no score. Whatever the objective log p is exact: with the one network log Z visits all
2^25 images, some seconds, and is kept until a parameter changes. Such an exact step could not be trained with; strips can.

[1] Hinton 2002.  [2] Tieleman 2008.  [3] Gutmann and Hyvärinen 2010.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ebm import CARD, DROPPED, EBMKnobs
from genplay.models.exhibits import Exhibit
from genplay.models.image_energy_exhibits import image_exhibits
from genplay.models.layers import NoiseTape, double
from genplay.models.memo import Memo
from genplay.models.noise_contrast import FlippedImages, contrast
from genplay.models.pixel_energy import PixelEnergy
from genplay.models.strip_energy import StripEnergy, blocks_of, draw, eliminate
from genplay.quantity import Kind
from genplay.spaces.binary import log_sum_exp

__all__ = ["ImageEBM"]

FLIP = 0.1
CHUNK = 1000
"""So many samples are drawn at a time: each of a chain's needs thousands of random numbers."""


class ImageEBM(Model):
    """``body`` is the energy at temperature 1; ``particles`` (n, 25) are the persistent chains."""

    card = CARD
    density_kind: Kind = "exact"
    particles: Tensor

    def __init__(self, knobs: EBMKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        make = setting.generator
        lit = setting.x.mean(dim=0)
        self.body: StripEnergy | PixelEnergy
        if setting.objective == "exact":
            self.body = StripEnergy(knobs.width, make)
        else:
            dropout = knobs.dropout if setting.objective in DROPPED else 0.0
            self.body = PixelEnergy(lit, knobs.width, make, dropout)
        start = torch.rand(knobs.chains, self.dim, generator=make)
        self.register_buffer("particles", (start < lit.clamp(0.02, 0.98)).to(lit))
        self.learned_log_z: nn.Parameter | None = None
        self.contrast_noise: FlippedImages | None = None
        if setting.objective == "nce":
            self.learned_log_z = nn.Parameter(torch.zeros(1))
            self.contrast_noise = FlippedImages(setting.x, knobs.contrast == "mixture", make, FLIP)
        self._uniform = NoiseTape("uniform", 32)
        self._log_z: Memo[float] = Memo()
        self._sums: Memo[list[Tensor]] = Memo()
        self._counts: tuple[Tensor, Tensor] | None = None

    @property
    def options(self) -> EBMKnobs:
        return cast(EBMKnobs, self.knobs)

    @property
    def density_method(self) -> str:
        """How log Z was summed."""
        if isinstance(self.body, StripEnergy):
            return "minus the energy, minus log Z summed row by row over all 2^25 images"
        return "minus the energy, minus log Z summed over all 2^25 images"

    # --- energy and density -------------------------------------------------------------------------------------

    def energy(self, x: Tensor) -> Tensor:
        """E(x)/T, (n, 25) → (n,)."""
        out: Tensor = self.body(x) / self.options.temperature
        return out

    @torch.no_grad()
    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = −E(x)/T − log Z in nats, (n, 25) → (n,)."""
        return -self.energy(x) - self.log_z()

    def log_z(self) -> float:
        """log Σ exp(−E(x)/T) over all 2^25 images in nats, float64; summed again only when something has changed."""
        return self._log_z.get(self.body.parameters(), self.options.temperature, self._sum)

    def known_log_z(self) -> float | None:
        """log Z if it need not be summed for long."""
        if isinstance(self.body, StripEnergy):
            return self.log_z()
        return self._log_z.known(self.body.parameters(), self.options.temperature)

    @torch.no_grad()
    def _sum(self) -> float:
        if isinstance(self.body, StripEnergy):
            return float(eliminate(self._tables())[1])
        return log_sum_exp(self.body.minus_energy_blocks(1 / self.options.temperature))

    def _tables(self) -> list[Tensor]:
        """−log f of the strips at this temperature, in float64."""
        assert isinstance(self.body, StripEnergy)
        return [double(t) / self.options.temperature for t in self.body.tables()]

    @torch.no_grad()
    def minus_energy_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """−E/T of whole blocks of the 2^25 images, in float64."""
        if isinstance(self.body, StripEnergy):
            return blocks_of(self._tables(), 0.0)
        return self.body.minus_energy_blocks(1 / self.options.temperature)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images, in float64."""
        log_z, block = self.log_z(), self.minus_energy_blocks()
        return lambda start, stop: block(start, stop) - log_z

    # --- training -----------------------------------------------------------------------------------------------

    def phases(self) -> tuple[Phase, ...]:
        learned = list(self.body.parameters())
        if self.objective == "exact":
            return (Phase("ascend the likelihood", self._exact_step, learned, full=True, rate=lambda: 4.0),)
        if self.learned_log_z is not None:
            return (Phase("tell data from noise", self._noise_contrast_step, [*learned, self.learned_log_z]),)
        return (Phase("contrast", self._contrastive_step, learned),)

    def _exact_step(self, batch: Batch) -> Terms:
        """−log p of the data, by the tables of the strips."""
        assert isinstance(self.body, StripEnergy)
        if self._counts is None or self._counts[0] is not batch.x:
            self._counts = (batch.x, self.body.counts(batch.x))
        tables = self.body.tables()
        data = sum(
            (c.dot(f) for c, f in zip(self._counts[1], tables, strict=True)), start=batch.x.new_zeros(())
        )
        log_z = eliminate(tables)[1]
        return {"loss": data + log_z, "data_energy": data, "log_z": log_z}

    def _contrastive_step(self, batch: Batch) -> Terms:
        """E(data) − E(chains): its gradient is that of −log p, as far as the chains have become the model's samples."""
        assert isinstance(self.body, PixelEnergy)
        x = self.particles if self.objective == "pcd" else batch.x
        for _ in range(self.options.image_k):
            x = self.body.sweep(x, self._uniform.draw(tuple(x.shape), x, batch.generator))
        if self.objective == "pcd":
            self.particles.copy_(x)
        energy = self.body(torch.cat([batch.x, x]))
        data, model = energy[: len(batch.x)].mean(), energy[len(batch.x) :].mean()
        loss = data - model
        if self.options.energy_penalty > 0:
            loss = loss + self.options.energy_penalty * energy.square().mean()
        return {"loss": loss, "data_energy": data, "chain_energy": model}

    def _noise_contrast_step(self, batch: Batch) -> Terms:
        """Log odds log p − log q of a classifier between the batch and fresh noise, with log p = −E − learned log Z."""
        assert self.contrast_noise is not None
        assert self.learned_log_z is not None
        count = max(1, round(self.options.ratio * len(batch.x)))
        fresh = self.contrast_noise.draw(count, batch.generator)
        both = torch.cat([batch.x, fresh])
        odds = -self.body(both) - self.learned_log_z - self.contrast_noise.log_density(both)
        loss = contrast(odds[: len(batch.x)], odds[len(batch.x) :])
        return {"loss": loss, "learned_log_z": self.learned_log_z.detach()[0]}

    # --- sampling -----------------------------------------------------------------------------------------------

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms: (n, 3) for strips; else (n, 25 + sweeps · 25), a random start, then every coin of the chain."""
        size = 3 if isinstance(self.body, StripEnergy) else self.dim * (1 + self.options.sweeps)
        return torch.rand(n, size, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Strips: exact, row by row. Else a Gibbs chain from random pixels whose temperature falls from ∞ in its first half."""
        if isinstance(self.body, StripEnergy):
            joint = self._sums.get(
                self.body.parameters(), self.options.temperature, lambda: eliminate(self._tables())[0]
            )
            return draw(joint, noise.to(joint[0].device)).to(noise)
        x = (noise[:, : self.dim] < 0.5).to(noise)
        each = noise[:, self.dim :].split(self.dim, dim=1)
        for t, uniforms in enumerate(each, start=1):
            x = self.body.sweep(x, uniforms, min(1.0, 2 * t / len(each)) / self.options.temperature)
        return x

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n fresh samples, some at a time: the noise of all their chains would not fit in memory."""
        parts = [min(CHUNK, n - start) for start in range(0, n, CHUNK)] or [0]
        return torch.cat([super(ImageEBM, self).sample(m, generator) for m in parts])

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Filters, what each flip of the chosen image would cost, chains, and log Z told in several ways."""
        learned = None if self.learned_log_z is None else float(self.learned_log_z[0])
        chains = self.particles if self.objective == "pcd" else None
        return image_exhibits(self.body, about, self.options.temperature, self.known_log_z(), learned, chains)
