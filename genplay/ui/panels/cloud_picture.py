"""A square picture of points of the plane with one point marked: to look at, and to point into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.spaces.plane import HOME, Box
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.points import Marker, Pixels, cloud
from genplay.ui.theme import Theme

__all__ = ["CloudPicture", "Groups"]

Groups = Sequence[tuple[NDArray[np.floating], Marker]]
_KEYS = frozenset("ab*0123456789")
_HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class CloudPicture(QWidget):
    """Points in a box. ``pointed`` carries the place where the mouse presses or drags; ``stepped`` an arrow key (dx, dy)."""

    pointed = Signal(float, float)
    stepped = Signal(int, int)
    key_pressed = Signal(str)

    def __init__(
        self, theme: Theme, name: str, parent: QWidget | None = None, *, drags: bool = False
    ) -> None:
        super().__init__(parent)
        self._theme, self._drags = theme, drags
        self._groups: Groups = ()
        self._box = HOME
        self._picture: Pixels | None = None
        self._key: tuple[object, ...] = ()
        self._version = 0
        self._marks: dict[str, NDArray[np.float64]] = {}
        self._path: NDArray[np.float64] | None = None
        self.rings: tuple[float, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def show_groups(self, groups: Groups, box: Box) -> None:
        """Show groups of points (n, 2) in a box."""
        self._groups, self._box = groups, box
        self._version += 1
        self.update()

    def mark(self, marks: dict[str, NDArray[np.float64]], path: NDArray[np.float64] | None = None) -> None:
        """Mark points by a letter ('' for a plain ring), and draw a path (k, 2)."""
        self._marks, self._path = marks, path
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(190), self._theme.px(190))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(96), self._theme.px(96))

    def square(self) -> QRectF:
        """Where the picture lies in the widget."""
        side = min(self.width(), self.height())
        return QRectF(0, 0, side, side)

    def pixel_of(self, x: NDArray[np.float64]) -> QPointF:
        """Where a point (2,) lies in the widget."""
        square, box = self.square(), self._box
        return QPointF(
            square.left() + (float(x[0]) - box.x0) / box.width * square.width(),
            square.bottom() - (float(x[1]) - box.y0) / box.height * square.height(),
        )

    def point_of(self, at: QPointF) -> tuple[float, float]:
        """The point of the plane at a place of the widget, kept inside the box."""
        square, box = self.square(), self._box
        u = min(max((at.x() - square.left()) / max(square.width(), 1), 0.0), 1.0)
        v = min(max((square.bottom() - at.y()) / max(square.height(), 1), 0.0), 1.0)
        return box.x0 + u * box.width, box.y0 + v * box.height

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, square = self._theme, self.square()
        ratio = self.devicePixelRatioF()
        side = max(1, round(square.width() * ratio))
        key = (self._version, side, theme.name)
        if key != self._key:
            self._picture = cloud(self._groups, self._box, side, theme.tokens.canvas, ratio)
            self._key = key
        assert self._picture is not None
        painter = QPainter(self)
        image = QImage(self._picture.data, side, side, side * 4, QImage.Format.Format_RGB32)
        painter.drawImage(square, image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(square)
        self._paint_rings(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._path is not None and len(self._path) > 1:
            painter.setPen(QPen(theme.color("accent"), theme.px(2)))
            painter.drawPolyline([self.pixel_of(x) for x in self._path if np.isfinite(x).all()])
        for letter, x in self._marks.items():
            if np.isfinite(x).all():
                self._paint_mark(painter, self.pixel_of(x), letter)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("focus"), theme.px(2)) if self.hasFocus() else theme.color("border"))
        painter.drawRect(square.adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_rings(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("border_strong"), 1))
        centre = self.pixel_of(np.zeros(2))
        for radius in self.rings:
            edge = self.pixel_of(np.array([radius, radius]))
            painter.drawEllipse(centre, edge.x() - centre.x(), centre.y() - edge.y())

    def _paint_mark(self, painter: QPainter, at: QPointF, letter: str) -> None:
        theme = self._theme
        radius = theme.px(8 if letter else 6)
        painter.setPen(QPen(theme.color("canvas"), theme.px(2)))
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(at, radius, radius)
        if letter:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text_on_accent"))
            box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    # Mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.square().contains(event.position()):
            self.pointed.emit(*self.point_of(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drags and event.buttons() & Qt.MouseButton.LeftButton:
            self.pointed.emit(*self.point_of(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)
        }.get(Qt.Key(event.key()))  # fmt: skip
        if step is not None:
            self.stepped.emit(*step)
        elif event.text().lower() in _KEYS and not event.modifiers() & _HELD:
            self.key_pressed.emit(event.text().lower())
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
