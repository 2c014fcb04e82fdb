"""Grid lines and tick labels of the plane, drawn in the pixels of the view."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject

from genplay.spaces.plane import Box
from genplay.ui.theme import Theme

__all__ = ["AxesItem", "log_ticks", "tick_text", "ticks"]


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round places (steps of 1, 2 or 5 times a power of ten) from low to high, at most about ``most``."""
    step = (high - low) / max(most, 1)
    power = 10.0 ** np.floor(np.log10(step))
    nice = next(power * m for m in (1, 2, 5, 10) if power * m >= step * 0.999)
    first = np.ceil(low / nice - 1e-9)
    return [float(k * nice) for k in np.arange(first, np.floor(high / nice + 1e-9) + 1)]


def tick_text(value: float, step: float) -> str:
    """A tick's number with as many decimals as its step needs, and a true minus sign."""
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if value else f"{0:.{decimals}f}"


def log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Places (as log10) and texts on an axis of logarithms: powers of ten, with 2 and 5 between where there is room."""
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    fine = [(k + float(np.log10(m)), m * 10.0**k) for k in decades for m in (1, 2, 5)]
    coarse = [(float(k), 10.0**k) for k in decades]
    inside = [pair for pair in fine if low - 1e-9 <= pair[0] <= high + 1e-9]
    if len(inside) > most:
        inside = [pair for pair in coarse if low - 1e-9 <= pair[0] <= high + 1e-9]
        inside = inside[:: max(1, -(-len(inside) // max(most, 1)))]
    return [(place, _power_text(value)) for place, value in inside]


def _power_text(value: float) -> str:
    if 1e-3 <= value < 1e5:
        return f"{value:,.0f}" if value >= 1 else f"{value:g}"
    mantissa, power = f"{value:.0e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"


class AxesItem(QGraphicsObject):
    """Ticks in the margins and thin lines behind everything; ``place`` tells it where the plot lies and what it shows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plot = QRectF()
        self._whole = QRectF()
        self._x: list[tuple[float, str]] = []
        self._y: list[tuple[float, str]] = []
        self.x_label = ""
        self.setZValue(-1000)
        # Painted once a place, not once a frame.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def place(
        self,
        whole: QRectF,
        plot: QRectF,
        box: Box,
        *,
        log_x: bool = False,
        log_y: bool = False,
        room: float = 72,
    ) -> None:
        """Lay the ticks out: the item covers ``whole``, the plot lies at ``plot`` and shows ``box``.

        ``room``: pixels between ticks at scale 1. On a logarithmic axis the box holds log10 of the values.
        """
        self.prepareGeometryChange()
        self._whole, self._plot = whole, plot
        most_x = max(2, int(plot.width() / self._theme.px(max(room, 72))))
        most_y = max(2, int(plot.height() / self._theme.px(room)))
        self._x = _axis(box.x0, box.x1, plot.left(), plot.right(), most_x, log_x)
        self._y = _axis(box.y0, box.y1, plot.bottom(), plot.top(), most_y, log_y)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._whole

    def paint(self, painter: QPainter, *_: object) -> None:
        theme, plot = self._theme, self._plot
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.color("grid"), 0))
        painter.drawLines(
            [QLineF(x, plot.top(), x, plot.bottom()) for x, _ in self._x]
            + [QLineF(plot.left(), y, plot.right(), y) for y, _ in self._y]
        )
        painter.setPen(QPen(theme.color("border"), 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(plot.adjusted(-1, -1, 0, 0))
        font = theme.font("small")
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(theme.color("text_dim"))
        gap = theme.px(3)
        base = plot.bottom() + gap + metrics.ascent()
        end = self._whole.right()
        if self.x_label:
            end -= metrics.horizontalAdvance(self.x_label) + gap
            painter.drawText(QPointF(end, base), self.x_label)
            end -= 2 * gap
        for x, text in self._x:
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, self._whole.left()), self._whole.right() - wide)
            if left + wide <= end:
                painter.drawText(QPointF(left, base), text)
        for y, text in self._y:
            base = min(max(y + metrics.capHeight() / 2, metrics.ascent()), plot.bottom())
            painter.drawText(QPointF(plot.left() - gap - metrics.horizontalAdvance(text), base), text)


def _axis(
    low: float, high: float, start: float, stop: float, most: int, log: bool
) -> list[tuple[float, str]]:
    """Ticks as (pixel, text) for values from low to high between the pixels start and stop."""
    if log:
        found = log_ticks(low, high, most)
    else:
        at = ticks(low, high, most)
        step = at[1] - at[0] if len(at) > 1 else high - low
        found = [(value, tick_text(value, step)) for value in at]
    return [(start + (value - low) / (high - low) * (stop - start), text) for value, text in found]
