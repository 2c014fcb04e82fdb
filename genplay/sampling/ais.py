"""Annealed importance sampling [1]: reach p from a broad q through f_β = q^{1−β} f^β, and keep the books.

A chain starts at x ~ q and passes β = 0 … 1; at every rung its log weight grows by (β' − β) (log f(x) − log q(x)), then
Metropolis' moves let it settle on f_β'. The mean of the weights is Z, without bias, but its logarithm, and still more the
mean log weight, lies below log Z: AIS *under*estimates, quietly, when chains miss a mode. Run backwards from exact samples
of p [2] the same books give 1 / Z and err upwards. Where the two meet, log Z is known.

[1] Neal 2001.  [2] Grosse, Ghahramani and Adams 2015 (bidirectional Monte Carlo).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput, Failure
from genplay.knobs import Knobs
from genplay.quantity import Quantity, bound, estimate
from genplay.sampling import cards
from genplay.sampling.base import Change, Sampler, accept, log_ratio
from genplay.sampling.broad import Broad
from genplay.sampling.events import Event, Level, Move, Weight, point
from genplay.sampling.metropolis import flipped
from genplay.sampling.target import Target
from genplay.sampling.weights import effective, log_mean

__all__ = ["AIS"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Annealed(Change):
    """One rung: the inverse temperature reached and the log weights so far (n,)."""

    level: int
    beta: float
    log_weight: Array


@dataclass(eq=False)
class _Climb:
    """Chains on their way between q and f: where they are, log f and log q there, and their log weights."""

    x: Array
    log_f: Array
    log_q: Array
    log_w: Array


class AIS(Sampler[Annealed]):
    """Chains climb from q to f; with direction 'both', as many go down from exact samples at the same time."""

    card = cards.AIS

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
        self.options = cast(cards.AISKnobs, knobs)
        if self.options.direction == "both" and (target.draws is None or not target.draws.exact):
            raise BadInput(
                f"direction cannot be 'both' here: going down starts from exact samples, and {target.title} has none."
            )
        self._broad = Broad.for_target(target, "gaussian")
        # Most of the change comes where f begins to count: rungs are close together near β = 0.
        self.betas = np.linspace(0.0, 1.0, self.options.levels + 1) ** 2
        self.upward: list[Array] = []
        self.downward: list[Array] = []
        self._begin()

    def _begin(self) -> None:
        self._up = self._climb(self._broad.draw(self.n, self.rng))
        self._down: _Climb | None = None
        if self.options.direction == "both":
            assert self.target.draws is not None
            self._down = self._climb(self.target.draws.draw(self.n, self.rng))
        self.x = self._up.x

    def _climb(self, x: Array) -> _Climb:
        return _Climb(x, self._log_density(x), self._broad.log_prob(x), np.zeros(len(x)))

    def advance(self) -> Annealed:
        levels = self.options.levels
        turn = self.steps % levels
        if turn == 0 and self.steps:
            self._begin()
        up, before = self._up, self._up.x
        low, high = self.betas[turn], self.betas[turn + 1]
        up.log_w = up.log_w + (high - low) * (up.log_f - up.log_q)
        self._settle(up, high, count=True)
        if self._down is not None:
            # The same rungs from above: settle on β, then step down to the one below.
            down = self._down
            b, a = self.betas[levels - turn], self.betas[levels - turn - 1]
            self._settle(down, b, count=False)
            down.log_w = down.log_w + (b - a) * (down.log_q - down.log_f)
        self.x = up.x
        self.steps += 1
        done = turn == levels - 1
        if done:
            self.upward.append(up.log_w)
            if self._down is not None:
                self.downward.append(self._down.log_w)
        return Annealed(before, up.x, up.x if done else up.x[:0], turn, float(high), up.log_w)

    def _settle(self, climb: _Climb, beta: float, count: bool) -> None:
        """Metropolis' moves that leave q^{1−β} f^β alone: flips of one pixel, or walks of all lengths up to a quarter of the box."""
        for _ in range(self.options.moves):
            if self.target.world == "digits":
                y = flipped(climb.x, 1, self.rng)
            else:
                scale = self.target.box.width * 4.0 ** -self.rng.uniform(1.0, 3.5, (self.n, 1))
                y = climb.x + scale * self.rng.standard_normal(climb.x.shape)
            log_f, log_q = self._log_density(y), self._broad.log_prob(y)
            gain = beta * log_ratio(log_f, climb.log_f) + (1 - beta) * (log_q - climb.log_q)
            taken, _ = accept(gain, self.rng)
            climb.x = np.where(taken[:, None], y, climb.x)
            climb.log_f = np.where(taken, log_f, climb.log_f)
            climb.log_q = np.where(taken, log_q, climb.log_q)
            if count:
                self.proposed += taken.size
                self.accepted += int(taken.sum())

    def events(self, change: Annealed, chain: int = 0) -> tuple[Event, ...]:
        at, to = point(change.before[chain]), point(change.after[chain])
        return (
            Level(change.level, self.options.levels, change.beta, "inverse temperature"),
            Weight(chain, at, float(change.log_weight[chain])),
            Move(chain, at, to),
        )

    def collect(self, n: int) -> Array:
        """n draws out of the chains that arrived, with probabilities ∝ their weights."""
        while True:
            found = self.advance()
            if len(found.drawn):
                break
        x, log_w = [found.drawn], [found.log_weight]
        while len(x) * self.n < 2 * n:
            found = self.advance()
            if len(found.drawn):
                x.append(found.drawn)
                log_w.append(found.log_weight)
        weights = np.concatenate(log_w)
        if not np.isfinite(weights).any():
            raise Failure(f"No chain arrived where {self.target.title} has any density.")
        w = np.exp(weights - weights.max())
        return np.concatenate(x)[self.rng.choice(len(w), n, p=w / w.sum())]

    def results(self) -> dict[str, Quantity]:
        """log Z from above and from below, once a climb has ended; see the file's first lines."""
        found = super().results()
        for name, parts, sign in (("forward", self.upward, 1.0), ("reverse", self.downward, -1.0)):
            if not parts:
                continue
            log_w = np.concatenate(parts)
            value, stderr = log_mean(log_w)
            how = f"{name} AIS, {len(log_w):,} chains, {self.options.levels} levels"
            found[f"log_z_{name}"] = estimate(sign * value, stderr, how)
            mean = float(log_w.mean())
            error = float(log_w.std() / np.sqrt(len(log_w))) if np.isfinite(mean) else None
            side: Literal["lower", "upper"] = "lower" if sign > 0 else "upper"
            found[f"log_z_{side}"] = bound(
                sign * mean,
                side,
                f"mean log weight, {how}: a bound on average",
                error,
            )
        if self.upward:
            log_w = np.concatenate(self.upward)
            found["ess"] = estimate(
                effective(log_w), None, "(Σw)² / Σw² of the forward chains", unit="chains"
            )
        return found
