"""Flow-GAN [1]: a generator G that can be run backwards, so that it has a likelihood *and* can play against a discriminator.

    min_G   s · E −log p_G(x) + (1 − s) · E softplus(−l(G(z))),     log p_G(x) = log N(G⁻¹(x); 0, I) + log |det ∂G⁻¹/∂x|

with l the log odds of a discriminator that is trained beside it (``adversary``: the non-saturating game). On the plane G is a
stack of spline layers (``nsf``). Images are made continuous by uniform dequantisation: w = x + u with u ~ U(0, 1) a pixel,
v = w/2 in (0, 1), and y = logit v goes through affine couplings (``coupling``). A sample is lit where y > 0, so the model does
have a probability P(x) = ∫ p(x + u) du, of which only a bound is at hand: log P(x) ≥ E log 1/k Σ_i p(x + u_i).

The same s · likelihood + (1 − s) · game shows that the two goals are not one: samples may look right under a poor likelihood, and a
good likelihood may spend its mass where no sample should fall.

[1] Grover, Dhar and Ermon 2018, arXiv:1705.08868.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from genplay.models.adversary import Adversary
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.flow_gan import CARD, FlowGANKnobs
from genplay.models.coupling import AffineCouplings
from genplay.models.dequantise import TOGETHER
from genplay.models.differentiation import slope_of
from genplay.models.exhibits import Exhibit
from genplay.models.hybrid_exhibits import hybrid_exhibits
from genplay.models.importance_bound import importance_bound
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.nsf import SplineLayer
from genplay.quantity import Kind

__all__ = ["FlowGAN", "PixelFlowGAN"]

LOG_2PI = math.log(2 * math.pi)
DRAWS = 32
"""Dequantisations of an image for the bound on its log-probability."""
EDGE = 1e-4
"""Dequantisation stays this far from the ends, where the logit is infinite."""


class _Hybrid(Model):
    """What both worlds share: the two phases, and codes z ~ N(0, I) of as many dimensions as x."""

    card = CARD
    density_kind: Kind
    density_method: str
    knobs: FlowGANKnobs

    def __init__(self, knobs: FlowGANKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.latent_dim = self.dim
        self.adversary = Adversary(self.dim, 64, 3, setting.generator)
        self._codes, self._uniforms = NoiseTape("normal"), NoiseTape("uniform")

    def flow_parameters(self) -> list[nn.Parameter]:
        """The parameters of G."""
        own = {id(p) for p in self.adversary.parameters()}
        return [p for p in self.parameters() if id(p) not in own]

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("discriminator", self._discriminator_step, list(self.adversary.parameters()), repeats=lambda: self.knobs.d_steps),
            Phase("generator", self._generator_step, self.flow_parameters()),
        )  # fmt: skip

    @property
    def blur(self) -> float:
        """The instance noise."""
        return self.knobs.pixel_noise if self.world == "digits" else 0.0

    def _discriminator_step(self, batch: Batch) -> Terms:
        real = self.seen(batch.x)
        with torch.no_grad():
            fake = self.made(self._codes.draw((len(real), self.dim), real, batch.generator))
        return self.adversary.discriminator_terms(real, fake, self.knobs.penalty, self.blur, batch.generator)

    def _generator_step(self, batch: Batch) -> Terms:
        share = self.knobs.likelihood
        zero = batch.x.new_zeros(())
        nll = -self.log_likelihood(batch).mean() if share > 0 else zero
        game = zero
        if share < 1:
            z = self._codes.draw((len(batch.x), self.dim), batch.x, batch.generator)
            game = self.adversary.generator_loss(self.made(z), self.blur, batch.generator)
        return {"loss": share * nll + (1 - share) * game, "nll": nll, "game": game}

    def seen(self, x: Tensor) -> Tensor:
        """Data as the discriminator sees them."""
        raise NotImplementedError

    def made(self, z: Tensor) -> Tensor:
        """Samples as the discriminator sees them, with their gradient."""
        raise NotImplementedError

    def log_likelihood(self, batch: Batch) -> Tensor:
        """What the likelihood's share of the loss raises, (n,)."""
        raise NotImplementedError

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, or a bound on it, (n, d) → (n,)."""
        raise NotImplementedError

    def discriminator(self, x: Tensor) -> Tensor:
        """D(x) in (0, 1), (n, d) → (n,)."""
        return torch.sigmoid(self.adversary.logits(self.seen(x)))

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """z ~ N(0, I), (n, d)."""
        return torch.randn(n, self.dim, generator=generator, device=generator.device)

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The two goals side by side, and D at data and samples."""
        return hybrid_exhibits(self, about)


def log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I), (n, d) → (n,)."""
    return -0.5 * (z.square().sum(dim=1) + z.shape[1] * LOG_2PI)


class FlowGAN(_Hybrid):
    """The plane: spline layers, an exact density."""

    density_kind: Kind = "exact"
    density_method = "change of variables"

    def __init__(self, knobs: FlowGANKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.units = Standardise(setting.x)
        self.layers = nn.ModuleList(
            SplineLayer(2, knobs, i % 2, setting.generator)  # type: ignore[arg-type]
            for i in range(knobs.layers)
        )

    def seen(self, x: Tensor) -> Tensor:
        out: Tensor = self.units(x)
        return out

    def made(self, z: Tensor) -> Tensor:
        for layer in reversed(self.layers):
            assert isinstance(layer, SplineLayer)
            z = layer.inverse(z)
        return z

    def log_likelihood(self, batch: Batch) -> Tensor:
        return self.log_prob(batch.x)

    def _forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z, total = self.units(x), self.units.log_det
        for layer in self.layers:
            z, more = layer(z)
            total = total + more
        return z, total

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,)."""
        z, log_det = self._forward(x)
        return log_normal(z) + log_det

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), by automatic differentiation, (n, 2) → (n, 2)."""
        return slope_of(self.log_prob, x)

    def encode(self, x: Tensor) -> Tensor:
        """z = G⁻¹(x)."""
        return self._forward(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """x = G(z)."""
        x: Tensor = self.units.inverse(self.made(z))
        return x

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.decode(noise)


class PixelFlowGAN(_Hybrid):
    """Images: affine couplings on the logits of dequantised pixels; log P(x) as a bound."""

    density_kind: Kind = "bound"
    density_method = f"uniform dequantisation, {DRAWS} draws an image"

    def __init__(self, knobs: FlowGANKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.flow = AffineCouplings(
            self.dim, 2 * knobs.layers, 2 * knobs.width, knobs.depth, knobs.activation, setting.generator
        )

    def seen(self, x: Tensor) -> Tensor:
        return 2 * x - 1

    def made(self, z: Tensor) -> Tensor:
        y = self.flow.inverse(z)
        soft = torch.tanh(y / 2)
        return soft + (torch.sign(y) - soft).detach()

    def log_likelihood(self, batch: Batch) -> Tensor:
        u = self._uniforms.draw(tuple(batch.x.shape), batch.x, batch.generator)
        return self.log_prob_dequantised(batch.x, u)

    def log_prob_dequantised(self, x: Tensor, u: Tensor) -> Tensor:
        """log p(w) at w = x + u, (n, 25) twice → (n,): its mean over u is a lower bound on log P(x)."""
        v = (x + u.clamp(EDGE, 1 - EDGE)) / 2
        y = torch.logit(v)
        z, log_det = self.flow(y)
        # dv/dw = ½, and dy/dv = 1 / (v (1 − v)).
        volume = (logsigmoid(y) + logsigmoid(-y)).sum(dim=1) + self.dim * math.log(2)
        log_p: Tensor = log_normal(z) + log_det - volume
        return log_p

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """log p(x + u) for one u, (n, 25) → (n,); its mean is below log P(x)."""
        return self.log_prob_dequantised(
            x, torch.rand(x.shape, generator=generator, device=generator.device).to(x)
        )

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """The bound with k dequantisations an image, (n, d) → (n,); its mean rises from the ELBO to log P(x) with k."""
        return importance_bound(self.elbo, x, k, generator)

    @torch.no_grad()
    def log_prob(self, x: Tensor) -> Tensor:
        """A lower bound on log P(x): log of the mean density over the same few dequantisations for every image, (n, 25) → (n,)."""
        made = torch.Generator().manual_seed(0)
        us = torch.rand(DRAWS, self.dim, generator=made).to(x)
        if len(x) * DRAWS <= TOGETHER:
            # A few images: all of their draws in one pass.
            both = self.log_prob_dequantised(x.repeat(DRAWS, 1), us.repeat_interleave(len(x), dim=0))
            rows = both.view(DRAWS, -1)
        else:
            rows = torch.stack([self.log_prob_dequantised(x, u.expand(len(x), -1)) for u in us])
        return torch.logsumexp(rows, dim=0) - math.log(DRAWS)

    def encode(self, x: Tensor) -> Tensor:
        """The z of the middle of an image's cell, u = ½."""
        z: Tensor = self.flow(torch.logit((x + 0.5) / 2))[0]
        return z

    def decode(self, z: Tensor) -> Tensor:
        """v in (0, 1) for each pixel: lit where it is above ½."""
        return torch.sigmoid(self.flow.inverse(z))

    def sample_from(self, noise: Tensor) -> Tensor:
        return (self.decode(noise) > 0.5).to(noise)
