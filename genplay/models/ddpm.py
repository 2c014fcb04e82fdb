"""Denoising diffusion [1]: data are blurred step by step, x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε, and a network F(x_t, t) learns to
undo it: it predicts ε, x₀, or v = √ᾱ ε − √(1−ᾱ) x₀ [2] by least squares; each of the three gives the other two. F itself
is what is missing to the best guess for Gaussian data, √(1−ᾱ) x_t for ε, √ᾱ x_t for x₀, 0 for v.

With ν = √(1−ᾱ)/√ᾱ and x̃ = x_t/√ᾱ_t, noise flows back to data along dx̃/dν = ε(x̃, ν), the probability-flow ODE [3];
its divergence integrated along the way gives log p(x). It ends at the least noise ν₁ that was trained. ℓ is log ν.

[1] Ho, Jain and Abbeel 2020; without fresh noise, Song, Meng and Ermon 2021. [2] Salimans and Ho 2022. [3] Song et al. 2021.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ddpm import CARD, DiffusionKnobs
from genplay.models.denoiser import Denoiser
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.noise_schedule import NoiseSchedule, signal
from genplay.quantity import Kind

__all__ = ["Diffusion"]

_LOG_2PI = math.log(2 * math.pi)


class Diffusion(Model):
    """Works on standardised data; ``schedule`` is how the noise comes in, ``denoiser`` the network F."""

    card = CARD
    density_kind: Kind = "exact"
    knobs: DiffusionKnobs
    table: Tensor

    def __init__(self, knobs: DiffusionKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.standardise = Standardise(setting.x)
        self.schedule = NoiseSchedule(knobs.noise_steps, knobs.schedule)
        levels = (self.schedule.least, self.schedule.most)
        self.denoiser = Denoiser(
            setting.dim, [knobs.width] * knobs.depth, knobs.activation, levels, setting.generator
        )
        table = self.denoiser.features(self.schedule.level[1:])
        self.register_buffer("table", torch.cat([torch.zeros_like(table[:1]), table]), persistent=False)
        self.latent_dim = setting.dim
        self._noise = NoiseTape("normal")
        self._times = NoiseTape("uniform")

    @property
    def density_method(self) -> str:
        return f"probability-flow ODE, {self.knobs.ode_steps} RK4 steps, exact divergence"

    # Training

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("denoise", self._loss, parameters=list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        x0 = self.standardise(batch.x)
        n = len(x0)
        noise = self._noise.draw(tuple(x0.shape), x0, batch.generator)
        # One t from each n-th part of 1 … T: every level has its share of every batch, and the loss is less noisy.
        spread = torch.arange(n, device=x0.device) + self._times.draw((n,), x0, batch.generator)
        t = 1 + (spread * (self.schedule.steps / n)).long().clamp(max=self.schedule.steps - 1)
        a, s = self._signal(t)
        x = a * x0 + s * noise
        predicted = self._epsilon(self.denoiser(x, self.table[t]), x, a, s)
        return {"loss": (self._weight(a, s) * (predicted - noise).square()).mean()}

    def _signal(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """√ᾱ_t and √(1 − ᾱ_t), (n, 1) each."""
        kept = self.schedule.alpha_bar[t][:, None]
        return kept.sqrt(), (1 - kept).sqrt()

    def _gain(self, a: Tensor, s: Tensor) -> Tensor:
        """How the network's output enters ε."""
        if self.objective == "epsilon":
            return torch.ones_like(a)
        return -a / s if self.objective == "x0" else a

    def _epsilon(self, out: Tensor, x: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """The noise in x_t that the network's output implies: what it would be for Gaussian data, corrected."""
        return torch.addcmul(s * x, self._gain(a, s), out)

    def _weight(self, a: Tensor, s: Tensor) -> Tensor:
        """The weight of a squared error in ε that makes it one in what the objective predicts."""
        if self.objective == "epsilon":
            return torch.ones_like(a)
        # An error in x₀ counts at least as much as the noise is large [2]: else only the loudest steps would be learned.
        return (s / a).square().clamp(min=1.0) if self.objective == "x0" else 1 / a.square()

    # Density and score

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,), of what the ODE makes of Gaussian noise."""
        z, log_det = self._flow(self.standardise(x), upward=True, trace=True)
        return log_det - 0.5 * (z.square().sum(dim=1) + self.dim * _LOG_2PI) + self.standardise.log_det

    def encode(self, x: Tensor) -> Tensor:
        """The noise at the upper end of the ODE through x."""
        return self._flow(self.standardise(x), upward=True)[0]

    def decode(self, z: Tensor) -> Tensor:
        """The point at the lower end of the ODE through the noise z."""
        return self.standardise.inverse(self._flow(z, upward=False)[0])

    @torch.no_grad()
    def _flow(self, start: Tensor, upward: bool, trace: bool = False) -> tuple[Tensor, Tensor]:
        """Follow the ODE between x̃ at ν₁ and x_t at ν_T, with ``trace`` log |det| of the map too; (n, 2) and (n,).

        In x_t the ODE is dx_t/dℓ = √(1−ᾱ) (ε − √(1−ᾱ) x_t): at rest for Gaussian data, so equal RK4 steps in ℓ fit.
        """
        low, high = self.schedule.least, self.schedule.most
        log_shrink = -0.5 * math.log1p(math.exp(2 * low))
        steps = self.knobs.ode_steps
        h = (high - low) / steps if upward else (low - high) / steps
        x = start * math.exp(log_shrink) if upward else start
        total = x.new_zeros(len(x))
        for i in range(steps):
            level = (low if upward else high) + i * h
            v1, d1 = self._velocity(x, level, trace)
            v2, d2 = self._velocity(x + h / 2 * v1, level + h / 2, trace)
            v3, d3 = self._velocity(x + h / 2 * v2, level + h / 2, trace)
            v4, d4 = self._velocity(x + h * v3, level + h, trace)
            x = x + h / 6 * (v1 + 2 * (v2 + v3) + v4)
            total = total + h / 6 * (d1 + 2 * (d2 + d3) + d4)
        if upward:
            return x, total + self.dim * log_shrink
        return x * math.exp(-log_shrink), total - self.dim * log_shrink

    def _velocity(self, x: Tensor, level: float, trace: bool) -> tuple[Tensor, Tensor]:
        """dx_t/dℓ and, with ``trace``, its divergence (else 0), (n, 2) → (n, 2) and (n,)."""
        at = x.new_tensor([level])
        a, s = signal(at)
        share = s * self._gain(a, s)
        features = self.denoiser.features(at)
        if not trace:
            return share * self.denoiser(x, features), x.new_zeros(())
        out, divergence = self.denoiser.with_divergence(x, features)
        return share * out, share * divergence

    def noise_level(self, t: int) -> float:
        """The standard deviation of the blur at step t = 1 … T, data units."""
        return math.exp(float(self.schedule.level[t])) * float(self.standardise.scale)

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x) of the data under the least noise, (n, 2) → (n, 2)."""
        return self.score_at(x, 1)

    def score_at(self, x: Tensor, t: int) -> Tensor:
        """∇ₓ log of the data's density blurred by ``noise_level(t)``: −ε/ν, in data units, (n, 2) → (n, 2)."""
        a, s = signal(self.schedule.level[t])
        noisy = a * self.standardise(x)
        epsilon = self._epsilon(self.denoiser(noisy, self.table[t : t + 1]), noisy, a, s)
        return -epsilon * (a / s) / self.standardise.scale

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """A lower bound on log p(x) of ancestral sampling in all T steps: one random step t ≥ 1 stands for all, (n, 2) → (n,).

        −L = log p(x₀|x₁) − Σ_{t>1} KL(q(x_{t−1}|x_t, x₀) ‖ p(x_{t−1}|x_t)) − KL(q(x_T|x₀) ‖ N(0, I)).
        """
        x0 = self.standardise(x)
        T = self.schedule.steps
        t = torch.randint(1, T + 1, (len(x0),), generator=generator, device=x0.device)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device, dtype=x0.dtype)
        a, s = self._signal(t)
        noisy = a * x0 + s * noise
        guess = self._clean(noisy, self.denoiser(noisy, self.table[t]), a, s)
        missed = (x0 - guess).square().sum(dim=1)
        now, before = self.schedule.alpha_bar[t], self.schedule.alpha_bar[t - 1]
        first = t == 1
        # Both Gaussians of a step have one variance, so their KL is a squared distance; the last one is a likelihood.
        inner = 0.5 * missed * (before / (1 - before) - now / (1 - now))
        last = 0.5 * missed / (1 - now) + 0.5 * self.dim * (_LOG_2PI + (1 - now).log())
        end = self.schedule.alpha_bar[-1]
        prior = 0.5 * (end * x0.square().sum(dim=1) - self.dim * (end + (1 - end).log()))
        bound: Tensor = self.standardise.log_det - T * torch.where(first, last, inner) - prior
        return bound

    def _clean(self, x: Tensor, out: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """The clean point behind x_t that a prediction implies."""
        return (x - s * self._epsilon(out, x, a, s)) / a

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 2 (T + 1)): where a sample starts, and the fresh noise of every step of ancestral sampling."""
        return torch.randn(
            n, self.dim * (self.schedule.steps + 1), generator=generator, device=generator.device
        )

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        x, fresh = noise[:, : self.dim], noise[:, self.dim :]
        if self.knobs.sampler == "ode":
            return self.decode(x)
        times = self.schedule.sequence(self.knobs.sampling_steps)
        for i, (t, to) in enumerate(pairwise(times)):
            a, s = self._signal(torch.tensor([t], device=x.device))
            out = self.denoiser(x, self.table[t : t + 1])
            epsilon = self._epsilon(out, x, a, s)
            clean = self._clean(x, out, a, s)
            before = self.schedule.alpha_bar[to]
            if self.knobs.sampler == "ddim":
                x = before.sqrt() * clean + (1 - before).sqrt() * epsilon
                continue
            # q(x_to | x_t, x₀): a Gaussian between x₀ and x_t. The last step keeps the first step's noise.
            now = self.schedule.alpha_bar[t]
            step = now / before
            variance = (1 - before) / (1 - now) * (1 - step) if to else 1 - self.schedule.alpha_bar[1]
            mean = (before.sqrt() * (1 - step) * clean + step.sqrt() * (1 - before) * x) / (1 - now)
            x = mean + variance.sqrt() * fresh[:, self.dim * i : self.dim * (i + 1)]
        return self.standardise.inverse(x)
