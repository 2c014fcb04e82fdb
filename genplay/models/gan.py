"""Generative adversarial network [1]: a generator x = G(z), z ~ N(0, I), against a discriminator D(x) = P(x is real).

    min_G max_D  E_x log D(x) + E_z log(1 − D(G(z)))

For a fixed G the best D is p(x) / (p(x) + q(x)); where q = p it is ½ everywhere. With logits l = net(x), each objective
is a loss for D and one for G:
                     D                                      G
    minimax          softplus(−l(x)) + softplus(l(G(z)))    −softplus(l(G(z)))
    non-saturating   the same                               softplus(−l(G(z)))
    least-squares    ½ (l(x) − 1)² + ½ l(G(z))²             ½ (l(G(z)) − 1)²       [2]
    hinge            (1 − l(x))₊ + (1 + l(G(z)))₊           −l(G(z))               [3]
    wasserstein      l(G(z)) − l(x), slope held at 1        −l(G(z))               [4]
    … clipping       the same, weights held in [−c, c]      the same               [6]
All but the last two may hold the slope of l at the data near 0 by (γ/2) ‖∇l(x)‖² [5]. Spectral normalisation and
minibatch discrimination are in ``critic``.

A GAN has no density: it can only be asked for samples.

[1] Goodfellow et al. 2014.  [2] Mao et al. 2017.  [3] Lim and Ye 2017.  [4] Gulrajani et al. 2017.  [5] Mescheder et al. 2018.
[6] Arjovsky, Chintala and Bottou 2017.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.models.base import About, Batch, Phase, Setting, Terms
from genplay.models.cards.gan import CARD, GANKnobs
from genplay.models.code_generator import CodeGenerator
from genplay.models.critic import Crowd, SpectralLinear, spectral
from genplay.models.differentiation import held_still
from genplay.models.exhibits import Exhibit
from genplay.models.gan_exhibits import gan_exhibits
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.straight_through import hard_pixels

__all__ = ["GAN"]


class GAN(CodeGenerator):
    """Two networks. On the plane both work in standardised units; for images G gives log odds of each pixel."""

    card = CARD
    critic_centre: Tensor
    critic_scale: Tensor
    company: Tensor

    def __init__(self, knobs: GANKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.latent_dim = knobs.latent
        self.binary = setting.world == "digits"
        hidden, make = [knobs.width] * knobs.depth, setting.generator
        self.generator_net = mlp(
            [knobs.latent, *hidden, self.dim], make, knobs.activation, norm=knobs.norm, dropout=knobs.dropout
        )
        self.crowd = Crowd(self.dim, make) if knobs.minibatch else None
        inputs = self.dim + (self.crowd.features if self.crowd is not None else 0)
        # Batch statistics would mix what is real with what is fake: that normalisation is the generator's alone.
        norm = "none" if knobs.norm == "batch" else knobs.norm
        self.critic_net = mlp([inputs, *hidden, 1], make, knobs.activation, norm=norm, dropout=knobs.dropout)
        if knobs.spectral_norm:
            self.critic_net = spectral(self.critic_net, make)
        self.units = Standardise(setting.x)
        self.register_buffer("company", self.seen(setting.x[:64]).clone(), persistent=False)
        self.register_buffer("critic_centre", torch.zeros(()))
        self.register_buffer("critic_scale", torch.ones(()))
        self._codes, self._pixels, self._shares = (
            NoiseTape("normal"),
            NoiseTape("uniform"),
            NoiseTape("uniform"),
        )
        self._blur_both, self._blur_fake = NoiseTape("normal"), NoiseTape("normal")

    @property
    def options(self) -> GANKnobs:
        return cast(GANKnobs, self.knobs)

    def logits(self, u: Tensor, company: Tensor | None = None) -> Tensor:
        """The discriminator's raw output at network inputs, (n, d) → (n,), as one of a batch like ``company`` (default: of data)."""
        if self.crowd is not None:
            u = torch.cat([u, self.crowd(u, self.company if company is None else company)], dim=1)
        out: Tensor = self.critic_net(u).squeeze(1)
        return out

    def _critic_parameters(self) -> list[nn.Parameter]:
        crowd = [] if self.crowd is None else list(self.crowd.parameters())
        return [*self.critic_net.parameters(), *crowd]

    @torch.no_grad()
    def _hold(self) -> None:
        """After a step of the discriminator: keep its weights inside their bounds."""
        if self.objective == "wasserstein-clipping":
            for p in self._critic_parameters():
                p.clamp_(-self.options.clip, self.options.clip)
        for part in self.critic_net:
            if isinstance(part, SpectralLinear):
                part.follow()

    def _fake(self, batch: Batch, n: int) -> Tensor:
        """n samples of the generator as the discriminator sees them; pixels are drawn, so that grey does not give them away."""
        like = self.critic_centre
        out: Tensor = self.generator_net(self._codes.draw((n, self.latent_dim), like, batch.generator))
        if not self.binary:
            return out
        return hard_pixels(torch.sigmoid(out), self._pixels.draw((n, self.dim), like, batch.generator))

    def _blurred(self, u: Tensor, tape: NoiseTape, generator: torch.Generator) -> Tensor:
        """Inputs with instance noise."""
        strength = self.options.pixel_noise if self.binary else self.options.instance_noise
        if strength == 0:
            return u
        return torch.add(u, tape.draw(tuple(u.shape), u, generator), alpha=strength)

    # Training

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase(
                "discriminator",
                self._discriminator_step,
                self._critic_parameters(),
                after=self._hold,
                repeats=lambda: self.options.d_steps,
                rate=lambda: self.options.d_rate,
            ),
            Phase(
                "generator",
                self._generator_step,
                list(self.generator_net.parameters()),
                rate=lambda: self.options.g_rate,
            ),
        )

    def _discriminator_step(self, batch: Batch) -> Terms:
        """One pass over real and fake together; the generator takes no part in the differentiation."""
        n = len(batch.x)
        with torch.no_grad():
            both = torch.cat([self.seen(batch.x), self._fake(batch, n)])
            both = self._blurred(both, self._blur_both, batch.generator)
        penalised = self.options.penalty > 0 and self.objective != "wasserstein-clipping"
        if penalised and self.objective != "wasserstein":
            both.requires_grad_()
        if self.crowd is None:
            logits = self.logits(both)
        else:
            # Real examples in the company of real ones, fakes in that of fakes.
            logits = torch.cat([self.logits(both[:n], both[:n]), self.logits(both[n:], both[n:])])
        real, fake = logits[:n], logits[n:]
        loss = self._discriminator_loss(real, fake)
        if penalised:
            loss = loss + self.options.penalty * self._penalty(both, real, batch)
        with torch.no_grad():
            if self.objective.startswith("wasserstein"):
                self.critic_centre.copy_(logits.mean())
                self.critic_scale.copy_(logits.std() + 1e-6)
            rating = self.rating(logits)
        return {"loss": loss, "D_real": rating[:n].mean(), "D_fake": rating[n:].mean()}

    def _discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.objective == "least-squares":
            return 0.5 * ((real - 1).square().mean() + fake.square().mean())
        if self.objective == "hinge":
            return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
        if self.objective.startswith("wasserstein"):
            return fake.mean() - real.mean()
        return softplus(-real).mean() + softplus(fake).mean()

    def _penalty(self, both: Tensor, real: Tensor, batch: Batch) -> Tensor:
        """½ E‖∇l‖² at the data; for Wasserstein E(‖∇l‖ − 1)² on the lines from data to fakes."""
        n = len(batch.x)
        if self.objective == "wasserstein":
            share = self._shares.draw((n, 1), both, batch.generator)
            between = torch.lerp(both[n:], both[:n], share).requires_grad_()
            (slope,) = torch.autograd.grad(self.logits(between, both[:n]).sum(), between, create_graph=True)
            excess: Tensor = torch.linalg.vector_norm(slope, dim=1) - 1
            return excess.square().mean()
        (slope,) = torch.autograd.grad(real.sum(), both, create_graph=True)
        out: Tensor = 0.5 * slope.square().sum() / n
        return out

    def _generator_step(self, batch: Batch) -> Terms:
        """The discriminator is held still: only the generator is to please it."""
        with held_still(self._critic_parameters()):
            fake = self._blurred(self._fake(batch, len(batch.x)), self._blur_fake, batch.generator)
            logits = self.logits(fake, fake)
        return {"loss": self.generator_loss(logits)}

    def generator_loss(self, fake: Tensor) -> Tensor:
        """What the generator minimises, from the logits of its samples (n,)."""
        if self.objective == "minimax":
            return -softplus(fake).mean()
        if self.objective == "non-saturating":
            return softplus(-fake).mean()
        if self.objective == "least-squares":
            return 0.5 * (fake - 1).square().mean()
        return -fake.mean()

    # What the discriminator says

    def discriminator(self, x: Tensor) -> Tensor:
        """D(x) in (0, 1), (n, d) → (n,)."""
        return self.rating(self.logits(self.seen(x)))

    def rating(self, logits: Tensor) -> Tensor:
        """The output as a probability. The critic of Wasserstein has no scale of its own: there it is the sigmoid of
        how many standard deviations l lies above its mean over the last batch; for least squares l itself, cut."""
        if self.objective == "least-squares":
            return logits.clamp(1e-6, 1 - 1e-6)
        if self.objective.startswith("wasserstein"):
            return torch.sigmoid((logits - self.critic_centre) / self.critic_scale)
        return torch.sigmoid(logits)

    # Sampling and codes

    def raw(self, z: Tensor) -> Tensor:
        """What the generator gives for codes, (n, latent) → (n, d)."""
        out: Tensor = self.generator_net(z)
        return out

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """What the discriminator says of data and samples, and where it would move the samples."""
        return gan_exhibits(self, about)
