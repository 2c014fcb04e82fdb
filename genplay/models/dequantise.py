"""Flows of images by dequantisation [1]: a flow needs a continuous space, so noise u ∈ (0, 1) is added to every pixel.

y = x + u is spread over the whole line by w = logit(y/2): a pixel is lit exactly where w > 0. So P(x) is the integral of the
flow's density over all w with the signs of x, and by Jensen's inequality, for any noise q that keeps the signs,

    log P(x) ≥ E_q(w|x) [log p(w) − log q(w | x)].

uniform: u is uniform. The flow has to learn the cliffs of a box.
variational [2]: |w| = softplus(a(x) + e^b(x) ε), ε ~ N(0, I), with a and b learned: as tight a bound as q can make it.

[1] Theis, van den Oord and Bethge 2016. [2] Ho, Chen, Srinivas, Duan and Abbeel 2019.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.quasirandom import SobolEngine

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Setting, Terms
from genplay.models.digit_flow_exhibits import digit_exhibits
from genplay.models.exhibits import Exhibit
from genplay.models.flow import LOG_2PI, Flow
from genplay.models.importance_bound import importance_bound
from genplay.models.layers import NoiseTape, double, mlp
from genplay.quantity import Kind

__all__ = ["DigitFlow", "LearnedNoise", "UniformNoise", "spread_draws"]

WIDTH = 64
_EDGE = 1e-6
TOGETHER = 512
"""So many draws of noise are bent in one pass."""


class UniformNoise(nn.Module):
    """w = ± 2 artanh v with v uniform in (0, 1): the logit of (x + u)/2 for a uniform u."""

    name = "uniform"
    middle = 0.5

    def draw(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """What ``forward`` makes noise of: uniform numbers."""
        return torch.rand(shape, generator=generator, device=generator.device)

    def of_uniform(self, v: Tensor) -> Tensor:
        """The same of uniform numbers."""
        return v

    def forward(self, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """w (n, d) and log q(w | x) (n,), for pixels x (n, d) of 0 and 1."""
        v = v.clamp(_EDGE, 1 - _EDGE)
        log_q = torch.log((1 - v) * (1 + v) * 0.5).sum(dim=-1)
        return (2 * x - 1) * (2 * torch.atanh(v)), log_q


class LearnedNoise(nn.Module):
    """|w| = softplus(h) with h = a(x) + e^b(x) ε, whose density is N(ε) e^−b / σ(h)."""

    name = "learned"
    middle = 0.0

    def __init__(self, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.network = mlp([dim, WIDTH, 2 * dim], generator, last_gain=0.1)

    def draw(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Standard normals ε."""
        return torch.randn(shape, generator=generator, device=generator.device)

    def of_uniform(self, v: Tensor) -> Tensor:
        """The same of uniform numbers."""
        epsilon: Tensor = torch.special.ndtri(v.clamp(_EDGE, 1 - _EDGE))
        return epsilon

    def forward(self, x: Tensor, epsilon: Tensor) -> tuple[Tensor, Tensor]:
        """w (n, d) and log q(w | x) (n,)."""
        sign = 2 * x - 1
        a, raw = self.network(sign).chunk(2, dim=-1)
        # Bounded, so that neither a point nor all of space can be asked for; at first |w| is about as with uniform noise.
        b = 3 * torch.tanh((raw - 0.5) / 3)
        h = torch.addcmul(a + 1, b.exp(), epsilon)
        log_q = (-0.5 * (epsilon.square() + LOG_2PI) - b - functional.logsigmoid(h)).sum(dim=-1)
        return sign * functional.softplus(h), log_q


class DigitFlow(Flow):
    """A flow of w. Its probabilities of images are lower bounds; its samples are exact draws from what is bounded."""

    density_kind: Kind = "bound"
    dequantiser: UniformNoise | LearnedNoise

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        learned = setting.objective == "variational"
        self.dequantiser = LearnedNoise(self.dim, setting.generator) if learned else UniformNoise()
        self._noise = NoiseTape("normal" if learned else "uniform")

    def continuous(self, setting: Setting) -> Tensor:
        noise = UniformNoise()
        w: Tensor = noise(setting.x, noise.draw(tuple(setting.x.shape), setting.generator))[0]
        return w

    @property
    def density_method(self) -> str:
        return f"importance weighted bound, {self.knobs.draws} draws of the {self.dequantiser.name} noise an image"

    def loss(self, batch: Batch) -> Terms:
        noise = self._noise.draw(tuple(batch.x.shape), batch.x, batch.generator)
        return {"loss": -self._bound(batch.x, noise).mean()}

    def _bound(self, x: Tensor, noise: Tensor) -> Tensor:
        """log p(w) − log q(w | x) for one w an image, (n, d) → (n,)."""
        w, log_q = self.dequantiser(x, noise)
        gap: Tensor = self.log_density(w) - log_q
        return gap

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """The bound with one draw of the noise, (n, d) → (n,); its mean is below log P(x)."""
        return self._bound(x, self.dequantiser.draw(tuple(x.shape), generator))

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """The bound with k draws of the noise an image, (n, d) → (n,); its mean rises from the ELBO to log P(x) with k."""
        return importance_bound(self.elbo, x, k, generator)

    def log_prob(self, x: Tensor) -> Tensor:
        """A lower bound on log P(x) in nats, (n, d) → (n,): log of the mean weight p(w)/q(w | x) of draws fixed for each x."""
        count, draws = self.knobs.draws, spread_draws(x, self.knobs.draws)
        if len(x) * count <= TOGETHER:
            # A few images: all of their draws in one pass.
            noise = self.dequantiser.of_uniform(torch.cat(list(draws)))
            weights = self._bound(x.repeat(count, 1), noise).view(count, -1)
        else:
            weights = torch.stack([self._bound(x, self.dequantiser.of_uniform(v)) for v in draws])
        return weights.logsumexp(dim=0) - math.log(count)

    def sample_from(self, noise: Tensor) -> Tensor:
        return (self.unwarp(noise) > 0).to(noise.dtype)

    def filled(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """w with fresh noise, (n, d)."""
        w: Tensor = self.dequantiser(x, self.dequantiser.draw(tuple(x.shape), generator))[0]
        return w

    def dequantised(self, x: Tensor) -> Tensor:
        """w with each pixel's noise in its middle, (n, d)."""
        w: Tensor = self.dequantiser(x, torch.full_like(x, self.dequantiser.middle))[0]
        return w

    def encode(self, x: Tensor) -> Tensor:
        """z = f(w), w with the noise in its middle."""
        return self.warp(self.dequantised(x))[0]

    def decode(self, z: Tensor) -> Tensor:
        """y/2 = (x + u)/2 of what the flow makes of z, (n, d): a pixel is lit where it is above ½."""
        return self.unwarp(z).sigmoid()

    def bent(self, w: Tensor) -> list[Tensor]:
        """w after each layer of the flow."""
        return self.transform.stages(self.standardise(w))

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The chosen image on its way to noise and back, and what its probability is made of."""
        return digit_exhibits(self, about)


def spread_draws(x: Tensor, k: int) -> Iterator[Tensor]:
    """k times uniform numbers (n, d): evenly spread points (Sobol), moved round the unit cube by an amount that x sets.

    So the same image always has the same draws, and the draws of two images have nothing to do with each other.
    """
    dim = x.shape[1]
    mix = torch.rand(dim, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    at = double(x)
    shift = (at @ (97 * mix).to(at)).frac()
    for point in SobolEngine(dim, scramble=True, seed=0).draw(k, dtype=torch.float64):
        yield (shift + point.to(at)).frac().to(x)
