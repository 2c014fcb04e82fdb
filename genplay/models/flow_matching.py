"""Flow matching [1]: learn the velocity of straight lines from noise to data, by least squares and without solving an ODE.

    x_t = (1 − t) z + t x,    loss = 1/d E ‖v(x_t, t) − (x − z)‖²,    z ~ N(0, I), t uniform in (0, 1)

The best v is the mean velocity of all lines through a point; the ODE dx/dt = v(x, t) carries noise to data. z and x are
drawn apart from each other, or paired by optimal transport within the batch: then fewer lines cross, and paths are straighter [2].
The network F gives what is missing to the best guess for Gaussian data: v = (2t − 1) x_t / (t² + (1 − t)²) + F(x_t, t).

[1] Lipman, Chen, Ben-Hamu, Nickel and Le 2023; Liu, Gong and Liu 2023. [2] Tong et al. 2024; Pooladian et al. 2023.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Setting, Terms
from genplay.models.cards.flow_matching import CARD, FlowMatchingKnobs
from genplay.models.coupling_pairs import transported
from genplay.models.denoiser import Denoiser
from genplay.models.exhibits import Exhibit
from genplay.models.flow import Transform
from genplay.models.flow_paths import digit_paths, plane_pairs
from genplay.models.layers import NoiseTape
from genplay.models.ode_flow import OdeFlow, OdePlaneFlow, OdeTransform

__all__ = ["DigitFlowMatching", "FlowMatching", "MatchedField"]

BEND = 2.0


class MatchedField(nn.Module):
    """v(x, t) on standardised data."""

    def __init__(self, dim: int, knobs: FlowMatchingKnobs, generator: torch.Generator) -> None:
        super().__init__()
        hidden = [knobs.width] * knobs.depth
        self.network = Denoiser(
            dim, hidden, knobs.activation, (0.0, 1.0), generator, knobs.norm, knobs.dropout
        )

    @staticmethod
    def gain(t: Tensor) -> Tensor:
        """How fast Gaussian data of unit size spread or shrink at time t."""
        return (2 * t - 1) / (t.square() + (1 - t).square())

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """v, x (n, d) and t (n,) → (n, d)."""
        return torch.addcmul(self.network(x, self.network.features(t)), self.gain(t)[:, None], x)

    def ready(self, times: Tensor, traced: bool) -> MatchedPass:
        """The field at the given times."""
        return MatchedPass(self, times, traced)


class MatchedPass:
    """The field at given times, with the divergences of the calls so far."""

    def __init__(self, field: MatchedField, times: Tensor, traced: bool) -> None:
        self.network = field.network
        self.features = field.network.features(times)
        self.gains = field.gain(times).unbind()
        self.traced = traced
        self.found: list[Tensor] = []

    def velocity(self, x: Tensor, i: int) -> Tensor:
        """v at x and the i-th time, (n, d) → (n, d)."""
        features, gain = self.features[i : i + 1], self.gains[i]
        if not self.traced:
            return torch.addcmul(self.network(x, features), gain, x)
        out, divergence = self.network.with_divergence(x, features)
        self.found.append(divergence + x.shape[1] * gain)
        return torch.addcmul(out, gain, x)

    def divergences(self) -> Tensor:
        """div v of all calls so far, (calls, n)."""
        return torch.stack(self.found)


class Matching(OdeFlow):
    """Training by matching lines, in any number of dimensions."""

    card = CARD
    knobs: FlowMatchingKnobs  # type: ignore[assignment]

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self._times = NoiseTape("uniform")
        self._jitter = NoiseTape("normal")

    def make_transform(self, generator: torch.Generator) -> Transform:
        field = MatchedField(self.dim, self.knobs, generator)
        return OdeTransform(field, self.knobs.ode_steps, BEND)

    def paired(self, u: Tensor, z: Tensor) -> Tensor:
        """The noise in the order of its partners."""
        return transported(z, u, self.knobs.group) if self.objective == "transport" else z

    def loss(self, batch: Batch) -> Terms:
        u = self.standardise(batch.x)
        n, shape = len(u), tuple(u.shape)
        if self.knobs.jitter > 0:
            u = torch.add(u, self._jitter.draw(shape, u, batch.generator), alpha=self.knobs.jitter)
        z = self.paired(u, self._noise.draw(shape, u, batch.generator))
        # One t from each n-th part of (0, 1): all times have their share of every batch, and the loss is less noisy.
        t = (torch.arange(n, device=u.device) + self._times.draw((n,), u, batch.generator)) / n
        line = u - z
        return {"loss": (self.transform.field(torch.addcmul(z, t[:, None], line), t) - line).square().mean()}


class FlowMatching(Matching, OdePlaneFlow):
    """Flow matching on the plane; the ODE gives the density too."""

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        return (*super().exhibits(about), self._pairs(about))

    @torch.no_grad()
    def _pairs(self, about: About) -> Exhibit:
        """Some data with the noise that training would pair them with."""
        u = self.standardise(about.data[: self.knobs.group])
        z = torch.randn(u.shape, generator=about.generator, device=u.device, dtype=u.dtype)
        return plane_pairs(self.paired(u, z), u, self.objective == "transport")


class DigitFlowMatching(Matching):
    """Flow matching to images as points of R^25. Samples are rounded where they arrive; they have no known probability."""

    def sample_from(self, noise: Tensor) -> Tensor:
        return (self.unwarp(noise) > 0.5).to(noise.dtype)

    def trajectory(self, noise: Tensor) -> Tensor:
        """The states from noise to samples in units of pixels, (steps + 1, n, 25); the last is rounded to an image."""
        states = self.way_of(noise)
        states[-1] = (states[-1] > 0.5).to(noise.dtype)
        return states

    def encode(self, x: Tensor) -> Tensor:
        """The noise that flows to x."""
        return self.transform.way(self.standardise(x), self.transform.times(self.transform.steps)[::-1])[-1]

    def decode(self, z: Tensor) -> Tensor:
        """Where z flows to, cut to the range of a pixel, (n, 25)."""
        return self.unwarp(z).clamp(0, 1)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Noise on its way to images, and the chosen image there and back."""
        noise = self.fresh_noise(3, about.generator)
        return digit_paths(
            self.way_of(noise), about.x, self.encode(about.x), self.decode(self.encode(about.x))
        )
