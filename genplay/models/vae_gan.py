"""VAE-GAN [1]: a VAE whose samples must also pass a discriminator.

    min_{p,q}   s · (−ELBO) + (1 − s) · E softplus(−l(x̃)),      x̃ ~ p(x | z), z ~ N(0, I),   l the discriminator's log odds

The ELBO alone asks that data be likely, and pays little for mass where there are none: samples blur. The game asks that samples
pass for data, and pays nothing for what is missing: modes are lost. The slider s goes from one to the other. Where [1]
compares reconstructions by the discriminator's features, here the plain likelihood is kept, so that the ELBO stays a bound.

Samples keep their gradient: a Gaussian is a mean plus σ times noise, a pixel's is passed straight through to its probability.

[1] Larsen, Sønderby, Larochelle and Winther 2016, arXiv:1512.09300.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from genplay.models.adversary import Adversary
from genplay.models.base import About, Batch, Phase, Setting, Terms
from genplay.models.cards.vae_gan import CARD, VAEGANKnobs
from genplay.models.categorical_decoder import CategoricalDecoder
from genplay.models.decoders import BernoulliDecoder
from genplay.models.exhibits import Exhibit
from genplay.models.hybrid_exhibits import hybrid_exhibits
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.straight_through import hard_pixels
from genplay.models.vae import VAE

__all__ = ["VAEGAN"]


class VAEGAN(VAE):
    """All of a VAE, and ``adversary``, which judges its samples."""

    card = CARD

    def __init__(self, knobs: VAEGANKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.units = Standardise(setting.x)
        self.adversary = Adversary(self.dim, 64, 3, setting.generator)
        self._made_codes, self._made_noise = NoiseTape("normal"), NoiseTape("normal")

    @property
    def hybrid(self) -> VAEGANKnobs:
        return cast(VAEGANKnobs, self.knobs)

    def phases(self) -> tuple[Phase, ...]:
        judge = list(self.adversary.parameters())
        own = {id(p) for p in judge}
        learned = [p for p in self.parameters() if p.requires_grad and id(p) not in own]
        return (
            Phase("discriminator", self._discriminator_step, judge, repeats=lambda: self.hybrid.d_steps),
            Phase("model", self._model_step, learned, after=self._count),
        )

    @property
    def blur(self) -> float:
        """The instance noise."""
        return self.hybrid.pixel_noise if self.world == "digits" else 0.0

    def seen(self, x: Tensor) -> Tensor:
        """Data as the discriminator sees them: standardised, or −1 and 1."""
        return 2 * x - 1 if self.world == "digits" else cast(Tensor, self.units(x))

    def made(self, batch: Batch) -> Tensor:
        """As many samples as the batch has rows, as the discriminator sees them, with their gradient."""
        x = batch.x
        z = self._made_codes.draw((len(x), self.options.latent), x, batch.generator)
        normal = self._made_noise.draw(tuple(x.shape), x, batch.generator)
        z = self.with_class(z, batch.y)
        if isinstance(self.decoder, BernoulliDecoder):
            return hard_pixels(self.decoder.mean(z), torch.special.ndtr(normal))
        if isinstance(self.decoder, CategoricalDecoder):
            # A bin that is drawn has no slope: what is drawn is passed straight through to the mean.
            mean = self.decoder.mean(z)
            drawn = self.decoder.draw(z, normal, True)
            return self.seen(mean + (drawn - mean).detach())
        return self.seen(self.decoder.draw(z, normal, True))

    def _discriminator_step(self, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = self.made(batch)
        real = self.seen(batch.x)
        return self.adversary.discriminator_terms(real, fake, self.hybrid.penalty, self.blur, batch.generator)

    def _model_step(self, batch: Batch) -> Terms:
        share = self.hybrid.likelihood
        terms = self._elbo_step(batch)
        if share == 1:
            return terms
        game = self.adversary.generator_loss(self.made(batch), self.blur, batch.generator)
        return {**terms, "loss": share * terms["loss"] + (1 - share) * game, "game": game}

    def discriminator(self, x: Tensor) -> Tensor:
        """D(x) in (0, 1), (n, d) → (n,)."""
        return torch.sigmoid(self.adversary.logits(self.seen(x)))

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The two goals side by side, then all that a VAE shows."""
        return (*hybrid_exhibits(self, about), *super().exhibits(about))
