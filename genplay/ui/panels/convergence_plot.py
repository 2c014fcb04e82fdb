"""Estimators against how much they were given: values with 95 % bars as bands, and the truth as a line across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.metrics.estimators.convergence import Convergence
from genplay.quantity import Quantity
from genplay.ui.stage.axes import log_ticks, tick_text, ticks
from genplay.ui.theme import Theme

__all__ = ["ConvergencePlot", "Way", "draw_marker", "values_in_view"]

_LEAST_RANGE = 1e-3
_LABELLED = 220
"""Width from which the line of the truth has its value written on it."""
_BAND = 0.18
"""Opacity of a band."""


@dataclass(frozen=True, eq=False)
class Way:
    """An estimator's way with its colour and marker (0 to 4)."""

    of: Convergence
    colour: str
    marker: int


def values_in_view(ways: Sequence[Convergence], truth: float | None) -> tuple[float, float]:
    """The ends of the value axis: the later two thirds of each way, its last bar, the truth, and a margin."""
    places = [truth] if truth is not None and math.isfinite(truth) else []
    for way in ways:
        late = way.value[len(way.value) // 3 :]
        places += [float(v) for v in late if math.isfinite(v)]
        places += [float(v) for v in (way.low[-1], way.high[-1]) if math.isfinite(v)]
    if not places:
        return 0.0, 1.0
    low, high = min(places), max(places)
    margin = max(0.08 * (high - low), _LEAST_RANGE)
    return low - margin, high + margin


class ConvergencePlot(QWidget):
    """One axis of growth. ``read`` carries the size under the mouse, 0 for none."""

    read = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ways: tuple[Way, ...] = ()
        self._flat: tuple[Way, ...] = ()
        self._truth: Quantity | None = None
        self._range = (0.0, 1.0)
        self._axis = ""
        self._hover: float | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_ways(
        self,
        axis: str,
        ways: tuple[Way, ...],
        flat: tuple[Way, ...],
        truth: Quantity | None,
        ends: tuple[float, float],
    ) -> None:
        """Draw ways that share an axis; ``flat`` ones have a single value, drawn across."""
        self._axis, self._ways, self._flat, self._truth, self._range = axis, ways, flat, truth, ends
        said = ", ".join(f"{w.of.title} {w.of.final}" for w in (*ways, *flat))
        self.setAccessibleName(f"Estimates against {axis}: {said}; truth {truth or 'not known'}")
        self.update()

    @property
    def ways(self) -> tuple[Way, ...]:
        """What is drawn against the axis."""
        return self._ways

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(260), self._theme.px(180))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(96), self._theme.px(140))

    # Places

    def _area(self) -> QRectF:
        theme, metrics = self._theme, self.fontMetrics()
        texts = [text for _, text in self._value_ticks(max(self.height() - 3 * metrics.height(), 10))]
        left = max((metrics.horizontalAdvance(text) for text in texts), default=0) + theme.px(6)
        below = 2 * metrics.height() + theme.px(4)
        top, right = theme.px(4), theme.px(10)
        return QRectF(left, top, max(self.width() - left - right, 10), max(self.height() - top - below, 10))

    def _value_ticks(self, height: float) -> list[tuple[float, str]]:
        """Places on the value axis and what is written there."""
        y0, y1 = self._range
        places = ticks(y0, y1, max(4, int(height / (2.2 * self.fontMetrics().height()))))
        step = places[1] - places[0] if len(places) > 1 else y1 - y0
        return [(value, tick_text(value, step)) for value in places]

    def _ends(self) -> tuple[float, float]:
        """The ends of the growth axis as log10."""
        n = np.concatenate([way.of.n for way in self._ways]) if self._ways else np.array([1.0, 10.0])
        low, high = math.log10(float(n.min())), math.log10(float(n.max()))
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _points(self, area: QRectF, n: NDArray[np.float64], y: NDArray[np.float64]) -> list[QPointF]:
        x0, x1 = self._ends()
        y0, y1 = self._range
        # Far outside the plot is as good as infinitely far, and keeps the painter's numbers small.
        far = 4 * (y1 - y0)
        y = np.clip(np.nan_to_num(y, nan=y0 - far), y0 - far, y1 + far)
        xs = area.left() + (np.log10(n) - x0) / (x1 - x0) * area.width()
        ys = area.bottom() - (y - y0) / (y1 - y0) * area.height()
        return [QPointF(float(a), float(b)) for a, b in zip(xs, ys, strict=True)]

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        self.setFont(theme.font("small"))
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        area = self._area()
        painter.fillRect(area, theme.color("canvas"))
        self._draw_axes(painter, area)
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for way in self._ways:
            self._draw_band(painter, area, way)
        if self._truth is not None:
            self._draw_truth(painter, area, self._truth)
        for way in self._flat:
            height = self._points(area, np.ones(1), way.of.value)[0].y()
            painter.setPen(QPen(QColor(way.colour), 1.5, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), height), QPointF(area.right(), height))
        for way in self._ways:
            self._draw_way(painter, area, way)
        if self._truth is not None:
            self._name_truth(painter, area, self._truth)
        if self._hover is not None:
            painter.setPen(QPen(theme.color("text_dim"), 1))
            painter.drawLine(QPointF(self._hover, area.top()), QPointF(self._hover, area.bottom()))
        painter.end()

    def _draw_axes(self, painter: QPainter, area: QRectF) -> None:
        theme, metrics = self._theme, self.fontMetrics()
        y0, y1 = self._range
        for value, text in self._value_ticks(area.height()):
            y = area.bottom() - (value - y0) / (y1 - y0) * area.height()
            painter.setPen(theme.color("grid"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("text_dim"))
            box = QRectF(0, y - metrics.height() / 2, area.left() - theme.px(4), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        x0, x1 = self._ends()
        most = max(2, int(area.width() / (metrics.horizontalAdvance(f"{10**x1:,.0f}0") * 1.3)))
        for place, text in log_ticks(x0, x1, most):
            x = area.left() + (place - x0) / (x1 - x0) * area.width()
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + theme.px(2)), text)
        line = QRectF(area.left(), self.height() - metrics.height(), area.width(), metrics.height())
        words = metrics.elidedText(self._axis, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, words)

    def _draw_band(self, painter: QPainter, area: QRectF, way: Way) -> None:
        known = np.isfinite(way.of.error) & np.isfinite(way.of.value)
        if known.sum() < 1:
            return
        n = way.of.n[known]
        high, low = (self._points(area, n, side[known]) for side in (way.of.high, way.of.low))
        colour = QColor(way.colour)
        if len(n) == 1:
            painter.setPen(QPen(colour, 1.5))
            painter.drawLine(low[0], high[0])
            return
        colour.setAlphaF(_BAND)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([*high, *reversed(low)]))

    def _draw_way(self, painter: QPainter, area: QRectF, way: Way) -> None:
        known = np.isfinite(way.of.value)
        points = self._points(area, way.of.n[known], way.of.value[known])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(way.colour), 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor(way.colour))
        painter.setPen(Qt.PenStyle.NoPen)
        size = self._theme.px(3.2)
        for at in points:
            draw_marker(painter, at, size, way.marker)

    def _draw_truth(self, painter: QPainter, area: QRectF, truth: Quantity) -> None:
        y0, y1 = self._range
        y = area.bottom() - (truth.value - y0) / (y1 - y0) * area.height()
        if not area.top() <= y <= area.bottom():
            return
        theme = self._theme
        painter.setPen(QPen(theme.color("truth"), theme.px(1.6)))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _name_truth(self, painter: QPainter, area: QRectF, truth: Quantity) -> None:
        theme, metrics = self._theme, self.fontMetrics()
        y0, y1 = self._range
        y = area.bottom() - (truth.value - y0) / (y1 - y0) * area.height()
        wide_enough = area.width() >= theme.px(_LABELLED) and area.height() >= theme.px(_LABELLED / 2)
        if not wide_enough or not area.top() <= y <= area.bottom():
            return
        painter.setPen(theme.color("truth"))
        text = metrics.elidedText(f"truth {truth}", Qt.TextElideMode.ElideRight, int(area.width()))
        wide = metrics.horizontalAdvance(text)
        base = y - theme.px(3) if y - metrics.height() > area.top() else y + metrics.ascent() + theme.px(2)
        paper = theme.color("canvas")
        paper.setAlphaF(0.8)
        left = area.right() - wide - theme.px(4)
        painter.fillRect(QRectF(left - 2, base - metrics.ascent(), wide + 4, metrics.height()), paper)
        painter.drawText(QPointF(left, base), text)

    # The mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self._area(), event.position().x()
        if not (self._ways and area.left() <= x <= area.right()):
            self._gone()
            return
        x0, x1 = self._ends()
        self._hover = x
        self.read.emit(10 ** (x0 + (x - area.left()) / area.width() * (x1 - x0)))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._gone()

    def _gone(self) -> None:
        if self._hover is not None:
            self._hover = None
            self.read.emit(0.0)
            self.update()


def draw_marker(painter: QPainter, at: QPointF, size: float, marker: int) -> None:
    """A disc, square, triangle, diamond or bar: one shape an estimator, beside its colour."""
    x, y = at.x(), at.y()
    match marker % 5:
        case 0:
            painter.drawEllipse(at, size, size)
        case 1:
            painter.drawRect(QRectF(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8))
        case 2:
            corners = [QPointF(x, y - size * 1.2), QPointF(x + size * 1.1, y + size), QPointF(x - size * 1.1, y + size)]  # fmt: skip
            painter.drawPolygon(QPolygonF(corners))
        case 3:
            tips = [QPointF(x, y - size * 1.3), QPointF(x + size * 1.3, y), QPointF(x, y + size * 1.3), QPointF(x - size * 1.3, y)]  # fmt: skip
            painter.drawPolygon(QPolygonF(tips))
        case _:
            painter.drawRect(QRectF(x - size * 0.5, y - size * 1.4, size, size * 2.8))
