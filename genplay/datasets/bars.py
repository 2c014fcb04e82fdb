"""Bars and stripes: toss a coin for rows or columns, then a coin for each of the five lines.

62 different images; the empty and the full one can arise both ways and are twice as likely, 2/64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genplay.datasets.base import DatasetCard
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.knobs import Knobs, knob
from genplay.spaces.binary import PIXELS, SIDE, half_images

__all__ = ["CARD", "BarsAndStripes"]


@dataclass(frozen=True)
class BarsAndStripes(Knobs):
    flip: float = knob(0.0, "Probability that a pixel is flipped.", low=0.0, high=0.3)


def _make(knobs: Knobs, _content: object | None) -> ImageMixtureLaw:
    assert isinstance(knobs, BarsAndStripes)
    lines = half_images(SIDE)
    rows = np.repeat(lines[:, :, None], SIDE, axis=2).reshape(-1, PIXELS)
    columns = np.repeat(lines[:, None, :], SIDE, axis=1).reshape(-1, PIXELS)
    labels = np.repeat([0, 1], len(lines))
    templates = np.vstack([rows, columns])
    return ImageMixtureLaw(templates, np.ones(len(templates)), labels, knobs.flip, ("bars", "stripes"))


CARD = DatasetCard(
    "bars-and-stripes",
    "Bars and stripes",
    "digits",
    "Whole rows or whole columns lit at random, the classic test of Boltzmann machines.",
    BarsAndStripes,
    _make,
)
