"""Flows in continuous time [1]: a velocity field v(x, t) carries noise (t = 0) to data (t = 1) along dx/dt = v(x, t).

Density is carried along, d log p/dt = −div v, so with z the noise that x comes from

    log p(x) = log N(z; 0, I) − ∫₀¹ div v(x_t, t) dt.

Solved by Runge–Kutta steps of fourth order, the divergence exactly, at times t = 1 − (1 − s)^bend, s evenly spread: steps get
shorter towards the data, where the field is steep. As good as exact once more steps change nothing.

[1] Chen, Rubanova, Bettencourt and Duvenaud 2018.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import About
from genplay.models.exhibits import Exhibit, Facts
from genplay.models.flow import Flow, PlaneFlow, Transform
from genplay.models.flow_paths import plane_paths
from genplay.quantity import Kind, Quantity, estimate

__all__ = ["Field", "OdeFlow", "OdePlaneFlow", "OdeTransform", "Pass"]

AGREED = 0.01


class Pass(Protocol):
    """A field made ready for one solution: whatever depends on time alone is computed once, for all times together."""

    def velocity(self, x: Tensor, i: int) -> Tensor:
        """v (n, d) at x (n, d) and the i-th of the times."""
        ...

    def divergences(self) -> Tensor:
        """div v of all calls of ``velocity`` so far, (calls, n), for all of them together."""
        ...


class Field(Protocol):
    """A velocity field on standardised data, also callable with x (n, d) and t (n,)."""

    def ready(self, times: Tensor, traced: bool) -> Pass:
        """For these times (m,); ``traced``: the divergences will be asked for."""
        ...


class OdeTransform(Transform):
    """From data to noise along a field; ``steps`` may be changed at any time."""

    def __init__(self, field: torch.nn.Module, steps: int, bend: float) -> None:
        super().__init__()
        self.field = field
        self.steps = steps
        self.bend = bend

    def times(self, steps: int) -> list[float]:
        """The times between steps, from noise to data."""
        return [1 - (1 - i / steps) ** self.bend for i in range(steps + 1)]

    def way(self, x: Tensor, times: list[float]) -> list[Tensor]:
        """The states at the given times, x being the first."""
        return self._follow(x, times, traced=False)[0]

    def solve(self, x: Tensor, times: list[float]) -> tuple[Tensor, Tensor, Tensor]:
        """The state at the last time; log |det| of the map from the first one, (n,); the mean over points of ∫ ‖v‖² dt."""
        states, field, middles = self._follow(x, times, traced=True)
        h = x.new_tensor([to - t for t, to in pairwise(times)])
        weights = h[:, None] * h.new_tensor([1 / 6, 1 / 3, 1 / 3, 1 / 6])
        energy = h.abs() @ torch.stack(middles).square().sum(dim=2).mean(dim=1)
        return states[-1], weights.reshape(-1) @ field.divergences(), energy

    def _follow(self, x: Tensor, times: list[float], traced: bool) -> tuple[list[Tensor], Pass, list[Tensor]]:
        """All states, the field that was followed, and its velocity in the middle of each step."""
        middle = [(t + to) / 2 for t, to in pairwise(times)]
        field: Field = self.field  # type: ignore[assignment]
        ready = field.ready(x.new_tensor(times + middle), traced)
        states, middles = [x], []
        for i, (t, to) in enumerate(pairwise(times)):
            h, half = to - t, len(times) + i
            v1 = ready.velocity(x, i)
            v2 = ready.velocity(torch.add(x, v1, alpha=h / 2), half)
            v3 = ready.velocity(torch.add(x, v2, alpha=h / 2), half)
            v4 = ready.velocity(torch.add(x, v3, alpha=h), i + 1)
            x = torch.add(x, torch.add(v1 + v4, v2 + v3, alpha=2), alpha=h / 6)
            states.append(x)
            middles.append(v2)
        return states, ready, middles

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, log_det, _ = self.solve(x, self.times(self.steps)[::-1])
        return y, log_det

    def inverse(self, y: Tensor) -> Tensor:
        return self.way(y, self.times(self.steps))[-1]

    def stages(self, x: Tensor) -> list[Tensor]:
        return self.way(x, self.times(self.steps)[::-1])[1:]


class OdeFlow(Flow):
    """A flow along a field, in any number of dimensions. Its knobs have ``ode_steps``."""

    transform: OdeTransform

    @property
    def det_method(self) -> str:
        return f"ODE, {self.transform.steps} RK4 steps, exact divergence"

    def configure(self, knobs: Knobs) -> None:
        """Take new live knobs."""
        super().configure(knobs)
        self.transform.steps = int(knobs.as_dict()["ode_steps"])

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """dx/dt in data units, x (n, d) and t (n,)."""
        v: Tensor = self.transform.field(self.standardise(x), t)
        return v * self.standardise.scale

    def way_of(self, noise: Tensor) -> Tensor:
        """The states between the steps from noise to data, in data units, (steps + 1, n, d)."""
        transform = self.transform
        return self.standardise.inverse(torch.stack(transform.way(noise, transform.times(transform.steps))))


class OdePlaneFlow(OdeFlow, PlaneFlow):
    """The same on the plane, where the way of each sample can be watched."""

    fine = False

    def trajectory(self, noise: Tensor) -> Tensor:
        """The states between the steps from noise to samples, (steps + 1, n, 2)."""
        return self.way_of(noise)

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """What every flow shows, samples on their way, and whether the steps are fine enough."""
        return (*super().exhibits(about), *self._paths(about), self._converged(about.x))

    @torch.no_grad()
    def _paths(self, about: About) -> tuple[Exhibit, ...]:
        """Samples on their way, and the velocity at some times."""
        noise = torch.randn(40, 2, generator=about.generator, device=about.generator.device).to(about.x)
        return plane_paths(self.way_of(noise), self.velocity, about.data)

    @torch.no_grad()
    def _converged(self, x: Tensor) -> Facts:
        """Whether half as many steps give the same density: for a method of fourth order a stern test."""
        transform = self.transform
        steps = transform.steps
        usual = float(self.log_prob(x))
        transform.steps = max(1, steps // 2)
        coarse = float(self.log_prob(x))
        halved, transform.steps = transform.steps, steps
        gap = abs(usual - coarse)
        settled = gap < AGREED
        kind: Kind = "exact" if settled else "estimate"
        return Facts(
            "Is the path followed finely enough?",
            (
                ("log p(x)", Quantity(usual, kind, None if settled else gap, f"{steps} RK4 steps")),
                ("log p(x), half the steps", estimate(coarse, None, f"{halved} RK4 steps")),
                ("Difference", estimate(gap, None, "between the two")),
            ),
            help="The density is taken for exact where half the steps change it by less than a hundredth of a nat.",
        )
