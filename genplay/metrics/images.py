"""Divergences in the digit world: exact sums over all 2^25 images, one block of both tables at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.sums import DIVERGENCES, DivergenceSums
from genplay.metrics.watch import Watch
from genplay.quantity import Quantity, estimate, exact
from genplay.spaces.binary import HIGH, blocks

__all__ = ["over_all_images"]

LogBlocks = Callable[[int, int], NDArray[np.float64]]
ROWS = 16
MASS_TOLERANCE = 1e-3


def over_all_images(
    log_p: LogBlocks, log_q: LogBlocks, names: tuple[str, ...] = DIVERGENCES, watch: Watch | None = None
) -> dict[str, Quantity]:
    """Divergences of q from p, both given as (start, stop) → log probabilities (stop − start, 4096).

    They are exact if both sum to 1 within a thousandth; otherwise they are estimates, and the method says what they sum to.
    """
    watch = watch or Watch()
    sums = DivergenceSums(names)
    for start, stop in blocks(ROWS):
        if start % 512 == 0:
            watch.at(start / (1 << HIGH), "all 2^25 images")
        sums.add(log_p(start, stop), log_q(start, stop))
    off = max(abs(sums.mass_p - 1), abs(sums.mass_q - 1))
    method = (
        f"sum over all 2^25 images; there the law sums to {sums.mass_p:.6f}, the model to {sums.mass_q:.6f}"
    )
    found = {}
    for name in names:
        value, unit = sums.value(name), "" if name == "total_variation" else "nats"
        trusted = off < MASS_TOLERANCE or math.isinf(value)
        found[name] = exact(value, method, unit) if trusted else estimate(value, off, method, unit)
    return found
