"""Latent diffusion [1]: first an autoencoder learns a short code z of x, then a diffusion learns the law of the codes.

    1  min E ‖x − D(E(x) + σ_z ξ)‖² + λ‖E(x)‖²   for some thousand steps (cross-entropy for images), then it stands still
    2  the codes of all data are measured, and a diffusion (``gaussian_diffusion``) learns to draw such codes
    sample   z from the diffusion, x = D(z)

The little noise on the codes makes neighbours decode alike, and the pull to 0 keeps the noise from being outgrown. What
the code leaves out no diffusion can bring back: the reconstruction is the best that samples can be.

[1] Rombach et al. 2022.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ddpm import DiffusionKnobs
from genplay.models.cards.latent_diffusion import CARD, LatentDiffusionKnobs
from genplay.models.exhibits import Exhibit
from genplay.models.gaussian_diffusion import GaussianDiffusion
from genplay.models.latent_diffusion_exhibits import both_spaces
from genplay.models.layers import NoiseTape, Standardise, evaluated, mlp

__all__ = ["LatentDiffusion"]

PULL = 1e-3


class LatentDiffusion(Model):
    """``encoder`` and ``decoder`` see standardised points or pixels as ±1; ``codes`` is the diffusion in the space of z.

    ``steps_done`` counts the autoencoder's steps; ``measured`` says whether the diffusion knows the codes' mean and size.
    """

    card = CARD
    knobs: LatentDiffusionKnobs
    steps_done: Tensor
    measured: Tensor

    def __init__(self, knobs: LatentDiffusionKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.images = setting.world == "digits"
        self.latent_dim = knobs.image_code if self.images else knobs.code
        hidden, make = [knobs.width] * knobs.depth, setting.generator
        ends = torch.tensor([[0.0], [1.0]]).expand(2, setting.dim)
        self.units = Standardise(ends if self.images else setting.x)
        self.encoder = mlp(
            [self.dim, *hidden, self.latent_dim],
            make,
            knobs.activation,
            norm=knobs.norm,
            dropout=knobs.dropout,
        )
        self.decoder = mlp(
            [self.latent_dim, *hidden, self.dim],
            make,
            knobs.activation,
            norm=knobs.norm,
            dropout=knobs.dropout,
        )
        inner = replace(setting, dim=self.latent_dim)
        self.codes = GaussianDiffusion(
            _inner_knobs(knobs), inner, Standardise(torch.zeros(1, self.latent_dim))
        )
        self.register_buffer("steps_done", torch.zeros((), dtype=torch.int64))
        self.register_buffer("measured", torch.zeros((), dtype=torch.int64))
        self._normal = NoiseTape("normal")

    def configure(self, knobs: Knobs) -> None:
        """Take new live knobs, the diffusion of the codes too."""
        super().configure(knobs)
        self.codes.configure(_inner_knobs(self.knobs))

    def data_changed(self) -> None:
        """The codes of new data are measured anew; the autoencoder stays as it is."""
        self.measured.zero_()

    # Training, one phase after the other

    def phases(self) -> tuple[Phase, ...]:
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        return (
            Phase("autoencode", self._autoencode, both, repeats=lambda: int(self._learning()), after=self._count),
            Phase(
                "measure the codes", self._measure, full=True,
                repeats=lambda: int(not self._learning() and not self.measured.item()),
            ),
            Phase(
                "diffuse the codes", self._diffuse, list(self.codes.parameters()),
                repeats=lambda: int(not self._learning() and bool(self.measured.item())),
            ),
        )  # fmt: skip

    def _learning(self) -> bool:
        """Whether it is still the autoencoder's turn."""
        return int(self.steps_done) < self.knobs.autoencoder_steps

    def _count(self) -> None:
        self.steps_done += 1
        self.measured.zero_()

    def _autoencode(self, batch: Batch) -> Terms:
        z = self.encoder(self.units(batch.x))
        noise = self._normal.draw(tuple(z.shape), z, batch.generator)
        out = self.decoder(torch.add(z, noise, alpha=self.knobs.code_noise))
        missed = self._missed(batch.x, out)
        return {"loss": missed + PULL * z.square().sum(dim=1).mean(), "reconstruction": missed}

    def _missed(self, x: Tensor, out: Tensor) -> Tensor:
        """Squared error in standardised units, or cross-entropy in nats, a point in the mean."""
        if self.images:
            return binary_cross_entropy_with_logits(out, x, reduction="sum") / len(x)
        missed: Tensor = (out - self.units(x)).square().sum(dim=1).mean()
        return missed

    @torch.no_grad()
    def _measure(self, batch: Batch) -> Terms:
        """The codes' mean and common scale: the diffusion works on codes of unit size."""
        found = Standardise(evaluated(self.encoder, self.units(batch.x)))
        self.codes.standardise.mean.copy_(found.mean)
        self.codes.standardise.scale.copy_(found.scale)
        self.measured.fill_(1)
        return {"code_size": found.scale}

    def _diffuse(self, batch: Batch) -> Terms:
        codes = evaluated(self.encoder, self.units(batch.x))
        (phase,) = self.codes.phases()
        return phase.run(Batch(codes, batch.y, batch.generator))

    # Codes

    def encode(self, x: Tensor) -> Tensor:
        """z = E(x) in the diffusion's units, in which all codes together are of unit size, (n, d) → (n, latent_dim)."""
        out: Tensor = self.codes.standardise(self.encoder(self.units(x)))
        return out

    def decode(self, z: Tensor) -> Tensor:
        """D(z): a point, or the probability of each pixel, (n, latent_dim) → (n, d)."""
        out: Tensor = self.decoder(self.codes.standardise.inverse(z))
        return out.sigmoid() if self.images else self.units.inverse(out)

    def reconstruct(self, x: Tensor) -> Tensor:
        """D(E(x)), (n, d) → (n, d)."""
        return self.decode(self.encode(x))

    # Sampling

    def signal_left(self, t: Tensor) -> Tensor:
        """The share of a noised code's variance that is still the code, (n,) → (n,)."""
        return self.codes.signal_left(t)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, latent_dim (T + 1)): what the diffusion of the codes starts from and adds."""
        return self.codes.noise(n, generator)

    def code_path(self, noise: Tensor) -> Tensor:
        """The codes on the way from noise, (steps + 1, n, latent_dim)."""
        return torch.stack(self.codes.path(noise))

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """The decoded end of the way; of an image each pixel as it is likelier."""
        return self._drawn(self.decode(self.codes.path(noise)[-1]))

    @torch.no_grad()
    def trajectory(self, noise: Tensor) -> Tensor:
        """Every code on the way decoded, (steps + 1, n, d)."""
        path = self.code_path(noise)
        seen = self.decode(path.flatten(0, 1)).view(*path.shape[:2], self.dim)
        return torch.cat([seen[:-1], self._drawn(seen[-1:])])

    def _drawn(self, seen: Tensor) -> Tensor:
        return (seen > 0.5).to(seen) if self.images else seen

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Both spaces: codes of data and of samples with the ways between, and what they decode to."""
        return both_spaces(self, about)


def _inner_knobs(knobs: LatentDiffusionKnobs) -> DiffusionKnobs:
    """The knobs of the diffusion of the codes."""
    return DiffusionKnobs(
        width=knobs.width, depth=knobs.depth, activation=knobs.activation, norm=knobs.norm, dropout=knobs.dropout,
        noise_steps=knobs.noise_steps, schedule=knobs.schedule, sampler=knobs.sampler,
        sampling_steps=knobs.sampling_steps, ode_steps=knobs.ode_steps,
    )  # fmt: skip
