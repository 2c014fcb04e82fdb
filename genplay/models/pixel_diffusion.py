"""Denoising diffusion of images (``gaussian_diffusion``): pixels are ±1, drowned in Gaussian noise as if they were real numbers.

The network's guess of the clean pixels is kept within [−1, 1], and a sample is thresholded at 0. So P(x) has no formula, only a
bound: the last step draws N(guess, σ²) and thresholds it, P(pixel lit | x₁) = Φ(guess/σ).
"""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models.base import About, Setting
from genplay.models.cards.ddpm import DiffusionKnobs
from genplay.models.diffusion_exhibits import bound_on, picture_process
from genplay.models.exhibits import Exhibit, Facts
from genplay.models.gaussian_diffusion import GaussianDiffusion
from genplay.models.layers import Standardise
from genplay.models.noise_schedule import signal

__all__ = ["PixelDiffusion"]

STAGES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)


class PixelDiffusion(GaussianDiffusion):
    """Diffusion of ±1 pixels; 0 and 1 outside."""

    def __init__(self, knobs: DiffusionKnobs, setting: Setting) -> None:
        # The spread of one dark and one lit pixel: the map 0 ↦ −1, 1 ↦ 1.
        ends = torch.tensor([[0.0], [1.0]]).expand(2, setting.dim)
        super().__init__(knobs, setting, Standardise(ends))

    def _clean(self, x: Tensor, out: Tensor, a: Tensor, s: Tensor) -> Tensor:
        return super()._clean(x, out, a, s).clamp(-1, 1)

    def _last_surprise(self, x0: Tensor, guess: Tensor, spread: Tensor) -> Tensor:
        surprise: Tensor = -torch.special.log_ndtr(x0 * guess / spread[:, None]).sum(dim=1)
        return surprise

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        return (self.path(noise)[-1] > 0).to(noise)

    @torch.no_grad()
    def trajectory(self, noise: Tensor) -> Tensor:
        """x_t with dark at 0 and lit at 1, from noise to the thresholded sample, (steps + 1, n, 25)."""
        *path, last = self.path(noise)
        return torch.stack([*(self.standardise.inverse(x) for x in path), (last > 0).to(noise)])

    def noised_score(self, x: Tensor, t: float) -> Tensor:
        """The learned probability that each clean pixel is lit, (n, 25) → (n, 25)."""
        step = self.step_of(t)
        a, s = signal(self.schedule.level[step])
        u = self.standardise(x)
        return self.standardise.inverse(self._clean(u, self.denoiser(u, self.table[step : step + 1]), a, s))

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The chosen image's way to noise with the network's guesses, a way back, and the bound on log p."""
        noised = [self.noised(about.x, t, about.generator) for t in STAGES]
        guesses = [self.noised_score(x, t) for x, t in zip(noised, STAGES, strict=True)]
        way = self.trajectory(self.fresh_noise(1, about.generator))[:, 0]
        rows = (("log p(x)", bound_on(self, about.x, about.generator)),)
        help = "Thresholding leaves no formula for p(x); ancestral sampling in all T steps is bounded from below."
        return (*picture_process(noised, guesses, STAGES, way), Facts("Your image", rows, help=help))
