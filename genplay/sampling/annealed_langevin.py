"""Annealed Langevin dynamics [1]: Langevin steps on an easy version of the density, then on less and less easy ones.

By noise: level i is p blurred by N(0, σ_i² I), from a blur that makes one hill of it down to almost none; its score is known
of a diffusion model and of a mixture of Gaussians. By temperature: level i is p^β, β rising to 1. The steps shrink as the
landscape grows steep, η_i = η σ_i² / σ_last² or η / β_i. Nothing is accepted or rejected, so the law is near p, not p.

[1] Song and Ermon 2019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput
from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Change, Sampler, checked
from genplay.sampling.events import Event, Level, Move, point
from genplay.sampling.noise_ladder import even_levels
from genplay.sampling.target import Target

__all__ = ["AnnealedLangevin"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Walked(Change):
    """A step on one level; ``entered`` where it is the first there."""

    level: int
    value: float
    entered: bool


class AnnealedLangevin(Sampler[Walked]):
    """One descent of ``levels`` × ``steps`` steps makes a sample of each chain; then they start again."""

    card = cards.ANNEALED_LANGEVIN

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        super().__init__(target, knobs, rng, chains, start)
        options = cast(cards.AnnealedLangevinKnobs, knobs)
        for path, ability in (("noise", "noise_levels"), ("temperature", "gradient")):
            if options.path == path and getattr(target, ability) is None:
                reason = target.lacks("noise_levels" if path == "noise" else "gradient")
                raise BadInput(f"path cannot be '{path}' here: {reason}")
        self.by_noise = options.path == "noise" or (
            options.path == "auto" and target.noise_levels is not None
        )
        noise = target.noise_levels
        if self.by_noise and noise is not None:
            self._ladder = even_levels(noise.sigmas, options.levels)
        else:
            self._ladder = [
                (i, float(b)) for i, b in enumerate(np.geomspace(options.hottest, 1.0, options.levels))
            ]
        self._begin()

    def _begin(self) -> None:
        noise = self.target.noise_levels
        self.x = (
            noise.start(self.n, self.rng)
            if self.by_noise and noise is not None
            else self.target.start(self.n, self.rng)
        )

    def advance(self) -> Walked:
        options = cast(cards.AnnealedLangevinKnobs, self.knobs)
        turn = self.steps % (len(self._ladder) * options.steps)
        if turn == 0 and self.steps:
            self._begin()
        rung, within = divmod(turn, options.steps)
        index, value = self._ladder[rung]
        if self.by_noise:
            assert self.target.noise_levels is not None
            slope = self.target.noise_levels.score(self.x, index)
            eta = options.step_size * (value / self._ladder[-1][1]) ** 2
        else:
            assert self.target.gradient is not None
            slope = value * self.target.gradient(self.x)
            eta = options.step_size / value
        before = self.x
        kick = self.rng.standard_normal(before.shape)
        self.x = checked(before + eta / 2 * slope + math.sqrt(eta) * kick, "An annealed Langevin chain")
        self.steps += 1
        done = turn == len(self._ladder) * options.steps - 1
        return Walked(before, self.x, self.x if done else self.x[:0], rung, value, within == 0)

    def events(self, change: Walked, chain: int = 0) -> tuple[Event, ...]:
        move = Move(chain, point(change.before[chain]), point(change.after[chain]))
        if not change.entered:
            return (move,)
        name = "noise" if self.by_noise else "inverse temperature"
        return Level(change.level, len(self._ladder), change.value, name), move

    def collect(self, n: int) -> Array:
        """n samples, each chain's from a descent of its own."""
        return self.gathered(n)
