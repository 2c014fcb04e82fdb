"""What a network predicts for one dimension: its parameters become the law of that dimension, given those before it.

    Bernoulli               p(x = 1) = σ(a)
    mixture of Gaussians    p(u) = Σ_k π_k N(u; μ_k, s_k²)
    discretised logistic    P(bin [a, b)) = Σ_k π_k (σ((b − μ_k)/s_k) − σ((a − μ_k)/s_k)),  p(u) = P(bin) / (b − a)

The last is the head of PixelCNN++ [1] on a line of bins that never ends: inside a bin the density is flat, so it is
a density on the line that integrates to one without a border.

Temperature T makes samples bolder or safer: log odds and log weights are divided by T, variances multiplied by it
(T = 1: the model itself).

[1] Salimans, Karpathy, Chen and Kingma 2017, arXiv:1701.05517.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

__all__ = ["BernoulliHead", "DiscretisedLogisticHead", "GaussianMixtureHead", "Head", "coordinate_head"]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_MIDDLE, _REACH = -2.5, 2.5
"""The logarithm of a component's width lies in middle ± reach, in units of the data's spread: 0.007 to 1."""


class Head(Protocol):
    """``size`` parameters say the law of one dimension, ``noises`` random numbers make one draw from it."""

    size: int
    noises: int

    def start(self) -> Tensor:
        """Parameters (size,) to begin with."""
        ...

    def log_prob(self, parameters: Tensor, u: Tensor) -> Tensor:
        """(…, size) and (…) → (…), in nats."""
        ...

    def noise(self, n: int, dim: int, generator: torch.Generator) -> Tensor:
        """What n draws of ``dim`` dimensions are made from, (n, dim, noises)."""
        ...

    def draw(self, parameters: Tensor, noise: Tensor, temperature: float) -> Tensor:
        """(…, size) and (…, noises) → (…)."""
        ...


class BernoulliHead:
    """One parameter, the log odds of a lit pixel."""

    size = 1
    noises = 1

    def start(self) -> Tensor:
        return torch.zeros(1)

    def log_prob(self, parameters: Tensor, u: Tensor) -> Tensor:
        return -binary_cross_entropy_with_logits(parameters.squeeze(-1), u, reduction="none")

    def noise(self, n: int, dim: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, dim, 1, generator=generator, device=generator.device)

    def draw(self, parameters: Tensor, noise: Tensor, temperature: float) -> Tensor:
        """Lit where the uniform number is below the probability."""
        return (noise < (parameters / temperature).sigmoid()).squeeze(-1).to(parameters)


class _MixtureHead:
    """K components, each with a log weight, a middle and a width that is kept within bounds."""

    def __init__(self, components: int) -> None:
        self.components = components
        self.size = 3 * components

    def start(self) -> Tensor:
        """Components side by side over the data's spread, so that no two of them learn the same."""
        k = self.components
        middles = torch.linspace(-2, 2, k) if k > 1 else torch.zeros(1)
        widths = torch.full((k,), (math.log(3 / k) - _MIDDLE) / _REACH).clamp(-0.9, 0.9).atanh()
        return torch.cat([torch.zeros(k), middles, widths])

    def _parts(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights (not normalised), middles and log widths, (…, K) each."""
        weights, middles, widths = parameters.chunk(3, dim=-1)
        return weights, middles, _MIDDLE + _REACH * widths.tanh()

    def _picked(self, parameters: Tensor, uniform: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        """Middle and width of the component that a uniform number (…) picks, (…) each."""
        weights, middles, log_widths = self._parts(parameters)
        steps = (weights / temperature).softmax(dim=-1).cumsum(dim=-1)
        k = (uniform[..., None] >= steps).sum(dim=-1, keepdim=True).clamp(max=self.components - 1)
        width = log_widths.gather(-1, k).squeeze(-1).exp() * math.sqrt(temperature)
        return middles.gather(-1, k).squeeze(-1), width


class GaussianMixtureHead(_MixtureHead):
    """Every component has its own width, and all depend on what came before (a mixture density network)."""

    noises = 2

    def log_prob(self, parameters: Tensor, u: Tensor) -> Tensor:
        weights, middles, log_widths = self._parts(parameters)
        z = (u[..., None] - middles) * torch.exp(-log_widths)
        joint = torch.logsumexp(weights - log_widths - 0.5 * z.square(), dim=-1)
        return joint - torch.logsumexp(weights, dim=-1) - _HALF_LOG_2PI

    def noise(self, n: int, dim: int, generator: torch.Generator) -> Tensor:
        """A uniform number that picks the component, and a normal one."""
        pick = torch.rand(n, dim, generator=generator, device=generator.device)
        return torch.stack([pick, torch.randn(n, dim, generator=generator, device=generator.device)], dim=-1)

    def draw(self, parameters: Tensor, noise: Tensor, temperature: float) -> Tensor:
        middle, width = self._picked(parameters, noise[..., 0], temperature)
        return middle + width * noise[..., 1]


class DiscretisedLogisticHead(_MixtureHead):
    """Bins of width ``step``, the edges at the whole multiples of it."""

    noises = 3

    def __init__(self, components: int, step: float) -> None:
        super().__init__(components)
        self.step = step

    def log_prob(self, parameters: Tensor, u: Tensor) -> Tensor:
        return self.smooth(parameters, (torch.floor(u / self.step) + 0.5) * self.step)

    def smooth(self, parameters: Tensor, u: Tensor) -> Tensor:
        """The curve that runs through the middles of the steps: a bin centred at u itself."""
        weights, middles, log_widths = self._parts(parameters)
        narrow = torch.exp(-log_widths)
        a = (u[..., None] - 0.5 * self.step - middles) * narrow
        wide = self.step * narrow
        # σ(b) − σ(a) = σ(b) σ(−a) (1 − e^(a − b)): no difference of nearly equal numbers in the tails.
        log_bin = logsigmoid(a + wide) + logsigmoid(-a) + torch.log(-torch.expm1(-wide))
        joint = torch.logsumexp(weights + log_bin, dim=-1)
        return joint - torch.logsumexp(weights, dim=-1) - math.log(self.step)

    def noise(self, n: int, dim: int, generator: torch.Generator) -> Tensor:
        """Uniform numbers: for the component, for the logistic, and for the place inside the bin."""
        return torch.rand(n, dim, 3, generator=generator, device=generator.device)

    def draw(self, parameters: Tensor, noise: Tensor, temperature: float) -> Tensor:
        middle, width = self._picked(parameters, noise[..., 0], temperature)
        # A uniform number can be 0 but never 1.
        value = middle + width * torch.logit(noise[..., 1].clamp(min=1e-7, max=1 - 1e-7))
        return (torch.floor(value / self.step) + noise[..., 2]) * self.step


def coordinate_head(
    name: Literal["mixture", "logistic"] | str, components: int, bins: int
) -> GaussianMixtureHead | DiscretisedLogisticHead:
    """The head of a coordinate of the plane; ``bins`` cells lie within ± 2 of the data's spread."""
    if name == "mixture":
        return GaussianMixtureHead(components)
    return DiscretisedLogisticHead(components, 4 / bins)
