"""Importance sampling [1]: draw from a broad q instead of p, and weigh every draw by w(x) = f(x) / q(x).

    ∫ g p ≈ Σ_i w_i g(x_i) / Σ_i w_i,     Z ≈ 1/n Σ_i w_i,     effective sample size (Σ w)² / Σ w²  [2]

Nothing is thrown away, but when q misses p a handful of draws carries all the weight, and the effective sample size says so.
Samples without weights are drawn again from these with probabilities ∝ w (resampling).

[1] Kahn and Marshall 1953.  [2] Kong 1992.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.errors import Failure
from genplay.knobs import Knobs
from genplay.quantity import Quantity, estimate
from genplay.sampling import cards
from genplay.sampling.base import Change, Sampler
from genplay.sampling.broad import Broad
from genplay.sampling.events import Event, Weight, point
from genplay.sampling.target import Target
from genplay.sampling.weights import effective, log_mean

__all__ = ["Importance"]

Array = NDArray[np.float64]
KEPT = 200_000


@dataclass(frozen=True, eq=False)
class Weighed(Change):
    """A step of n fresh draws with their log weights (n,)."""

    log_weight: Array


class Importance(Sampler[Weighed]):
    """``draws`` (m, d) and ``log_weights`` (m,) are all that was drawn, the last 200,000."""

    card = cards.IMPORTANCE

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
        self._broad = Broad.for_target(target, cast(cards.ImportanceKnobs, knobs).proposal)
        self._parts: list[tuple[Array, Array]] = []

    def advance(self) -> Weighed:
        before = self.x
        self.x = self._broad.draw(self.n, self.rng)
        log_w = self._log_density(self.x) - self._broad.log_prob(self.x)
        log_w = np.where(np.isnan(log_w), -np.inf, log_w)
        self._parts.append((self.x, log_w))
        if len(self._parts) * self.n > KEPT + self.n:
            self._parts.pop(0)
        self.steps += 1
        return Weighed(before, self.x, self.x, log_w)

    @property
    def draws(self) -> Array:
        return np.concatenate([x for x, _ in self._parts]) if self._parts else self.x[:0]

    @property
    def log_weights(self) -> Array:
        return np.concatenate([w for _, w in self._parts]) if self._parts else np.zeros(0)

    def events(self, change: Weighed, chain: int = 0) -> tuple[Event, ...]:
        return (Weight(chain, point(change.after[chain]), float(change.log_weight[chain])),)

    def collect(self, n: int) -> Array:
        """n draws out of the weighted ones, with probabilities ∝ w; near p when the effective size is far above n."""
        pool = cast(cards.ImportanceKnobs, self.knobs).pool
        while len(self._parts) * self.n < min(pool, KEPT):
            self.advance()
        log_w = self.log_weights
        if not np.isfinite(log_w).any():
            raise Failure(f"None of {len(log_w):,} draws fell where {self.target.title} has any density.")
        w = np.exp(log_w - log_w.max())
        return self.draws[self.rng.choice(len(w), n, p=w / w.sum())]

    def results(self) -> dict[str, Quantity]:
        log_w = self.log_weights
        if not len(log_w) or not np.isfinite(log_w).any():
            return {}
        value, stderr = log_mean(log_w)
        return {
            "log_z": estimate(value, stderr, f"log of the mean of {len(log_w):,} weights"),
            "ess": estimate(effective(log_w), None, f"(Σw)² / Σw² of {len(log_w):,} draws", unit="draws"),
        }
