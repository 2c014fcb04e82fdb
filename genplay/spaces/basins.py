"""Local minima of an energy over all images of n pixels, and the basin of each under steepest descent.

Two images are neighbours if one pixel differs. The energy is E(x) = −log p(x) up to a constant, given as the table of log p by
code (see ``spaces.binary``), 2^n values. From an image the way goes to the neighbour of least energy, if that is less than its
own; among equal ones to the lowest pixel. Where the energy is flat it goes to the neighbour of equal energy with the smaller
code, if there is one, so that a flat has an end as well. What goes nowhere is a local minimum; all that ends there is its basin.

The table is walked in pieces that fit a core's cache and compared with itself under each flip: views, no copies of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Basins", "Tick", "basins", "descent", "pixels_of", "silent"]

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Tick = Callable[[float], None]
"""Told how far the work is, 0 to 1; what it raises ends the work."""

INNER = 14
"""2^14 float64 and what is compared with them fit a core's second cache."""
LOWEST = 7
"""Flips of so many lowest pixels are taken on the transposed piece, whose rows are long."""


def silent(_share: float) -> None:
    """Tell nobody."""


def pixels_of(log_p: Array) -> int:
    """n for a table of 2^n values; raises ``ValueError`` for another length."""
    n = len(log_p).bit_length() - 1
    if log_p.ndim != 1 or len(log_p) != 1 << n:
        raise ValueError(f"a table of all images has 2^n values, not an array of shape {log_p.shape}")
    return n


@dataclass(frozen=True, eq=False)
class Basins:
    """``minima`` (m,) are codes, most probable first, ``log_p`` (m,) theirs; ``size`` (m,) counts the images of each basin and
    ``mass`` (m,) sums their p; ``label`` (2^n,) int32 is the basin of every image, as an index into ``minima``.
    """

    minima: Codes
    log_p: Array
    size: Codes
    mass: Array
    label: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.minima)


def descent(log_p: Array, code: int) -> Codes:
    """The way of steepest descent from an image to its local minimum, codes (steps + 1,), both ends included."""
    flips = 1 << np.arange(pixels_of(log_p), dtype=np.int64)
    path = [int(code)]
    while True:
        here = path[-1]
        around = log_p[here ^ flips]
        best = int(around.argmax())
        if not around[best] > log_p[here]:
            level = np.flatnonzero((around == log_p[here]) & (here & flips > 0))
            if not len(level):
                return np.array(path, np.int64)
            best = int(level[-1])
        path.append(here ^ int(flips[best]))


def basins(log_p: Array, tick: Tick = silent) -> Basins:
    """All local minima of −log p under single flips, with the size and the mass of their basins."""
    label = _first_steps(log_p, lambda share: tick(0.4 * share))
    _follow(label, lambda share: tick(0.4 + 0.4 * share))
    minima = _ends(label)
    minima = minima[np.argsort(-log_p[minima], kind="stable")]
    # Only the pages that hold a minimum are ever touched: the rest of this table takes no memory.
    index = np.zeros(len(log_p), np.int32)
    index[minima] = np.arange(len(minima), dtype=np.int32)
    size, mass = np.zeros(len(minima), np.int64), np.zeros(len(minima))
    # Counting holds Python's lock: in small pieces a window beside it does not wait.
    for part in _pieces(len(log_p), max(1 << 17, 1 << len(minima).bit_length())):
        here = index[label[part]]
        label[part] = here
        size += np.bincount(here, minlength=len(minima))
        mass += np.bincount(here, np.exp(log_p[part]), minlength=len(minima))
        tick(0.8 + 0.2 * part.stop / len(log_p))
    return Basins(minima, log_p[minima], size, mass, label)


def _pieces(length: int, size: int = 1 << 20) -> list[slice]:
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _first_steps(log_p: Array, tick: Tick) -> NDArray[np.int32]:
    """Where one step of steepest descent leads from every image, (2^n,) codes; a minimum leads to itself."""
    n = pixels_of(log_p)
    inner = min(n, INNER)
    low = min(inner, LOWEST)
    size, columns, rows = 1 << inner, 1 << low, 1 << (inner - low)
    flips = np.array([0, *(1 << np.arange(n))], np.int32)
    to = np.empty(1 << n, np.int32)
    turned = np.empty((columns, rows))
    best, best_turned = np.empty(size), np.empty((columns, rows))
    by, by_turned = np.empty(size, np.uint8), np.empty((columns, rows), np.uint8)
    wins, number = np.empty(size, np.bool_), np.empty(size, np.uint8)
    here = np.arange(size, dtype=np.int32)

    def improve(best: Array, by: NDArray[np.uint8], other: Array, pixel: int) -> None:
        """Where ``other`` is better than ``best``, take it, and note the pixel (from 1) that leads there."""
        won, told = wins[: best.size].reshape(best.shape), number[: best.size].reshape(best.shape)
        np.greater(other, best, out=won)
        np.maximum(best, other, out=best)
        # Pixels come in rising order, so that the last one to win has the largest number.
        np.multiply(won.view(np.uint8), np.uint8(pixel + 1), out=told)
        np.maximum(by, told, out=by)

    for start in range(0, 1 << n, size):
        own = log_p[start : start + size]
        turned[...] = own.reshape(rows, columns).T
        best_turned[...] = turned
        by_turned.fill(0)
        for j in range(low):
            shape = (columns >> (j + 1), 2, rows << j)
            source, b, k = turned.reshape(shape), best_turned.reshape(shape), by_turned.reshape(shape)
            improve(b[:, 0], k[:, 0], source[:, 1], j)
            improve(b[:, 1], k[:, 1], source[:, 0], j)
        best.reshape(rows, columns)[...] = best_turned.T
        by.reshape(rows, columns)[...] = by_turned.T
        for j in range(low, inner):
            shape = (size >> (j + 1), 2, 1 << j)
            source, b, k = own.reshape(shape), best.reshape(shape), by.reshape(shape)
            improve(b[:, 0], k[:, 0], source[:, 1], j)
            improve(b[:, 1], k[:, 1], source[:, 0], j)
        for j in range(inner, n):
            other = start ^ (1 << j)
            improve(best, by, log_p[other : other + size], j)
        np.bitwise_xor(here + np.int32(start), flips[by], out=to[start : start + size])
        _slope_the_flats(log_p, to, start + np.flatnonzero(by == 0), n)
        tick((start + size) / (1 << n))
    return to


def _slope_the_flats(log_p: Array, to: NDArray[np.int32], still: Codes, n: int) -> None:
    """Lead those that have no better neighbour to one as good with a smaller code, if there is one."""
    own = log_p[still]
    for j in range(n):
        lit = np.flatnonzero(still >> j & 1)
        other = still[lit] ^ (1 << j)
        level = log_p[other] == own[lit]
        to[still[lit[level]]] = other[level]


def _follow(to: NDArray[np.int32], tick: Tick) -> None:
    """Let every image point to the end of its way, in place: after each round a way is at least twice as short."""
    pieces = _pieces(len(to))
    for turn in range(64):
        moved = False
        for part in pieces:
            further = to[to[part]]
            moved = moved or not np.array_equal(further, to[part])
            to[part] = further
            tick(min(1.0, (turn + part.stop / len(to)) / 5))
        if not moved:
            return


def _ends(to: NDArray[np.int32]) -> Codes:
    """The codes that point to themselves."""
    found = []
    for part in _pieces(len(to)):
        own = np.arange(part.start, part.stop, dtype=np.int32)
        found.append(part.start + np.flatnonzero(to[part] == own))
    return np.concatenate(found).astype(np.int64)
