"""Continuous normalising flow [1]: a network is the velocity v(x, t) of an ODE from noise to data, trained by likelihood.

    log p(x) = log N(z; 0, I) − ∫₀¹ div v(x_t, t) dt,    loss = −log p(x) + λ ∫₀¹ ‖v‖² dt

The gradient goes back through the steps of the solver. The kinetic energy ‖v‖² keeps paths straight and few steps enough [2].
With two hidden layers v = W₃ σ(W₂ σ(W₁ x + c(t)) + b₂) + b₃, and the divergence needs no derivatives in a loop:

    div v = σ′(h₂)ᵀ G σ′(h₁),    G = W₂ ∘ (W₁ W₃)ᵀ.

The solver of training is coarse, and the field could learn to flatter one grid of times: densities that only these steps see.
So each training step has a grid of its own, of other lengths and a third more or fewer steps.

There is no dropout: the solver asks for v many times on one path, and v would be another field each time. Nor batch
normalisation: a point's path would hang on the other points. Nor layer normalisation: it ties all units together, and the
closed form of the divergence would be lost (``flow_matching``, which solves nothing in training, has all three).

[1] Chen, Rubanova, Bettencourt and Duvenaud 2018; Grathwohl et al. 2019. [2] Finlay, Jacobsen, Nurbekyan and Oberman 2020.
"""

from __future__ import annotations

import math
from itertools import accumulate

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import Batch, Setting, Terms
from genplay.models.cards.cnf import CARD, CNFKnobs
from genplay.models.dequantise import DigitFlow
from genplay.models.flow import LOG_2PI, Transform
from genplay.models.layers import NoiseTape, linear
from genplay.models.ode_flow import OdeFlow, OdePlaneFlow, OdeTransform

__all__ = ["CNF", "DigitCNF", "SmoothField"]

WAVES = 2
UNEVEN = 0.5
"""In training, steps of the solver are longer or shorter than their mean by up to this share."""


class SmoothField(nn.Module):
    """v(x, t) with one or two hidden layers, and its divergence in closed form."""

    def __init__(self, dim: int, knobs: CNFKnobs, generator: torch.Generator) -> None:
        super().__init__()
        width = knobs.width
        self.activation = knobs.activation
        self.first = linear(dim, width, generator, math.sqrt(3.0))
        self.clock = nn.Parameter(0.5 * torch.randn(1 + 2 * WAVES, width, generator=generator))
        self.second = linear(width, width, generator, math.sqrt(3.0)) if knobs.depth == 2 else None
        self.last = linear(width, dim, generator, 0.1)

    def _clock(self, t: Tensor) -> Tensor:
        """c(t), (n,) → (n, width): t, and sines and cosines of it."""
        angles = t[:, None] * (math.pi * torch.arange(1, WAVES + 1, dtype=t.dtype, device=t.device))
        seen = torch.cat([t[:, None] - 0.5, angles.sin(), angles.cos()], dim=1)
        return torch.addmm(self.first.bias, seen, self.clock)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """v, x (n, d) and t (n,) → (n, d)."""
        units = self.bend(x @ self.first.weight.T + self._clock(t))
        v: Tensor = self.last(units if self.second is None else self.bend(self.second(units)))
        return v

    def bend(self, h: Tensor) -> Tensor:
        """σ(h)."""
        return h.tanh() if self.activation == "tanh" else functional.softplus(h)

    def slope(self, value: Tensor) -> Tensor:
        """σ′(h) from σ(h)."""
        return 1 - value.square() if self.activation == "tanh" else 1 - torch.exp(-value)

    def ready(self, times: Tensor, traced: bool) -> SmoothPass:
        """The field at the given times."""
        return SmoothPass(self, self._clock(times).unbind(), traced)


class SmoothPass:
    """Keeps the hidden units of every call, so that all divergences are three operations at the end."""

    def __init__(self, field: SmoothField, clocks: tuple[Tensor, ...], traced: bool) -> None:
        self.field = field
        self.clocks = clocks
        self.traced = traced
        self.inner: list[Tensor] = []
        self.outer: list[Tensor] = []

    def velocity(self, x: Tensor, i: int) -> Tensor:
        """v at x and the i-th time, (n, d) → (n, d)."""
        field = self.field
        units = field.bend(functional.linear(x, field.first.weight, self.clocks[i]))
        if self.traced:
            self.inner.append(units)
        if field.second is not None:
            units = field.bend(field.second(units))
            if self.traced:
                self.outer.append(units)
        v: Tensor = field.last(units)
        return v

    def divergences(self) -> Tensor:
        """div v of all calls so far, (calls, n)."""
        field = self.field
        inner = field.slope(torch.stack(self.inner))
        around = field.first.weight @ field.last.weight
        if field.second is None:
            return inner @ around.diagonal()
        through = inner @ (field.second.weight * around.T).T
        return (field.slope(torch.stack(self.outer)) * through).sum(dim=2)


class SmoothFlow(OdeFlow):
    """The ODE and its price, in any number of dimensions."""

    card = CARD
    knobs: CNFKnobs  # type: ignore[assignment]

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self._lengths = NoiseTape("uniform")

    def make_transform(self, generator: torch.Generator) -> Transform:
        return OdeTransform(
            SmoothField(self.dim, self.knobs, generator),
            self.knobs.ode_steps,
            bend=1.0,
        )

    def training_times(self, like: Tensor, generator: torch.Generator) -> list[float]:
        """A grid of times from data to noise, drawn anew: about ``training_steps`` steps of uneven lengths."""
        usual = self.knobs.training_steps
        least, most = usual - usual // 3, usual + usual // 3
        how_many, *drawn = self._lengths.draw((1 + most,), like, generator).tolist()
        steps = least + int(how_many * (most - least + 1))
        lengths = [1 + UNEVEN * (2 * u - 1) for u in drawn[:steps]]
        whole = sum(lengths)
        return [1.0, *(1 - part / whole for part in accumulate(lengths[:-1])), 0.0]

    def log_density_and_energy(self, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """log p(x) by the coarse solver of training, (n,), and the mean of ∫ ‖v‖² dt along the paths."""
        times = self.training_times(x, generator)
        z, log_det, energy = self.transform.solve(self.standardise(x), times)
        log_p = log_det + self.standardise.log_det - 0.5 * (z.square().sum(dim=1) + self.dim * LOG_2PI)
        return log_p, energy


class CNF(SmoothFlow, OdePlaneFlow):
    """A continuous flow on the plane."""

    def loss(self, batch: Batch) -> Terms:
        log_p, energy = self.log_density_and_energy(self.jittered(batch), batch.generator)
        surprise = -log_p.mean()
        return {
            "loss": torch.add(surprise, energy, alpha=self.knobs.energy),
            "nll": surprise,
            "energy": energy,
        }


class DigitCNF(SmoothFlow, DigitFlow):
    """A continuous flow of dequantised images."""

    def loss(self, batch: Batch) -> Terms:
        noise = self._noise.draw(tuple(batch.x.shape), batch.x, batch.generator)
        w, log_q = self.dequantiser(batch.x, noise)
        log_p, energy = self.log_density_and_energy(w, batch.generator)
        surprise = (log_q - log_p).mean()
        return {
            "loss": torch.add(surprise, energy, alpha=self.knobs.energy),
            "nll": surprise,
            "energy": energy,
        }
