"""Hamiltonian Monte Carlo [1]: give the chain a random push and let it roll over the landscape −log p without friction.

With momentum m ~ N(0, I) the total energy is H(x, m) = −log p(x) + ‖m‖²/2. The leapfrog rule
    m ← m + (ε/2) ∇log p(x),   x ← x + ε m,   m ← m + (ε/2) ∇log p(x)
follows the rolling ball nearly without changing H, backwards as well as forwards, and the little it changes is repaired by
Metropolis' rule: take the end of the path with probability min(1, e^{−ΔH}). One step goes far and is mostly taken.

[1] Duane, Kennedy, Pendleton and Roweth 1987; Neal 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Sampler, accept, log_ratio
from genplay.sampling.events import Event, Leapfrog, point
from genplay.sampling.metropolis import Asked, asked_events
from genplay.sampling.target import Target

__all__ = ["HMC"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rolled(Asked):
    """A step with its paths (leaps + 1, n, 2) and the change of H (n,)."""

    path: Array
    energy_error: Array


class HMC(Sampler[Rolled]):
    """``log_f`` (n,) and ``slope`` (n, 2) belong to where the chains are."""

    card = cards.HMC

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
        assert target.log_density is not None
        self._gradient, self._log_density = target.gradient, target.log_density
        self.slope, self.log_f = self._gradient(self.x), self._log_density(self.x)

    def advance(self) -> Rolled:
        knobs, x = cast(cards.HMCKnobs, self.knobs), self.x
        momentum = self.rng.standard_normal(x.shape)
        # A step of ever the same length can go round in circles of ever the same period.
        step = knobs.step * self.rng.uniform(1 - knobs.jitter, 1 + knobs.jitter)
        y, m, slope = x, momentum, self.slope
        path = [x]
        for _ in range(knobs.leaps):
            m = m + step / 2 * slope
            y = y + step * m
            slope = self._gradient(y)
            m = m + step / 2 * slope
            path.append(y)
        sound = np.asarray(np.isfinite(np.hstack([y, m])).all(axis=1), np.bool_)
        y = np.where(sound[:, None], y, x)
        new = np.where(sound, self._log_density(y), -np.inf)
        kinetic = 0.5 * (np.square(m).sum(axis=1) - np.square(momentum).sum(axis=1))
        gain = log_ratio(new, self.log_f) - np.where(sound, kinetic, 0.0)
        taken, probability = accept(gain, self.rng)
        self.x = np.where(taken[:, None], y, x)
        self.slope = np.where(taken[:, None], slope, self.slope)
        self.log_f = np.where(taken, new, self.log_f)
        self._count(taken)
        return Rolled(x, self.x, self.x, y, probability, taken, np.stack(path), -gain)

    def events(self, change: Rolled, chain: int = 0) -> tuple[Event, ...]:
        path = tuple(point(x) for x in change.path[:, chain])
        return Leapfrog(chain, path, float(change.energy_error[chain])), *asked_events(change, chain)
