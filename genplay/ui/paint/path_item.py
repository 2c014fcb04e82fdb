"""One path with a pen, in the coordinates of its view."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen

__all__ = ["PathItem"]


class PathItem(pg.GraphicsObject):  # type: ignore[misc]
    """A path in one colour, one-pixel pen without antialiasing."""

    def __init__(self, z: float = 0.0) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._rect = QRectF()
        self.pen = QPen()
        self.setZValue(z)

    def show_path(self, path: QPainterPath, rect: QRectF, pen: QPen) -> None:
        """Draw a path that lies within ``rect``."""
        self.prepareGeometryChange()
        self._path, self._rect, self.pen = path, rect, pen
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if not self._path.isEmpty():
            self.show_path(QPainterPath(), QRectF(), self.pen)

    @property
    def shown(self) -> bool:
        return not self._path.isEmpty()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self.pen)
        painter.drawPath(self._path)
