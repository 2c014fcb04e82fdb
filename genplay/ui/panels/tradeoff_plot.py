"""Curves of what is bought with what: points with 95 % bars, and the line that nothing can come below."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.ui.panels.convergence_plot import draw_marker
from genplay.ui.panels.tradeoff_picture import Picture, Place
from genplay.ui.stage.axes import log_ticks, tick_text, ticks
from genplay.ui.theme import Theme

__all__ = ["TradeoffPlot"]

_NEAR = 24
"""How near the mouse must be to a point to read it, in pixels at scale 1."""
_NAMED = 0.6
"""The largest share of the width that the name of the best sum may take."""


class TradeoffPlot(QWidget):
    """``read`` carries what is said of the point under the mouse or chosen by the arrow keys, '' for none."""

    read = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = Picture()
        self._ends = self._picture.ends()
        self._chosen: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Point at a dot to read it, or go from one to the next with the arrow keys.")
        theme.changed.connect(self.update)

    def show_picture(self, picture: Picture) -> None:
        """Draw another picture."""
        if picture != self._picture:
            self._picture, self._ends, self._chosen = picture, picture.ends(), None
        self.setAccessibleName(f"{picture.y_title} against {picture.x_title}")
        said = [f"{picture.series[i].title}, {place.text}" for i, place in picture.places()]
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(200))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(130))

    # Places

    def _area(self) -> QRectF:
        theme, metrics = self._theme, self.fontMetrics()
        line = metrics.height()
        height = max(self.height() - 3 * line - theme.px(8), 20)
        left = max((metrics.horizontalAdvance(text) for _, text in self._y_ticks(height)), default=0)
        left += theme.px(8)
        return QRectF(left, line + theme.px(4), max(self.width() - left - theme.px(10), 20), height)

    def _y_ticks(self, height: float) -> list[tuple[float, str]]:
        _, _, low, high = self._ends
        most = max(3, int(height / (1.7 * self.fontMetrics().height())))
        return log_ticks(low, high, most) if self._picture.log_y else _ticks(low, high, most)

    def _x_ticks(self, width: float) -> list[tuple[float, str]]:
        low, high, _, _ = self._ends
        if self._picture.x_marks:
            return [(self._picture.scaled(x, 1.0)[0], f"{x:,g}") for x in self._picture.x_marks]
        most = max(3, int(width / (5 * self.fontMetrics().averageCharWidth() + self._theme.px(24))))
        return log_ticks(low, high, most) if self._picture.log_x else _ticks(low, high, most)

    def _at(self, area: QRectF, x: float, y: float) -> QPointF:
        """Where a point in the numbers of the ends lies."""
        x0, x1, y0, y1 = self._ends
        return QPointF(
            area.left() + (x - x0) / (x1 - x0) * area.width(), area.bottom() - (y - y0) / (y1 - y0) * area.height()
        )  # fmt: skip

    def _place(self, area: QRectF, place: Place) -> QPointF:
        return self._at(area, *self._picture.scaled(place.x, place.y))

    def point_of(self, k: int) -> QPointF:
        """Where the k-th point is drawn."""
        return self._place(self._area(), list(self._picture.places())[k][1])

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        self.setFont(theme.font("small"))
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        area = self._area()
        painter.fillRect(area, theme.color("canvas"))
        self._draw_axes(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.save()
        painter.setClipRect(area)
        taken: list[QRectF] = []
        self._draw_lines(painter, area, taken)
        for i, series in enumerate(self._picture.series):
            self._draw_series(painter, area, i, series.places)
        painter.restore()
        self._draw_labels(painter, area, taken)
        self._draw_chosen(painter, area)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.drawRect(area)
        painter.end()

    def _draw_axes(self, painter: QPainter, area: QRectF) -> None:
        theme, metrics, picture = self._theme, self.fontMetrics(), self._picture
        x0, x1, y0, y1 = self._ends
        for value, text in self._y_ticks(area.height()):
            y = area.bottom() - (value - y0) / (y1 - y0) * area.height()
            painter.setPen(theme.color("grid"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("text_dim"))
            box = QRectF(0, y - metrics.height() / 2, area.left() - theme.px(4), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        written = 0.0
        for value, text in self._x_ticks(area.width()):
            x = area.left() + (value - x0) / (x1 - x0) * area.width()
            painter.setPen(theme.color("grid"))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.color("text_dim"))
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            if left < written:
                continue
            written = left + wide + theme.px(4)
            painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + theme.px(2)), text)
        painter.setPen(theme.color("text_dim"))
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(
            QPointF(0, metrics.ascent()), metrics.elidedText(picture.y_title, elide, self.width() - 2)
        )
        line = QRectF(area.left(), self.height() - metrics.height(), area.width(), metrics.height())
        painter.drawText(
            line, Qt.AlignmentFlag.AlignRight, metrics.elidedText(picture.x_title, elide, int(area.width()))
        )

    def _draw_lines(self, painter: QPainter, area: QRectF, taken: list[QRectF]) -> None:
        """The floor, and the best sum that was reached."""
        theme, picture = self._theme, self._picture
        names: list[tuple[str, QColor]] = []
        if picture.floor is not None:
            painter.setPen(QPen(theme.color("truth"), theme.px(1.6)))
            self._draw_line(painter, area, picture.floor)
            names.append((picture.floor_text, theme.color("truth")))
        if picture.best is not None:
            painter.setPen(QPen(theme.color("text_dim"), theme.px(1), Qt.PenStyle.DashLine))
            self._draw_line(painter, area, picture.best)
            # Where there is little room the curve would run through the words.
            if self.fontMetrics().horizontalAdvance(picture.best_text) <= _NAMED * area.width():
                names.append((picture.best_text, theme.color("text_dim")))
        for k, (text, ink) in enumerate(names):
            where = self._name_place(area, text, k)
            taken.append(where)
            self._write(painter, where, text, ink)

    def _draw_line(self, painter: QPainter, area: QRectF, value: float) -> None:
        """A line across, or the falling diagonal x + y = value."""
        x0, x1, _, _ = self._ends
        if self._picture.diagonal:
            painter.drawLine(self._at(area, x0, value - x0), self._at(area, x1, value - x1))
        else:
            y = self._picture.scaled(1.0, value)[1]
            painter.drawLine(self._at(area, x0, y), self._at(area, x1, y))

    def _name_place(self, area: QRectF, text: str, k: int) -> QRectF:
        """Below a falling diagonal lie no points: names stand in that corner; that of a line across at its right end."""
        metrics, pad = self.fontMetrics(), self._theme.px(4)
        wide, high = metrics.horizontalAdvance(text), metrics.height()
        if self._picture.diagonal or self._picture.floor is None:
            return QRectF(area.left() + pad, area.bottom() - (k + 1) * high - pad, wide, high)
        y = self._at(area, 0, self._picture.scaled(1.0, self._picture.floor)[1]).y()
        top = y + pad / 2 if self._picture.floor_is_low() else y - high - pad / 2
        return QRectF(area.right() - wide - pad, top, wide, high)

    def _write(self, painter: QPainter, where: QRectF, text: str, ink: QColor) -> None:
        paper = self._theme.color("canvas")
        paper.setAlphaF(0.8)
        painter.fillRect(where.adjusted(-2, 0, 2, 0), paper)
        painter.save()
        painter.setPen(ink)
        painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _draw_series(self, painter: QPainter, area: QRectF, i: int, places: tuple[Place, ...]) -> None:
        colour = self._theme.class_color(i)
        joined = [self._place(area, p) for p in places if not p.own]
        painter.setPen(QPen(colour, self._theme.px(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(joined))
        for place in places:
            self._draw_bars(painter, area, place, colour)
            at, size = self._place(area, place), self._theme.px(3.4)
            painter.setBrush(self._theme.color("canvas") if place.own else colour)
            painter.setPen(QPen(colour, self._theme.px(1.5)) if place.own else Qt.PenStyle.NoPen)
            draw_marker(painter, at, size * 1.3 if place.own else size, i)

    def _draw_bars(self, painter: QPainter, area: QRectF, place: Place, colour: QColor) -> None:
        picture, cap = self._picture, self._theme.px(2.5)
        painter.setPen(QPen(colour, 1))
        if place.y_bar > 0:
            least = place.y * 1e-3 if picture.log_y else picture.least_y
            low = max(place.y - place.y_bar, least)
            a, b = (self._at(area, *picture.scaled(place.x, y)) for y in (low, place.y + place.y_bar))
            painter.drawLine(a, b)
            for end in (a, b):
                painter.drawLine(end - QPointF(cap, 0), end + QPointF(cap, 0))
        if place.x_bar > 0:
            low = max(place.x - place.x_bar, place.x * 1e-3) if picture.log_x else place.x - place.x_bar
            a, b = (self._at(area, *picture.scaled(x, place.y)) for x in (low, place.x + place.x_bar))
            painter.drawLine(a, b)
            for end in (a, b):
                painter.drawLine(end - QPointF(0, cap), end + QPointF(0, cap))

    def _draw_labels(self, painter: QPainter, area: QRectF, taken: list[QRectF]) -> None:
        """The short word beside each point, where it covers neither a point nor another word."""
        metrics, gap = self.fontMetrics(), self._theme.px(6)
        dots = [self._place(area, place) for _, place in self._picture.places()]
        paper = self._theme.color("canvas")
        paper.setAlphaF(0.8)
        for (_, place), at in zip(self._picture.places(), dots, strict=True):
            if not place.label:
                continue
            wide, high = metrics.horizontalAdvance(place.label), metrics.height()
            choices = (
                (at.x() + gap, at.y() - high), (at.x() - gap - wide, at.y()), (at.x() + gap, at.y()),
                (at.x() - gap - wide, at.y() - high),
            )  # fmt: skip
            for left, top in choices:
                where = QRectF(left, top, wide, high)
                free = area.contains(where) and not any(where.intersects(other) for other in taken)
                if free and not any(where.contains(dot) for dot in dots):
                    taken.append(where)
                    # A line may still run under it.
                    painter.fillRect(where, paper)
                    painter.setPen(self._theme.color("text_dim"))
                    painter.drawText(
                        where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, place.label
                    )
                    break

    def _draw_chosen(self, painter: QPainter, area: QRectF) -> None:
        if self._chosen is None:
            return
        at = self.point_of(self._chosen)
        if area.adjusted(-1, -1, 1, 1).contains(at):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("text"), self._theme.px(1.5)))
            painter.drawEllipse(at, self._theme.px(7), self._theme.px(7))

    # Reading

    def _choose(self, k: int | None) -> None:
        if k == self._chosen:
            return
        self._chosen = k
        if k is None:
            self.read.emit("")
        else:
            i, place = list(self._picture.places())[k]
            self.read.emit(f"{self._picture.series[i].title}, {place.text}.")
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, mouse = self._area(), event.position()
        far = [
            math.hypot(at.x() - mouse.x(), at.y() - mouse.y())
            for at in (self._place(area, place) for _, place in self._picture.places())
        ]
        nearest = min(range(len(far)), key=far.__getitem__, default=None)
        near = nearest is not None and far[nearest] <= self._theme.px(_NEAR)
        self._choose(nearest if near else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._choose(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._choose(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = sum(len(series.places) for series in self._picture.series)
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() not in steps or not count:
            super().keyPressEvent(event)
            return
        step = steps[Qt.Key(event.key())]
        self._choose(
            (0 if step > 0 else count - 1) if self._chosen is None else (self._chosen + step) % count
        )
        event.accept()


def _ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    places = ticks(low, high, most)
    step = places[1] - places[0] if len(places) > 1 else high - low
    return [(value, tick_text(value, step)) for value in places]
