"""A plot of curves over training steps: cheap lines, own ranges, marks, and values read under the mouse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from genplay.spaces.plane import Box
from genplay.training.history import Mark
from genplay.ui.paint.badge import paint_badge
from genplay.ui.paint.curves import CurveItem
from genplay.ui.stage.axes import AxesItem
from genplay.ui.theme import Theme

__all__ = ["Curve", "CurvePlot", "value_range"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One curve: steps (n,) and values (n,), and its look. ``badge`` is written at its end; ``wide`` is in pixels at scale 1."""

    steps: Floats
    values: Floats
    colour: str
    dashed: bool = False
    badge: str = ""
    wide: float = 0.0


def value_range(curves: Sequence[Floats], extra: Sequence[float], log: bool) -> tuple[float, float]:
    """The ends of the value axis: all values but the first burst (the highest 3 %), the extra lines, and a margin.

    On a logarithmic axis the ends are log10 of the values, and only positive values count.
    """
    known = [values[np.isfinite(values)] for values in curves]
    known = [values[values > 0] if log else values for values in known]
    known = [values for values in known if len(values)]
    lines = [value for value in extra if np.isfinite(value) and (value > 0 or not log)]
    if not known and not lines:
        return (-1.0, 1.0) if log else (0.0, 1.0)
    low = min([float(v.min()) for v in known] + lines)
    high = max([float(v.max() if log else _all_but_the_highest(v)) for v in known] + lines)
    if log:
        low, high = float(np.log10(low)), float(np.log10(high))
    margin = 0.06 * (high - low) or max(0.05 * abs(high), 1e-3)
    return low - margin, high + margin


def _all_but_the_highest(values: Floats) -> float:
    """The least value that at least 97 % of them do not exceed: of few values the highest."""
    rank = math.ceil(0.97 * (len(values) - 1))
    return float(np.partition(values, rank)[rank])


class CurvePlot(pg.GraphicsView):  # type: ignore[misc]
    """Steps to the right, values up. ``read`` carries the step under the mouse (−1: none)."""

    read = Signal(float)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False)
        self._theme = theme
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.view = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.view.disableAutoRange()
        self.axes = AxesItem(theme)
        self.axes.x_label = "steps"
        self.scene().addItem(self.axes)
        self.scene().addItem(self.view)
        self.log_x = self.log_y = False
        self._curves: dict[str, CurveItem] = {}
        self._shown: dict[str, Curve] = {}
        self._box = Box(0.0, 1.0, 0.0, 1.0)
        self._floor: float | None = None
        self._marks: tuple[Mark, ...] = ()
        self._lines: tuple[object, ...] = ()
        self._hover: float | None = None
        self._top = 1.0
        self.unit = ""
        self.burst = 0.0
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setBackground(self._theme.color("canvas"))
        self._lay()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "view"):
            self._lay()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(150), self._theme.px(84))

    def _lay(self) -> None:
        metrics = QFontMetricsF(self._theme.font("small"))
        left = metrics.horizontalAdvance("−00.00") + self._theme.px(6)
        bottom = metrics.height() + self._theme.px(5)
        top = metrics.height() + self._theme.px(3) if self.unit else self._theme.px(3)
        right = self._theme.px(8)
        self.view.setGeometry(
            QRectF(left, top, max(self.width() - left - right, 10), max(self.height() - top - bottom, 10))
        )
        self._place()

    def _place(self) -> None:
        box = self._box
        self.view.setRange(QRectF(box.x0, box.y0, box.width, box.height), padding=0.0, update=True)
        whole = QRectF(0, 0, self.width(), self.height())
        self.axes.place(whole, self.view.geometry(), box, log_x=self.log_x, log_y=self.log_y, room=26)
        self.viewport().update()

    def show_curves(
        self, curves: Mapping[str, Curve], floor: float | None, marks: tuple[Mark, ...], last_step: float
    ) -> None:
        """Draw these curves; ``floor`` is a value drawn as a dashed line across, ``last_step`` what the axis must hold."""
        gone = [name for name in self._curves if name not in curves]
        for name in gone:
            self.view.removeItem(self._curves.pop(name))
        lines = (floor, self.floor_text if floor is not None else "", marks, self.log_x, self.log_y)
        moved = bool(gone) or lines != self._lines
        self._lines = lines
        for name, curve in curves.items():
            item = self._curves.get(name)
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            pen = QPen(QColor(curve.colour), self._theme.px(curve.wide) if curve.wide else 0, style)
            pen.setCosmetic(True)
            if item is None:
                item = self._curves[name] = CurveItem(pen)
                self.view.addItem(item, ignoreBounds=True)
            item.set_pen(pen)
            moved |= item.show_curve(self.x_of(curve.steps), self.y_of(curve.values))
        self._floor, self._marks, self._shown = floor, marks, dict(curves)
        self._top = self._end(max(float(last_step), 1.0))
        low, high = value_range(
            [self._counted(c) for c in curves.values()], [] if floor is None else [floor], self.log_y
        )
        x1 = float(np.log10(self._top)) if self.log_x else self._top
        box = Box(0.0, max(x1, 1e-3), *self._steady(low, high))
        if box != self._box:
            self._box = box
            self._place()
        elif moved:
            self.viewport().update()

    def _counted(self, curve: Curve) -> Floats:
        """The values that the axis must hold: those after the first burst, where there are some."""
        later = curve.values[curve.steps >= self.burst * self._top]
        return later if len(later) > 1 else curve.values[-2:] if self.burst else curve.values

    def _end(self, last: float) -> float:
        """The end of the step axis: a little ahead of the last step and kept while it fits, for the same reason."""
        return self._top if 0.8 * self._top <= last <= self._top else (1.0 if last <= 1.0 else 1.1 * last)

    def _steady(self, low: float, high: float) -> tuple[float, float]:
        """Keep the ends of the axis while the new ones are close: an axis that wobbles cannot be read."""
        room = 0.08 * (high - low)
        same = abs(low - self._box.y0) < room and abs(high - self._box.y1) < room
        return (self._box.y0, self._box.y1) if same else (low, high)

    def name_x(self, text: str) -> None:
        """Another name for what goes to the right."""
        if text != self.axes.x_label:
            self.axes.x_label = text
            self.axes.update()

    def x_of(self, steps: Floats) -> Floats:
        """Steps as places on the axis."""
        steps = np.asarray(steps, np.float64)
        return np.log10(np.maximum(steps, 1.0)) if self.log_x else steps

    def y_of(self, values: Floats) -> Floats:
        """Values as places on the axis; NaN where there is no logarithm."""
        if not self.log_y:
            return np.asarray(values, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(np.where(values > 0, values, np.nan))

    # Lines that are drawn in pixels: the floor, marks, the mouse

    def _pixel(self, x: float, y: float) -> QPointF:
        plot, box = QRectF(self.view.geometry()), self._box
        return QPointF(
            plot.left() + (x - box.x0) / box.width * plot.width(),
            plot.bottom() - (y - box.y0) / box.height * plot.height(),
        )

    def mark_pixels(self) -> list[tuple[float, Mark]]:
        """Where the marks stand."""
        return [(self._pixel(float(self.x_of(np.array([m.step]))[0]), 0.0).x(), m) for m in self._marks]

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawForeground(painter, rect)
        theme, plot = self._theme, QRectF(self.view.geometry())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(theme.font("small"))
        metrics = QFontMetricsF(theme.font("small"))
        if self.unit:
            painter.setPen(theme.color("text_dim"))
            painter.drawText(QPointF(theme.px(2), metrics.ascent()), self.unit)
            if self.floor_above and self._floor is not None:
                self._name_floor(painter, theme.px(2) + metrics.horizontalAdvance(self.unit), metrics)
        for x, _ in self.mark_pixels():
            painter.setPen(QPen(theme.color("warning"), 0, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        if self._floor is not None:
            self._draw_floor(painter, plot, metrics)
        self._draw_badges(painter, plot)
        if self._hover is not None:
            painter.setPen(QPen(theme.color("text_dim"), 0))
            painter.drawLine(QLineF(self._hover, plot.top(), self._hover, plot.bottom()))

    def _draw_badges(self, painter: QPainter, plot: QRectF) -> None:
        """The names of curves at their ends; where they would lie on one another, the later ones move to the left."""
        side = float(self._theme.px(16))
        taken: list[QRectF] = []
        for curve in self._shown.values():
            known = np.flatnonzero(np.isfinite(curve.values))
            if not curve.badge or not len(known):
                continue
            last = known[-1:]
            x, y = float(self.x_of(curve.steps[last])[0]), float(self.y_of(curve.values[last])[0])
            centre = self._pixel(x, y)
            disc = QRectF(0, 0, side, side)
            disc.moveCenter(
                QPointF(
                    min(centre.x() + side / 2, plot.right() - side / 2),
                    min(max(centre.y(), plot.top() + side / 2), plot.bottom() - side / 2),
                )
            )
            while any(disc.intersects(other) for other in taken) and disc.left() > plot.left() + side:
                disc.translate(-side, 0)
            taken.append(disc)
            paint_badge(painter, disc, curve.badge, curve.colour, self._theme)

    floor_text = ""
    floor_above = False
    """The name of the floor stands in the line above the plot, where no curve runs through it."""

    def _name_floor(self, painter: QPainter, left: float, metrics: QFontMetricsF) -> None:
        theme, gap, middle = self._theme, self._theme.px(14), metrics.height() / 2
        painter.setPen(QPen(theme.color("truth"), theme.px(1), Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(left + gap, middle, left + 2 * gap, middle))
        painter.setPen(theme.color("truth"))
        start = left + 2.5 * gap
        room = self.width() - start - theme.px(4)
        text = metrics.elidedText(self.floor_text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(start, metrics.ascent()), text)

    def _draw_floor(self, painter: QPainter, plot: QRectF, metrics: QFontMetricsF) -> None:
        assert self._floor is not None
        place = float(self.y_of(np.array([self._floor]))[0])
        y = self._pixel(0.0, place).y()
        if not (np.isfinite(y) and plot.top() <= y <= plot.bottom()):
            return
        colour = self._theme.color("truth")
        painter.setPen(QPen(colour, 0, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
        if self.floor_above:
            return
        text = metrics.elidedText(self.floor_text, Qt.TextElideMode.ElideRight, plot.width() - 8)
        # Curves come down from the upper left: the place just above the line's beginning is free.
        above = y - metrics.height() > plot.top()
        base = y - metrics.descent() - 2 if above else y + metrics.ascent() + 2
        left = plot.left() + self._theme.px(4)
        paper = self._theme.color("canvas")
        paper.setAlphaF(0.8)
        wide = metrics.horizontalAdvance(text)
        painter.fillRect(QRectF(left - 2, base - metrics.ascent(), wide + 4, metrics.height() - 1), paper)
        painter.setPen(colour)
        painter.drawText(QPointF(left, base), text)

    # The mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = QRectF(self.view.geometry())
        x = event.position().x()
        if plot.left() <= x <= plot.right():
            self._hover = x
            place = self._box.x0 + (x - plot.left()) / plot.width() * self._box.width
            self.read.emit(10.0**place if self.log_x else place)
            self.viewport().update()
        else:
            self._gone()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._gone()

    def _gone(self) -> None:
        if self._hover is not None:
            self._hover = None
            self.read.emit(-1.0)
            self.viewport().update()

    def mark_near(self, step: float, reach: float = 6.0) -> Mark | None:
        """The mark within so many pixels of a step."""
        here = self._pixel(float(self.x_of(np.array([step]))[0]), 0.0).x()
        near = [(abs(x - here), i, mark) for i, (x, mark) in enumerate(self.mark_pixels())]
        near = [entry for entry in near if entry[0] <= self._theme.px(reach)]
        return min(near)[2] if near else None
