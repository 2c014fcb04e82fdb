"""The data set ``file``: an imported table, or a picture as a density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DatasetCard
from genplay.datasets.picture import Picture, PictureLaw
from genplay.datasets.table import Table
from genplay.errors import BadInput
from genplay.knobs import Knobs, knob
from genplay.spaces.plane import HOME, Box

__all__ = ["CARD", "FileKnobs", "placed"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FileKnobs(Knobs):
    scale: bool = knob(True, "Fit the points into the box, keeping their aspect ratio.", worlds=("plane",))
    skip_missing: bool = knob(
        False, "When the file is read, leave out rows with a missing number instead of refusing the file."
    )
    blur: float = knob(
        0.7,
        "Pictures: how far the ink of a pixel spreads.",
        low=0.3,
        high=5.0,
        unit="pixels",
        worlds=("plane",),
    )


def placed(table: Table, knobs: Knobs) -> tuple[Array, Box, tuple[str, ...]]:
    """The rows in the units of the box, that box, and a note on the map that was used."""
    if table.world == "digits" or not isinstance(knobs, FileKnobs):
        return table.x, HOME, ()
    if not knobs.scale:
        return table.x, Box.around(table.x), ()
    fit = table.map_into(HOME)
    return fit.to_box(table.x), HOME, (f"Scaled to the box: {fit}.",)


def _make(knobs: Knobs, content: object | None) -> Table | PictureLaw:
    assert isinstance(knobs, FileKnobs)
    if content is None:
        raise BadInput("No file is open yet: open a CSV, TSV, NPY or NPZ table or a PNG or JPEG picture.")
    if isinstance(content, Picture):
        return PictureLaw(content, knobs.blur)
    if not isinstance(content, Table):
        raise BadInput("The data set 'file' takes an imported table or picture, nothing else.")
    return content


CARD = DatasetCard(
    "file",
    "Your file",
    "plane",
    "A table or picture of yours: bare samples from a table, an exact density from a picture.",
    FileKnobs,
    _make,
    also=("digits",),
)
