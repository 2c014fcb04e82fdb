"""Named curves y(x) in one plot, with a legend that wraps."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import Curves
from genplay.ui.exhibits.view import LegendEntry, Painted, draw_legend, plain
from genplay.ui.stage.axes import tick_text, ticks
from genplay.ui.theme import Theme

__all__ = ["CurvesView"]

_HEIGHT = 130
_ROLES = ("data", "model", "truth")


class CurvesView(Painted):
    """Lines in the colours of what they are called after (data, model, truth), else one hue each."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: Curves | None = None
        self._plot = QRectF()
        self._range = (0.0, 1.0, 0.0, 1.0)

    def show_exhibit(self, exhibit: Curves) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        self.setAccessibleName(f"{exhibit.title}: curves of {', '.join(exhibit.lines)}")
        if before is None or list(before.lines) != list(exhibit.lines):
            self.updateGeometry()
        self.update()

    def _legend(self) -> list[LegendEntry]:
        """What has to be named: not a single curve that the axis names."""
        assert self._exhibit is not None
        alone = list(self._exhibit.lines) == [self._exhibit.y_label]
        return [] if alone else self._curves()

    def _curves(self) -> list[LegendEntry]:
        assert self._exhibit is not None
        tokens, entries, free = self._theme.tokens, [], 0
        for name in self._exhibit.lines:
            role = next((r for r in _ROLES if r in name.lower().split()), None)
            if role is not None:
                colour = str(getattr(tokens, role))
            elif len(self._exhibit.lines) == 1:
                colour = tokens.model
            else:
                colour, free = tokens.classes[free % len(tokens.classes)], free + 1
            entries.append((name, colour, False))
        return entries

    def height_for(self, width: int) -> int:
        if self._exhibit is None:
            return 0
        return math.ceil(draw_legend(None, self._legend(), width, self._theme)) + self._theme.px(_HEIGHT)

    def _look(self) -> tuple[float, float, float, float]:
        """x from, x to, y from, y to."""
        assert self._exhibit is not None
        xs = [np.asarray(x)[np.isfinite(x)] for x, _ in self._exhibit.lines.values()]
        ys = [np.asarray(y)[np.isfinite(y)] for _, y in self._exhibit.lines.values()]
        xs, ys = [x for x in xs if len(x)], [y for y in ys if len(y)]
        if not xs or not ys:
            return 0.0, 1.0, 0.0, 1.0
        x0, x1 = min(float(x.min()) for x in xs), max(float(x.max()) for x in xs)
        y0, y1 = min(float(y.min()) for y in ys), max(float(y.max()) for y in ys)
        margin = 0.06 * (y1 - y0) or max(0.05 * abs(y1), 1e-3)
        return x0, x1 if x1 > x0 else x0 + 1.0, y0 - margin, y1 + margin

    def paintEvent(self, _event: QPaintEvent) -> None:
        exhibit, theme = self._exhibit, self._theme
        if exhibit is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = self.small()
        top = draw_legend(painter, self._legend(), self.width(), theme)
        self._range = self._look()
        x0, _, y0, y1 = self._range
        at_y = ticks(y0, y1, 4)
        step = at_y[1] - at_y[0] if len(at_y) > 1 else y1 - y0
        texts = [tick_text(v, step) for v in at_y]
        left = max((metrics.horizontalAdvance(t) for t in texts), default=0.0) + theme.px(6)
        above = metrics.height() + theme.px(2) if exhibit.y_label else theme.px(4)
        below = metrics.height() * (2 if exhibit.x_label else 1) + theme.px(4)
        self._plot = plot = QRectF(
            left,
            top + above,
            max(self.width() - left - theme.px(8), 10),
            max(self.height() - top - above - below, 10),
        )
        painter.setPen(theme.color("text_dim"))
        if exhibit.y_label:
            painter.drawText(QPointF(0, top + metrics.ascent()), exhibit.y_label)
        for value, text in zip(at_y, texts, strict=True):
            y = self._pixel(x0, value).y()
            painter.setPen(QPen(theme.color("grid"), 0))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(theme.color("text_dim"))
            place = QPointF(left - theme.px(4) - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2)
            painter.drawText(place, text)
        self._x_axis(painter, plot)
        painter.setClipRect(plot.adjusted(-1, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (_, colour, _), (xs, ys) in zip(self._curves(), exhibit.lines.values(), strict=True):
            painter.setPen(QPen(QColor(colour), theme.px(1.4)))
            good = np.isfinite(xs) & np.isfinite(ys)
            painter.drawPolyline(
                QPolygonF([self._pixel(float(a), float(b)) for a, b in zip(xs[good], ys[good], strict=True)])
            )
        painter.end()

    def _x_axis(self, painter: QPainter, plot: QRectF) -> None:
        assert self._exhibit is not None
        theme, metrics, (x0, x1, *_) = self._theme, self.small(), self._range
        at_x = ticks(x0, x1, max(2, int(plot.width() / theme.px(64))))
        step = at_x[1] - at_x[0] if len(at_x) > 1 else x1 - x0
        painter.setPen(theme.color("text_dim"))
        base = plot.bottom() + theme.px(2) + metrics.ascent()
        for value in at_x:
            text = tick_text(value, step)
            wide = metrics.horizontalAdvance(text)
            x = self._pixel(value, 0.0).x()
            painter.drawText(QPointF(min(max(x - wide / 2, 0.0), self.width() - wide), base), text)
        if self._exhibit.x_label:
            text = self._exhibit.x_label
            painter.drawText(
                QPointF(plot.right() - metrics.horizontalAdvance(text), base + metrics.height()), text
            )
        painter.setPen(QPen(theme.color("border"), 0))
        painter.drawRect(plot)

    def _pixel(self, x: float, y: float) -> QPointF:
        plot, (x0, x1, y0, y1) = self._plot, self._range
        return QPointF(
            plot.left() + (x - x0) / (x1 - x0) * plot.width(),
            plot.bottom() - (y - y0) / (y1 - y0) * plot.height(),
        )

    def tip_at(self, at: QPoint) -> str:
        exhibit, plot, (x0, x1, *_) = self._exhibit, self._plot, self._range
        if exhibit is None or not plot.contains(QPointF(at)):
            return ""
        x = x0 + (at.x() - plot.left()) / plot.width() * (x1 - x0)
        lines = [f"{exhibit.x_label or 'x'} = {plain(x)}"]
        for name, (xs, ys) in exhibit.lines.items():
            if len(xs):
                lines.append(f"{name}: {plain(float(ys[int(np.argmin(np.abs(np.asarray(xs) - x)))]))}")
        return "\n".join(lines)
