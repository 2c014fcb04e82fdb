"""Ancestral sampling: follow the story by which the distribution says its data came to be, causes first.

With the chain rule p(x) = Π_j p(x_j | the ones before j) that is one pixel after another, each drawn given those before;
with latent causes it is z ~ p(z), then x ~ p(x | z), which is what a model's or a law's own direct draws do. The samples
are independent: there is no warm-up, and nothing to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Change, Sampler
from genplay.sampling.events import Draw, Event, point
from genplay.sampling.target import Target

__all__ = ["Ancestral"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drawn(Change):
    """The pixel that was drawn (−1: all at once) with each chain's probability of it being lit (n,)."""

    pixel: int
    probability: Array


class Ancestral(Sampler[Drawn]):
    """``place`` is how many pixels of the present images are drawn; with direct draws a step makes whole samples."""

    card = cards.ANCESTRAL

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        super().__init__(target, knobs, rng, chains, start)
        self.place = 0
        if target.chain_rule is not None:
            self.x = np.zeros((self.n, target.dim))

    def advance(self) -> Drawn:
        self.steps += 1
        before, rule = self.x, self.target.chain_rule
        if rule is None:
            assert self.target.draws is not None
            self.x = self.target.draws.draw(self.n, self.rng)
            return Drawn(before, self.x, self.x, -1, np.ones(self.n))
        if self.place == 0:
            before = np.zeros_like(before)
        pixel = rule.order[self.place]
        lit = rule.lit(before, pixel)
        self.x = before.copy()
        self.x[:, pixel] = self.rng.random(self.n) < lit
        self.place = (self.place + 1) % self.target.dim
        return Drawn(before, self.x, self.x if self.place == 0 else self.x[:0], pixel, lit)

    def events(self, change: Drawn, chain: int = 0) -> tuple[Event, ...]:
        at = point(change.after[chain])
        return (Draw(chain, at, change.pixel, float(change.probability[chain])),)

    def collect(self, n: int) -> Array:
        """n independent samples."""
        return self.gathered(n)
