"""Heat maps: values on a grid through a table of 256 colours into one image, drawn by one call.

The tables run through the theme's stops at equal steps of perceived difference (distance in OKLab [1]), so that equal
steps of a value look equally large.

[1] Ottosson 2020, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from genplay.spaces.plane import Box

__all__ = ["ENTRIES", "HeatItem", "Scale", "ink_table", "oklab", "placed", "table"]

ENTRIES = 256
Scale = Literal["linear", "root"]
Table = NDArray[np.uint32]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LMS = np.linalg.inv(_TO_LMS)
_FROM_LAB = np.linalg.inv(_TO_LAB)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in [0, 1], (n, 3), to OKLab (n, 3)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.clip(((lab @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T, 0.0, 1.0)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def _rgb(stops: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for s in stops]) / 255.0


def _pack(rgb: NDArray[np.float64]) -> Table:
    red, green, blue = np.rint(rgb * 255).astype(np.uint32).T
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, dtype=np.uint32)


def _even(lab: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """n points along the polyline through lab (k, 3), at equal distances."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    at = np.linspace(0.0, length[-1], n)
    return np.stack([np.interp(at, length, lab[:, j]) for j in range(3)], axis=1)


@lru_cache(maxsize=64)
def table(stops: tuple[str, ...], diverging: bool = False) -> Table:
    """256 colours 0xFFRRGGBB (256,) through ``#RRGGBB`` stops, lowest value first.

    A diverging table keeps its middle stop in the middle, with equal steps on each side of it.
    """
    lab = oklab(_rgb(stops))
    if diverging:
        middle = len(stops) // 2
        half = ENTRIES // 2
        lab = np.concatenate([_even(lab[: middle + 1], half), _even(lab[middle:], half)])
    else:
        lab = _even(lab, ENTRIES)
    return _pack(_srgb(lab))


@lru_cache(maxsize=64)
def ink_table(paper: str, ink: str) -> Table:
    """256 colours from paper (a pixel that is off) to ink (one that is on)."""
    return table((paper, ink))


def placed(
    values: NDArray[np.floating], low: float, high: float, scale: Scale = "linear"
) -> NDArray[np.uint8]:
    """Values of any shape to table entries 0 … 255; what is not finite goes to the nearer end (NaN: the lowest)."""
    span = high - low if high > low else 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        unit = (values - low) * np.float32(1.0 / span)
        unit = np.clip(np.nan_to_num(unit, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if scale == "root":
        unit = np.sqrt(unit)
    return np.asarray(unit * (ENTRIES - 1) + 0.5).astype(np.uint8)


class HeatItem(pg.GraphicsObject):  # type: ignore[misc]
    """One function of the plane as colours; row 0 of the values lies at the bottom, y0."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._buffer: Table | None = None
        self._image = QImage()
        self.setZValue(-100)

    def show_values(
        self,
        values: NDArray[np.floating],
        box: Box,
        colours: Table,
        low: float,
        high: float,
        scale: Scale = "linear",
    ) -> None:
        """Draw values (rows y, columns x) over the box, ``low`` in the table's first colour and ``high`` in its last."""
        rows, columns = values.shape
        # The image reads this memory while it is drawn: both are kept, and both are replaced together.
        self._buffer = np.ascontiguousarray(colours.take(placed(values, low, high, scale)))
        self._image = QImage(self._buffer.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
        rect = QRectF(box.x0, box.y0, box.width, box.height)
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self.show()
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if self._buffer is not None:
            self._buffer, self._image = None, QImage()
            self.update()

    @property
    def shown(self) -> bool:
        return self._buffer is not None

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._buffer is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(self._rect, self._image)
