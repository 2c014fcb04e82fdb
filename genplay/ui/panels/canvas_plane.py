"""The drawing canvas of the plane: the data points, and a brush, spray, eraser and hand to change them with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.lab.experiment import Experiment
from genplay.spaces.plane import HOME, Box
from genplay.ui.dispatch import Dispatch
from genplay.ui.paint.points import cloud
from genplay.ui.panels.thumbnails import groups_of
from genplay.ui.theme import Theme

__all__ = ["Brush", "PlaneCanvas", "Tool"]

Tool = Literal["brush", "spray", "eraser", "move", "pan"]
MOST_POINTS = 2000
"""So many points tell the shape of the data; more would only cost time."""


@dataclass
class Brush:
    """What the next stroke is made with; lengths in units of the plane."""

    tool: Tool = "brush"
    size: float = 0.25
    softness: float = 0.5
    weight: float = 1.0
    label: int = 0


class PlaneCanvas(QWidget):
    """A square window onto the plane. Dragging draws; the wheel zooms about the pointer; the middle button pans.

    One stroke is one action, sent when the button is let go. The part in view is kept while the data change.
    """

    view_changed = Signal()

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self.brush = Brush()
        self.box: Box = HOME
        self._name = ""
        self._path: list[tuple[float, float]] = []
        self._panning: QPointF | None = None
        self._pointer: QPointF | None = None
        self._dots: list[QPointF] = []
        self._rng = np.random.default_rng(0)
        self._cloud: QImage | None = None
        self._cloud_key: tuple[object, ...] = ()
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Drawing canvas")
        self.setAccessibleDescription("Drag to draw points of the data set.")
        theme.changed.connect(self.update)

    def show_data(self) -> None:
        """Take over the experiment's data; another data set brings its own box."""
        if self._experiment.world != "plane":
            return
        data = self._experiment.data
        if data.spec.name != self._name:
            self._name = data.spec.name
            self.box = data.box
        self.update()

    def home(self) -> None:
        """Show the whole box of the data."""
        self.box = self._experiment.data.box
        self.view_changed.emit()
        self.update()

    def heightForWidth(self, width: int) -> int:
        return width

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        side = self._theme.px(220)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = self._theme.px(120)
        return QSize(side, side)

    # The plane and the screen

    def _scale(self) -> float:
        """Pixels a unit of the plane."""
        return min(self.width(), self.height()) / max(self.box.width, self.box.height)

    def to_plane(self, point: QPointF) -> tuple[float, float]:
        """Where on the plane a pixel lies."""
        s = self._scale()
        cx, cy = (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2
        return cx + (point.x() - self.width() / 2) / s, cy - (point.y() - self.height() / 2) / s

    def to_screen(self, x: float, y: float) -> QPointF:
        """The pixel of a point of the plane."""
        s = self._scale()
        cx, cy = (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2
        return QPointF(self.width() / 2 + (x - cx) * s, self.height() / 2 - (y - cy) * s)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self.brush.tool == "pan"):
            self._panning = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left:
            self._path = []
            self._dots = []
            self._extend(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._panning is not None:
            delta = event.position() - self._panning
            self._panning = event.position()
            s = self._scale()
            b = self.box
            dx, dy = -delta.x() / s, delta.y() / s
            self.box = Box(b.x0 + dx, b.x1 + dx, b.y0 + dy, b.y1 + dy)
            self.view_changed.emit()
        elif self._path:
            self._extend(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._panning = None
            self.use(self.brush.tool)
        elif self._path and event.button() == Qt.MouseButton.LeftButton:
            self._extend(event.position())
            path, self._path = self._path, []
            self._dots = []
            self._send(path)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second press of a double click is an ordinary one: two quick dabs are two dabs.
        self.mousePressEvent(event)

    def leaveEvent(self, _event: object) -> None:
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = 0.85 ** (event.angleDelta().y() / 120)
        width = self.box.width * factor
        if 0.01 <= width <= 1e4:
            x, y = self.to_plane(event.position())
            b = self.box
            self.box = Box(
                x + (b.x0 - x) * factor,
                x + (b.x1 - x) * factor,
                y + (b.y0 - y) * factor,
                y + (b.y1 - y) * factor,
            )
            self.view_changed.emit()
            self.update()
        event.accept()

    def use(self, tool: Tool) -> None:
        """Take another tool into the hand."""
        self.brush.tool = tool
        cursors = {"pan": Qt.CursorShape.OpenHandCursor, "move": Qt.CursorShape.SizeAllCursor}
        self.setCursor(cursors.get(tool, Qt.CursorShape.CrossCursor))
        self.update()

    def _extend(self, position: QPointF) -> None:
        x, y = self.to_plane(position)
        if self._path:
            px, py = self._path[-1]
            if (x - px) ** 2 + (y - py) ** 2 < (1.0 / self._scale()) ** 2:
                return
        self._path.append((x, y))
        if self.brush.tool == "spray":
            radius = self.brush.size / 2 * self._scale()
            for dx, dy in self._rng.standard_normal((6, 2)) * radius:
                self._dots.append(QPointF(position.x() + dx, position.y() + dy))

    def _send(self, path: list[tuple[float, float]]) -> None:
        brush = self.brush
        points = [list(point) for point in path]
        if brush.tool == "eraser":
            self._actions.run("data.erase", points=points, size=brush.size)
        elif brush.tool == "move":
            if len(points) > 1:
                self._actions.run("data.move", points=[points[0], points[-1]], radius=max(brush.size, 0.05))
        else:
            self._actions.run(
                "data.stroke",
                points=points,
                label=brush.label,
                size=brush.size,
                softness=brush.softness,
                weight=brush.weight,
                spray=brush.tool == "spray",
            )

    # The picture

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        rect = QRectF(self.rect())
        frame = QPainterPath()
        frame.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), self._theme.px(6), self._theme.px(6))
        painter.save()
        painter.setClipPath(frame)
        painter.fillRect(rect, QColor(tokens.canvas))
        self._paint_grid(painter)
        self._paint_data(painter)
        self._paint_stroke(painter)
        self._paint_pointer(painter)
        painter.restore()
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.drawPath(frame)
        painter.end()

    def _paint_grid(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.tokens.grid), 1))
        step = 10.0 ** np.floor(np.log10(self.box.width / 2))
        for k in range(int(np.ceil(self.box.x0 / step)), int(np.floor(self.box.x1 / step)) + 1):
            x = round(self.to_screen(k * step, 0).x()) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        for k in range(int(np.ceil(self.box.y0 / step)), int(np.floor(self.box.y1 / step)) + 1):
            y = round(self.to_screen(0, k * step).y()) + 0.5
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))

    def _paint_data(self, painter: QPainter) -> None:
        if self._experiment.world != "plane":
            return
        data = self._experiment.data
        side, ratio = min(self.width(), self.height()), self.devicePixelRatioF()
        key = (id(data), self.box, side, ratio, self._theme.name, self._theme.scale)
        if key != self._cloud_key:
            size = 3.0 * max(1.0, self._theme.scale)
            x, y = data.x_train[:MOST_POINTS], data.y_train[:MOST_POINTS]
            groups = groups_of(x, y, data.classes, self._theme, size)
            pixels = cloud(groups, self.box, round(side * ratio), None, ratio)
            height, width = pixels.shape
            image = QImage(
                pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
            ).copy()
            image.setDevicePixelRatio(ratio)
            self._cloud, self._cloud_key = image, key
        if self._cloud is not None:
            painter.drawImage(QPointF((self.width() - side) / 2, (self.height() - side) / 2), self._cloud)

    def _stroke_color(self) -> QColor:
        if self.brush.tool == "eraser":
            return self._theme.color("text_dim")
        return self._theme.class_color(self.brush.label)

    def _paint_stroke(self, painter: QPainter) -> None:
        if not self._path:
            return
        color = self._stroke_color()
        start = self.to_screen(*self._path[0])
        if self.brush.tool == "move":
            painter.setPen(QPen(color, self._theme.px(2)))
            painter.drawLine(start, self.to_screen(*self._path[-1]))
            return
        if self.brush.tool == "spray":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for dot in self._dots:
                painter.drawEllipse(dot, 1.5, 1.5)
            return
        color.setAlpha(110)
        width = max(self.brush.size * self._scale(), 1.0)
        path = QPainterPath(start)
        path.lineTo(start + QPointF(0.01, 0))
        for point in self._path[1:]:
            path.lineTo(self.to_screen(*point))
        pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)

    def _paint_pointer(self, painter: QPainter) -> None:
        if self._pointer is None or self.brush.tool == "pan":
            return
        reach = self.brush.size * (1.0 if self.brush.tool == "move" else 0.5)
        radius = max(reach * self._scale(), 2.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("canvas"), 3))
        painter.drawEllipse(self._pointer, radius, radius)
        painter.setPen(QPen(self._stroke_color(), 1.5))
        painter.drawEllipse(self._pointer, radius, radius)
