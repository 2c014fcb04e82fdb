"""Curves of many points: kept to the extremes of each pixel column, drawn with a one-pixel pen."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from genplay.ui.paint.path_item import PathItem

__all__ = ["CurveItem", "decimate"]

Floats = NDArray[np.float64]

_DOT = 5
"""Pixels across a curve that has only one point yet."""


def decimate(x: Floats, y: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Keep the lowest and the highest y of each of ``buckets`` equal runs of points, in order of x.

    At most 2·buckets points remain and no peak is lost; a curve that is short already comes back as it is.
    """
    n = len(x)
    if n <= 2 * buckets:
        return x, y
    size = n // buckets
    body = size * buckets
    folded = y[:body].reshape(buckets, size)
    start = np.arange(buckets) * size
    low, high = start + _arg(folded, np.inf, np.argmin), start + _arg(folded, -np.inf, np.argmax)
    keep = np.sort(np.stack([low, high], axis=1), axis=1).ravel()
    keep = np.concatenate([keep, np.arange(body, n)[-1:]]) if body < n else keep
    return x[keep], y[keep]


def _arg(folded: Floats, missing: float, pick: object) -> NDArray[np.int64]:
    filled = np.where(np.isnan(folded), missing, folded)
    return np.asarray(pick(filled, axis=1))  # type: ignore[operator]


class CurveItem(PathItem):
    """One polyline; gaps (NaN) part it, and a single point is a dot."""

    def __init__(self, pen: QPen) -> None:
        super().__init__()
        self._x, self._y = np.empty(0), np.empty(0)
        self._dot: QPointF | None = None
        self.pen = pen

    def set_pen(self, pen: QPen) -> None:
        if pen != self.pen:
            self.pen = pen
            self.update()

    def show_curve(self, x: Floats, y: Floats) -> bool:
        """Draw y over x, both (n,), in the coordinates of the view (already logarithms where an axis is); False: as before."""
        if np.array_equal(x, self._x) and np.array_equal(y, self._y, equal_nan=True):
            return False
        self._x, self._y = x, y
        finite = np.isfinite(x) & np.isfinite(y)
        self._dot = None
        if not finite.any():
            self.clear()
            return True
        if finite.sum() == 1:
            self._dot = QPointF(float(x[finite][0]), float(y[finite][0]))
        path = pg.arrayToQPath(
            np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64), connect="finite"
        )
        x0, x1 = float(x[finite].min()), float(x[finite].max())
        y0, y1 = float(y[finite].min()), float(y[finite].max())
        # A flat curve still needs a rectangle that is not empty, or the scene never asks it to paint.
        self.show_path(path, QRectF(x0, y0, max(x1 - x0, 1e-9), max(y1 - y0, 1e-9)), self.pen)
        return True

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._dot is None:
            super().paint(painter)
            return
        pen = QPen(self.pen)
        pen.setWidth(_DOT)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        painter.drawPoint(self._dot)
