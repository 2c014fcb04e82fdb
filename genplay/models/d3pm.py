"""Discrete diffusion of binary images [1]: at each step every pixel is, with some probability, replaced by the toss of a coin.

After t steps a pixel, written as ±1, is still told by the original with weight κ_t, 1 = κ₀ > … > κ_T = 0:
    q(x_t | x₀) = (1 + κ_t x_t x₀)/2        q(x_t | x_s) = (1 + (κ_t/κ_s) x_t x_s)/2
    q(x_s = 1 | x_t, x₀) = (1 + αx_t)(1 + κ_s x₀) / 2(1 + ακ_s x_t x₀),   α = κ_t/κ_s
A network guesses the clean pixels, π = P(x₀ | x_t), and a step back is q(x_s | x_t, x₀) averaged over the guess. At t = T nothing
is left of the image, so that sampling starts from even coins exactly. The bound on log p(x) is −Σ_t E KL(q ‖ p) over all steps.

[1] Austin et al. 2021 (D3PM); binary: Sohl-Dickstein et al. 2015.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.d3pm import CARD, FlipKnobs
from genplay.models.denoiser import Denoiser
from genplay.models.diffusion_exhibits import as_array, bound_from, picture_process
from genplay.models.exhibits import Curves, Exhibit, Facts
from genplay.models.layers import NoiseTape

__all__ = ["D3PM", "kept_shares", "step_back"]

STAGES = (0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0)
SHOWN = 64
LEAST = 1e-6
"""No guess is surer than this, so that no logarithm is of 0."""


class D3PM(Model):
    """``kept`` (T + 1,) is κ, ``denoiser`` the network that guesses the clean pixels."""

    card = CARD
    knobs: FlipKnobs
    kept: Tensor
    table: Tensor

    def __init__(self, knobs: FlipKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.steps = knobs.noise_steps
        hidden = [knobs.width] * knobs.depth
        self.denoiser = Denoiser(
            setting.dim, hidden, knobs.activation, (0.0, 1.0), setting.generator, knobs.norm, knobs.dropout
        )
        self.register_buffer("kept", kept_shares(self.steps, knobs.schedule).float(), persistent=False)
        times = torch.arange(self.steps + 1) / self.steps
        self.register_buffer("table", self.denoiser.features(times), persistent=False)
        self._uniform, self._times = NoiseTape("uniform"), NoiseTape("uniform")

    # Training

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("flip back", self._loss, parameters=list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        n = len(batch.x)
        # One t from each n-th part of 1 … T: every step has its share of every batch, and the loss is less noisy.
        spread = torch.arange(n, device=batch.x.device) + self._times.draw((n,), batch.x, batch.generator)
        t = 1 + (spread * (self.steps / n)).long().clamp(max=self.steps - 1)
        u = self._uniform.draw(tuple(batch.x.shape), batch.x, batch.generator)
        noised = self._flipped(batch.x, t, u)
        odds = self._log_odds(noised, t)
        if self.objective == "cross-entropy":
            loss = binary_cross_entropy_with_logits(odds, batch.x, reduction="sum") / n
        else:
            loss = self.steps * self._divergence(batch.x, noised, odds, t).mean()
        return {"loss": loss}

    def _flipped(self, x: Tensor, t: Tensor, u: Tensor) -> Tensor:
        """x_t given x from uniforms (n, 25): a pixel flips with probability (1 − κ_t)/2."""
        return torch.where(u < (1 - self.kept[t][:, None]) / 2, 1 - x, x)

    def _log_odds(self, noised: Tensor, t: Tensor) -> Tensor:
        """log odds of each clean pixel: what its own noised value says by Bayes' rule, and what the network adds."""
        signs = 2 * noised - 1
        own = 2 * torch.atanh(self.kept[t].clamp(max=1 - 1e-6))[:, None]
        return torch.addcmul(self.denoiser(signs, self.table[t]), own, signs)

    def _divergence(self, x: Tensor, noised: Tensor, odds: Tensor, t: Tensor) -> Tensor:
        """KL(q(x_{t−1} | x_t, x) ‖ p(x_{t−1} | x_t)) summed over pixels, (n,); at t = 1 it is −log p(x | x₁)."""
        now, before = self.kept[t][:, None], self.kept[t - 1][:, None]
        true = step_back(noised, x, now, before)
        guess = self._guess_back(noised, odds, now, before).clamp(LEAST, 1 - LEAST)
        surprise = true * guess.log() + (1 - true) * (1 - guess).log()
        return (torch.xlogy(true, true) + torch.xlogy(1 - true, 1 - true) - surprise).sum(dim=1)

    def _guess_back(self, noised: Tensor, odds: Tensor, now: Tensor, before: Tensor) -> Tensor:
        """p(x_s = 1 | x_t): the step back averaged over the guess of the clean pixels."""
        lit = step_back(noised, torch.ones_like(noised), now, before)
        dark = step_back(noised, torch.zeros_like(noised), now, before)
        return torch.lerp(dark, lit, odds.sigmoid())

    # The bound

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """−Σ_t KL_t over all T steps, the noised image drawn anew at each, (n, 25) → (n,); its mean is below log p(x)."""
        return -self._step_costs(x, generator).sum(dim=0)

    def _step_costs(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """KL_t of each step for one draw of x_t, (T, n)."""
        costs = []
        for step in range(1, self.steps + 1):
            t = torch.full((len(x),), step, device=x.device)
            u = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
            noised = self._flipped(x, t, u)
            costs.append(self._divergence(x, noised, self._log_odds(noised, t), t))
        return torch.stack(costs)

    def signal_left(self, t: Tensor) -> Tensor:
        """κ², the share of a pixel's variance at the shares t of the way that is still the image's, (n,) → (n,)."""
        return self.kept[(t * self.steps).round().long().clamp(0, self.steps)].square()

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 25 (T + 1)): the coins at the start, and those of every step back."""
        return torch.rand(n, self.dim * (self.steps + 1), generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        return self.trajectory(noise)[-1]

    @torch.no_grad()
    def trajectory(self, noise: Tensor) -> Tensor:
        """The bits at every step on the way back, (steps + 1, n, 25)."""
        first, *coins = noise.split(self.dim, dim=1)
        x = (first < 0.5).to(noise)
        path = [x]
        count = min(self.knobs.sampling_steps, self.steps)
        times = [round(self.steps * (count - i) / count) for i in range(count + 1)]
        for (now, to), u in zip(pairwise(times), coins, strict=False):
            t = torch.full((len(x),), now, device=x.device)
            p = self._guess_back(x, self._log_odds(x, t), self.kept[now], self.kept[to])
            x = (u < p).to(noise)
            path.append(x)
        return torch.stack(path)

    # The way to noise

    def step_of(self, t: float) -> int:
        """The step 0 … T at the share t of the way."""
        return min(max(round(t * self.steps), 0), self.steps)

    def noised(self, x: Tensor, t: float, generator: torch.Generator) -> Tensor:
        """A draw of x_t given x, (n, 25) → (n, 25)."""
        u = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        return self._flipped(x, torch.full((len(x),), self.step_of(t), device=x.device), u)

    def noised_score(self, x: Tensor, t: float) -> Tensor:
        """The learned probability that each clean pixel is lit, (n, 25) → (n, 25)."""
        step = torch.full((len(x),), max(self.step_of(t), 1), device=x.device)
        return self._log_odds(x, step).sigmoid()

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The chosen image's way to noise with the guesses, bits flipping back, and what each step costs in nats."""
        x, generator = about.x, about.generator
        noised = [self.noised(x, t, generator) for t in STAGES]
        guesses = [self.noised_score(z, t) for z, t in zip(noised, STAGES, strict=True)]
        way = self.trajectory(self.fresh_noise(1, generator))[:, 0]
        costs = self._step_costs(x.expand(SHOWN, -1), generator)
        steps = as_array(torch.arange(1, self.steps + 1))
        kept = as_array(self.kept)
        help = "The bound is the sum of these: what the network pays at each step for not knowing the image."
        return (
            *picture_process(noised, guesses, STAGES, way),
            Curves(
                "What each step back costs",
                {"KL": (steps, as_array(costs.mean(dim=1)))},
                "step t",
                "nats",
                help=help,
            ),
            Curves(
                "Chance that a pixel has flipped",
                {"(1 − κ)/2": (as_array(torch.arange(self.steps + 1)), (1 - kept) / 2)},
                "step t",
            ),
            Facts("Your image", (("log p(x)", bound_from(-costs.sum(dim=0))),)),
        )


def kept_shares(steps: int, schedule: str) -> Tensor:
    """κ₀ … κ_T in float64: in a straight line, or along a quarter of a cosine; always from 1 to 0."""
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    kept = 1 - t if schedule == "linear" else (t * math.pi / 2).cos()
    kept[-1] = 0.0
    return kept


def step_back(noised: Tensor, clean: Tensor, now: Tensor, before: Tensor) -> Tensor:
    """q(x_s = 1 | x_t, x₀) for pixels of 0 and 1, κ_t = ``now`` and κ_s = ``before``."""
    c, a = 2 * noised - 1, 2 * clean - 1
    alpha = now / before
    lit = (1 + alpha * c) * (1 + before * a)
    return lit / (lit + (1 - alpha * c) * (1 - before * a))
