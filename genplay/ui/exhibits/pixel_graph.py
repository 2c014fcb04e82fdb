"""Edges between the 25 pixels: thick where strong, red where positive, violet where negative."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import PixelGraph
from genplay.spaces.binary import PIXELS, SIDE
from genplay.ui.exhibits.view import LegendEntry, Painted, draw_legend, plain
from genplay.ui.paint.heat import ink_table, placed
from genplay.ui.theme import Theme

__all__ = ["PixelGraphView"]

_LARGEST = 260


class PixelGraphView(Painted):
    """The pixels in their places, the edges between them."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: PixelGraph | None = None

    def show_exhibit(self, exhibit: PixelGraph) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        self.setAccessibleName(f"{exhibit.title}: {len(exhibit.edges)} edges between pixels")
        if before is None or self._legend() != self._entries(before):
            self.updateGeometry()
        self.update()

    # Layout

    def _side(self, width: int) -> float:
        return float(min(width - 1, self._theme.px(_LARGEST)))

    def height_for(self, width: int) -> int:
        legend = draw_legend(None, self._legend(), width, self._theme)
        return math.ceil(self._side(width) + legend + self._theme.px(2))

    def place(self, pixel: int) -> QPointF:
        """The middle of a pixel."""
        step = self._side(self.width()) / SIDE
        row, column = divmod(pixel, SIDE)
        return QPointF((column + 0.5) * step, (row + 0.5) * step)

    def _legend(self) -> list[LegendEntry]:
        return self._entries(self._exhibit) if self._exhibit is not None else []

    def _entries(self, exhibit: PixelGraph) -> list[LegendEntry]:
        tokens, w = self._theme.tokens, exhibit.weights
        largest = float(np.abs(w).max()) if len(w) else 0.0
        entries: list[LegendEntry] = []
        if (w > 0).any():
            entries.append((f"positive, thickest {plain(largest)}", tokens.error_positive, False))
        if (w < 0).any():
            entries.append((f"negative, thickest {plain(-largest)}", tokens.error_negative, False))
        return entries

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        exhibit, theme = self._exhibit, self._theme
        if exhibit is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = self._side(self.width())
        painter.fillRect(QRectF(0, 0, side, side), theme.color("canvas"))
        radius = side / SIDE * 0.26
        largest = float(np.abs(exhibit.weights).max()) if len(exhibit.weights) else 1.0
        for i in np.argsort(np.abs(exhibit.weights)):
            self._edge(painter, int(i), largest or 1.0, radius)
        ink = ink_table(theme.tokens.sunken, theme.tokens.model)
        shades = ink.take(placed(exhibit.nodes, 0.0, 1.0)) if exhibit.nodes is not None else None
        for pixel in range(PIXELS):
            painter.setPen(QPen(theme.color("border_strong"), 1))
            painter.setBrush(QColor(int(shades[pixel])) if shades is not None else theme.color("sunken"))
            painter.drawEllipse(self.place(pixel), radius, radius)
        draw_legend(painter, self._legend(), self.width(), theme, side + theme.px(2))
        painter.end()

    def _edge(self, painter: QPainter, i: int, largest: float, radius: float) -> None:
        exhibit, theme = self._exhibit, self._theme
        assert exhibit is not None
        share = abs(float(exhibit.weights[i])) / largest
        if not share > 0.02:
            return
        start, stop = (self.place(int(pixel)) for pixel in exhibit.edges[i])
        colour = theme.color("error_positive" if exhibit.weights[i] > 0 else "error_negative")
        colour.setAlphaF(0.25 + 0.75 * share)
        pen = QPen(colour, max(1.0, theme.px(5) * share))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(start, stop)
        length = math.hypot(stop.x() - start.x(), stop.y() - start.y())
        if exhibit.directed and length > 0:
            along = (stop - start) / length
            aside = QPointF(-along.y(), along.x())
            tip, back = stop - along * radius, stop - along * (radius + theme.px(8))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon(QPolygonF([tip, back + aside * theme.px(4), back - aside * theme.px(4)]))

    def tip_at(self, at: QPoint) -> str:
        exhibit = self._exhibit
        step = self._side(self.width()) / SIDE
        row, column = int(at.y() // step), int(at.x() // step)
        if exhibit is None or not (0 <= row < SIDE and 0 <= column < SIDE):
            return ""
        pixel = SIDE * row + column
        lines = [f"row {row + 1}, column {column + 1}"]
        if exhibit.nodes is not None:
            lines[0] += f": {plain(float(exhibit.nodes[pixel]))}"
        mine = [i for i in range(len(exhibit.edges)) if pixel in exhibit.edges[i]]
        mine.sort(key=lambda i: -abs(float(exhibit.weights[i])))
        for i in mine[:8]:
            first, second = (int(v) for v in exhibit.edges[i])
            other = second if first == pixel else first
            word = ("to" if first == pixel else "from") if exhibit.directed else "with"
            r, c = divmod(other, SIDE)
            lines.append(f"{word} row {r + 1}, column {c + 1}: {plain(float(exhibit.weights[i]))}")
        return "\n".join(lines)
