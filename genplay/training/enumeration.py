"""The most probable images of a model, by looking at all 2^25 of them.

Block by block of the enumeration (see ``spaces.binary``), only the best k so far are kept. For a job of its own, on a
copy of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.errors import Failure
from genplay.models.base import HasBlocks, Model
from genplay.spaces.binary import HIGH, LOW, blocks, images
from genplay.training.jobs import Cancelled

__all__ = ["Ranking", "most_probable"]


@dataclass(frozen=True)
class Ranking:
    """The k most probable images (k, 25), best first, their exact log p(x) in nats (k,), and Σ p over all images."""

    images: NDArray[np.uint8]
    log_prob: NDArray[np.float64]
    mass: float


def most_probable(
    model: Model,
    k: int,
    progress: Callable[[float, str], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ranking:
    """The k most probable of all images; ``Failure`` if the model cannot be enumerated in blocks."""
    if not isinstance(model, HasBlocks):
        raise Failure(f"The model '{model.card.id}' has no fast way to visit all images.")
    block = model.log_prob_blocks()
    best = np.full(0, -np.inf)
    codes = np.zeros(0, np.int64)
    mass = 0.0
    for start, stop in blocks():
        if cancelled():
            raise Cancelled("The search for the most probable images was cancelled.")
        values = block(start, stop).ravel()
        mass += float(np.exp(values).sum())
        # Only what beats the worst of the best so far can matter: after a few blocks that is next to nothing.
        hits = np.arange(len(values)) if len(best) < k else np.flatnonzero(values > best.min())
        if len(hits):
            if len(hits) > k:
                hits = hits[np.argpartition(values[hits], -k)[-k:]]
            best = np.concatenate([best, values[hits]])
            codes = np.concatenate([codes, hits + (start << LOW)])
            keep = np.argsort(-best, kind="stable")[:k]
            best, codes = best[keep], codes[keep]
        progress(stop / (1 << HIGH), "visiting all 33,554,432 images")
    return Ranking(images(codes), best, mass)
