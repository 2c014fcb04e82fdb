"""Variational autoencoder [1]: z ~ N(0, I), x ~ p(x | z), learned together with q(z | x) ≈ p(z | x).

    log p(x) ≥ IWAE_k = E log 1/k Σ_i p(x | z_i) p(z_i) / q(z_i | x) ≥ IWAE_1 = ELBO        z_i ~ q(z | x)
    ELBO = E_q log p(x | z) − KL(q(z | x) ‖ N(0, I))

p(x | z) is a Gaussian around the decoder's output on the plane, or categorical over bins of each coordinate, and a product
of Bernoullis for images. With one or two dimensions of z log p(x) itself is computed too, by integrating over z
(``latent_nodes``): more finely for numbers that are reported than for pictures, and called exact as long as the two differ
by less than a hundredth of a nat on average, else an estimate. Told the class y, encoder and decoder see it, q(z | x, y) and p(x | z, y); then
p(x) = Σ_y p(y) p(x | y), and the class is one more dimension of the code (``class_code``).

[1] Kingma and Welling 2013, arXiv:1312.6114; IWAE: Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.vae import CARD, VAEKnobs
from genplay.models.categorical_decoder import CategoricalDecoder
from genplay.models.class_code import ByClass, ClassCode
from genplay.models.decoders import BernoulliDecoder, GaussianDecoder
from genplay.models.exhibits import Exhibit
from genplay.models.gaussian_code import kl_to_prior, normal
from genplay.models.latent_nodes import latent_nodes
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.memo import Memo
from genplay.models.vae_exhibits import vae_exhibits
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
        self.classes = setting.classes if knobs.conditional else 1
        self.class_code = ClassCode(setting.y, self.classes) if self.classes > 1 else None
        told = self.classes if self.classes > 1 else 0
        self.latent_dim = knobs.latent + (told > 0)
        make = setting.generator

        def net(inputs: int, outputs: int) -> nn.Module:
            sizes = [inputs + told, *[knobs.width] * knobs.depth, outputs]
            return mlp(sizes, make, knobs.activation, norm=knobs.norm, dropout=knobs.dropout)

        self.encoder = net(self.dim, 2 * knobs.latent)
        self.decoder: GaussianDecoder | BernoulliDecoder | CategoricalDecoder
        categorical = setting.world == "plane" and knobs.decoder == "categorical"
        out = net(knobs.latent, 2 * knobs.bins if categorical else self.dim)
        if self.class_code is not None:
            out = ByClass(out, self.class_code)
        if setting.world == "digits":
            self.decoder = BernoulliDecoder(out)
        elif categorical:
            self.decoder = CategoricalDecoder(out, Standardise(setting.x), setting.box, knobs.bins)
        else:
            fixed = knobs.fixed_sigma if knobs.sigma == "fixed" else None
            self.decoder = GaussianDecoder(out, Standardise(setting.x), fixed)
        self.register_buffer("steps_done", torch.zeros((), dtype=torch.int64))
        if self.class_code is None:
            self.code_posterior = self._code_posterior
        self._tape = NoiseTape("normal")
        self._nodes: Memo[tuple[Tensor, Tensor]] = Memo()
        self._fine_nodes: Memo[tuple[Tensor, Tensor]] = Memo()
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

    def encoded(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x), or q(z | x, y), (n, d) and (n,) → (n, latent) twice."""
        seen = self.decoder.inputs(x)
        if self.class_code is not None:
            seen = torch.cat([seen, self.class_code.one_hot(y)], dim=1)
        mean, log_std = self.encoder(seen).chunk(2, dim=-1)
        return mean, log_std

    def with_class(self, z: Tensor, y: Tensor) -> Tensor:
        """The decoder's whole code: z, and the class where the model is told it, (…, n, latent) and (n,)."""
        return z if self.class_code is None else self.class_code.joined(z, y)

    def _each_class(self, x: Tensor) -> list[Tensor]:
        """Labels (n,) that say class 0 for all, class 1 for all …"""
        return [torch.full((len(x),), y, device=x.device) for y in range(self.classes)]

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
        mean, log_std = self.encoded(batch.x, batch.y)
        noise = self._tape.draw(tuple(mean.shape), mean, batch.generator)
        z = self.with_class(torch.addcmul(mean, log_std.exp(), noise), batch.y)
        reconstruction = -self.decoder.log_likelihood(batch.x, z).mean()
        kl = kl_to_prior(mean, log_std).mean(dim=0)
        counted = kl.clamp_min(self.options.free_bits) if self.options.free_bits > 0 else kl
        loss = torch.add(reconstruction, counted.sum(), alpha=self.kl_weight())
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl.sum()}

    def _iwae_step(self, batch: Batch) -> Terms:
        mean, log_std = self.encoded(batch.x, batch.y)
        noise = self._tape.draw((self.options.k, *mean.shape), mean, batch.generator)
        likelihood, log_ratio = self._weigh(batch.x, batch.y, mean, log_std, noise)
        loss = math.log(self.options.k) - torch.logsumexp(likelihood + log_ratio, dim=0).mean()
        return {"loss": loss, "reconstruction": -likelihood.mean(), "kl": -log_ratio.mean()}

    def _weigh(
        self, x: Tensor, y: Tensor, mean: Tensor, log_std: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """log p(x | z) and log p(z) − log q(z | x) at z = mean + std · noise, noise (k, n, latent) → (k, n) twice."""
        z = torch.addcmul(mean, log_std.exp(), noise)
        log_ratio = (0.5 * (noise.square() - z.square()) + log_std).sum(dim=-1)
        return self.decoder.log_likelihood(x, self.with_class(z, y)), log_ratio

    # What is known of log p(x)

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """log p(x | z) − KL(q(z | x) ‖ p(z)) for one z ~ q(z | x), (n, d) → (n,); its mean is below log p(x).

        Told the class: log Σ_y p(y) p(x, z_y | y) / q(z_y | x, y) for one z_y of each class.
        """
        if self.class_code is not None:
            return self.iwae(x, 1, generator)
        (y,) = self._each_class(x)
        mean, log_std = self.encoded(x, y)
        z = torch.addcmul(mean, log_std.exp(), normal(tuple(mean.shape), generator, x))
        return self.decoder.log_likelihood(x, z) - kl_to_prior(mean, log_std).sum(dim=1)

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """log of the mean of k importance weights, (n, d) → (n,); its mean rises from the ELBO to log p(x) with k."""
        rows = []
        for y in self._each_class(x):
            mean, log_std = self.encoded(x, y)
            noise = normal((k, *mean.shape), generator, x)
            likelihood, log_ratio = self._weigh(x, y, mean, log_std, noise)
            rows.append(torch.logsumexp(likelihood + log_ratio, dim=0) - math.log(k))
        if self.class_code is None:
            return rows[0]
        return torch.logsumexp(torch.stack(rows, dim=1) + self.class_code.log_share, dim=1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,): the integral over z, or for more than two dimensions of z a lower bound.

        By the finer division if the density was settled for the decoder as it is.
        """
        if self.density_kind == "bound":
            return self.iwae(x, BOUND_SAMPLES, torch.Generator(x.device).manual_seed(0))
        return self.decoder.log_marginal(x, *self._best_nodes())

    def _log_prob_grid(self, xs: Tensor, ys: Tensor) -> Tensor:
        """Plane only: log p at every (x, y) of xs (nx,) and ys (ny,), (ny, nx); for pictures, so never finely divided."""
        assert not isinstance(self.decoder, BernoulliDecoder)
        return self.decoder.log_marginal_grid(xs, ys, *self._integration_nodes())

    def _log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """Images only: exact log p of all 2^25 by blocks, a mixture over the nodes of z; always by the finer division."""
        assert isinstance(self.decoder, BernoulliDecoder)
        self.settle_density()
        return self.decoder.log_marginal_blocks(*self._best_nodes())

    def _best_nodes(self) -> tuple[Tensor, Tensor]:
        """Those of the finer division where the density was settled for the decoder as it is, else the usual ones."""
        fine = self._fine_nodes.known(self._decoder_numbers(), self.options.fixed_sigma)
        return fine or self._integration_nodes()

    def _integration_nodes(self) -> tuple[Tensor, Tensor]:
        """Nodes (m, latent) and log weights (m,) of ∫ N(z; 0, I) p(x | z) dz for the decoder as it is."""
        return self._nodes.get(self._decoder_numbers(), self.options.fixed_sigma, self._make_nodes)

    def _decoder_numbers(self) -> list[Tensor]:
        """All that the decoder's density depends on, its running statistics included."""
        return [*self.decoder.parameters(), *(b for b in self.decoder.buffers() if b.is_floating_point())]

    @torch.no_grad()
    def _make_nodes(self, finer: float = 1.0) -> tuple[Tensor, Tensor]:
        like = next(self.decoder.parameters())
        if self.class_code is None:
            return self._nodes_of(self.decoder.place, like, finer)
        codes, log_weights = [], []
        for y, log_share in enumerate(self.class_code.log_share):

            def coded(z: Tensor, y: int = y) -> Tensor:
                return self.with_class(z, torch.full((len(z),), y, device=z.device))

            def place(z: Tensor) -> Tensor:
                return self.decoder.place(coded(z))

            z, log_weight = self._nodes_of(place, like, finer)
            codes.append(coded(z))
            log_weights.append(log_weight + log_share)
        return torch.cat(codes), torch.cat(log_weights)

    def _nodes_of(
        self, place: Callable[[Tensor], Tensor], like: Tensor, finer: float
    ) -> tuple[Tensor, Tensor]:
        decoder = self.decoder
        return latent_nodes(
            place,
            self.options.latent,
            tolerance=decoder.tolerance / finer,
            least_mass=decoder.least_mass / finer,
            most=round(decoder.most_nodes * finer**self.options.latent) // self.classes,
            like=like,
        )

    def settle_density(self) -> None:
        """Divide the code finely for the decoder as it is, and look whether the usual division agrees with that."""
        if self.options.latent > 2:
            return
        numbers, sigma = self._decoder_numbers(), self.options.fixed_sigma
        self._fine_nodes.get(numbers, sigma, lambda: self._make_nodes(self.decoder.finer))
        gap = self._gap.get(numbers, sigma, self._measure_gap)
        self.density_kind = "exact" if gap < AGREED else "estimate"
        self.density_method = self._quadrature
        if gap >= AGREED:
            self.density_method += f", which twice as fine a division changes by {gap:.2g} nats"

    @property
    def _quadrature(self) -> str:
        of_classes = f" of each of {self.classes} classes" if self.class_code is not None else ""
        return f"latent quadrature over the {self.options.latent}-dimensional code{of_classes}"

    @torch.no_grad()
    def _measure_gap(self) -> float:
        """|mean of log p by the usual nodes − by the fine ones|, over samples of the model itself."""
        like = next(self.decoder.parameters())
        x = self.sample_from(self.noise(CHECKED, torch.Generator().manual_seed(0)).to(like))
        usual = self.decoder.log_marginal(x, *self._integration_nodes())
        return abs(float((usual - self.log_prob(x)).double().mean()))

    # Sampling and codes

    @property
    def draws_its_density(self) -> bool:
        return self.options.decoder_noise

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Standard normals (n, code + d): the code, then what the decoder's noise is made from."""
        return torch.randn(n, self.latent_dim + self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """x drawn from p(x | z), or with the decoder's noise off its mean (for images: the likeliest one)."""
        z, rest = noise.split([self.latent_dim, self.dim], dim=1)
        return self.decoder.draw(z, rest, self.options.decoder_noise)

    def sample_class(self, noise: Tensor, labels: Tensor) -> Tensor:
        """x drawn from p(x | z, y) of the given classes; where the model is not told classes, from p(x | z)."""
        z = noise[:, : self.options.latent]
        return self.sample_from(torch.cat([self.with_class(z, labels), noise[:, self.latent_dim :]], dim=1))

    @torch.no_grad()
    def _code_posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log deviation of q(z | x), (n, d) → (n, latent) twice; told classes it is not one Gaussian."""
        return self.encoded(x, *self._each_class(x))

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """The mean of q(z | x), (n, d) → (n, latent); told classes, that of the class that explains x best, and the class."""
        codes, found = [], []
        for y in self._each_class(x):
            mean, log_std = self.encoded(x, y)
            code = self.with_class(mean, y)
            codes.append(code)
            if self.class_code is None:
                return code
            fit = self.decoder.log_likelihood(x, code) - kl_to_prior(mean, log_std).sum(dim=1)
            found.append(fit + self.class_code.log_share[y])
        best = torch.stack(found).argmax(dim=0)
        return torch.stack(codes)[best, torch.arange(len(x), device=x.device)]

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """The mean of p(x | z), (n, latent) → (n, d): a point, or the probability of each pixel."""
        return self.decoder.mean(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        """The decoded mean code of x, (n, d) → (n, d)."""
        return self.decode(self.encode(x))

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The two terms of the bound, the code of the data, the encoder beside the exact posterior, what codes decode to."""
        return vae_exhibits(self, about)
