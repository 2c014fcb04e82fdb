"""The most probable of a model's sampled images, each image once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.binary import codes
from genplay.training.snapshot import Gallery

__all__ = ["log_p_captions", "most_probable"]


def most_probable(gallery: Gallery, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """At most so many images (n, 25) with their log p (n,) in nats, the greatest first; None without a density."""
    log_p = gallery.log_prob
    if log_p is None:
        return None
    _, first = np.unique(codes(gallery.images), return_index=True)
    order = first[np.argsort(-log_p[first], kind="stable")][:most]
    return np.asarray(gallery.images[order], np.float64), log_p[order]


def log_p_captions(log_p: NDArray[np.float64]) -> tuple[str, ...]:
    """What is written below such images."""
    return tuple(f"{value:.1f}".replace("-", "−") for value in log_p)
