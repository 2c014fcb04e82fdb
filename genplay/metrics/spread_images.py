"""KL between two laws of images after every pixel was flipped with probability ε, over all 2^25 images.

(q ∗ k)(x′) = Σ_x q(x) Π_j (1 − ε or ε) is a product of 25 two-by-two matrices, one a pixel. Six or seven pixels at a time they
are a 64 × 64 or 128 × 128 matrix, so the whole table takes four matrix products. All terms are positive: float32 is enough.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.sums import DivergenceSums
from genplay.metrics.watch import Watch
from genplay.quantity import Quantity, estimate, exact
from genplay.spaces.binary import HIGH, LOW, N_IMAGES, blocks, half_images
from genplay.spaces.one_thread import one_thread

__all__ = ["flip_all", "flip_matrix", "kl_of_flipped"]

Array = NDArray[np.float64]
Table = NDArray[np.float32]
LogBlocks = Callable[[int, int], Array]

GROUPS = (6, 6, 6, 7)
ROWS = 16
AT_ONCE = 1 << 20
MASS_TOLERANCE = 1e-3


def flip_matrix(pixels: int, flip: float) -> Array:
    """P(pattern j becomes pattern i) of so many pixels, (2^pixels, 2^pixels)."""
    patterns = half_images(pixels)
    apart = np.abs(patterns[:, None] - patterns).sum(axis=2)
    return np.asarray(flip**apart * (1 - flip) ** (pixels - apart))


@one_thread()
def flip_all(table: Table, flip: float, watch: Watch | None = None) -> None:
    """Flip every pixel of a table of probabilities (2^25,) in place; code Σ x_j 2^j as in ``spaces.binary``."""
    below = 1
    for turn, pixels in enumerate(GROUPS):
        if watch is not None:
            watch.at(turn / len(GROUPS), "flipping all pixels")
        matrix = flip_matrix(pixels, flip).astype(np.float32)
        size = 1 << pixels
        if below == 1:
            rows = table.reshape(-1, size)
            step = AT_ONCE // size
            for start in range(0, len(rows), step):
                rows[start : start + step] = rows[start : start + step] @ matrix
        else:
            cube = table.reshape(-1, size, below)
            width = min(below, AT_ONCE // size)
            for part in cube:
                for start in range(0, below, width):
                    part[:, start : start + width] = matrix @ part[:, start : start + width]
        below *= size


def kl_of_flipped(noised_p: LogBlocks, log_q: LogBlocks, flip: float, watch: Watch) -> Quantity:
    """KL in nats of the model q, its pixels flipped here, from a law given as it is under the same noise."""
    table = np.empty((1 << HIGH, 1 << LOW), dtype=np.float32)
    for start, stop in blocks(ROWS):
        if start % 512 == 0:
            watch.at(0.4 * start / (1 << HIGH), "all 2^25 images of the model")
        table[start:stop] = np.exp(log_q(start, stop))
    flip_all(table.reshape(N_IMAGES), flip, watch.part(0.4, 0.6))
    sums = DivergenceSums(("kl",))
    for start, stop in blocks(ROWS):
        if start % 512 == 0:
            watch.at(0.6 + 0.4 * start / (1 << HIGH), "all 2^25 noised images")
        sums.add(noised_p(start, stop), np.log(table[start:stop].astype(np.float64)))
    method = (
        f"pixels flipped with probability {flip:g} on both; sum over all 2^25 images; there the law sums to "
        f"{sums.mass_p:.6f}, the model to {sums.mass_q:.6f}"
    )
    off = max(abs(sums.mass_p - 1), abs(sums.mass_q - 1))
    value = sums.value("kl")
    return exact(value, method) if off < MASS_TOLERANCE else estimate(value, off, method)
