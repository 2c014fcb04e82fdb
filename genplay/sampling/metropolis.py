"""Metropolis–Hastings [1, 2]: propose y ~ q(y | x), and take it with probability min(1, p(y) q(x | y) / p(x) q(y | x)).

Only a ratio of densities is needed, so Z drops out. Walking, q is symmetric and drops out too: on the plane
y = x + step · ξ with ξ ~ N(0, I), for images a few pixels chosen at random are flipped. Independent proposals come from a
broad q(y) whatever x is: few are taken, but those that are cross any valley.

[1] Metropolis et al. 1953.  [2] Hastings 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Change, Mask, Sampler, accept, log_ratio
from genplay.sampling.broad import Broad
from genplay.sampling.events import Accept, Event, Propose, Reject, point
from genplay.sampling.target import Target

__all__ = ["Metropolis", "flipped"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked(Change):
    """A step with a proposal (n, d), the probability of taking it and whether it was taken, (n,) each."""

    proposal: Array
    probability: Array
    taken: Mask


class Metropolis(Sampler[Asked]):
    """``log_f`` (n,) is the log density where the chains are."""

    card = cards.METROPOLIS

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        super().__init__(target, knobs, rng, chains, start)
        assert target.log_density is not None
        self._log_density = target.log_density
        self._broad = Broad.for_target(target, "gaussian")
        self.log_f = self._log_density(self.x)

    def advance(self) -> Asked:
        knobs, x = cast(cards.MetropolisKnobs, self.knobs), self.x
        correction: Array | float = 0.0
        if knobs.proposal == "independent":
            y = self._broad.draw(len(x), self.rng)
            correction = log_ratio(self._broad.log_prob(x), self._broad.log_prob(y))
        elif self.target.world == "digits":
            y = flipped(x, min(knobs.flips, self.target.dim), self.rng)
        else:
            y = x + knobs.step * self.rng.standard_normal(x.shape)
        new = self._log_density(y)
        taken, probability = accept(log_ratio(new, self.log_f) + correction, self.rng)
        self.x = np.where(taken[:, None], y, x)
        self.log_f = np.where(taken, new, self.log_f)
        self._count(taken)
        return Asked(x, self.x, self.x, y, probability, taken)

    def events(self, change: Asked, chain: int = 0) -> tuple[Event, ...]:
        return asked_events(change, chain)


def asked_events(change: Asked, chain: int) -> tuple[Event, ...]:
    """Propose, then accept or reject."""
    at, to = point(change.before[chain]), point(change.proposal[chain])
    verdict: Event = Accept(chain, to) if change.taken[chain] else Reject(chain, at)
    return Propose(chain, at, to, float(change.probability[chain])), verdict


def flipped(x: Array, count: int, rng: np.random.Generator) -> Array:
    """Images (n, d) with so many different pixels of each flipped, chosen at random."""
    y = x.copy()
    rows = np.arange(len(x))
    if count == 1:
        pixel = rng.integers(0, x.shape[1], len(x))
        y[rows, pixel] = 1 - y[rows, pixel]
        return y
    order = np.argsort(rng.random(x.shape), axis=1)[:, :count]
    y[rows[:, None], order] = 1 - y[rows[:, None], order]
    return y
