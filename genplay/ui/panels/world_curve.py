"""log p along a line: of all images in their order, on an axis of logarithms, or of the images of a walk, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from genplay.ui.exhibits.view import Painted, plain
from genplay.ui.stage.axes import log_ticks, tick_text, ticks
from genplay.ui.theme import Theme

__all__ = ["Mark", "WorldCurve"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """A place on the curve: a dot at (x, y), or with y None a line across at x; with a word beside it."""

    x: float
    y: float | None
    text: str = ""


class WorldCurve(Painted):
    """``picked`` carries the number of the point of the curve that was clicked."""

    picked = Signal(int)

    def __init__(
        self,
        theme: Theme,
        name: str,
        parent: QWidget | None = None,
        *,
        log_x: bool = False,
        dots: bool = False,
        height: int = 150,
    ) -> None:
        super().__init__(theme, parent)
        self._name, self._log, self._dots, self._height = name, log_x, dots, height
        self._xs: Array = np.zeros(0)
        self._ys: Array = np.zeros(0)
        self._marks: tuple[Mark, ...] = ()
        self._words: list[QRectF] = []
        self._colour = "model"
        self._labels = ("", "")
        self._plot = QRectF()
        self._range = (0.0, 1.0, 0.0, 1.0)
        self.setAccessibleName(name)

    def show_curve(
        self, xs: Array, ys: Array, colour: str, labels: tuple[str, str], marks: tuple[Mark, ...] = ()
    ) -> None:
        """Draw y(x); ``colour`` is a token, ``labels`` are what the axes tell."""
        self._xs = np.log10(xs) if self._log else np.asarray(xs, np.float64)
        self._ys = np.asarray(ys, np.float64)
        self._colour, self._labels = colour, labels
        self.mark(marks)

    def mark(self, marks: tuple[Mark, ...]) -> None:
        """Other places on the same curve."""
        self._marks = marks
        said = "; ".join(mark.text for mark in marks if mark.text)
        self.setAccessibleDescription(said)
        self.update()

    def height_for(self, _width: int) -> int:
        return self._theme.px(self._height)

    def pixel_of(self, x: float, y: float) -> QPointF:
        """Where a value lies in the widget; x is the value itself, also on an axis of logarithms."""
        plot, (x0, x1, y0, y1) = self._plot, self._range
        x = float(np.log10(x)) if self._log else x
        return QPointF(
            plot.left() + (x - x0) / (x1 - x0) * plot.width(),
            plot.bottom() - (y - y0) / (y1 - y0) * plot.height(),
        )

    def _at(self, x: float, y: float) -> QPointF:
        return self.pixel_of(10**x if self._log else x, y)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not len(self._xs):
            return
        theme, metrics = self._theme, self.small()
        good = np.isfinite(self._ys)
        xs, ys = self._xs[good], self._ys[good]
        if not len(xs):
            return
        y0, y1 = float(ys.min()), float(ys.max())
        margin = 0.06 * (y1 - y0) or max(0.05 * abs(y1), 1e-3)
        x0, x1 = float(self._xs.min()), float(self._xs.max())
        self._range = (x0, x1 if x1 > x0 else x0 + 1.0, y0 - margin, y1 + margin)
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        at_y = ticks(y0 - margin, y1 + margin, 4)
        step = at_y[1] - at_y[0] if len(at_y) > 1 else y1 - y0 or 1.0
        texts = [tick_text(v, step) for v in at_y]
        left = max((metrics.horizontalAdvance(t) for t in texts), default=0.0) + theme.px(6)
        above, below = metrics.height() + theme.px(2), 2 * metrics.height() + theme.px(4)
        self._plot = plot = QRectF(
            left, above, max(self.width() - left - theme.px(8), 10), max(self.height() - above - below, 10)
        )
        painter.setPen(theme.color("text_dim"))
        painter.drawText(QPointF(0, metrics.ascent()), self._labels[1])
        for value, text in zip(at_y, texts, strict=True):
            y = self._at(x0, value).y()
            painter.setPen(QPen(theme.color("grid"), 0))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            if y < metrics.height() + metrics.capHeight():
                continue  # there the label of the axis stands
            painter.setPen(theme.color("text_dim"))
            painter.drawText(
                QPointF(left - theme.px(4) - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2),
                text,
            )
        self._x_axis(painter, plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.color(self._colour)
        line = QPolygonF([self._at(float(a), float(b)) for a, b in zip(xs, ys, strict=True)])
        painter.setPen(QPen(colour, theme.px(1.4)))
        painter.drawPolyline(line)
        if self._dots:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for point in line.toList():
                painter.drawEllipse(point, theme.px(2.5), theme.px(2.5))
        self._draw_marks(painter, line)
        painter.end()

    def _x_axis(self, painter: QPainter, plot: QRectF) -> None:
        theme, metrics, (x0, x1, *_) = self._theme, self.small(), self._range
        most = max(2, int(plot.width() / theme.px(56)))
        if self._log:
            places = log_ticks(x0, x1, most)
        else:
            at = [v for v in ticks(x0, x1, most) if v == int(v)]
            places = [(v, f"{abs(v):,.0f}") for v in at]
        base = plot.bottom() + theme.px(2) + metrics.ascent()
        painter.setPen(theme.color("text_dim"))
        for value, text in places:
            wide = metrics.horizontalAdvance(text)
            x = self._at(value, 0.0).x()
            painter.drawText(QPointF(min(max(x - wide / 2, 0.0), self.width() - wide), base), text)
        wide = metrics.horizontalAdvance(self._labels[0])
        painter.drawText(QPointF(plot.right() - wide, base + metrics.height()), self._labels[0])
        painter.setPen(QPen(theme.color("border"), 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(plot)

    def _draw_marks(self, painter: QPainter, line: QPolygonF) -> None:
        """Draw the marks, and their words where they cover no mark, not the curve and not each other."""
        theme, plot, radius = self._theme, self._plot, self._theme.px(5)
        marks = [mark for mark in self._marks if mark.y is None or np.isfinite(mark.y)]
        for mark in marks:
            at = self.pixel_of(mark.x, mark.y or 0.0)
            if mark.y is None:
                painter.setPen(QPen(theme.color("text_dim"), theme.px(1), Qt.PenStyle.DashLine))
                painter.drawLine(QLineF(at.x(), plot.top(), at.x(), plot.bottom()))
            else:
                painter.setPen(QPen(theme.color("canvas"), theme.px(2)))
                painter.setBrush(theme.color("accent"))
                painter.drawEllipse(at, radius, radius)
        ends = line.toList()
        taken = [QRectF(a, b).normalized().adjusted(-1, -1, 1, 1) for a, b in pairwise(ends)]
        for mark in marks:
            at = self.pixel_of(mark.x, mark.y or 0.0)
            if mark.y is None:
                taken.append(QRectF(at.x() - 1, plot.top(), 2, plot.height()))
            else:
                taken.append(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))
        ground = QColor(theme.tokens.surface)
        ground.setAlpha(210)
        self._words = []
        for mark in marks:
            if mark.text:
                box = self._place_of(mark, taken)
                taken.append(box)
                self._words.append(box)
                painter.fillRect(box, ground)
                painter.setPen(theme.color("text"))
                painter.drawText(QPointF(box.left() + 2, box.top() + self.small().ascent()), mark.text)

    def _place_of(self, mark: Mark, taken: list[QRectF]) -> QRectF:
        """The nearest free place beside the mark, to the right if it can be; for a line, the nearest to the top of the plot."""
        theme, plot, metrics = self._theme, self._plot, self.small()
        wide, high = metrics.horizontalAdvance(mark.text) + 4, metrics.height()
        at = self.pixel_of(mark.x, mark.y or 0.0)
        gap = theme.px(4) if mark.y is None else theme.px(9)
        top = plot.top() + 1 if mark.y is None else at.y() - high / 2
        room = plot.width() - wide, plot.height() - high
        if min(room) < 0:
            return QRectF(max(plot.right() - wide, 0.0), plot.top(), wide, high)
        rows = [plot.top() + 1 + (room[1] - 2) * k / 20 for k in range(21)]
        lefts = [at.x() + gap, at.x() - gap - wide, *(plot.left() + room[0] * k / 10 for k in range(11))]
        x, left_most, top_most = at.x(), plot.left(), plot.top()
        # How far from the mark a place is, as plain numbers: nearly always one of the first is free.
        places = sorted(
            (abs(row - top) + max(left - x, x - left - wide), left, row)
            for row in [top, *rows]
            for left in lefts
            if left_most <= left <= left_most + room[0] and top_most <= row <= top_most + room[1]
        )
        boxes = (QRectF(left, row, wide, high) for _, left, row in places)
        free = (box for box in boxes if not any(box.intersects(other) for other in taken))
        # Where nothing is free, the word covers what it must.
        return next(free, QRectF(places[0][1], places[0][2], wide, high))

    def nearest(self, at: QPointF) -> int:
        """The point of the curve nearest across to a place in the widget, −1 outside the plot."""
        if not len(self._xs) or not self._plot.adjusted(-6, -6, 6, 6).contains(at):
            return -1
        x0, x1, *_ = self._range
        x = x0 + (at.x() - self._plot.left()) / self._plot.width() * (x1 - x0)
        return int(np.argmin(np.abs(self._xs - x)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.nearest(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.picked.emit(index)

    def tip_at(self, at: QPoint) -> str:
        index = self.nearest(QPointF(at))
        if index < 0:
            return ""
        x = 10 ** self._xs[index] if self._log else self._xs[index]
        return f"{self._labels[0]} {x:,.0f}: {self._labels[1]} = {plain(float(self._ys[index]))}"
