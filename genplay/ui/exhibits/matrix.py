"""A table of numbers as coloured cells; numbers are written into cells that have room for them."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import Matrix
from genplay.ui.exhibits.scale import ValueColours, draw_strip, strip_height
from genplay.ui.exhibits.view import Painted, plain
from genplay.ui.theme import Theme

__all__ = ["MatrixView"]

_LARGEST = 44
_LOWEST = 20
"""Cells are at most so wide and so high, in pixels at scale 1."""


class MatrixView(Painted):
    """Rows down, columns to the right; cells without a number stay empty."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: Matrix | None = None

    def show_exhibit(self, exhibit: Matrix) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        rows, columns = exhibit.values.shape
        self.setAccessibleName(f"{exhibit.title}: {rows} rows, {columns} columns")
        if before is None or before.values.shape != exhibit.values.shape or before.rows != exhibit.rows:
            self.updateGeometry()
        self.update()

    # Layout

    def _cell(self, width: int) -> tuple[float, float, float, float]:
        """Left and top of the cells, and the width and height of one."""
        assert self._exhibit is not None
        theme, metrics, (rows, columns) = self._theme, self.small(), self._exhibit.values.shape
        names = self._exhibit.rows
        left = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
        left = min(left + theme.px(6), width * 0.35) if names else 0.0
        wide = min((width - left - 1) / max(columns, 1), theme.px(_LARGEST))
        high = min(max(wide, 2.0), theme.px(_LOWEST))
        if names and high < metrics.height() <= 2 * high and rows <= 40:
            high = metrics.height()
        fits = wide >= max(
            (metrics.horizontalAdvance(n) for n in self._exhibit.columns), default=0.0
        ) + theme.px(2)
        top = metrics.height() if self._exhibit.columns and fits else 0.0
        return left, top, wide, high

    def height_for(self, width: int) -> int:
        if self._exhibit is None:
            return 0
        _, top, _, high = self._cell(width)
        rows = len(self._exhibit.values)
        return math.ceil(top + rows * high + self._theme.px(4) + strip_height(self._theme))

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        left, top, wide, high = self._cell(self.width())
        return QRectF(left + column * wide, top + row * high, wide, high)

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        exhibit, theme = self._exhibit, self._theme
        if exhibit is None or not exhibit.values.size:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = self.small()
        left, top, wide, high = self._cell(self.width())
        colours = ValueColours.of(exhibit.values, exhibit.scale, theme.tokens)
        table = colours.take(exhibit.values)
        gap = 1.0 if min(wide, high) >= 6 else 0.0
        widest = max(metrics.horizontalAdvance(plain(float(v))) for v in exhibit.values.flat)
        writes = wide >= widest + theme.px(4) and high >= metrics.height()
        for (row, column), value in np.ndenumerate(exhibit.values):
            cell = self.rect_of(row, column).adjusted(0, 0, -gap, -gap)
            if not np.isfinite(value):
                continue
            colour = QColor(int(table[row, column]))
            painter.fillRect(cell, colour)
            if writes:
                painter.setPen(QColor("#000000" if colour.lightnessF() > 0.55 else "#FFFFFF"))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, plain(float(value)))
        painter.setPen(theme.color("text_dim"))
        self._names(painter, left, top, wide, high)
        rows, columns = exhibit.values.shape
        painter.setPen(theme.color("border"))
        painter.drawRect(QRectF(left, top, wide * columns, high * rows))
        draw_strip(painter, colours, left, top + rows * high + theme.px(4), self.width() - left - 1, theme)
        painter.end()

    def _names(self, painter: QPainter, left: float, top: float, wide: float, high: float) -> None:
        assert self._exhibit is not None
        metrics, room = self.small(), left - self._theme.px(6)
        if high >= metrics.height() - 1:
            for row, name in enumerate(self._exhibit.rows):
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
                place = QRectF(0, top + row * high, room, high)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if top:
            for column, name in enumerate(self._exhibit.columns):
                painter.drawText(
                    QRectF(left + column * wide, 0, wide, top), Qt.AlignmentFlag.AlignCenter, name
                )

    def tip_at(self, at: QPoint) -> str:
        exhibit = self._exhibit
        if exhibit is None:
            return ""
        left, top, wide, high = self._cell(self.width())
        row, column = math.floor((at.y() - top) / high), math.floor((at.x() - left) / wide)
        rows, columns = exhibit.values.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return ""
        name = exhibit.rows[row] if row < len(exhibit.rows) else f"row {row + 1}"
        other = exhibit.columns[column] if column < len(exhibit.columns) else f"column {column + 1}"
        value = float(exhibit.values[row, column])
        return f"{name}, {other}: {plain(value) if np.isfinite(value) else 'no connection'}"
