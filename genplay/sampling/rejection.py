"""Rejection sampling [1]: throw darts under a roof M q(x) that lies above f(x) everywhere; keep those that fall under f.

A proposal x ~ q is kept with probability f(x) / (M q(x)). Those kept follow p exactly and are independent; the share kept is
Z / M, so the roof must be tight, and in many dimensions none is. On the plane M is found on a grid and refined; for images
it is the largest value over all 2^25 where the target gives them, else over hill climbs.

[1] von Neumann 1951.
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
from genplay.sampling.base import Change, Mask, Sampler, accept
from genplay.sampling.broad import Broad
from genplay.sampling.events import Accept, Event, Propose, Reject, point
from genplay.sampling.target import Target
from genplay.spaces.binary import PIXELS, blocks
from genplay.spaces.plane import Grid

__all__ = ["Rejection"]

Array = NDArray[np.float64]
CELLS = 192
MOST_TRIES = 20_000_000


@dataclass(frozen=True, eq=False)
class Thrown(Change):
    """A step with its proposals (n, d), how probable it was that each is kept, and whether it was, (n,) each."""

    proposal: Array
    probability: Array
    kept: Mask


class Rejection(Sampler[Thrown]):
    """``log_roof`` is log M; ``broken`` counts proposals at which f was above the roof. ``x`` is the last kept of each chain."""

    card = cards.REJECTION

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
        options = cast(cards.RejectionKnobs, knobs)
        self._log_density = target.log_density
        self._broad = Broad.for_target(target, options.proposal)
        self.log_roof = self._highest() + float(np.log(options.margin))
        self.broken = 0

    def _worth(self, x: Array) -> Array:
        """log f(x) − log q(x)."""
        with np.errstate(invalid="ignore"):
            worth = self._log_density(x) - self._broad.log_prob(x)
        return np.where(np.isnan(worth), -np.inf, worth)

    def _highest(self) -> float:
        if self.target.world == "plane":
            found = self._highest_on_plane()
        elif self.target.blocks is not None and self.target.dim == PIXELS:
            block = self.target.blocks()
            top = max(float(block(start, stop).max()) for start, stop in blocks())
            found = top + PIXELS * float(np.log(2))
        else:
            found = self._highest_by_climbing()
        if not np.isfinite(found):
            raise Failure(f"{self.target.title} has no density that a roof could be built over.")
        return found

    def _highest_on_plane(self) -> float:
        grid = Grid(self._broad.box, CELLS)
        points = grid.points()
        worth = self._worth(points)
        best = np.argsort(worth)[-16:]
        x, height = points[best], worth[best]
        step = self._broad.box.width / CELLS
        around = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)], np.float64)
        for _ in range(48):
            tried = (x[:, None] + step * around).reshape(-1, 2)
            heights = self._worth(tried).reshape(len(x), -1)
            pick = heights.argmax(axis=1)
            x, height = tried.reshape(len(x), -1, 2)[np.arange(len(x)), pick], heights.max(axis=1)
            step *= 0.8
        return float(height.max())

    def _highest_by_climbing(self) -> float:
        x = self._broad.draw(64, np.random.default_rng(0))
        height = self._worth(x)
        while True:
            tried = np.abs(x[:, None] - np.eye(self.target.dim)).reshape(-1, self.target.dim)
            heights = self._worth(tried).reshape(len(x), -1)
            pick, best = heights.argmax(axis=1), heights.max(axis=1)
            better = best > height
            if not better.any():
                return float(height.max())
            x = np.where(better[:, None], tried.reshape(*heights.shape, -1)[np.arange(len(x)), pick], x)
            height = np.maximum(height, best)

    def advance(self) -> Thrown:
        before = self.x
        y = self._broad.draw(self.n, self.rng)
        log_share = self._worth(y) - self.log_roof
        self.broken += int((log_share > 1e-9).sum())
        kept, probability = accept(log_share, self.rng)
        self.x = np.where(kept[:, None], y, before)
        self._count(kept)
        return Thrown(before, self.x, y[kept], y, probability, kept)

    def events(self, change: Thrown, chain: int = 0) -> tuple[Event, ...]:
        to = point(change.proposal[chain])
        verdict: Event = Accept(chain, to) if change.kept[chain] else Reject(chain, to)
        return Propose(chain, to, to, float(change.probability[chain])), verdict

    def collect(self, n: int) -> Array:
        """n independent samples; raises ``Failure`` where hardly any proposal is kept."""
        parts: list[Array] = []
        count = 0
        while count < n:
            parts.append(self.advance().drawn)
            count += len(parts[-1])
            if self.proposed >= MOST_TRIES:
                raise Failure(
                    f"Only {self.accepted:,} of {self.proposed:,} proposals were kept: the roof is far too high above "
                    "this density. Try metropolis or gibbs."
                )
        return np.concatenate(parts)[:n]

    def results(self) -> dict[str, Quantity]:
        found = super().results()
        if self.accepted:
            share = found["acceptance"]
            assert share.stderr is not None
            log_z = self.log_roof + float(np.log(share.value))
            found["log_z"] = estimate(log_z, share.stderr / share.value, "log M plus log of the share kept")
        if self.broken:
            found["roof_broken"] = estimate(
                self.broken,
                None,
                "proposals at which the density was above the roof: raise the margin",
                unit="",
            )
        return found
