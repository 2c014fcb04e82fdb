"""Sampling by an ordinary differential equation: noise flows to data along a smooth path, with no chance on the way.

Of a diffusion, with σ the standard deviation of the noise, the probability-flow ODE [1] is dx/dσ = −σ ∇log p_σ(x): as σ
falls from loud to quiet, the law of x is p_σ all the way. Euler's steps in σ are DDIM [2]; Heun's look once ahead [3] and
need far fewer steps. Heun's are taken in log σ for y = (x − centre) / √(c² + σ²), which stands still when the data are one
Gaussian of deviation c. A flow-matching or continuous flow model gives its velocity dx/dt itself.

[1] Song et al. 2021.  [2] Song, Meng and Ermon 2021.  [3] Karras et al. 2022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Change, Sampler, checked
from genplay.sampling.events import Event, Level, Move, point
from genplay.sampling.noise_ladder import even_levels
from genplay.sampling.target import Target

__all__ = ["ODE"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Flowed(Change):
    """One step to a level of noise, or to a time."""

    level: int
    value: float


class ODE(Sampler[Flowed]):
    """``ladder`` are the levels (index and σ) or times that a path goes through; a path of all of them is a sample."""

    card = cards.ODE

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        super().__init__(target, knobs, rng, chains, start)
        options = cast(cards.ODEKnobs, knobs)
        noise = target.noise_levels
        if noise is not None:
            self.ladder = even_levels(noise.sigmas, options.steps + 1)
        else:
            self.ladder = [(i, i / options.steps) for i in range(options.steps + 1)]
        self._begin()

    def _begin(self) -> None:
        source = self.target.noise_levels or self.target.flow
        assert source is not None
        self.x = source.start(self.n, self.rng)

    def _velocity(self, x: Array, at: tuple[int, float]) -> Array:
        if self.target.noise_levels is not None:
            return -at[1] * self.target.noise_levels.score(x, at[0])
        assert self.target.flow is not None
        return self.target.flow.velocity(x, at[1])

    def advance(self) -> Flowed:
        legs = len(self.ladder) - 1
        turn = self.steps % legs
        if turn == 0 and self.steps:
            self._begin()
        here, there = self.ladder[turn], self.ladder[turn + 1]
        before, h = self.x, there[1] - here[1]
        if cast(cards.ODEKnobs, self.knobs).solver == "euler":
            after = before + h * self._velocity(before, here)
        elif self.target.noise_levels is None:
            v = self._velocity(before, here)
            after = before + h / 2 * (v + self._velocity(before + h * v, there))
        else:
            after = self._scaled_heun(before, here, there)
        self.x = checked(after, "A path of the ODE")
        self.steps += 1
        return Flowed(before, self.x, self.x if turn == legs - 1 else self.x[:0], turn, there[1])

    def _scaled_heun(self, x: Array, here: tuple[int, float], there: tuple[int, float]) -> Array:
        box = self.target.box
        centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
        spread = box.width / 4

        def slope(y: Array, at: tuple[int, float]) -> Array:
            scale = math.hypot(spread, at[1])
            return at[1] * self._velocity(centre + scale * y, at) / scale - y * (at[1] / scale) ** 2

        h = math.log(there[1] / here[1])
        y = (x - centre) / math.hypot(spread, here[1])
        first = slope(y, here)
        y = y + h / 2 * (first + slope(y + h * first, there))
        return np.asarray(centre + math.hypot(spread, there[1]) * y)

    def events(self, change: Flowed, chain: int = 0) -> tuple[Event, ...]:
        name = "noise" if self.target.noise_levels is not None else "time"
        return (
            Level(change.level, len(self.ladder) - 1, change.value, name),
            Move(chain, point(change.before[chain]), point(change.after[chain])),
        )

    def collect(self, n: int) -> Array:
        """n samples, one for each start."""
        return self.gathered(n)
