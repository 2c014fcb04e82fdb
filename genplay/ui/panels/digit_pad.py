"""An image that is looked at and drawn on: the decode of a code, and a drawing to encode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from genplay.spaces.binary import SIDE
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.heat import ink_table
from genplay.ui.stage.image_card import BigImage
from genplay.ui.theme import Theme

__all__ = ["DigitPad"]


class DigitPad(BigImage):
    """A large image whose pixels can be changed; ``drawn`` carries the 25 pixels after a change.

    With the keyboard: arrows move the cursor, Enter changes the pixel under it.
    """

    drawn = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent, least=90)
        self._pixels = np.zeros(SIDE * SIDE)
        self._cursor = (SIDE // 2, SIDE // 2)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What the code decodes to")
        self.setToolTip(
            "What the code decodes to. Click a pixel to change it (keyboard: arrows and Enter); the changed image is "
            "encoded, and the sliders follow."
        )

    def show_pixels(self, image: NDArray[np.float64]) -> None:
        """Show an image (25,) of pixel probabilities."""
        self._pixels = np.round(image)
        self.show_image(image, ink_table(self._theme.tokens.sunken, self._theme.tokens.model))

    def cell(self) -> int:
        """The side of a pixel on the screen."""
        return max(min(self.width(), self.height(), self._theme.px(240)) // SIDE, 1)

    def _flip(self, row: int, column: int) -> None:
        pixels = self._pixels.copy()
        pixels[row * SIDE + column] = 1 - pixels[row * SIDE + column]
        self.drawn.emit([int(p) for p in pixels])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column, row = int(event.position().x()) // self.cell(), int(event.position().y()) // self.cell()
        if event.button() == Qt.MouseButton.LeftButton and 0 <= column < SIDE and 0 <= row < SIDE:
            self._cursor = (row, column)
            self._flip(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)
        }.get(Qt.Key(event.key()))  # fmt: skip
        row, column = self._cursor
        if step is not None:
            self._cursor = (min(max(row + step[0], 0), SIDE - 1), min(max(column + step[1], 0), SIDE - 1))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._flip(row, column)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(self._theme.color("focus"), self._theme.px(2)))
            row, column = self._cursor
            painter.drawRect(QRect(column * self.cell(), row * self.cell(), self.cell(), self.cell()))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
