"""What all samplers share: chains, a step for all of them at once, events of one of them, and the samples that come out.

``advance`` draws random numbers and moves every chain; ``events`` only tells what it did to one chain. So a sampler that
is watched event by event and one that runs at full speed do exactly the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput, Failure
from genplay.knobs import Knobs
from genplay.quantity import Quantity, estimate
from genplay.sampling.card import ChainKnobs, SamplerCard
from genplay.sampling.events import Event
from genplay.sampling.target import Target
from genplay.spaces.one_thread import one_thread

__all__ = ["Change", "Sampler", "accept", "checked"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
FAR = 1e9
"""Whoever is out there will not come back."""


@dataclass(frozen=True, eq=False)
class Change:
    """What one step did. ``drawn`` (m, d) are the samples that came out of it (for chains: where they are now)."""

    before: Array
    after: Array
    drawn: Array


C = TypeVar("C", bound=Change)


class Sampler(Generic[C]):
    """Chains ``x`` (n, d) on a target. A subclass implements ``advance`` and ``events``."""

    card: ClassVar[SamplerCard]

    def __init__(
        self,
        target: Target,
        knobs: Knobs,
        rng: np.random.Generator,
        chains: int | None = None,
        start: Array | None = None,
    ) -> None:
        reason = self.card.why_not(target)
        if reason:
            raise BadInput(f"The sampler '{self.card.id}' cannot be used here: {reason}")
        self.target, self.knobs, self.rng = target, knobs, rng
        self.n = chains or int(getattr(knobs, "chains", 1))
        self.x = target.start(self.n, rng) if start is None else np.array(start, np.float64)
        self.steps = 0
        self.proposed = 0
        self.accepted = 0

    def advance(self) -> C:
        """One step of all chains."""
        raise NotImplementedError

    def events(self, change: C, chain: int = 0) -> tuple[Event, ...]:
        """What a step did to one chain, in order."""
        raise NotImplementedError

    def step(self, chain: int = 0) -> tuple[Event, ...]:
        """One step of all chains, told for one of them."""
        return self.events(self.advance(), chain)

    def run(self, n_steps: int) -> Array:
        """n steps at full speed; the chains after each, (n_steps, n, d)."""
        trace = np.empty((n_steps, *self.x.shape))
        with one_thread():
            for t in range(n_steps):
                self.advance()
                trace[t] = self.x
        return trace

    def sample(self, n: int) -> Array:
        """n samples (n, d) from where the sampler stands now."""
        with one_thread():
            return self.collect(n)

    def collect(self, n: int) -> Array:
        """n samples: of chains after the warm-up, every ``thin``-th step of all of them."""
        knobs = self.knobs
        assert isinstance(knobs, ChainKnobs)
        for _ in range(knobs.warmup - self.steps):
            self.advance()
        parts: list[Array] = []
        while len(parts) * self.n < n:
            for _ in range(knobs.thin):
                self.advance()
            parts.append(self.x.copy())
        return np.concatenate(parts)[:n]

    def gathered(self, n: int) -> Array:
        """n samples as they come out of the steps, without a warm-up: for samplers whose steps draw afresh."""
        parts: list[Array] = []
        count = 0
        while count < n:
            parts.append(self.advance().drawn)
            count += len(parts[-1])
        return np.concatenate(parts)[:n]

    def results(self) -> dict[str, Quantity]:
        """What the sampler can say of its work, by name."""
        if not self.proposed:
            return {}
        share = self.accepted / self.proposed
        stderr = float(np.sqrt(share * (1 - share) / self.proposed))
        return {"acceptance": estimate(share, stderr, f"share of {self.proposed:,} proposals", unit="")}

    def _count(self, accepted: Mask) -> None:
        self.steps += 1
        self.proposed += accepted.size
        self.accepted += int(accepted.sum())


def accept(log_ratio: Array, rng: np.random.Generator) -> tuple[Mask, Array]:
    """Metropolis' rule: take each with probability min(1, e^log_ratio); which were taken, and the probabilities."""
    probability = np.exp(np.minimum(log_ratio, 0.0))
    return rng.random(len(log_ratio)) < probability, probability


def log_ratio(new: Array, old: Array) -> Array:
    """new − old for log densities: from a place of density 0 anywhere is better, and nothing leads to one."""
    with np.errstate(invalid="ignore"):
        ratio = new - old
    ratio = np.where(old == -np.inf, 0.0, ratio)
    return np.where(np.isnan(new), -np.inf, ratio)


def checked(x: Array, what: str) -> Array:
    """The chains, unless they ran away."""
    if not (np.abs(x) < FAR).all():
        raise Failure(f"{what} ran away to infinity: take shorter steps.")
    return x
