"""Many small pictures as one image: a grid of tiles with crisp pixels that can be pointed at, chosen and dragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from genplay.spaces.binary import SIDE
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.heat import Table, placed
from genplay.ui.theme import Theme

__all__ = ["TileGrid", "digit_tiles"]


def digit_tiles(images: NDArray[np.floating], colours: Table) -> Table:
    """Images (n, 25) with values in [0, 1] to pictures (n, 5, 5) of 0xFFRRGGBB."""
    return np.asarray(colours.take(placed(np.asarray(images, np.float32), 0.0, 1.0))).reshape(-1, SIDE, SIDE)


class TileGrid(QWidget):
    """Tiles of one size that fill the width they are given.

    ``hovered`` carries the tile under the mouse (−1: none), ``chosen`` one that was clicked or reached by arrow keys,
    ``key_pressed`` any other key with the current tile (−1: none). ``drag_prefix`` makes tiles draggable: the text that is dragged
    is the prefix and the tile's number. Tiles shrink from ``largest`` to ``least`` pixels a side (at scale 1) to let all
    fit; if they still do not, the first that fit are shown.
    """

    hovered = Signal(int)
    chosen = Signal(int)
    key_pressed = Signal(str, int)

    def __init__(
        self,
        theme: Theme,
        name: str,
        parent: QWidget | None = None,
        *,
        drag_prefix: str = "",
        largest: int = 56,
        least: int = 26,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drag_prefix = drag_prefix
        self._largest, self._least = largest, least
        self._shown = 0
        self._ring = False
        self._tiles: Table = np.empty((0, SIDE, SIDE), np.uint32)
        self._captions: tuple[str, ...] = ()
        self._tips: tuple[str, ...] = ()
        self._atlas: Table | None = None
        self._columns, self._scale, self._pitch = 1, 1, QSize(1, 1)
        self._hover = self._current = -1
        self._pressed: QPoint | None = None
        self._badges: dict[int, str] = {}
        self.one_row = False
        self.framed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        theme.changed.connect(self._lay)

    # What is shown

    def show_tiles(self, tiles: Table, captions: tuple[str, ...] = (), tips: tuple[str, ...] = ()) -> None:
        """Show pictures (n, h, w) of 0xFFRRGGBB with a line under each, and what their tooltips say."""
        again = tiles.shape == self._tiles.shape and bool(captions) == bool(self._captions)
        self._tiles, self._captions, self._tips = tiles, captions, tips
        self._atlas = None
        if self._current >= len(tiles):
            self._current = -1
        if not again:
            self._lay()
        self.update()

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self._tiles)

    @property
    def shown(self) -> int:
        """How many of them fit and are drawn."""
        return self._shown

    @property
    def current(self) -> int:
        """The chosen tile, −1 if there is none."""
        return self._current

    def choose(self, index: int) -> None:
        """Mark a tile as chosen, without telling."""
        index = index if 0 <= index < len(self._tiles) else -1
        if index != self._current:
            self._current = index
            self.update()

    def badge(self, badges: dict[int, str]) -> None:
        """Write a letter on some tiles (the ends of an interpolation)."""
        if badges != self._badges:
            self._badges = badges
            self.update()

    # Layout

    def _caption_height(self) -> int:
        return QFontMetrics(self._theme.font("small")).height() if self._captions else 0

    def _sizes(self, width: int, height: int) -> tuple[int, int, int]:
        """The whole-number scale, the columns, and how many tiles are shown."""
        n, h, w = self._tiles.shape
        gap, below, text = self._gap(), self._caption_height(), self._least_width()
        top = max(1, self._theme.px(self._largest) // max(w, 1))
        bottom = min(top, max(1, -(-self._theme.px(self._least) // max(w, 1))))
        fit = (bottom, 1, 1)
        for scale in range(top, bottom - 1, -1):
            columns = max(1, (width + gap) // (max(w * scale, text) + gap))
            rows = 1 if self.one_row else max(1, (height + gap) // (h * scale + below + gap))
            fit = (scale, min(columns, max(n, 1)), min(n, columns * rows))
            if fit[2] == n:
                break
        return fit

    def _gap(self) -> int:
        return self._theme.px(7)

    def _least_width(self) -> int:
        if not self._captions:
            return 0
        metrics = QFontMetrics(self._theme.font("small"))
        return max((metrics.horizontalAdvance(text) for text in self._captions), default=0)

    def _lay(self) -> None:
        self._scale, self._columns, self._shown = self._sizes(self.width(), self.height())
        _, h, w = self._tiles.shape
        wide = max(w * self._scale, self._least_width())
        self._pitch = QSize(wide + self._gap(), h * self._scale + self._caption_height() + self._gap())
        self._atlas = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(220), self._theme.px(140))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self._theme.px(self._least + 4) + self._caption_height())

    def rect_of(self, index: int) -> QRect:
        """Where a tile's picture lies in the widget."""
        row, column = divmod(index, self._columns)
        _, h, w = self._tiles.shape
        inset = (self._pitch.width() - self._gap() - w * self._scale) // 2
        return QRect(
            column * self._pitch.width() + inset, row * self._pitch.height(), w * self._scale, h * self._scale
        )

    def at(self, position: QPoint) -> int:
        """The tile at a place of the widget, −1 for none."""
        column, row = position.x() // self._pitch.width(), position.y() // self._pitch.height()
        index = row * self._columns + column
        inside = 0 <= column < self._columns and row >= 0 and 0 <= index < self._shown
        return index if inside and self.rect_of(index).adjusted(-2, -2, 2, 2).contains(position) else -1

    # Drawing

    def _picture(self) -> QImage:
        """All tiles in one image, one image pixel a tile pixel, without gaps."""
        _, h, w = self._tiles.shape
        n = self._shown
        rows = -(-n // self._columns)
        if self._atlas is None:
            atlas = np.zeros((rows * self._columns, h, w), np.uint32)
            atlas[:n] = self._tiles[:n]
            whole = atlas.reshape(rows, self._columns, h, w).transpose(0, 2, 1, 3)
            self._atlas = np.ascontiguousarray(whole).reshape(rows * h, self._columns * w)
        height, width = self._atlas.shape
        return QImage(self._atlas.data, width, height, width * 4, QImage.Format.Format_RGB32)

    def paintEvent(self, _event: QPaintEvent) -> None:
        _, h, w = self._tiles.shape
        n = self._shown
        if not n:
            return
        theme = self._theme
        painter = QPainter(self)
        image = self._picture()
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        for index in range(n):
            row, column = divmod(index, self._columns)
            target = self.rect_of(index)
            painter.drawImage(target, image, QRect(column * w, row * h, w, h))
            if index < len(self._captions):
                below = QRect(
                    column * self._pitch.width(), target.bottom() + 1,
                    self._pitch.width() - self._gap(), self._caption_height(),
                )  # fmt: skip
                painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._captions[index])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.framed:
            painter.setPen(theme.color("border"))
            painter.drawRects([self.rect_of(index).adjusted(0, 0, -1, -1) for index in range(n)])
        if 0 <= self._hover < n and self._hover != self._current:
            painter.setPen(QPen(theme.color("border_strong"), theme.px(1)))
            painter.drawRect(self.rect_of(self._hover).adjusted(-1, -1, 0, 0))
        if 0 <= self._current < n:
            painter.setPen(QPen(theme.color("focus"), theme.px(2)))
            painter.drawRect(self.rect_of(self._current).adjusted(-1, -1, 0, 0))
        elif self.hasFocus() and self._ring:
            painter.setPen(QPen(theme.color("focus"), theme.px(1)))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        for index, letter in self._badges.items():
            if 0 <= index < n:
                self._paint_badge(painter, self.rect_of(index), letter)
        painter.end()

    def _paint_badge(self, painter: QPainter, tile: QRect, letter: str) -> None:
        theme, radius = self._theme, self._theme.px(8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(tile.right() - radius * 0.4, tile.top() + radius * 0.6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(theme.color("text_on_accent"))
        box = QRect(0, 0, 2 * radius, 2 * radius)
        box.moveCenter(centre.toPoint())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    # Mouse and keyboard

    def _set_hover(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.hovered.emit(index)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        self._set_hover(self.at(position))
        pressed = self._pressed
        if (
            pressed is not None
            and self._drag_prefix
            and (position - pressed).manhattanLength() >= QApplication.startDragDistance()
        ):
            self._pressed = None
            index = self.at(pressed)
            if index >= 0:
                self.start_drag(index)

    def drag_data(self, index: int) -> QMimeData:
        """What a dragged tile carries."""
        mime = QMimeData()
        mime.setText(f"{self._drag_prefix}{index}")
        return mime

    def start_drag(self, index: int) -> None:
        """Drag a tile to where it is wanted."""
        drag = QDrag(self)
        drag.setMimeData(self.drag_data(index))
        tile = np.ascontiguousarray(self._tiles[index])
        side = self._theme.px(40)
        picture = QImage(
            tile.data, tile.shape[1], tile.shape[0], tile.shape[1] * 4, QImage.Format.Format_RGB32
        )
        drag.setPixmap(QPixmap.fromImage(picture.scaled(side, side)))
        drag.exec(Qt.DropAction.CopyAction)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        index = self.at(event.position().toPoint())
        if pressed is not None and index >= 0 and index == self.at(pressed):
            self._go(index)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hover(-1)

    def _go(self, index: int) -> None:
        self._current = index
        self.update()
        self.chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns
        }.get(Qt.Key(event.key()))  # fmt: skip
        if not len(self._tiles):
            event.ignore()
        elif step is not None:
            index = 0 if self._current < 0 else self._current + step
            if 0 <= index < self._shown:
                self._go(index)
        elif event.text().strip() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.key_pressed.emit(event.text().lower(), self._current)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.at(event.pos())
            if 0 <= index < len(self._tips):
                QToolTip.showText(event.globalPos(), self._tips[index], self)
                return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
