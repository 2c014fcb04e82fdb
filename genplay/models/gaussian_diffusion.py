"""What Gaussian diffusion [1] is in either world: data u are blurred step by step, x_t = √ᾱ_t u + √(1 − ᾱ_t) ε, and a network
F(x_t, t) learns to undo it: it predicts ε, u, or v = √ᾱ ε − √(1−ᾱ) u [2] by least squares, the mean over coordinates; each of
the three gives the other two. F itself is what is missing to the best guess for Gaussian data, √(1−ᾱ) x_t for ε, √ᾱ x_t for u,
0 for v.

A sample walks back from pure noise. ancestral: each step draws from the Gaussian between x_t and the guess of u. ddim: without
fresh noise [3]. ode: the same path in the limit of short steps, dx_t/dℓ = √(1−ᾱ) (ε − √(1−ᾱ) x_t) with ℓ = log √(1−ᾱ)/√ᾱ.

[1] Ho, Jain and Abbeel 2020.  [2] Salimans and Ho 2022.  [3] Song, Meng and Ermon 2021.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ddpm import CARD, DiffusionKnobs
from genplay.models.denoiser import Denoiser
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.noise_schedule import NoiseSchedule, signal
from genplay.models.probability_flow import flow

__all__ = ["GaussianDiffusion"]


class GaussianDiffusion(Model):
    """``standardise`` makes u of x, ``schedule`` is how the noise comes in, ``denoiser`` the network F."""

    card = CARD
    knobs: DiffusionKnobs
    table: Tensor

    def __init__(self, knobs: DiffusionKnobs, setting: Setting, units: Standardise) -> None:
        super().__init__(knobs, setting)
        self.standardise = units
        self.schedule = NoiseSchedule(knobs.noise_steps, knobs.schedule)
        levels = (self.schedule.least, self.schedule.most)
        hidden = [knobs.width] * knobs.depth
        self.denoiser = Denoiser(
            setting.dim, hidden, knobs.activation, levels, setting.generator, knobs.norm, knobs.dropout
        )
        table = self.denoiser.features(self.schedule.level[1:])
        self.register_buffer("table", torch.cat([torch.zeros_like(table[:1]), table]), persistent=False)
        self._noise = NoiseTape("normal")
        self._times = NoiseTape("uniform")

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

    # Walking along the noise levels

    def _flow(
        self, start: Tensor, steps: int, upward: bool, trace: bool = False, path: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The ODE between x̃ at the first step's noise and x_T (see ``probability_flow``)."""
        levels = (self.schedule.least, self.schedule.most)
        return flow(self._velocity, start, levels, steps, upward, trace, path)

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

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """A lower bound on log p(x) of ancestral sampling in all T steps: one random step t ≥ 1 stands for all, (n, d) → (n,).

        −L = log p(x|x₁) − Σ_{t>1} KL(q(x_{t−1}|x_t, u) ‖ p(x_{t−1}|x_t)) − KL(q(x_T|u) ‖ N(0, I)).
        """
        x0 = self.standardise(x)
        T = self.schedule.steps
        t = torch.randint(1, T + 1, (len(x0),), generator=generator, device=x0.device)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device, dtype=x0.dtype)
        a, s = self._signal(t)
        noisy = a * x0 + s * noise
        guess = self._clean(noisy, self.denoiser(noisy, self.table[t]), a, s)
        now, before = self.schedule.alpha_bar[t], self.schedule.alpha_bar[t - 1]
        # Both Gaussians of a step have one variance, so their KL is a squared distance; the last one is a likelihood.
        missed = (x0 - guess).square().sum(dim=1)
        inner = 0.5 * missed * (before / (1 - before) - now / (1 - now))
        last = self._last_surprise(x0, guess, (1 - now).sqrt())
        end = self.schedule.alpha_bar[-1]
        prior = 0.5 * (end * x0.square().sum(dim=1) - self.dim * (end + (1 - end).log()))
        bound: Tensor = -T * torch.where(t == 1, last, inner) - prior
        return bound

    def _last_surprise(self, x0: Tensor, guess: Tensor, spread: Tensor) -> Tensor:
        """−log p(x|x₁) where the last step draws from N(guess, spread²), (n, d) twice and (n,) → (n,)."""
        raise NotImplementedError

    def _clean(self, x: Tensor, out: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """The clean point behind x_t that a prediction implies."""
        return (x - s * self._epsilon(out, x, a, s)) / a

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, d (T + 1)): where a sample starts, and the fresh noise of every step of ancestral sampling."""
        return torch.randn(
            n, self.dim * (self.schedule.steps + 1), generator=generator, device=generator.device
        )

    @torch.no_grad()
    def path(self, noise: Tensor) -> list[Tensor]:
        """x_t at every step on the way back, the last being u."""
        x, fresh = noise[:, : self.dim], noise[:, self.dim :]
        path = [x]
        if self.knobs.sampler == "ode":
            last = self._flow(x, self.knobs.ode_steps, upward=False, path=path)[0]
            return [*path[:-1], last]
        times = self.schedule.sequence(self.knobs.sampling_steps)
        for i, (t, to) in enumerate(pairwise(times)):
            a, s = self._signal(torch.tensor([t], device=x.device))
            clean = self._clean(x, self.denoiser(x, self.table[t : t + 1]), a, s)
            before = self.schedule.alpha_bar[to]
            if self.knobs.sampler == "ddim":
                x = before.sqrt() * clean + (1 - before).sqrt() * (x - a * clean) / s
            else:
                # q(x_to | x_t, u): a Gaussian between u and x_t. The last step keeps the first step's noise.
                now = self.schedule.alpha_bar[t]
                step = now / before
                variance = (1 - before) / (1 - now) * (1 - step) if to else 1 - self.schedule.alpha_bar[1]
                mean = (before.sqrt() * (1 - step) * clean + step.sqrt() * (1 - before) * x) / (1 - now)
                x = mean + variance.sqrt() * fresh[:, self.dim * i : self.dim * (i + 1)]
            path.append(x)
        return path

    # The way to noise

    def step_of(self, t: float) -> int:
        """The step 1 … T at the share t of the way."""
        return min(max(round(t * self.schedule.steps), 1), self.schedule.steps)

    def signal_left(self, t: Tensor) -> Tensor:
        """ᾱ at the shares t of the way, (n,) → (n,)."""
        return self.schedule.alpha_bar[(t * self.schedule.steps).round().long().clamp(0, self.schedule.steps)]

    def noised(self, x: Tensor, t: float, generator: torch.Generator) -> Tensor:
        """A draw of x_t given x, in data units, (n, d) → (n, d)."""
        if t <= 0:
            return x
        a, s = signal(self.schedule.level[self.step_of(t)])
        noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        return self.standardise.inverse(a * self.standardise(x) + s * noise)
