"""Many polylines of the plane in one path."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen

__all__ = ["LinesItem"]


class LinesItem(pg.GraphicsObject):  # type: ignore[misc]
    """Lines in one colour; points that are not finite part a line."""

    def __init__(self, z: float = -30.0) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._rect = QRectF()
        self._pen = QPen()
        self.setZValue(z)

    def show_lines(self, lines: NDArray[np.floating], pen: QPen) -> None:
        """Draw m lines of k points each, (m, k, 2)."""
        m = len(lines)
        # A row of NaN after each line parts it from the next.
        parted = np.concatenate([np.asarray(lines, np.float64), np.full((m, 1, 2), np.nan)], axis=1).reshape(
            -1, 2
        )
        finite = parted[np.isfinite(parted).all(axis=1)]
        self.prepareGeometryChange()
        self._pen = pen
        self._path, self._rect = QPainterPath(), QRectF()
        if len(finite) > 1:
            x, y = np.ascontiguousarray(parted[:, 0]), np.ascontiguousarray(parted[:, 1])
            self._path = pg.arrayToQPath(x, y, connect="finite")
            low, high = finite.min(axis=0), finite.max(axis=0)
            wide, tall = np.maximum(high - low, 1e-9)
            self._rect = QRectF(float(low[0]), float(low[1]), float(wide), float(tall))
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if not self._path.isEmpty():
            self.prepareGeometryChange()
            self._path, self._rect = QPainterPath(), QRectF()
            self.update()

    @property
    def shown(self) -> bool:
        return not self._path.isEmpty()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._pen)
        painter.drawPath(self._path)
