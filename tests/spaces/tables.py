"""Small tables of log p over all images of n pixels, and what is known of them by trying everything, one image at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ising(n: int, seed: int, strength: float = 1.0) -> Array:
    """log p of n spins with random fields and couplings between all pairs, normalised."""
    rng = np.random.default_rng(seed)
    bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    spins = 2.0 * bits - 1
    couplings = np.triu(rng.normal(size=(n, n)), 1) * strength
    scores = spins @ rng.normal(scale=0.3, size=n) + ((spins @ couplings) * spins).sum(axis=1)
    return normal(scores)


def normal(scores: Array) -> Array:
    top = scores.max()
    return np.asarray(scores - (top + np.log(np.exp(scores - top).sum())))


@st.composite
def tables(draw: st.DrawFn, least: int = 1, most: int = 7) -> Array:
    """Tables with everything that may go wrong: flats, equal values, images of probability 0."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = draw(st.sampled_from(["smooth", "levels", "flat", "holes", "spikes"]))
    if kinds == "smooth":
        return normal(rng.normal(size=1 << n) * 3)
    if kinds == "levels":
        return normal(rng.integers(0, 4, 1 << n).astype(np.float64))
    if kinds == "flat":
        return np.full(1 << n, -n * np.log(2.0))
    scores = rng.normal(size=1 << n)
    share = 0.4 if kinds == "holes" else 0.9
    scores[rng.random(1 << n) < share] = -np.inf
    scores[int(rng.integers(1 << n))] = 1.0
    return normal(scores)


def neighbours(code: int, n: int) -> list[int]:
    return [code ^ (1 << j) for j in range(n)]


def step(log_p: Array, code: int) -> int:
    """One step of steepest descent by the words of ``spaces.basins``."""
    n = len(log_p).bit_length() - 1
    around = neighbours(code, n)
    best = max(around, key=lambda c: (log_p[c], -around.index(c)))
    if log_p[best] > log_p[code]:
        return best
    level = [c for c in around if log_p[c] == log_p[code] and c < code]
    return min(level, default=code)


def end(log_p: Array, code: int) -> int:
    while (there := step(log_p, code)) != code:
        code = there
    return code


def climb(log_p: Array, start: int, end: int) -> float:
    """log p of the lowest saddle between two images: images are let in one at a time, the best first, until both are joined."""
    n = len(log_p).bit_length() - 1
    group = list(range(1 << n))

    def find(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    inside = set()
    for code in np.argsort(-log_p, kind="stable").tolist():
        if log_p[code] == -np.inf:
            return -np.inf
        inside.add(code)
        for other in neighbours(code, n):
            if other in inside:
                group[find(other)] = find(code)
        if start in inside and end in inside and find(start) == find(end):
            return float(log_p[code])
    return -np.inf
