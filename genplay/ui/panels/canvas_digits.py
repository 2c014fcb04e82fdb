"""The pixel editor of the digit world: 5×5 big cells, painted by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.spaces.binary import PIXELS, SIDE
from genplay.ui.theme import Theme

__all__ = ["DigitCanvas"]


class DigitCanvas(QWidget):
    """Twenty-five cells. A click turns a cell over, dragging paints on with the same ink; arrows move, Space or Enter turn.

    ``changed`` is emitted after every change by the user.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixels = np.zeros((SIDE, SIDE), dtype=np.int64)
        self._ink: int | None = None
        self._at = (0, 0)
        self._from = QPointF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ownKeys", True)
        self.setAccessibleName("Pixel editor")
        self.setAccessibleDescription("Five by five pixels. Arrows move, Space turns a pixel over.")
        self.setToolTip("Click or drag to paint. Arrow keys move, Space or Enter turns a pixel over.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    def pixels(self) -> list[int]:
        """The 25 pixels in raster order."""
        return [int(v) for v in self._pixels.reshape(-1)]

    def set_pixels(self, pixels: Sequence[int]) -> None:
        """Show an image; tells nobody."""
        self._pixels = np.array(pixels, dtype=np.int64).reshape(SIDE, SIDE)
        self.update()

    def invert(self) -> None:
        """Turn every pixel over."""
        self._set(1 - self._pixels)

    def clear(self) -> None:
        """No ink anywhere."""
        self._set(np.zeros_like(self._pixels))

    def shift(self, right: int, down: int) -> None:
        """Move the image; what leaves on one side comes back on the other."""
        self._set(np.roll(self._pixels, (down, right), axis=(0, 1)))

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is drawn."""
        side = min(self.width(), self.height()) / SIDE
        left = (self.width() - side * SIDE) / 2
        return QRectF(left + column * side, row * side, side, side)

    def _set(self, pixels: np.ndarray) -> None:
        if not np.array_equal(pixels, self._pixels):
            self._pixels = pixels
            self.changed.emit()
            self.update()

    def _paint_cell(self, row: int, column: int, ink: int) -> None:
        pixels = self._pixels.copy()
        pixels[row, column] = ink
        self._set(pixels)

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        first = self.cell(0, 0)
        column = int((position.x() - first.left()) // first.width())
        row = int(position.y() // first.height())
        return (row, column) if 0 <= row < SIDE and 0 <= column < SIDE else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self._at = at
            self._from = event.position()
            self._ink = 1 - int(self._pixels[at])
            self._paint_cell(*at, self._ink)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._ink is None:
            return
        # A quick hand skips cells between two events: everything on the straight line between them is painted.
        steps = 2 * SIDE
        for k in range(1, steps + 1):
            at = self._cell_at(self._from + (event.position() - self._from) * (k / steps))
            if at is not None:
                self._at = at
                self._paint_cell(*at, self._ink)
        self._from = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._ink = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in moves:
            down, right = moves[key]
            self._at = ((self._at[0] + down) % SIDE, (self._at[1] + right) % SIDE)
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._paint_cell(*self._at, 1 - int(self._pixels[self._at]))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, self._theme.px(240))

    def sizeHint(self) -> QSize:
        side = self._theme.px(200)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = self._theme.px(100)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        gap = theme.px(2)
        for index in range(PIXELS):
            row, column = divmod(index, SIDE)
            rect = self.cell(row, column).adjusted(gap, gap, -gap, -gap)
            ink = bool(self._pixels[row, column])
            painter.setPen(QPen(theme.color("data" if ink else "border"), 1))
            painter.setBrush(theme.color("data" if ink else "canvas"))
            painter.drawRoundedRect(rect, theme.px(4), theme.px(4))
        if self.hasFocus():
            rect = self.cell(*self._at).adjusted(gap / 2, gap / 2, -gap / 2, -gap / 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("focus"), theme.px(2)))
            painter.drawRoundedRect(rect, theme.px(5), theme.px(5))
        painter.end()
