"""Langevin dynamics [1]: walk uphill with noise, x ← x + (η/2) ∇log p(x) + √η ξ,  ξ ~ N(0, I).

Unadjusted (ULA) it only comes near p: its own law is p blurred by the length of the step. Adjusted (MALA [1]) each step
is a proposal with q(y | x) = N(x + (η/2) ∇log p(x), η I), taken or refused by Metropolis' rule, and the law is p itself.

[1] Roberts and Tweedie 1996.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.quantity import Quantity
from genplay.sampling import cards
from genplay.sampling.base import Sampler, accept, checked, log_ratio
from genplay.sampling.events import Event, Move, point
from genplay.sampling.metropolis import Asked, asked_events
from genplay.sampling.target import Target

__all__ = ["Langevin"]

Array = NDArray[np.float64]


class Langevin(Sampler[Asked]):
    """``slope`` (n, 2) and, adjusted, ``log_f`` (n,) belong to where the chains are."""

    card = cards.LANGEVIN

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        super().__init__(target, knobs, rng, chains, start)
        assert target.gradient is not None
        self._gradient = target.gradient
        self.adjusted = cast(cards.LangevinKnobs, knobs).adjusted
        self.slope = self._gradient(self.x)
        self.log_f = self._at(self.x)

    def _at(self, x: Array) -> Array:
        """log f where it is needed."""
        if not self.adjusted:
            return np.zeros(len(x))
        assert self.target.log_density is not None
        return self.target.log_density(x)

    def advance(self) -> Asked:
        eta, x = cast(cards.LangevinKnobs, self.knobs).step_size, self.x
        kick = self.rng.standard_normal(x.shape)
        y = checked(x + eta / 2 * self.slope + math.sqrt(eta) * kick, "A Langevin chain")
        slope, new = self._gradient(y), self._at(y)
        if self.adjusted:
            # The kick that would lead back from y to x.
            back = (x - y - eta / 2 * slope) / math.sqrt(eta)
            correction = 0.5 * (np.square(kick).sum(axis=1) - np.square(back).sum(axis=1))
            taken, probability = accept(log_ratio(new, self.log_f) + correction, self.rng)
        else:
            taken, probability = np.ones(len(x), np.bool_), np.ones(len(x))
        self.x = np.where(taken[:, None], y, x)
        self.slope = np.where(taken[:, None], slope, self.slope)
        self.log_f = np.where(taken, new, self.log_f)
        self._count(taken)
        return Asked(x, self.x, self.x, y, probability, taken)

    def events(self, change: Asked, chain: int = 0) -> tuple[Event, ...]:
        if self.adjusted:
            return asked_events(change, chain)
        return (Move(chain, point(change.before[chain]), point(change.after[chain])),)

    def results(self) -> dict[str, Quantity]:
        return super().results() if self.adjusted else {}
