"""The most probable of all 2^25 images: every block of the enumeration is visited once, the best so far are kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.binary import HIGH, LOW, blocks

__all__ = ["most_probable"]


def most_probable(
    log_block: Callable[[int, int], NDArray[np.float64]],
    k: int,
    *,
    rows: int = 64,
    progress: Callable[[float], None] = lambda _share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Codes (k,) and log p (k,) of the k most probable images, best first; None if cancelled.

    ``log_block(start, stop)`` gives log p for a block as (stop − start, 4096) (see ``spaces.binary``). ``progress`` is
    told the share that is done. Equal images come in the order of their codes.
    """
    best_codes = np.empty(0, np.int64)
    best = np.empty(0, np.float64)
    width = 1 << LOW
    for start, stop in blocks(rows):
        if cancelled():
            return None
        values = log_block(start, stop).ravel()
        # Most blocks hold nothing better than the worst kept image: one comparison settles those.
        bar = best[-1] if len(best) == k else -np.inf
        at = np.flatnonzero(values > bar) if np.isfinite(bar) else np.arange(len(values))
        if len(at) > k:
            last = -np.partition(-values[at], k - 1)[k - 1]
            better, equal = at[values[at] > last], at[values[at] == last]
            at = np.concatenate([better, equal[: k - len(better)]])
        if len(at):
            codes = np.concatenate([best_codes, at + np.int64(start) * width])
            found = np.concatenate([best, values[at]])
            order = np.lexsort((codes, -found))[:k]
            best_codes, best = codes[order], found[order]
        progress(stop / (1 << HIGH))
    return best_codes, best
