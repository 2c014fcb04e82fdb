"""The profile of runs: parallel coordinates, one axis a measure with the better end up, one line a run."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from genplay.lab.score_table import ScoreRow, ScoreTable
from genplay.metrics.registry import MetricCard
from genplay.ui.paint.points import marker_path
from genplay.ui.theme import Theme

__all__ = ["Profile"]

_NEAR = 14
_RATIO = 20.0
_LEAST = 76
"""The least room for one axis, at scale 1."""


class Profile(QWidget):
    """Each axis runs from the worst to the best of what was measured; a line stops where a run has no figure. Measures of
    which neither way is better have no axis.

    Axes whose figures are positive and lie far apart are logarithmic, with a stroke for each halving.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._table = ScoreTable((), ())
        self._order: tuple[ScoreRow, ...] = ()
        self._picked = ""
        self.setMouseTracking(True)
        self.setAccessibleName("Profile of the runs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_table(self, table: ScoreTable, order: tuple[ScoreRow, ...], picked: str) -> None:
        """Draw a table; ``order`` gives the rows their colours, the picked one is drawn strongest."""
        self._table, self._order, self._picked = table, order, picked
        axes = ", ".join(card.title for card, _, _ in self._axes())
        self.setAccessibleDescription(
            f"{len(self._lines())} runs over {axes}; better is up." if axes else "Nothing measured."
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(110))

    def _lines(self) -> list[tuple[int, ScoreRow]]:
        """The rows that are drawn, each with the number that its colour comes from."""
        return [
            (i, row)
            for i, row in enumerate(self._order)
            if self._table.comparable(row) and any(row.fresh(c.id) is not None for c in self._table.columns)
        ]

    def _axes(self) -> list[tuple[MetricCard, float, float]]:
        """Measures with a finite figure, and the figures at the lower and the upper end."""
        out = []
        for card in self._table.columns:
            if card.better == "neither":
                continue
            known = [q.value for _, row in self._lines() if (q := row.fresh(card.id)) is not None]
            known = [value for value in known if math.isfinite(value)]
            if known:
                low, high = min(known), max(known)
                out.append((card, high, low) if card.better == "lower" else (card, low, high))
        return out

    def _fitting(self) -> list[tuple[MetricCard, float, float]]:
        most = max(1, int(self.width() / self._theme.px(_LEAST)))
        return self._axes()[:most]

    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        pad = self._theme.px(6)
        below = 3.2 if len(self._axes()) == len(self._fitting()) else 4.4
        return QRectF(
            pad, line + pad, self.width() - 2 * pad, max(20, self.height() - below * line - 2 * pad)
        )

    def _x(self, k: int, count: int) -> float:
        area = self._area()
        return area.left() + area.width() * (k + 0.5) / count

    def _y(self, value: float, worst: float, best: float) -> float:
        area = self._area()
        if _logarithmic(worst, best):
            value, worst, best = math.log(max(value, 1e-300)), math.log(worst), math.log(best)
        share = 0.5 if best == worst else (value - worst) / (best - worst)
        return area.bottom() - min(max(share, 0.0), 1.0) * area.height()

    def _points(self, row: ScoreRow) -> list[tuple[int, QPointF, tuple[float, float]]]:
        """(axis, place, upper and lower end of the error) of each figure of a row."""
        axes = self._fitting()
        out = []
        for k, (card, worst, best) in enumerate(axes):
            quantity = row.fresh(card.id)
            if quantity is None or not math.isfinite(quantity.value):
                continue
            value, error = quantity.value, quantity.stderr or 0.0
            ends = sorted(self._y(v, worst, best) for v in (value - error, value + error))
            place = QPointF(self._x(k, len(axes)), self._y(value, worst, best))
            out.append((k, place, (ends[0], ends[1])))
        return out

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        self.setFont(theme.font("small"))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axes = self._fitting()
        if not axes:
            painter.setPen(theme.color("text_dim"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                "Measure some runs: each becomes a line over the measures.",
            )  # fmt: skip
            painter.end()
            return
        for k, (card, worst, best) in enumerate(axes):
            self._axis(painter, k, len(axes), card, worst, best)
        for i, row in self._lines():
            self._line(painter, i, row)
        left_out = len(self._axes()) - len(axes)
        if left_out:
            painter.setPen(theme.color("text_dim"))
            line = self.fontMetrics().height()
            where = QRectF(0, self.height() - line, self.width(), line)
            more = "measure needs" if left_out == 1 else "measures need"
            text = f"{left_out} more {more} a wider panel."
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def _axis(
        self, painter: QPainter, k: int, count: int, card: MetricCard, worst: float, best: float
    ) -> None:
        theme, area, metrics = self._theme, self._area(), self.fontMetrics()
        x, line, room = self._x(k, count), metrics.height(), area.width() / count - theme.px(6)
        painter.setPen(QPen(theme.color("border_strong"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(theme.color("text_dim"))
        for value, top in ((best, area.top() - line - theme.px(3)), (worst, area.bottom() + theme.px(3))):
            painter.drawText(QRectF(x - room / 2, top, room, line), centre, _number(value))
        if _logarithmic(worst, best):
            # Small strokes where the figure halves, so that it is seen that the axis is not even.
            painter.setPen(QPen(theme.color("border_strong"), 1))
            value = max(worst, best)
            while value > min(worst, best):
                y = self._y(value, worst, best)
                painter.drawLine(QPointF(x - theme.px(3), y), QPointF(x, y))
                value /= 2
        painter.setPen(theme.color("text"))
        where = QRectF(x - room / 2, area.bottom() + line + theme.px(4), room, line)
        painter.drawText(
            where, centre, metrics.elidedText(card.title, Qt.TextElideMode.ElideRight, int(room))
        )

    def _line(self, painter: QPainter, i: int, row: ScoreRow) -> None:
        theme = self._theme
        colour = QColor(theme.class_color(i))
        chosen = row.key == self._picked
        if self._picked and not chosen:
            colour.setAlphaF(0.35)
        points = self._points(row)
        painter.setPen(QPen(colour, theme.px(2.5 if chosen else 1.5)))
        for (a, p, _), (b, q, _) in pairwise(points):
            if b == a + 1:
                painter.drawLine(p, q)
        shape = marker_path(theme.tokens.markers[i % len(theme.tokens.markers)])
        side = theme.px(9)
        for _, p, error in points:
            painter.setPen(QPen(colour, 1))
            painter.drawLine(QPointF(p.x(), error[0]), QPointF(p.x(), error[1]))
            painter.fillPath(QTransform().translate(p.x(), p.y()).scale(side, side).map(shape), colour)

    def row_at(self, position: QPointF) -> tuple[ScoreRow, MetricCard] | None:
        """The figure nearest to a place, if one is near."""
        best: tuple[float, ScoreRow, MetricCard] | None = None
        axes = self._fitting()
        for _, row in self._lines():
            for k, p, _ in self._points(row):
                far = math.hypot(p.x() - position.x(), p.y() - position.y())
                if far <= self._theme.px(_NEAR) and (best is None or far < best[0]):
                    best = (far, row, axes[k][0])
        return (best[1], best[2]) if best is not None else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.row_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                row, card = found
                QToolTip.showText(event.globalPos(), f"{row.title}\n{self._table.tip(row, card)}", self)
            return True
        return super().event(event)


def _logarithmic(worst: float, best: float) -> bool:
    """Whether an axis is read by ratios: one far figure would press all others together."""
    low, high = min(worst, best), max(worst, best)
    return low > 0 and high > _RATIO * low


def _number(value: float) -> str:
    """The end of an axis in three or four digits."""
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")
