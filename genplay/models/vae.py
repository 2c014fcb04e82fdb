"""Variational autoencoder [1]: z ~ N(0, I), x ~ p(x | z), learned together with q(z | x) ≈ p(z | x).

    log p(x) ≥ IWAE_k = E log 1/k Σ_i p(x | z_i) p(z_i) / q(z_i | x) ≥ IWAE_1 = ELBO        z_i ~ q(z | x)
    ELBO = E_q log p(x | z) − KL(q(z | x) ‖ N(0, I))

p(x | z) is a Gaussian around the decoder's output on the plane, and a product of Bernoullis for images. With one or two
dimensions of z log p(x) itself is computed too, by integrating over z (``latent_nodes``). It is called exact as long as a
division of the code twice as fine gives the same within a hundredth of a nat, else an estimate.

[1] Kingma and Welling 2013, arXiv:1312.6114; IWAE: Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.vae import CARD, VAEKnobs
from genplay.models.decoders import BernoulliDecoder, GaussianDecoder
from genplay.models.latent_nodes import latent_nodes
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.memo import Memo
from genplay.quantity import Kind

__all__ = ["VAE"]

AGREED = 1e-2
"""Nats by which the mean log p may change under a finer division of the code and still be called exact."""

CHECKED = 64
"""Samples of the model on which the two divisions are compared."""

BOUND_SAMPLES = 64
"""Codes a point for the bound that stands in for log p(x) when the code has more than two dimensions."""


class VAE(Model):
    """An encoder x → mean and log deviation of q(z | x), and a decoder z → p(x | z)."""

    card = CARD
    density_kind: Kind
    density_method: str
    steps_done: Tensor

    def __init__(self, knobs: VAEKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.latent_dim = knobs.latent
        hidden = [knobs.width] * knobs.depth
        make = setting.generator
        self.encoder = mlp([self.dim, *hidden, 2 * knobs.latent], make, knobs.activation)
        self.decoder: GaussianDecoder | BernoulliDecoder
        if setting.world == "digits":
            self.decoder = BernoulliDecoder(mlp([knobs.latent, *hidden, self.dim], make, knobs.activation))
        else:
            net = mlp([knobs.latent, *hidden, self.dim], make, knobs.activation)
            fixed = knobs.fixed_sigma if knobs.sigma == "fixed" else None
            self.decoder = GaussianDecoder(net, Standardise(setting.x), fixed)
        self.register_buffer("steps_done", torch.zeros((), dtype=torch.int64))
        self._tape = NoiseTape("normal")
        self._nodes: Memo[tuple[Tensor, Tensor]] = Memo()
        self._gap: Memo[float] = Memo()
        if knobs.latent <= 2:
            self.density_kind = "exact"
            self.density_method = self._quadrature
            # Which of these a VAE offers depends on the world and the code, so they are not methods of the class.
            if setting.world == "digits":
                self.log_prob_blocks = self._log_prob_blocks
            else:
                self.log_prob_grid = self._log_prob_grid
        else:
            self.density_kind = "bound"
            self.density_method = f"importance weighted bound (IWAE), {BOUND_SAMPLES} codes a point"

    @property
    def options(self) -> VAEKnobs:
        return cast(VAEKnobs, self.knobs)

    def configure(self, knobs: Knobs) -> None:
        """Take new live knobs."""
        super().configure(knobs)
        if isinstance(self.decoder, GaussianDecoder) and self.decoder.fixed_sigma is not None:
            self.decoder.fixed_sigma = self.options.fixed_sigma

    def _encoded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x), (n, d) → (n, latent) twice."""
        mean, log_std = self.encoder(self.decoder.inputs(x)).chunk(2, dim=-1)
        return mean, log_std

    # Training

    def phases(self) -> tuple[Phase, ...]:
        run = self._iwae_step if self.objective == "iwae" else self._elbo_step
        learned = [p for p in self.parameters() if p.requires_grad]
        return (Phase("climb the bound", run, learned, after=self._count),)

    def _count(self) -> None:
        self.steps_done += 1

    def kl_weight(self) -> float:
        """β, or while annealing its share so far."""
        if self.options.annealing == 0:
            return self.options.beta
        return self.options.beta * min(1.0, (int(self.steps_done) + 1) / self.options.annealing)

    def _elbo_step(self, batch: Batch) -> Terms:
        mean, log_std = self._encoded(batch.x)
        noise = self._tape.draw(tuple(mean.shape), mean, batch.generator)
        z = torch.addcmul(mean, log_std.exp(), noise)
        reconstruction = -self.decoder.log_likelihood(batch.x, z).mean()
        kl = kl_to_prior(mean, log_std).mean(dim=0)
        counted = kl.clamp_min(self.options.free_bits) if self.options.free_bits > 0 else kl
        loss = torch.add(reconstruction, counted.sum(), alpha=self.kl_weight())
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl.sum()}

    def _iwae_step(self, batch: Batch) -> Terms:
        mean, log_std = self._encoded(batch.x)
        noise = self._tape.draw((self.options.k, *mean.shape), mean, batch.generator)
        likelihood, log_ratio = self._weigh(batch.x, mean, log_std, noise)
        loss = math.log(self.options.k) - torch.logsumexp(likelihood + log_ratio, dim=0).mean()
        return {"loss": loss, "reconstruction": -likelihood.mean(), "kl": -log_ratio.mean()}

    def _weigh(self, x: Tensor, mean: Tensor, log_std: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """log p(x | z) and log p(z) − log q(z | x) at z = mean + std · noise, noise (k, n, latent) → (k, n) twice."""
        z = torch.addcmul(mean, log_std.exp(), noise)
        log_ratio = (0.5 * (noise.square() - z.square()) + log_std).sum(dim=-1)
        return self.decoder.log_likelihood(x, z), log_ratio

    # What is known of log p(x)

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """log p(x | z) − KL(q(z | x) ‖ p(z)) for one z ~ q(z | x), (n, d) → (n,); its mean is below log p(x)."""
        mean, log_std = self._encoded(x)
        z = torch.addcmul(mean, log_std.exp(), normal(tuple(mean.shape), generator, x))
        return self.decoder.log_likelihood(x, z) - kl_to_prior(mean, log_std).sum(dim=1)

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """log of the mean of k importance weights, (n, d) → (n,); its mean rises from the ELBO to log p(x) with k."""
        mean, log_std = self._encoded(x)
        likelihood, log_ratio = self._weigh(x, mean, log_std, normal((k, *mean.shape), generator, x))
        return torch.logsumexp(likelihood + log_ratio, dim=0) - math.log(k)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,): the integral over z, or for more than two dimensions of z a lower bound."""
        if self.density_kind == "bound":
            return self.iwae(x, BOUND_SAMPLES, torch.Generator(x.device).manual_seed(0))
        return self.decoder.log_marginal(x, *self._integration_nodes())

    def _log_prob_grid(self, xs: Tensor, ys: Tensor) -> Tensor:
        """Plane only: log p at every (x, y) of xs (nx,) and ys (ny,), (ny, nx)."""
        assert isinstance(self.decoder, GaussianDecoder)
        return self.decoder.log_marginal_grid(xs, ys, *self._integration_nodes())

    def _log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """Images only: exact log p of all 2^25 by blocks, a mixture over the nodes of z."""
        assert isinstance(self.decoder, BernoulliDecoder)
        return self.decoder.log_marginal_blocks(*self._integration_nodes())

    def _integration_nodes(self) -> tuple[Tensor, Tensor]:
        """Nodes (m, latent) and log weights (m,) of ∫ N(z; 0, I) p(x | z) dz for the decoder as it is."""
        sigma = self.options.fixed_sigma
        return self._nodes.get(self.decoder.parameters(), sigma, self._make_nodes)

    @torch.no_grad()
    def _make_nodes(self, finer: float = 1.0) -> tuple[Tensor, Tensor]:
        decoder = self.decoder
        like = next(decoder.parameters())
        return latent_nodes(
            decoder.change,
            self.latent_dim,
            tolerance=decoder.tolerance / finer,
            least_mass=decoder.least_mass / finer,
            most=round(decoder.most_nodes * finer**self.latent_dim),
            like=like,
        )

    def settle_density(self) -> None:
        """Look whether the quadrature still deserves to be called exact, for the decoder as it is."""
        if self.latent_dim > 2:
            return
        gap = self._gap.get(self.decoder.parameters(), self.options.fixed_sigma, self._measure_gap)
        self.density_kind = "exact" if gap < AGREED else "estimate"
        self.density_method = self._quadrature
        if gap >= AGREED:
            self.density_method += f", which twice as fine a division changes by {gap:.2g} nats"

    @property
    def _quadrature(self) -> str:
        return f"latent quadrature over the {self.latent_dim}-dimensional code"

    @torch.no_grad()
    def _measure_gap(self) -> float:
        """|mean of log p by the nodes − by those of a division twice as fine|, over samples of the model itself."""
        like = next(self.decoder.parameters())
        x = self.sample_from(self.noise(CHECKED, torch.Generator().manual_seed(0)).to(like))
        fine = self.decoder.log_marginal(x, *self._make_nodes(finer=2.0))
        return abs(float((self.log_prob(x) - fine).double().mean()))

    # Sampling and codes

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Standard normals (n, latent + d): the code, then what the decoder's noise is made from."""
        return torch.randn(n, self.latent_dim + self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """x drawn from p(x | z), or with the decoder's noise off its mean (for images: the likeliest one)."""
        z, rest = noise.split([self.latent_dim, self.dim], dim=1)
        return self.decoder.draw(z, rest, self.options.decoder_noise)

    @torch.no_grad()
    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of q(z | x), (n, d) → (n, latent) each."""
        mean, log_std = self._encoded(x)
        return mean, log_std.exp()

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """The mean of q(z | x), (n, d) → (n, latent)."""
        return self._encoded(x)[0]

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """The mean of p(x | z), (n, latent) → (n, d): a point, or the probability of each pixel."""
        return self.decoder.mean(z)


def kl_to_prior(mean: Tensor, log_std: Tensor) -> Tensor:
    """KL(N(mean, std²) ‖ N(0, 1)) for each dimension, in nats."""
    return 0.5 * (mean.square() + torch.exp(2 * log_std) - 1) - log_std


def normal(shape: tuple[int, ...], generator: torch.Generator, like: Tensor) -> Tensor:
    """Standard normals from the generator, on the device and of the type of ``like``."""
    return torch.randn(shape, generator=generator, device=generator.device, dtype=like.dtype).to(like.device)
