"""All images in the order of their probability, without sorting them: a histogram of the table of log p, refined where asked.

The histogram has 2^14 bins between the least and the largest finite log p. What is asked of one place in the order (the k-th
image, how many images hold a share of the mass) is then exact after a look at the members of one bin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.basins import Codes, Tick, pixels_of, silent

__all__ = ["Ranking"]

Array = NDArray[np.float64]
BINS = 1 << 14
PIECE = 1 << 17
"""Counting holds Python's lock: in pieces of this size for less than a millisecond at a time."""


class Ranking:
    """The order of the table ``log_p`` (2^n,), most probable first. Ranks count from 1; images of equal p share the best.

    ``mass`` is Σ p, ``entropy`` −Σ p log p in nats, ``impossible`` the number of images with p = 0.
    """

    def __init__(self, log_p: Array, tick: Tick = silent) -> None:
        pixels_of(log_p)
        self.log_p = log_p
        pieces = [slice(s, min(s + PIECE, len(log_p))) for s in range(0, len(log_p), PIECE)]
        self.pieces = pieces
        low, high, self.impossible = np.inf, -np.inf, 0
        for part in pieces:
            values = log_p[part]
            least = values.min()
            if least == -np.inf:
                values = values[np.isfinite(values)]
                self.impossible += len(log_p[part]) - len(values)
                least = values.min(initial=np.inf)
            low, high = min(low, float(least)), max(high, float(values.max(initial=-np.inf)))
            tick(0.2 * part.stop / len(log_p))
        if high == -np.inf:
            raise ValueError("no image has a probability above 0")
        self.low, self.high = low, high
        self._scale = (BINS - 1) / (high - low) if high > low else 0.0
        self._count = np.zeros(BINS, np.int64)
        self._mass = np.zeros(BINS)
        self.entropy = 0.0
        for part in pieces:
            values = log_p[part]
            if self.impossible:
                values = values[np.isfinite(values)]
            p = np.exp(values)
            self.entropy -= float(np.vdot(p, values))
            bins = self._bin(values)
            self._count += np.bincount(bins, minlength=BINS)
            self._mass += np.bincount(bins, p, minlength=BINS)
            tick(0.2 + 0.8 * part.stop / len(log_p))
        self.mass = float(self._mass.sum())
        # From the most probable bin down: how many images and how much mass lie above each bin.
        self._above = np.r_[np.cumsum(self._count[::-1])[::-1][1:], 0]
        self._mass_above = np.r_[np.cumsum(self._mass[::-1])[::-1][1:], 0.0]

    def _bin(self, values: Array) -> NDArray[np.int32]:
        return ((values - self.low) * self._scale).astype(np.int32)

    def _members(self, bin: int) -> Codes:
        """The codes of all images of one bin, or (−1) of all that are impossible."""
        # Borders a hair wider than the bin: who truly is in it is asked again.
        step = 1 / self._scale if self._scale else 1.0
        low, high = self.low + (bin - 0.01) * step, self.low + (bin + 1.01) * step
        found = []
        for part in self.pieces:
            values = self.log_p[part]
            near = np.flatnonzero((values >= low) & (values <= high))
            found.append(part.start + near[self._bin(values[near]) == bin])
        return np.concatenate(found)

    def top(self, k: int) -> Codes:
        """The codes of the k most probable images, best first (of equal ones the smaller code)."""
        k = max(1, min(k, int(self._count.sum())))
        bin = int(np.flatnonzero(self._above < k)[0])
        least = self.low + (bin - 0.01) / self._scale if self._scale else -np.inf
        codes = np.concatenate([p.start + np.flatnonzero(self.log_p[p] >= least) for p in self.pieces])
        values = self.log_p[codes]
        if len(codes) > 4 * k:
            # A bin with many equal images: those that cannot be among the k go before anything is sorted.
            worst = np.partition(values, len(values) - k)[len(values) - k]
            codes, values = codes[values >= worst], values[values >= worst]
        return codes[np.argsort(-values, kind="stable")[:k]].astype(np.int64)

    def place(self, value: float) -> tuple[int, float]:
        """The rank of an image with this log p, and the mass of all images that are more probable."""
        if value == -np.inf:
            return len(self.log_p) - self.impossible + 1, self.mass
        bin = int(self._bin(np.array([value]))[0])
        inside = self.log_p[self._members(bin)]
        better = inside[inside > value]
        return int(self._above[bin]) + len(better) + 1, float(self._mass_above[bin] + np.exp(better).sum())

    def holding(self, share: float) -> int:
        """The least number of images that together hold this share of the mass (0 < share ≤ 1)."""
        wanted = share * self.mass
        # A share of 1 asks for all mass, which rounding may never quite reach.
        reached = np.flatnonzero(self._mass_above < wanted * (1 - 1e-12))
        bin = int(reached[0])
        inside = np.sort(self.log_p[self._members(bin)])[::-1]
        needed = np.searchsorted(self._mass_above[bin] + np.cumsum(np.exp(inside)), wanted * (1 - 1e-12))
        return int(self._above[bin] + min(int(needed) + 1, len(inside)))

    def level(self, rank: int) -> float:
        """A log p at or a little below that of the image of this rank: the lower border of its bin."""
        bin = int(np.flatnonzero(self._above < max(1, min(rank, int(self._count.sum()))))[0])
        return self.low + (bin - 0.01) / self._scale if self._scale else self.low

    def profile(self, points: int = 400) -> tuple[NDArray[np.int64], Array]:
        """log p against rank: ranks, nearly even on a log axis, and log p there, within one part in 16,384 of its range."""
        finite = int(self._count.sum())
        ranks = np.unique(np.geomspace(1, finite, points).round().astype(np.int64))
        exact = min(finite, 1024)
        best = self.log_p[self.top(exact)]
        # above[bin] falls with the bin: the bin of a rank is the lowest one with fewer images above it than the rank.
        bins = len(self._above) - np.searchsorted(self._above[::-1], ranks, side="left")
        values = self.low + (bins + 0.5) / self._scale if self._scale else np.full(len(ranks), self.low)
        values = np.clip(values, self.low, self.high)
        values[ranks <= exact] = best[ranks[ranks <= exact] - 1]
        return ranks, values
