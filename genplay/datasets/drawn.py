"""Digits that the user draws pixel by pixel: a mixture of the drawn images with pixel flips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from genplay.datasets.base import DatasetCard
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.errors import BadInput
from genplay.knobs import Knobs, knob
from genplay.spaces.binary import PIXELS, SIDE

__all__ = ["CARD", "MOST_LABELS", "DrawnDigits", "DrawnKnobs", "drawn_law", "pixels_of"]

MOST_LABELS = 10


def pixels_of(drawing: Sequence[object] | str) -> tuple[int, ...]:
    """25 pixels from a flat list, from 5 rows, or from text in which '#', '1', 'X' are lit and '.', '0', '-' dark."""
    cells: list[object] = []
    rows = drawing.split() if isinstance(drawing, str) else drawing
    for row in rows:
        if isinstance(row, str) or (isinstance(row, Iterable) and not isinstance(row, bytes)):
            cells.extend(row)
        else:
            cells.append(row)
    names = {"#": 1, "1": 1, "X": 1, "x": 1, ".": 0, "0": 0, "-": 0}
    out: list[int] = []
    for cell in cells:
        value = names.get(cell) if isinstance(cell, str) else cell
        if value not in (0, 1):
            raise BadInput(f"A pixel cannot be '{cell}'. Allowed: 0 or 1, in text also '.' and '#'.")
        out.append(int(value))
    if len(out) != PIXELS:
        raise BadInput(f"An image has {PIXELS} pixels ({SIDE} rows of {SIDE}), not {len(out)}.")
    return tuple(out)


@dataclass(frozen=True)
class DrawnDigits:
    """Drawn images, each 25 pixels in raster order, and a label from 0 to 9 for each."""

    images: tuple[tuple[int, ...], ...] = ()
    labels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", tuple(pixels_of(image) for image in self.images))
        if len(self.images) != len(self.labels):
            raise BadInput(f"There are {len(self.images)} images but {len(self.labels)} labels.")
        for label in self.labels:
            if isinstance(label, bool) or label not in range(MOST_LABELS):
                raise BadInput(f"A label cannot be '{label}'. Allowed: 0 to {MOST_LABELS - 1}.")
        object.__setattr__(self, "labels", tuple(int(label) for label in self.labels))

    def added(self, pixels: Sequence[object] | str, label: int) -> DrawnDigits:
        """With one more image."""
        return DrawnDigits((*self.images, pixels_of(pixels)), (*self.labels, label))

    def edited(self, index: int, pixels: Sequence[object] | str, label: int) -> DrawnDigits:
        """With another image in place of one."""
        self._check(index)
        images, labels = list(self.images), list(self.labels)
        images[index], labels[index] = pixels_of(pixels), label
        return DrawnDigits(tuple(images), tuple(labels))

    def removed(self, index: int) -> DrawnDigits:
        """Without one image."""
        self._check(index)
        return DrawnDigits(
            self.images[:index] + self.images[index + 1 :], self.labels[:index] + self.labels[index + 1 :]
        )

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self.images):
            allowed = f"0 to {len(self.images) - 1}" if self.images else "none, as nothing is drawn"
            raise BadInput(f"There is no drawn image {index}. Allowed: {allowed}.")

    def to_json(self) -> dict[str, object]:
        return {"images": ["".join(map(str, image)) for image in self.images], "labels": list(self.labels)}

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Self:
        images = tuple(pixels_of(str(image)) for image in data["images"])  # type: ignore[attr-defined]
        return cls(images, tuple(int(label) for label in data["labels"]))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class DrawnKnobs(Knobs):
    flip: float = knob(0.02, "Probability that a pixel is flipped.", low=0.0, high=0.3)


def drawn_law(drawing: DrawnDigits, flip: float) -> ImageMixtureLaw:
    """Every drawn image equally likely, then pixel flips; a class for every label up to the highest one used."""
    if not drawing.images:
        raise BadInput(
            "Nothing is drawn yet: click some pixels and add the image, or choose another data set."
        )
    classes = max(drawing.labels) + 1
    names = tuple(str(i) for i in range(classes)) if classes > 1 else ("all",)
    return ImageMixtureLaw(
        np.array(drawing.images), np.ones(len(drawing.images)), np.array(drawing.labels), flip, names
    )


def _make(knobs: Knobs, content: object | None) -> ImageMixtureLaw:
    assert isinstance(knobs, DrawnKnobs)
    if content is not None and not isinstance(content, DrawnDigits):
        raise BadInput("The data set 'drawn-digits' takes drawn images, nothing else.")
    return drawn_law(content or DrawnDigits(), knobs.flip)


CARD = DatasetCard(
    "drawn-digits",
    "Your digits",
    "digits",
    "Images you draw pixel by pixel, with a little pixel noise; their probabilities are known exactly.",
    DrawnKnobs,
    _make,
    drawable=True,
)
