"""Levels of noise picked from those that are known, evenly in the logarithm of σ: each blurs by the same factor less."""

from __future__ import annotations

import numpy as np

__all__ = ["even_levels"]


def even_levels(sigmas: tuple[float, ...], count: int) -> list[tuple[int, float]]:
    """At most ``count`` different levels with their index, the loudest and the quietest among them."""
    if count >= len(sigmas):
        return list(enumerate(sigmas))
    wanted = np.linspace(np.log(sigmas[0]), np.log(sigmas[-1]), max(count, 2))
    picked = np.unique(np.abs(np.log(sigmas)[:, None] - wanted).argmin(axis=0))
    return [(int(i), sigmas[i]) for i in picked]
