"""How noise comes in [1]: x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε for t = 0 … T, with ᾱ_t = Π_{s ≤ t} (1 − β_s).

A noise level is named by its log-ratio ℓ = log ν, ν = √(1 − ᾱ)/√ᾱ: x_t/√ᾱ_t is the data blurred by a Gaussian of
standard deviation ν. Then √ᾱ = 1/√(1 + ν²), so ℓ says all, also between the steps.

[1] linear: Ho, Jain and Abbeel 2020; cosine: Nichol and Dhariwal 2021.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["NoiseSchedule", "signal"]


class NoiseSchedule(nn.Module):
    """``alpha_bar`` (T + 1,) with ᾱ₀ = 1, ``level`` (T + 1,) the ℓ of each step (that of step 0 is −∞)."""

    alpha_bar: Tensor
    level: Tensor

    def __init__(self, steps: int, kind: str) -> None:
        super().__init__()
        t = torch.arange(1, steps + 1, dtype=torch.float64) / steps
        if kind == "linear":
            # β from 1e-4 to 0.02 over 1000 steps; fewer steps take more each, and e^−β keeps them below 1.
            beta = torch.linspace(0.1, 20.0, steps, dtype=torch.float64) / steps
            kept = (-beta.cumsum(dim=0)).exp()
        else:
            # Stopped where the linear schedule ends, at ᾱ = 4e-5: beyond, a single step would leap to pure noise.
            angle = (torch.cat([torch.zeros(1), 0.996 * t]) + 0.008) / 1.008 * (math.pi / 2)
            falling = angle.cos().square()
            kept = falling[1:] / falling[0]
        alpha_bar = torch.cat([torch.ones(1, dtype=torch.float64), kept])
        self.steps = steps
        self.register_buffer("alpha_bar", alpha_bar.float(), persistent=False)
        self.register_buffer("level", (0.5 * (1 / alpha_bar - 1).log()).float(), persistent=False)
        self.least, self.most = (0.5 * float((1 / alpha_bar[i] - 1).log()) for i in (1, -1))

    def sequence(self, count: int) -> list[int]:
        """Steps T = t₀ > t₁ > … > 0, at most ``count`` + 1 of them, evenly spread."""
        count = min(count, self.steps)
        return [round(self.steps * (count - i) / count) for i in range(count + 1)]


def signal(level: Tensor) -> tuple[Tensor, Tensor]:
    """√ᾱ and √(1 − ᾱ) at the noise levels ℓ."""
    return (-2 * level).sigmoid().sqrt(), (2 * level).sigmoid().sqrt()
