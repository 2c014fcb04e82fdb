"""Named values as bars: few of them lie below each other with their numbers, many stand side by side."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import Bars
from genplay.ui.exhibits.view import Painted, plain
from genplay.ui.theme import Theme

__all__ = ["BarsView"]

_FEW = 12
_HEIGHT = 110


class BarsView(Painted):
    """Bars from 0; where a value is an estimate, its standard error as a whisker and after ±."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: Bars | None = None

    def show_exhibit(self, exhibit: Bars) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        said = [f"{n} {self._number(i)}" for i, n in enumerate(exhibit.names)]
        self.setAccessibleName(f"{exhibit.title}: {', '.join(said[:_FEW])}")
        if before is None or len(before.values) != len(exhibit.values):
            self.updateGeometry()
        self.update()

    def _number(self, i: int) -> str:
        assert self._exhibit is not None
        text = plain(float(self._exhibit.values[i]))
        if self._exhibit.errors is not None:
            text = f"≈ {text} ± {plain(float(self._exhibit.errors[i]))}"
        return text

    @property
    def _few(self) -> bool:
        return self._exhibit is not None and len(self._exhibit.values) <= _FEW

    def _line(self) -> float:
        return self.small().height() + self._theme.px(4)

    def height_for(self, _width: int) -> int:
        if self._exhibit is None:
            return 0
        unit = self.small().height() if self._exhibit.unit else 0.0
        if self._few:
            return math.ceil(len(self._exhibit.values) * self._line() + unit)
        return math.ceil(self._theme.px(_HEIGHT) + unit + self.small().height())

    def _ends(self) -> tuple[float, float]:
        """The least and the greatest value there has to be room for, 0 among them."""
        assert self._exhibit is not None
        values = np.nan_to_num(np.asarray(self._exhibit.values, np.float64), posinf=0.0, neginf=0.0)
        errors = np.nan_to_num(self._exhibit.errors) if self._exhibit.errors is not None else 0.0
        low = min(0.0, float((values - errors).min(initial=0.0)))
        high = max(0.0, float((values + errors).max(initial=0.0)))
        return low, high if high > low else low + 1.0

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._exhibit is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        if self._few:
            self._paint_few(painter)
        else:
            self._paint_many(painter)
        painter.end()

    def _paint_few(self, painter: QPainter) -> None:
        exhibit, theme, metrics = self._exhibit, self._theme, self.small()
        assert exhibit is not None
        n, line, gap = len(exhibit.values), self._line(), theme.px(6)
        names = max((metrics.horizontalAdvance(name) for name in exhibit.names), default=0.0)
        names = min(names, self.width() * 0.4)
        numbers = max((metrics.horizontalAdvance(self._number(i)) for i in range(n)), default=0.0)
        left, right = names + gap, self.width() - numbers - gap
        low, high = self._ends()

        def x_of(value: float) -> float:
            return left + (value - low) / (high - low) * max(right - left, 1.0)

        for i in range(n):
            top = i * line
            row = QRectF(0, top, self.width(), line)
            painter.setPen(theme.color("text_dim"))
            text = metrics.elidedText(exhibit.names[i], Qt.TextElideMode.ElideRight, names)
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(theme.color("text"))
            painter.drawText(
                row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._number(i)
            )
            value = float(exhibit.values[i])
            if np.isfinite(value) and right > left:
                bar = QRectF(
                    QPointF(x_of(0.0), top + theme.px(3)), QPointF(x_of(value), top + line - theme.px(3))
                )
                painter.fillRect(bar.normalized(), theme.color("model"))
                if exhibit.errors is not None:
                    error, middle = float(exhibit.errors[i]), top + line / 2
                    painter.setPen(QPen(theme.color("text"), theme.px(1)))
                    painter.drawLine(QLineF(x_of(value - error), middle, x_of(value + error), middle))
        painter.setPen(QPen(theme.color("border_strong"), 0))
        painter.drawLine(QLineF(x_of(0.0), 0, x_of(0.0), n * line))
        if exhibit.unit:
            painter.setPen(theme.color("text_dim"))
            painter.drawText(QPointF(left, n * line + metrics.ascent()), exhibit.unit)

    def _plot(self) -> QRectF:
        assert self._exhibit is not None
        metrics, (low, high) = self.small(), self._ends()
        left = max(metrics.horizontalAdvance(plain(v)) for v in (low, high)) + self._theme.px(6)
        top = metrics.height() if self._exhibit.unit else metrics.height() / 2
        return QRectF(
            left, top, max(self.width() - left - 1, 10), max(self.height() - top - metrics.height() - 2, 10)
        )

    def _paint_many(self, painter: QPainter) -> None:
        exhibit, theme, metrics, plot = self._exhibit, self._theme, self.small(), self._plot()
        assert exhibit is not None
        low, high = self._ends()

        def y_of(value: float) -> float:
            return plot.bottom() - (value - low) / (high - low) * plot.height()

        pitch = plot.width() / len(exhibit.values)
        for i, value in enumerate(exhibit.values):
            if np.isfinite(value):
                left = plot.left() + i * pitch
                bar = QRectF(QPointF(left, y_of(0.0)), QPointF(left + max(pitch - 1, 1), y_of(float(value))))
                painter.fillRect(bar.normalized(), theme.color("model"))
                if exhibit.errors is not None:
                    painter.setPen(QPen(theme.color("text"), 0))
                    middle, error = left + pitch / 2, float(exhibit.errors[i])
                    painter.drawLine(QLineF(middle, y_of(value - error), middle, y_of(value + error)))
        painter.setPen(QPen(theme.color("border_strong"), 0))
        painter.drawLine(QLineF(plot.left(), y_of(0.0), plot.right(), y_of(0.0)))
        painter.setPen(theme.color("text_dim"))
        for value in {low, 0.0, high}:
            text = plain(value)
            place = QPointF(
                plot.left() - theme.px(4) - metrics.horizontalAdvance(text),
                y_of(value) + metrics.capHeight() / 2,
            )
            painter.drawText(place, text)
        if exhibit.unit:
            painter.drawText(QPointF(0, metrics.ascent() - theme.px(2)), exhibit.unit)
        self._names_below(painter, plot, pitch)

    def _names_below(self, painter: QPainter, plot: QRectF, pitch: float) -> None:
        """As many names as fit, evenly chosen."""
        assert self._exhibit is not None
        metrics, names = self.small(), self._exhibit.names
        widest = max((metrics.horizontalAdvance(name) for name in names), default=1.0) + self._theme.px(6)
        every = max(1, math.ceil(widest / pitch))
        base = self.height() - metrics.descent() - 1
        for i in range(0, len(names), every):
            wide = metrics.horizontalAdvance(names[i])
            x = plot.left() + (i + 0.5) * pitch - wide / 2
            painter.drawText(QPointF(min(max(x, 0.0), self.width() - wide), base), names[i])

    def tip_at(self, at: QPoint) -> str:
        exhibit = self._exhibit
        if exhibit is None or not len(exhibit.values):
            return ""
        if self._few:
            i = int(at.y() // self._line())
        else:
            plot = self._plot()
            i = math.floor((at.x() - plot.left()) / plot.width() * len(exhibit.values))
        if not 0 <= i < len(exhibit.values):
            return ""
        name = exhibit.names[i] if i < len(exhibit.names) else str(i + 1)
        return f"{name}: {self._number(i)} {exhibit.unit}".strip()
