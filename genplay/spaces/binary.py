"""All binary 5×5 images: {0,1}^25 has 2^25 = 33,554,432 members, few enough to visit every one.

An image is a row of 25 pixels in raster order. Its code is Σ x_j 2^j. The 25 pixels split into a low half of 12 and a
high half of 13: any sum of per-pixel terms over an image is one entry of a small table per half, added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.one_thread import one_thread

__all__ = [
    "CACHED", "HIGH", "LARGEST_LOG", "LOW", "N_IMAGES", "PIXELS", "SIDE", "blocks", "codes", "half_images", "half_sums", "images",
    "log_mixture_block", "log_sum_exp", "softplus_sums",
]  # fmt: skip

SIDE = 5
PIXELS = SIDE * SIDE
LOW = 12
HIGH = PIXELS - LOW
N_IMAGES = 1 << PIXELS
LARGEST_LOG = 700.0
"""A little below the logarithm of the largest float64."""
GROUP = 3
"""Factors that are multiplied out at a time."""
CACHED = 1 << 16
"""So many float64 fit well into a core's cache."""

Array = NDArray[np.float64]


def images(code: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Codes (n,) to pixels (n, 25)."""
    bits = (np.asarray(code, dtype=np.int64)[:, None] >> np.arange(PIXELS)) & 1
    return bits.astype(np.uint8)


def codes(x: NDArray[np.generic]) -> NDArray[np.int64]:
    """Pixels (n, 25) of 0 and 1 to codes (n,)."""
    return (np.asarray(x) > 0.5).astype(np.int64) @ (1 << np.arange(PIXELS, dtype=np.int64))


def half_images(bits: int) -> Array:
    """Every pattern of ``bits`` pixels, (2^bits, bits), in the order of their codes."""
    return ((np.arange(1 << bits)[:, None] >> np.arange(bits)) & 1).astype(np.float64)


def half_sums(weights: Array) -> tuple[Array, Array]:
    """Tables of Σ_j w_j x_j for both halves: (4096, k) and (8192, k) from weights (25, k).

    The linear term of image ``code`` is ``low[code % 4096] + high[code // 4096]``.
    """
    return half_images(LOW) @ weights[:LOW], half_images(HIGH) @ weights[LOW:]


def blocks(rows: int = 64) -> Iterator[tuple[int, int]]:
    """Ranges of high-half codes; the images of one block have the codes start·4096 … stop·4096 − 1."""
    for start in range(0, 1 << HIGH, rows):
        yield start, min(start + rows, 1 << HIGH)


@one_thread()
def log_mixture_block(log_weights: Array, log_one: Array, log_zero: Array, start: int, stop: int) -> Array:
    """log Σ_k w_k Π_j p_kj^x_j (1−p_kj)^(1−x_j) for every image of one block, (stop − start, 4096).

    ``log_weights`` (k,), ``log_one`` and ``log_zero`` (k, 25) are log p and log(1 − p). Each half is a table; the sum over
    components is one matrix product, with no exponential per image.
    """
    difference = (log_one - log_zero).T
    base = log_weights + log_zero.sum(axis=1)
    low = half_images(LOW) @ difference[:LOW]
    high = half_images(HIGH)[start:stop] @ difference[LOW:] + base
    low_top = low.max(axis=0)
    high = high + low_top
    high_top = high.max(axis=1, keepdims=True)
    product = np.exp(high - high_top) @ np.exp(low - low_top).T
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(product) + high_top)


def softplus_sums(low: Array, high: Array) -> Callable[[int, int], Array]:
    """Σ_k log(1 + exp(low[a, k] + high[b, k])) for pairs of rows of two tables (A, k) and (B, k).

    Returns a function (start, stop) → (stop − start, A), a row for each b. With x = e^low and y = e^high the terms are
    factors 1 + x_k y_k, and a product of three of them is a sum over eight subsets S of Π_S x · Π_S y: a matrix product, with
    no exponential a pair. The products, all at least 1, become a logarithm before they could overflow.
    """
    top = low.max(axis=0)
    reach = np.maximum(top + high.max(axis=0), 0.0) + np.log(2.0)
    tame, wild = (np.flatnonzero(m) for m in (reach <= LARGEST_LOG / GROUP, reach > LARGEST_LOG / GROUP))
    groups = [tame[i : i + GROUP] for i in range(0, len(tame), GROUP)]
    near = [np.exp((low[:, g] - top[g]) @ half_images(len(g)).T).T for g in groups]
    far = [np.exp((high[:, g] + top[g]) @ half_images(len(g)).T) for g in groups]
    rows = max(1, CACHED // len(low))

    @one_thread()
    def sums(start: int, stop: int) -> Array:
        out = np.zeros((stop - start, len(low)))
        for first in range(start, stop, rows):
            part = slice(first, min(first + rows, stop))
            total = out[first - start : first - start + rows]
            product, factor = np.ones_like(total), np.empty_like(total)
            grown = 0.0
            for g, x, y in zip(groups, near, far, strict=True):
                if grown + reach[g].sum() > LARGEST_LOG:
                    total += np.log(product)
                    product.fill(1.0)
                    grown = 0.0
                np.matmul(y[part], x, out=factor)
                product *= factor
                grown += float(reach[g].sum())
            total += np.log(product, out=product)
            for k in wild:
                total += np.logaddexp(0.0, np.add.outer(high[part, k], low[:, k]))
        return out

    return sums


def log_sum_exp(log_block: Callable[[int, int], Array], rows: int = 64) -> float:
    """log Σ_x exp(f(x)) over all 2^25 images, with f given block by block as (stop − start, 4096) in float64."""
    total, top = 0.0, -np.inf
    for start, stop in blocks(rows):
        values = log_block(start, stop)
        block_top = float(values.max())
        if block_top == -np.inf:
            continue
        if block_top > top:
            total, top = total * np.exp(top - block_top), block_top
        total += float(np.exp(values - top).sum())
    return top + float(np.log(total)) if total > 0 else -np.inf
