"""Small 5×5 pictures in rows, each with a caption, all on one scale."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import Pictures
from genplay.spaces.binary import SIDE
from genplay.ui.exhibits.scale import ValueColours, draw_strip, strip_height
from genplay.ui.exhibits.view import Painted, plain
from genplay.ui.theme import Theme

__all__ = ["PicturesView"]

_MANY = 24
"""From so many pictures on they are smaller."""


class PicturesView(Painted):
    """All pictures, in as many rows as the width asks for."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: Pictures | None = None

    def show_exhibit(self, exhibit: Pictures) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        self.setAccessibleName(f"{exhibit.title}: {len(exhibit.values)} pictures")
        if before is None or before.captions != exhibit.captions or len(before.values) != len(exhibit.values):
            self.updateGeometry()
        self.update()

    # Layout

    def _pixel(self) -> int:
        assert self._exhibit is not None
        return self._theme.px(6 if len(self._exhibit.values) >= _MANY else 9)

    def _pitch(self, width: int) -> tuple[int, int, int]:
        """The width and height of a place, and how many there are in a row."""
        assert self._exhibit is not None
        side, gap, metrics = SIDE * self._pixel(), self._theme.px(8), self.small()
        captions = self._exhibit.captions
        text = max((metrics.horizontalAdvance(caption) for caption in captions), default=0.0)
        wide = max(side, min(math.ceil(text), max(width, side))) + gap
        high = side + gap + (math.ceil(metrics.height()) if captions else 0)
        return wide, high, max(1, (width + gap) // wide)

    def rect_of(self, index: int) -> QRect:
        """Where a picture lies."""
        wide, high, columns = self._pitch(self.width())
        row, column = divmod(index, columns)
        return QRect(column * wide, row * high, SIDE * self._pixel(), SIDE * self._pixel())

    def height_for(self, width: int) -> int:
        if self._exhibit is None:
            return 0
        _, high, columns = self._pitch(width)
        rows = math.ceil(len(self._exhibit.values) / columns)
        return rows * high + math.ceil(strip_height(self._theme))

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        exhibit, theme = self._exhibit, self._theme
        if exhibit is None or not len(exhibit.values):
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = self.small()
        wide, high, columns = self._pitch(self.width())
        colours = ValueColours.of(exhibit.values, exhibit.scale, theme.tokens)
        pixels = np.ascontiguousarray(colours.take(exhibit.values).reshape(-1, SIDE))
        image = QImage(pixels.data, SIDE, len(pixels), SIDE * 4, QImage.Format.Format_RGB32)
        for index in range(len(exhibit.values)):
            target = self.rect_of(index)
            painter.drawImage(target, image, QRect(0, SIDE * index, SIDE, SIDE))
            painter.setPen(theme.color("border"))
            painter.drawRect(target.adjusted(0, 0, -1, -1))
            if index < len(exhibit.captions):
                room = wide - theme.px(6)
                text = metrics.elidedText(exhibit.captions[index], Qt.TextElideMode.ElideRight, room)
                painter.setPen(theme.color("text_dim"))
                painter.drawText(target.left(), round(target.bottom() + 1 + metrics.ascent()), text)
        rows = math.ceil(len(exhibit.values) / columns)
        draw_strip(painter, colours, 0, rows * high, self.width() - 1, theme)
        painter.end()

    def tip_at(self, at: QPoint) -> str:
        exhibit = self._exhibit
        if exhibit is None:
            return ""
        for index in range(len(exhibit.values)):
            target = self.rect_of(index)
            if target.contains(at):
                row, column = (
                    (at.y() - target.top()) // self._pixel(),
                    (at.x() - target.left()) // self._pixel(),
                )
                name = exhibit.captions[index] if index < len(exhibit.captions) else f"{index + 1}"
                value = float(exhibit.values[index, SIDE * row + column])
                return f"{name}: row {row + 1}, column {column + 1}: {plain(value)}"
        return ""
