"""Picture files: on the plane ink becomes a density, in the digit world a sheet is sliced into 5×5 cells."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.picture import Picture
from genplay.datasets.table import Table
from genplay.errors import BadInput
from genplay.spaces import World
from genplay.spaces.binary import PIXELS, SIDE

__all__ = ["read_picture"]

Array = NDArray[np.float64]

_MOST_PIXELS = 40_000_000
_WIDEST = 128
_FAINT = 0.02


def read_picture(path: Path, world: World) -> Picture | Table:
    """Read a PNG or JPEG. Dark is ink on a light border, light is ink on a dark one; transparency is paper."""
    light = _luminance(path, shrink=world == "plane")
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    dark_ink = float(np.median(border)) >= 0.5
    ink = 1 - light if dark_ink else light
    said = f"{'Dark' if dark_ink else 'Light'} pixels were taken as ink."
    if float(ink.max()) <= _FAINT:
        raise BadInput(f"{path} is blank: it has no pixel with ink. Give a picture with something on it.")
    if world == "digits":
        return _sliced(path, ink, said)
    return Picture(np.where(ink > _FAINT, ink, 0.0), path.name, (said,))


def _luminance(path: Path, shrink: bool) -> Array:
    """Lightness (h, w) from 0 to 1, at most 128 pixels a side where asked."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow only warns of pictures that unpack to something huge; the size is checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                width, height = image.size
                if width * height > _MOST_PIXELS:
                    raise BadInput(
                        f"{path} has {width} × {height} pixels. Allowed: at most {_MOST_PIXELS / 1e6:.0f} million."
                    )
                coloured = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        reason = (
            "its contents are damaged"
            if not isinstance(error, UnidentifiedImageError)
            else "it is no picture"
        )
        raise BadInput(f"{path} cannot be read: {reason}. Save it again as PNG or JPEG.") from None
    paper = Image.new("RGBA", coloured.size, "white")
    grey = Image.alpha_composite(paper, coloured).convert("L")
    longest = max(grey.size)
    if shrink and longest > _WIDEST:
        size = tuple(max(1, round(side * _WIDEST / longest)) for side in grey.size)
        grey = grey.resize((size[0], size[1]), Image.Resampling.BOX)
    return np.asarray(grey, dtype=np.float64) / 255


def _sliced(path: Path, ink: Array, said: str) -> Table:
    """Cells of 5×5 pixels in reading order; a picture enlarged by a whole factor is brought back first."""
    factor = _enlargement(ink > 0.5)
    small = ink[::factor, ::factor]
    height, width = small.shape
    if height % SIDE or width % SIDE:
        enlarged = f" (enlarged {factor} times)" if factor > 1 else ""
        raise BadInput(
            f"{path} is {width} × {height} pixels{enlarged}, which cannot be sliced into 5×5 cells. "
            "Allowed: width and height that are multiples of 5, with no gaps between the cells."
        )
    cells = small.reshape(height // SIDE, SIDE, width // SIDE, SIDE).swapaxes(1, 2).reshape(-1, PIXELS)
    x = (cells > 0.5).astype(np.float64)
    blank = ~x.any(axis=1)
    x = x[~blank]
    if len(x) < 2:
        raise BadInput(f"{path} holds {len(x)} cells with ink. Give at least two.")
    notes = [said, f"{len(x)} cells of 5×5 pixels."]
    if blank.any():
        notes.append(f"{int(blank.sum())} blank cells were left out.")
    names = tuple(f"pixel {i}" for i in range(PIXELS))
    return Table(x, np.zeros(len(x), np.int64), ("all",), names, path.name, "digits", tuple(notes))


def _enlargement(lit: NDArray[np.bool_]) -> int:
    """The largest factor by which every pixel is repeated in both directions (so that the rest is multiples of 5)."""
    height, width = lit.shape
    rows = np.flatnonzero((lit[1:] != lit[:-1]).any(axis=1)) + 1
    columns = np.flatnonzero((lit[:, 1:] != lit[:, :-1]).any(axis=0)) + 1
    repeats = math.gcd(height, width, *rows.tolist(), *columns.tolist())
    return max(
        (
            f
            for f in range(1, repeats + 1)
            if repeats % f == 0 and not (height % (SIDE * f) or width % (SIDE * f))
        ),
        default=1,
    )
