"""Autoencoder [1]: a code z = f(x) of few dimensions, and g(z) that should give x back:  min_{f,g} E ‖x − g(f(x))‖².

It is trained in two steps. The first learns f and g; nothing in it says how codes are spread, so a code drawn at random decodes
to nothing in particular. The second fits a density p(z) to the codes of the data (``code_density``), and then
x = g(z), z ~ p(z), can be drawn. Here both steps take turns, the second on codes that are held still.

There is no density of x: with a code of fewer dimensions than x all that g can make has volume 0. What is left as a measure of
strangeness is the reconstruction error ‖x − g(f(x))‖², small only near what was seen.

[1] Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from genplay.models.autoencoder_exhibits import autoencoder_exhibits
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.autoencoder import CARD, AutoencoderKnobs
from genplay.models.code_density import CodeDensity, CodeKind
from genplay.models.exhibits import Exhibit
from genplay.models.layers import Standardise, evaluated, mlp

__all__ = ["Autoencoder"]


class Autoencoder(Model):
    """On the plane both networks work in standardised units; for images g gives log odds of each pixel."""

    card = CARD
    knobs: AutoencoderKnobs

    def __init__(self, knobs: AutoencoderKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.binary = setting.world == "digits"
        self.latent_dim = knobs.latent if self.binary else knobs.plane_latent
        hidden, make = [knobs.width] * knobs.depth, setting.generator
        extras = {"norm": knobs.norm, "dropout": knobs.dropout}
        self.encoder = mlp([self.dim, *hidden, self.latent_dim], make, knobs.activation, **extras)  # type: ignore[arg-type]
        self.decoder = mlp([self.latent_dim, *hidden, self.dim], make, knobs.activation, **extras)  # type: ignore[arg-type]
        self.units = Standardise(setting.x)
        kind: CodeKind = knobs.codes  # type: ignore[assignment]
        self.codes = CodeDensity(kind, self.latent_dim, knobs.components, make)

    # Training

    def phases(self) -> tuple[Phase, ...]:
        networks = [*self.encoder.parameters(), *self.decoder.parameters()]
        density = list(self.codes.parameters())
        return (
            Phase("reconstruct", self._rebuild, networks, repeats=lambda: 0 if self.knobs.hold else 1),
            Phase("fit the codes", self._fit_codes, density or None),
        )

    def seen(self, x: Tensor) -> Tensor:
        """What the encoder sees of x: standardised, or −1 and 1."""
        out: Tensor = 2 * x - 1 if self.binary else self.units(x)
        return out

    def _rebuild(self, batch: Batch) -> Terms:
        u = self.seen(batch.x)
        out = self.decoder(self.encoder(u))
        if self.objective == "bce":
            loss = binary_cross_entropy_with_logits(out, batch.x, reduction="sum") / len(u)
        elif self.binary:
            loss = (torch.sigmoid(out) - batch.x).square().sum(dim=1).mean()
        else:
            loss = (out - u).square().sum(dim=1).mean()
        return {"loss": loss}

    def _fit_codes(self, batch: Batch) -> Terms:
        z = evaluated(self.encoder, self.seen(batch.x))
        self.codes.follow(z)
        nll = -self.codes.log_prob(z).mean()
        # Running moments alone have nothing to differentiate.
        return {"loss" if nll.requires_grad else "code_nll": nll}

    # Codes, reconstruction, anomaly

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """z = f(x), (n, d) → (n, latent)."""
        out: Tensor = self.encoder(self.seen(x))
        return out

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """g(z), (n, latent) → (n, d): a point, or the probability of each pixel."""
        out: Tensor = self.decoder(z)
        return torch.sigmoid(out) if self.binary else self.units.inverse(out)

    def reconstruct(self, x: Tensor) -> Tensor:
        """g(f(x)), (n, d) → (n, d)."""
        return self.decode(self.encode(x))

    def anomaly(self, x: Tensor) -> Tensor:
        """The reconstruction error ‖x − g(f(x))‖² in data units, the anomaly score, (n, d) → (n,)."""
        return (x - self.reconstruct(x)).square().sum(dim=1)

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + latent) or (n, 1 + latent + 25): a uniform and normals for the code, for images a uniform a pixel."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        z = torch.randn(n, self.latent_dim, generator=generator, device=generator.device)
        pixels = torch.rand(n, self.dim if self.binary else 0, generator=generator, device=generator.device)
        return torch.cat([pick, z, pixels], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """g(z) with z from the density of the codes."""
        pick, normal, pixels = noise.split([1, self.latent_dim, noise.shape[1] - 1 - self.latent_dim], dim=1)
        x = self.decode(self.codes.drawn(pick[:, 0], normal))
        if not self.binary:
            return x
        level = pixels if self.knobs.decoder_noise else torch.full_like(pixels, 0.5)
        return (level < x).to(noise)

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The error over the plane or of one image, the code and its density, what codes decode to."""
        return autoencoder_exhibits(self, about)
