"""The probability-flow ODE of a diffusion [1], followed by Runge and Kutta's method in the log noise level ℓ = log ν.

x̃ = u + νε obeys dx̃/dν = ε(x̃, ν), the noise that is expected in it. For x = x̃/√(1 + ν²) that is
    dx/dℓ = s (ε − s x),   s = ν/√(1 + ν²),
at rest for Gaussian data, so equal steps in ℓ fit. The divergence integrated along the way is log |det| of the whole map:

    log p(x) = log N(z; 0, I) + log |det ∂z/∂x|,   z what x becomes at the greatest noise

It is called exact as long as twice as many steps change it by less than a hundredth of a nat in the mean, both where the model's
samples are and where the data are that it was built on, else an estimate.

[1] Song et al. 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import Model, Setting
from genplay.models.layers import Standardise
from genplay.models.memo import Memo
from genplay.quantity import Kind

__all__ = ["FlowDensity", "flow"]

AGREED = 1e-2
"""Nats by which log p may change in the mean with twice as many steps and still be called exact."""
CHECKED = 64
"""Samples of the ODE, and about as many points of the data, on which the two are compared."""
_LOG_2PI = math.log(2 * math.pi)

Field = Callable[[Tensor, float, bool], tuple[Tensor, Tensor]]
"""x (n, d), ℓ and whether the divergence is wanted to dx/dℓ (n, d) and its divergence (n,), or 0 where it is not."""


@torch.no_grad()
def flow(
    field: Field,
    start: Tensor,
    levels: tuple[float, float],
    steps: int,
    upward: bool,
    trace: bool = False,
    path: list[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Follow the ODE between x̃ at the least level and x at the greatest, with ``trace`` log |det| of the map too; (n, d) and
    (n,). ``path`` collects x on the way."""
    low, high = levels
    log_shrink = -0.5 * math.log1p(math.exp(2 * low))
    h = (high - low) / steps if upward else (low - high) / steps
    x = start * math.exp(log_shrink) if upward else start
    total = x.new_zeros(len(x))
    for i in range(steps):
        level = (low if upward else high) + i * h
        v1, d1 = field(x, level, trace)
        v2, d2 = field(x + h / 2 * v1, level + h / 2, trace)
        v3, d3 = field(x + h / 2 * v2, level + h / 2, trace)
        v4, d4 = field(x + h * v3, level + h, trace)
        x = x + h / 6 * (v1 + 2 * (v2 + v3) + v4)
        total = total + h / 6 * (d1 + 2 * (d2 + d3) + d4)
        if path is not None:
            path.append(x)
    shift = start.shape[1] * log_shrink
    if upward:
        return x, total + shift
    return x * math.exp(-log_shrink), total - shift


class FlowDensity(Model):
    """Density and codes of a model that noise can be followed through: it gives ``_flow`` and ``standardise``."""

    density_kind: Kind = "exact"
    standardise: Standardise
    _flow: Callable[..., tuple[Tensor, Tensor]]
    _some_data: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self._gap: Memo[float] = Memo()
        every = max(1, len(setting.x) // CHECKED)
        self.register_buffer("_some_data", setting.x[::every], persistent=False)

    @property
    def ode_steps(self) -> int:
        """The steps of the solver, a knob."""
        return int(self.knobs.as_dict()["ode_steps"])

    @property
    def density_method(self) -> str:
        return f"probability-flow ODE, {self.ode_steps} RK4 steps, exact divergence"

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,), of what the ODE makes of Gaussian noise."""
        return self._log_prob(x, self.ode_steps)

    def _log_prob(self, x: Tensor, steps: int) -> Tensor:
        z, log_det = self._flow(self.standardise(x), steps, upward=True, trace=True)
        return log_det - 0.5 * (z.square().sum(dim=1) + self.dim * _LOG_2PI) + self.standardise.log_det

    def encode(self, x: Tensor) -> Tensor:
        """The noise at the upper end of the ODE through x."""
        return self._flow(self.standardise(x), self.ode_steps, upward=True)[0]

    def decode(self, z: Tensor) -> Tensor:
        """The point at the lower end of the ODE through the noise z."""
        return self.standardise.inverse(self._flow(z, self.ode_steps, upward=False)[0])

    def settle_density(self) -> None:
        """Look whether the steps are still fine enough for the network as it is."""
        numbers = [*self.parameters(), *(b for b in self.buffers() if b.is_floating_point())]
        gap = self._gap.get(numbers, self.ode_steps, self._measure_gap)
        self.density_kind = "exact" if gap < AGREED else "estimate"

    @torch.no_grad()
    def _measure_gap(self) -> float:
        """Mean of |log p by the steps − by twice as many|, over samples of the ODE or over data, whichever is larger."""
        z = torch.randn(CHECKED, self.dim, generator=torch.Generator().manual_seed(0))
        sampled = self.decode(z.to(self.standardise.scale))
        x = torch.cat([sampled, self._some_data.to(sampled)])
        change = (self._log_prob(x, self.ode_steps) - self._log_prob(x, 2 * self.ode_steps)).abs().double()
        of_samples, of_data = (float(part.mean()) for part in change.tensor_split([CHECKED]))
        # A number that is not one is no agreement.
        return max(of_samples, of_data) if math.isfinite(of_samples + of_data) else math.inf
