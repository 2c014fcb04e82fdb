"""Real handwritten digits: the 1,797 images of 8×8 pixels that come with scikit-learn [1], brought to 5×5 black and white.

Each digit is cropped to its bounding box (narrow ones keep at least 0.6 of their height as width), resampled so that every
new pixel is the average ink over its area, sharpened, x + s (x − mean of 3×3), and thresholded.

[1] Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DatasetCard, Labels
from genplay.datasets.table import Table
from genplay.knobs import Knobs, knob
from genplay.spaces.binary import PIXELS, SIDE

__all__ = ["CARD", "HandwrittenKnobs", "resampled"]

Array = NDArray[np.float64]

_INK = 0.1
"""What counts as ink when the bounding box is looked for."""
_NARROWEST = 0.6


@dataclass(frozen=True)
class HandwrittenKnobs(Knobs):
    threshold: float = knob(0.6, "A pixel is lit where its ink is above this.", low=0.1, high=0.95)
    sharpen: float = knob(2.0, "How much thin gaps are brought out before the threshold.", low=0.0, high=4.0)


@cache
def _originals() -> tuple[Array, Labels]:
    """Ink (1797, 8, 8) from 0 to 1 and the digits. Reads scikit-learn's file itself: importing the library takes 1.7 s."""
    package = find_spec("sklearn")
    file = Path(str(package.origin)).parent / "datasets" / "data" / "digits.csv.gz" if package else None
    if file is not None and file.exists():
        rows = np.loadtxt(file, delimiter=",")
        return rows[:, :-1].reshape(-1, 8, 8) / 16, rows[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images / 16, bunch.target.astype(np.int64)


def _sharpened(images: Array, amount: float) -> Array:
    """x + amount · (x − mean of the 3×3 neighbourhood), (n, h, w), dark outside."""
    _, h, w = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    mean = sum(padded[:, i : i + h, j : j + w] for i in range(3) for j in range(3)) / 9
    return images + amount * (images - mean)


def _area_weights(starts: Array, sizes: Array, n: int) -> Array:
    """(m, 5, n): the share of each of n pixels in five equal cells of the window [start, start + size)."""
    step = (sizes / SIDE)[:, None, None]
    low = starts[:, None, None] + step * np.arange(SIDE)[None, :, None]
    pixel = np.arange(n)
    overlap = np.minimum(low + step, pixel + 1) - np.maximum(low, pixel)
    return np.asarray(np.maximum(overlap, 0.0) / step)


def _extent(inked: NDArray[np.bool_]) -> tuple[Array, Array]:
    """First index and length of what is inked, from (m, n)."""
    first = inked.argmax(axis=1)
    last = inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    return first.astype(np.float64), (last - first + 1).astype(np.float64)


def resampled(images: Array, sharpen: float) -> Array:
    """Ink (n, h, w) in [0, 1] to sharpened ink (n, 5, 5) of the digit alone."""
    images = np.clip(_sharpened(images, 0.3 * sharpen), 0.0, 1.0)
    inked: NDArray[np.bool_] = images > _INK
    top, height = _extent(np.asarray(inked.any(axis=2)))
    left, width = _extent(np.asarray(inked.any(axis=1)))
    wider = np.maximum(width, np.round(_NARROWEST * height))
    left = left - np.floor((wider - width) / 2)
    rows = _area_weights(top, height, images.shape[1])
    columns = _area_weights(left, wider, images.shape[2])
    return _sharpened(rows @ images @ columns.transpose(0, 2, 1), sharpen)


def _make(knobs: Knobs, _content: object | None) -> Table:
    assert isinstance(knobs, HandwrittenKnobs)
    images, labels = _originals()
    x = (resampled(images, knobs.sharpen) > knobs.threshold).reshape(-1, PIXELS)
    names = tuple(str(d) for d in range(10))
    pixels = tuple(f"pixel {i}" for i in range(PIXELS))
    return Table(x.astype(np.float64), labels, names, pixels, "handwritten", "digits")


CARD = DatasetCard(
    "handwritten",
    "Handwritten digits",
    "digits",
    "1,797 digits written by people, brought down to 5×5 pixels; only samples, no known law.",
    HandwrittenKnobs,
    _make,
)
