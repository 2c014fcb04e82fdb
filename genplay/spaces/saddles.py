"""The lowest saddles between the basins of an energy on all images, and the tree in which the minima join.

The barrier between two minima a and b is the least height that a way of single flips from a to b must climb to:
    E(a, b) = min over ways, max over the images x on it, of E(x)
It is exact. A way crosses from basin to basin over pairs of neighbours (x, y), and within a basin the way of steepest descent
never climbs: so E(a, b) is the lowest way in the graph of the basins, whose edge A–B has the height min max(E(x), E(y)) over all
neighbours x in A, y in B. In it the lowest ways are those of its minimum spanning tree (Kruskal 1956); read from the bottom up it
is the disconnectivity graph of physics (Becker and Karplus 1997).

Images are flooded in bands of rising energy, until one basin is left; the last band, which may hold most images, is walked in
pieces, for few basins are then still apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.basins import INNER, Basins, Codes, Tick, descent, pixels_of, silent

__all__ = ["Saddles", "saddles"]

Array = NDArray[np.float64]
PIECE = 1 << 15


@dataclass(frozen=True, eq=False)
class Saddles:
    """The spanning tree of the basins, lowest saddle first: edge i joins basins ``a[i]`` and ``b[i]`` over the neighbours
    ``up[i]`` (the saddle, the less probable one) and ``down[i]``, codes; ``log_p[i]`` is that of the saddle.

    ``into[i]`` is the deepest minimum of the side that loses its own deepest there to the other, ``lost[i]``: the tree's joints.
    Basins that only images of p = 0 join are left apart.
    """

    a: Codes
    b: Codes
    up: Codes
    down: Codes
    log_p: Array
    lost: Codes
    into: Codes
    basins: int

    def route(self, start: int, end: int) -> list[tuple[int, bool]]:
        """The edges of the lowest way between two basins, each with whether it is walked from ``a`` to ``b``; [] if apart or one."""
        around: dict[int, list[int]] = {}
        for i, (a, b) in enumerate(zip(self.a.tolist(), self.b.tolist(), strict=True)):
            around.setdefault(a, []).append(i)
            around.setdefault(b, []).append(i)
        came: dict[int, tuple[int, int]] = {start: (-1, -1)}
        ahead = [start]
        while ahead and end not in came:
            here = ahead.pop()
            for i in around.get(here, ()):
                there = int(self.b[i] if self.a[i] == here else self.a[i])
                if there not in came:
                    came[there] = (i, here)
                    ahead.append(there)
        route: list[tuple[int, bool]] = []
        here = end
        while here in came and here != start:
            i, before = came[here]
            route.append((i, int(self.a[i]) == before))
            here = before
        return route[::-1]

    def height(self, start: int, end: int) -> float:
        """log p of the lowest saddle between two basins; −∞ if only images of p = 0 join them; +∞ for one and the same."""
        if start == end:
            return np.inf
        route = self.route(start, end)
        return min((float(self.log_p[i]) for i, _ in route), default=-np.inf)

    def way(self, log_p: Array, start: int, end: int) -> Codes:
        """The images of the lowest way from one minimum to another, from flip to flip; it may call at other minima."""
        parts: list[Codes] = []
        for i, forward in self.route(start, end):
            up, down = descent(log_p, int(self.up[i])), descent(log_p, int(self.down[i]))
            # a's side of the saddle is ``up``.
            first, second = (up, down) if forward else (down, up)
            parts += [first[::-1], second]
        if not parts:
            return np.zeros(0, np.int64)
        whole = np.concatenate(parts)
        return whole[np.r_[True, whole[1:] != whole[:-1]]]


def saddles(log_p: Array, found: Basins, levels: Sequence[float], tick: Tick = silent) -> Saddles:
    """Join all basins by their lowest saddles; ``levels`` are falling log p, the borders of the bands that are flooded first."""
    flood = _Flood(log_p, found)
    high = np.inf
    for k, low in enumerate(levels):
        if flood.left and low < high:
            flood.band(low, high, lambda share, k=k: tick(0.5 * (k + share) / len(levels)))  # type: ignore[misc]
            high = low
    if flood.left:
        flood.rest(lambda share: tick(0.5 + 0.5 * share))
    return flood.tree()


class _Flood:
    """Union–find over the basins, filled from the most probable image down."""

    def __init__(self, log_p: Array, found: Basins) -> None:
        self.log_p, self.label = log_p, found.label
        self.n = pixels_of(log_p)
        self.count = len(found)
        self.left = self.count - 1
        # Joined to the deepest: basins are numbered by depth, so the root of a set is its least number.
        self.root = np.arange(self.count, dtype=np.int32)
        self.edges: list[tuple[int, int, int, int, float, int, int]] = []

    def _find(self, i: int) -> int:
        root = self.root
        while root[i] != i:
            root[i] = root[root[i]]
            i = int(root[i])
        return i

    def _join(self, up: Codes, down: Codes, heights: Array) -> None:
        """Take the saddles (of the same length, in falling order of log p) that join what is still apart."""
        if len(up) == 0:
            return
        a, b = self.label[up], self.label[down]
        pairs = np.minimum(a, b).astype(np.int64) * self.count + np.maximum(a, b)
        for i in np.sort(np.unique(pairs, return_index=True)[1]).tolist():
            x, y = self._find(int(a[i])), self._find(int(b[i]))
            if x != y:
                lost, into = max(x, y), min(x, y)
                self.root[lost] = into
                self.left -= 1
                self.edges.append(
                    (int(a[i]), int(b[i]), int(up[i]), int(down[i]), float(heights[i]), lost, into)
                )
        while not np.array_equal(further := self.root[self.root], self.root):
            self.root = further

    def band(self, low: float, high: float, tick: Tick) -> None:
        """Flood the images with low ≤ log p < high, in order."""
        size = 1 << 20
        inside = [
            start + np.flatnonzero((part >= low) & (part < high))
            for start in range(0, len(self.log_p), size)
            for part in (self.log_p[start : start + size],)
        ]
        codes = np.concatenate(inside)
        codes = codes[np.argsort(-self.log_p[codes], kind="stable")]
        for start in range(0, len(codes), PIECE):
            tick(start / len(codes))
            here = codes[start : start + PIECE]
            own, mine = self.log_p[here], self.root[self.label[here]]
            rows, others = [], []
            for j in range(self.n):
                around = here ^ (1 << j)
                row = np.flatnonzero(self.log_p[around] >= own)
                apart = self.root[self.label[around[row]]] != mine[row]
                rows.append(row[apart])
                others.append(around[row[apart]])
            row, other = np.concatenate(rows), np.concatenate(others)
            order = np.argsort(row, kind="stable")
            row, other = row[order], other[order]
            self._join(here[row], other, own[row])
            if not self.left:
                return

    def rest(self, tick: Tick) -> None:
        """All pairs of neighbours that are still apart, of any height, piece against piece; joined at the end."""
        inner = min(self.n, INNER)
        size = 1 << inner
        kept: list[tuple[Codes, Codes, Array]] = []
        waiting = 0
        for start in range(0, 1 << self.n, size):
            own, mine = self.log_p[start : start + size], self.root[self.label[start : start + size]]
            for j in range(self.n):
                if j < inner:
                    halves = mine.reshape(-1, 2, 1 << j)
                    apart = np.flatnonzero(halves[:, 0] != halves[:, 1])
                    x = apart + (apart >> j << j)
                    y = x ^ (1 << j)
                    height = np.minimum(own[x], own[y])
                    x, y = x + start, y + start
                elif start >> j & 1:
                    continue
                else:
                    other = start ^ (1 << j)
                    theirs = self.root[self.label[other : other + size]]
                    x = np.flatnonzero(mine != theirs)
                    height = np.minimum(own[x], self.log_p[other : other + size][x])
                    x, y = x + start, x + other
                possible = height > -np.inf
                if possible.any():
                    kept.append(self._lowest(x[possible], y[possible], height[possible]))
                    waiting += len(kept[-1][0])
            if waiting > 1 << 20:
                kept = [self._lowest(*(np.concatenate(k) for k in zip(*kept, strict=True)))]
                waiting = len(kept[0][0])
            tick((start + size) / (1 << self.n))
        if kept:
            x, y, height = self._lowest(*(np.concatenate(k) for k in zip(*kept, strict=True)))
            upper = self.log_p[x] <= self.log_p[y]
            self._join(np.where(upper, x, y), np.where(upper, y, x), height)

    def _lowest(self, x: Codes, y: Codes, height: Array) -> tuple[Codes, Codes, Array]:
        """Of the pairs that join the same two sets only the lowest, in falling order of log p."""
        order = np.argsort(-height, kind="stable")
        x, y, height = x[order], y[order], height[order]
        a, b = self.root[self.label[x]], self.root[self.label[y]]
        pairs = np.minimum(a, b).astype(np.int64) * self.count + np.maximum(a, b)
        keep = np.sort(np.unique(pairs, return_index=True)[1])
        return x[keep], y[keep], height[keep]

    def tree(self) -> Saddles:
        """What was joined."""
        a, b, up, down, heights, lost, into = zip(*self.edges, strict=True) if self.edges else [()] * 7
        whole = [np.array(column, np.int64) for column in (a, b, up, down)]
        return Saddles(
            whole[0], whole[1], whole[2], whole[3], np.array(heights, np.float64),
            np.array(lost, np.int64), np.array(into, np.int64), self.count,
        )  # fmt: skip
