"""Denoising diffusion on the plane (``gaussian_diffusion``): besides samples, a density and a score.

With ν = √(1−ᾱ)/√ᾱ and x̃ = x_t/√ᾱ_t, noise flows back to data along dx̃/dν = ε(x̃, ν), the probability-flow ODE [1]; its
divergence integrated along the way gives log p(x) (``probability_flow``). It ends at the least noise ν₁ that was trained. The
bound (``elbo``) is on another model, the one that ancestral sampling draws from.

[1] Song et al. 2021.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genplay.models.base import About, Setting
from genplay.models.cards.ddpm import DiffusionKnobs
from genplay.models.diffusion_exhibits import bound_on, plane_process
from genplay.models.exhibits import Exhibit, Facts
from genplay.models.gaussian_diffusion import GaussianDiffusion
from genplay.models.layers import Standardise
from genplay.models.noise_schedule import signal
from genplay.models.noised_law import NoisedLaw
from genplay.models.probability_flow import FlowDensity
from genplay.quantity import Quantity

__all__ = ["Diffusion"]

_LOG_2PI = math.log(2 * math.pi)


class Diffusion(GaussianDiffusion, FlowDensity):
    """Works on standardised data; ``truth`` is the law of the data under any noise, for comparison only."""

    def __init__(self, knobs: DiffusionKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting, Standardise(setting.x))
        self.latent_dim = setting.dim
        self.truth = NoisedLaw(setting.law, setting.x, self.standardise)

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
        return super().elbo(x, generator) + self.standardise.log_det

    def _last_surprise(self, x0: Tensor, guess: Tensor, spread: Tensor) -> Tensor:
        squares = ((x0 - guess) / spread[:, None]).square().sum(dim=1)
        return 0.5 * (squares + self.dim * _LOG_2PI) + self.dim * spread.log()

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        return self.standardise.inverse(self.path(noise)[-1])

    @torch.no_grad()
    def trajectory(self, noise: Tensor) -> Tensor:
        """x_t in data units from noise to sample, (steps + 1, n, 2)."""
        return self.standardise.inverse(torch.stack(self.path(noise)))

    def noised_score(self, x: Tensor, t: float) -> Tensor:
        """∇ log p_t(x) = −ε/√(1−ᾱ) of what ``noised`` draws, per data unit, (n, 2) → (n, 2)."""
        step = self.step_of(t)
        a, s = signal(self.schedule.level[step])
        u = self.standardise(x)
        epsilon = self._epsilon(self.denoiser(u, self.table[step : step + 1]), u, a, s)
        return -epsilon / (s * self.standardise.scale)

    def true_score(self, x: Tensor, t: float) -> Tensor:
        """The same of the data's law, or where it is not a mixture of Gaussians of the training data themselves."""
        a, s = signal(self.schedule.level[self.step_of(t)])
        return self.truth.score(self.standardise(x), a, s) / self.standardise.scale

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The forward process of the chosen point, ways back, scores beside the truth, and log p beside its bound."""
        rows: tuple[tuple[str, Quantity | str], ...] = (
            (
                "log p(x) of the ODE",
                Quantity(float(self.log_prob(about.x)), self.density_kind, None, self.density_method),
            ),
            ("log p(x) of ancestral sampling", bound_on(self, about.x, about.generator)),
        )
        help = "Two ways to sample, two densities: the ODE's is known, that of ancestral sampling only from below."
        return (*plane_process(self, about, self.truth.source), Facts("Your point", rows, help=help))
