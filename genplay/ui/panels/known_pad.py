"""A pad of 5×5 pixels on which is said what is known: ink, no ink, or nothing; unknown ones show how probable ink is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from genplay.spaces.binary import PIXELS, SIDE
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.heat import ink_table, placed
from genplay.ui.theme import Theme
from genplay.ui.tokens import contrast

__all__ = ["KnownPad"]

_CELL = 30
_NEXT: dict[int | None, int | None] = {None: 1, 1: 0, 0: None}


class KnownPad(QWidget):
    """``changed`` carries 25 entries of 1, 0 or None after a change by hand.

    A click goes on from unknown to ink to no ink. With the keyboard: arrows move, Enter goes on, 1, 0 and ? say what is known.
    """

    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._known: tuple[int | None, ...] = (None,) * PIXELS
        self._lit: NDArray[np.float64] | None = None
        self._cursor = (SIDE // 2, SIDE // 2)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Known pixels")
        theme.changed.connect(self._restyle)

    def show_known(self, known: tuple[int | None, ...], lit: NDArray[np.float64] | None) -> None:
        """Show what is known, and P(ink) of every pixel given that (None: not known yet)."""
        self._known, self._lit = known, lit
        marks = "".join("?" if k is None else "#" if k else "." for k in known)
        self.setAccessibleDescription(" / ".join(marks[i : i + SIDE] for i in range(0, PIXELS, SIDE)))
        self.update()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def cell(self) -> int:
        """The side of a pixel on the screen."""
        return self._theme.px(_CELL)

    def sizeHint(self) -> QSize:
        return QSize(SIDE * self.cell() + 1, SIDE * self.cell() + 1)

    def rect_of(self, index: int) -> QRect:
        """Where a pixel lies."""
        row, column = divmod(index, SIDE)
        return QRect(column * self.cell(), row * self.cell(), self.cell(), self.cell())

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, tokens = self._theme, self._theme.tokens
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = QFontMetricsF(theme.font("small"))
        table = ink_table(tokens.sunken, tokens.model)
        for index, known in enumerate(self._known):
            cell = self.rect_of(index)
            if known is not None:
                painter.fillRect(cell, theme.color("text" if known else "canvas"))
            elif self._lit is not None:
                p = float(self._lit[index])
                colour = QColor.fromRgb(int(table[int(placed(np.array([p]), 0.0, 1.0)[0])]))
                painter.fillRect(cell, colour)
                text = f"{100 * p:.0f}"
                readable = max((tokens.text, tokens.background), key=lambda c: contrast(c, colour.name()))
                painter.setPen(QColor(readable))
                place = QRectF(cell).center()
                painter.drawText(
                    QRectF(place.x() - cell.width() / 2, place.y() - metrics.height() / 2, cell.width(), metrics.height()),
                    Qt.AlignmentFlag.AlignCenter, text,
                )  # fmt: skip
            else:
                painter.fillRect(cell, theme.color("sunken"))
            painter.setPen(QPen(theme.color("border"), 0))
            painter.drawRect(cell)
        painter.setPen(QPen(theme.color("text"), theme.px(2)))
        inset = theme.px(1)
        for index, known in enumerate(self._known):
            if known is not None:
                painter.drawRect(self.rect_of(index).adjusted(inset, inset, -inset, -inset))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), theme.px(2)))
            painter.drawRect(self.rect_of(self._cursor[0] * SIDE + self._cursor[1]))
        painter.end()

    def tip_of(self, index: int) -> str:
        """What is said of one pixel."""
        row, column = divmod(index, SIDE)
        where = f"Row {row + 1}, column {column + 1}"
        known = self._known[index]
        if known is not None:
            return f"{where}: known to be {'ink' if known else 'empty'}. Click to go on."
        p = "" if self._lit is None else f", P(ink) = {self._lit[index]:.4f}"
        return f"{where}: not known{p}. Click to say that it is ink."

    # By hand

    def set_pixel(self, index: int, value: int | None) -> None:
        """Say what is known of one pixel."""
        self.changed.emit(tuple(value if i == index else k for i, k in enumerate(self._known)))

    def at(self, position: QPoint) -> int:
        """The pixel at a place, −1 for none."""
        column, row = position.x() // self.cell(), position.y() // self.cell()
        return row * SIDE + column if 0 <= row < SIDE and 0 <= column < SIDE else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self._cursor = divmod(index, SIDE)
            self.set_pixel(index, _NEXT[self._known[index]])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)
        }.get(Qt.Key(event.key()))  # fmt: skip
        row, column = self._cursor
        index = row * SIDE + column
        if step is not None:
            self._cursor = (min(max(row + step[0], 0), SIDE - 1), min(max(column + step[1], 0), SIDE - 1))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.set_pixel(index, _NEXT[self._known[index]])
        elif event.text() in ("1", "0", "?"):
            self.set_pixel(index, None if event.text() == "?" else int(event.text()))
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.at(event.pos())
            if index >= 0:
                QToolTip.showText(event.globalPos(), self.tip_of(index), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
