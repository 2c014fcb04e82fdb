"""What is marked on the plane: the followed sample and its trail, the latent path and its ends, the decode, the subject."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from genplay.ui.paint.contours import ContoursItem
from genplay.ui.paint.level_names import paint_names
from genplay.ui.stage.region import Labelled, paint_region
from genplay.ui.theme import Theme

__all__ = ["OverlayItem"]


class OverlayItem(pg.GraphicsObject):  # type: ignore[misc]
    """Few things, drawn well: rings, a path and lettered ends, in pixels of the view."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.marked: NDArray[np.float64] | None = None
        self.trail: NDArray[np.float64] = np.empty((0, 2))
        self.path: NDArray[np.float64] | None = None
        self.ends: dict[str, NDArray[np.float64]] = {}
        self.decode: NDArray[np.float64] | None = None
        self.subject: NDArray[np.float64] | None = None
        self.sketch: NDArray[np.float64] | None = None
        self.region: Labelled | None = None
        self.crosshair: NDArray[np.float64] | None = None
        self.said = ""
        self.levels: tuple[ContoursItem, ...] = ()
        self.setZValue(100)

    def refresh(self) -> None:
        """Draw again after one of the attributes was changed."""
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self.viewRect()) if self.getViewBox() is not None else QRectF()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(self, painter: QPainter, *_: object) -> None:
        to_view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        names = [name for item in self.levels for name in item.names]
        paint_names(painter, names, to_view, self._theme.font("small"), self._theme.color("canvas"))
        if self.region is not None:
            paint_region(painter, _polygon(self.region.loop, to_view), self.region.lines, self._theme)
        if self.sketch is not None:
            paint_region(painter, _polygon(self.sketch, to_view), (), self._theme)
        self._paint_path(painter, to_view)
        if self.marked is not None and np.isfinite(self.marked).all():
            if len(self.trail) > 1:
                painter.setPen(QPen(self._theme.color("text_dim"), self._theme.px(1)))
                painter.drawPolyline(_polygon(self.trail, to_view))
            self._ring(painter, _at(self.marked, to_view), 8, self._theme.color("text"))
        if self.decode is not None and np.isfinite(self.decode).all():
            self._target(painter, _at(self.decode, to_view))
        if self.subject is not None and np.isfinite(self.subject).all():
            self._cross(painter, _at(self.subject, to_view))
        for name, x in self.ends.items():
            self._end(painter, _at(x, to_view), name)
        if self.crosshair is not None:
            self._hairs(painter, _at(self.crosshair, to_view))
        painter.restore()

    def _hairs(self, painter: QPainter, at: QPointF) -> None:
        """The place that is pointed at in all pictures at once, and what this one has there, beside the crossing."""
        frame, theme = QRectF(painter.viewport()), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.color("text_dim"), 0))
        painter.drawLine(QPointF(frame.left(), at.y()), QPointF(frame.right(), at.y()))
        painter.drawLine(QPointF(at.x(), frame.top()), QPointF(at.x(), frame.bottom()))
        if not self.said:
            return
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        gap = theme.px(5)
        box = QRectF(0, 0, metrics.horizontalAdvance(self.said) + 2 * gap, metrics.height() + gap)
        # To the right of the crossing and above it, where there is room.
        right = at.x() + gap + box.width() <= frame.right()
        above = at.y() - gap - box.height() >= frame.top()
        box.moveLeft(at.x() + gap if right else max(at.x() - gap - box.width(), frame.left()))
        box.moveTop(at.y() - gap - box.height() if above else at.y() + gap)
        paper = theme.color("raised")
        paper.setAlphaF(0.9)
        painter.fillRect(box, paper)
        painter.setPen(theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.said)

    def _paint_path(self, painter: QPainter, to_view: QTransform) -> None:
        if self.path is None or len(self.path) < 2:
            return
        polygon = _polygon(self.path, to_view)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, wide in (("canvas", 5.0), ("accent", 2.5)):
            pen = QPen(self._theme.color(colour), self._theme.px(wide))
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(polygon)
        if len(self.path) <= 64:
            painter.setPen(QPen(self._theme.color("canvas"), self._theme.px(1)))
            painter.setBrush(self._theme.color("accent"))
            radius = self._theme.px(4)
            for i in range(polygon.size()):
                painter.drawEllipse(polygon.at(i), radius, radius)

    def _ring(self, painter: QPainter, at: QPointF, radius: float, colour: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(self._theme.color("canvas"), self._theme.px(5)), QPen(colour, self._theme.px(2.4))):
            painter.setPen(pen)
            painter.drawEllipse(at, self._theme.px(radius), self._theme.px(radius))

    def _target(self, painter: QPainter, at: QPointF) -> None:
        """Where the latent code decodes to: a ring with a dot."""
        self._ring(painter, at, 9, self._theme.color("accent"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent"))
        painter.drawEllipse(at, self._theme.px(3), self._theme.px(3))

    def _cross(self, painter: QPainter, at: QPointF) -> None:
        """What is looked at closely: four strokes around the point, which itself stays free."""
        near, far = self._theme.px(4), self._theme.px(11)
        for colour, wide in (("canvas", 5.0), ("text", 2.0)):
            painter.setPen(QPen(self._theme.color(colour), self._theme.px(wide)))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                along = QPointF(dx, dy)
                painter.drawLine(at + along * near, at + along * far)

    def _end(self, painter: QPainter, at: QPointF, name: str) -> None:
        radius = self._theme.px(10)
        painter.setPen(QPen(self._theme.color("canvas"), self._theme.px(2)))
        painter.setBrush(self._theme.color("accent"))
        painter.drawEllipse(at, radius, radius)
        painter.setFont(self._theme.font("title"))
        painter.setPen(self._theme.color("text_on_accent"))
        where = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
        painter.drawText(where, Qt.AlignmentFlag.AlignCenter, name)


def _at(x: NDArray[np.float64], to_view: QTransform) -> QPointF:
    return to_view.map(QPointF(float(x[0]), float(x[1])))


def _polygon(x: NDArray[np.float64], to_view: QTransform) -> QPolygonF:
    return QPolygonF([_at(row, to_view) for row in x if np.isfinite(row).all()])
