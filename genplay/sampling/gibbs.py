"""Gibbs sampling [1]: draw some coordinates anew from their conditional law given all the others, again and again.

For images a pixel's conditional needs two densities, p(x_j = 1 | rest) = σ(log f(x_j = 1) − log f(x_j = 0)), and a block
of five pixels 2⁵ = 32. Every such move is taken. On the plane a coordinate's conditional is a curve: it is computed in 64
cells across the box, a point is drawn from that staircase, and Metropolis' rule repairs what the staircase blurs, so the
law is exact (the target cut to a box half as wide again).

[1] Geman and Geman 1984.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs
from genplay.sampling import cards
from genplay.sampling.base import Change, Mask, Sampler, accept, log_ratio
from genplay.sampling.events import Accept, Event, Flip, Propose, Reject, point
from genplay.sampling.target import Target
from genplay.spaces.binary import SIDE

__all__ = ["Gibbs"]

Array = NDArray[np.float64]
CELLS = 64


@dataclass(frozen=True, eq=False)
class Redrawn(Change):
    """A step that drew these coordinates (n, k) anew, ``probability`` (n, k) of each being lit (images) or taken (n, 1)."""

    coordinates: NDArray[np.int64]
    probability: Array
    proposal: Array
    taken: Mask


class Gibbs(Sampler[Redrawn]):
    """One coordinate, or one block of pixels, a step; ``scan`` says which comes next."""

    card = cards.GIBBS

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
        self._wide = target.box.grown(1.5)

    @property
    def options(self) -> cards.GibbsKnobs:
        return cast(cards.GibbsKnobs, self.knobs)

    def advance(self) -> Redrawn:
        if self.target.world == "plane":
            return self._line()
        return self._pixels()

    def _next(self, k: int) -> NDArray[np.int64]:
        """The coordinates (n, k) whose turn it is: neighbours in raster order, or chosen at random for each chain."""
        d = self.target.dim
        if self.options.scan == "sweep":
            return np.tile((self.steps * k + np.arange(k)) % d, (self.n, 1))
        if k == 1:
            return self.rng.integers(0, d, (self.n, 1))
        return np.argsort(self.rng.random((self.n, d)), axis=1)[:, :k]

    def _pixels(self) -> Redrawn:
        k = min(SIDE, self.target.dim) if self.options.block == "block" else 1
        which = self._next(k)
        patterns = ((np.arange(1 << k)[:, None] >> np.arange(k)) & 1).astype(np.float64)
        rows = np.arange(self.n)
        tried = np.repeat(self.x[:, None], len(patterns), axis=1)
        tried[rows[:, None, None], np.arange(len(patterns))[:, None], which[:, None]] = patterns
        log_f = self._log_density(tried.reshape(-1, self.target.dim)).reshape(self.n, -1)
        # Where every pattern is impossible nothing is known, and all are equally good.
        log_f = np.where(np.isneginf(log_f).all(axis=1, keepdims=True), 0.0, log_f)
        weight = np.exp(log_f - log_f.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        edges = np.cumsum(weight, axis=1)
        chosen = np.minimum((edges < self.rng.random((self.n, 1))).sum(axis=1), len(patterns) - 1)
        before, after = self.x, self.x.copy()
        after[rows[:, None], which] = patterns[chosen]
        self.x = after
        self._count(np.ones(self.n, np.bool_))
        return Redrawn(before, after, after, which, weight @ patterns, after, np.ones(self.n, np.bool_))

    def _line(self) -> Redrawn:
        axis = int(self._next(1)[0, 0]) if self.options.scan == "sweep" else int(self.rng.integers(2))
        box = self._wide
        low, width = (box.x0, box.width) if axis == 0 else (box.y0, box.height)
        centres = low + width * (np.arange(CELLS) + 0.5) / CELLS
        tried = np.repeat(self.x[:, None], CELLS + 1, axis=1)
        tried[:, :CELLS, axis] = centres
        log_f = self._log_density(tried.reshape(-1, 2)).reshape(self.n, -1)
        stairs, here = log_f[:, :CELLS], log_f[:, CELLS]
        # A little is left to every cell: what a staircase misses between its centres can still be proposed.
        top = stairs.max(axis=1, keepdims=True)
        mass = np.exp(stairs - np.where(np.isneginf(top), 0.0, top)) + 1e-3 / CELLS
        edges = np.cumsum(mass, axis=1)
        u = self.rng.random(self.n) * edges[:, -1]
        cell = np.minimum((edges < u[:, None]).sum(axis=1), CELLS - 1)
        y = self.x.copy()
        y[:, axis] = low + width * (cell + self.rng.random(self.n)) / CELLS
        rows = np.arange(self.n)
        home = np.floor((self.x[:, axis] - low) / width * CELLS).astype(np.int64)
        inside = (home >= 0) & (home < CELLS)
        back = np.where(inside, mass[rows, np.clip(home, 0, CELLS - 1)], mass[rows, cell])
        new = self._log_density(y)
        taken, probability = accept(log_ratio(new, here) + np.log(back / mass[rows, cell]), self.rng)
        before = self.x
        self.x = np.where(taken[:, None], y, before)
        self._count(taken)
        coordinates = np.full((self.n, 1), axis)
        return Redrawn(before, self.x, self.x, coordinates, probability[:, None], y, taken)

    def events(self, change: Redrawn, chain: int = 0) -> tuple[Event, ...]:
        if self.target.world == "plane":
            at, to = point(change.before[chain]), point(change.proposal[chain])
            verdict: Event = Accept(chain, to) if change.taken[chain] else Reject(chain, at)
            return Propose(chain, at, to, float(change.probability[chain, 0])), verdict
        return tuple(
            Flip(
                chain,
                int(j),
                bool(change.after[chain, j]),
                float(p),
                bool(change.after[chain, j] != change.before[chain, j]),
            )
            for j, p in zip(change.coordinates[chain], change.probability[chain], strict=True)
        )
