"""Chains of a sampler over the density they sample: where they are, what came out, and the last event of one of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.lab.sampling_session import SamplingView
from genplay.sampling.events import Accept, Leapfrog, Move, Point, Propose, Reject, Weight
from genplay.ui.paint.heat import placed, table
from genplay.ui.paint.points import Marker, cloud
from genplay.ui.theme import Theme

__all__ = ["ChainsPicture"]

_REACH = 24
"""A click watches the nearest chain within so many pixels, at scale 1."""


class ChainsPicture(QWidget):
    """A square picture of the plane. Rings are chains; the filled one with a trail is the watched one.

    ``picked`` carries the chain that was clicked.
    """

    picked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view = SamplingView()
        self._heat: tuple[object, ...] = ()
        self._heat_image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Chains over the density")
        self.setToolTip(
            "Shades: the density that is sampled. Small dots: samples so far. Rings: where the chains are. The large dot is "
            "the chain whose events are told, with the way it came; a dashed line leads to its proposal. Click another to watch it."
        )
        theme.changed.connect(self.update)

    def show_view(self, view: SamplingView) -> None:
        """Draw another view."""
        self._view = view
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        chains = self._view.chains
        if event.button() != Qt.MouseButton.LeftButton or chains.shape[1] != 2 or not len(chains):
            event.ignore()
            return
        square, box = self.square(), self._view.box
        at = event.position()
        x = box.x0 + (at.x() - square.left()) / square.width() * box.width
        y = box.y0 + (square.bottom() - at.y()) / square.height() * box.height
        across, up = (chains[:, 0] - x) / box.width, (chains[:, 1] - y) / box.height
        nearest = int(np.argmin(np.nan_to_num(np.hypot(across, up), nan=np.inf)))
        if np.hypot(across[nearest], up[nearest]) * square.width() <= self._theme.px(_REACH):
            self.picked.emit(nearest)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(260), self._theme.px(260))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(88), self._theme.px(88))

    def square(self) -> QRectF:
        """Where the picture lies in the widget."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, 0, side, side)

    def pixel_of(self, x: Point) -> QPointF:
        """Where a point lies in the widget."""
        square, box = self.square(), self._view.box
        return QPointF(
            square.left() + (x[0] - box.x0) / box.width * square.width(),
            square.bottom() - (x[1] - box.y0) / box.height * square.height(),
        )

    def _density(self) -> QImage:
        view, theme = self._view, self._theme
        key = (id(view.log_density), view.run, theme.name)
        if key != self._heat:
            self._heat = key
            values = view.log_density
            if values is None:
                self._heat_image = QImage()
            else:
                top = float(values.max())
                p = np.exp(values - top) if np.isfinite(top) else np.zeros_like(values)
                colours = table(theme.tokens.heat["truth" if view.on == "truth" else "density"])
                buffer = np.ascontiguousarray(colours.take(placed(p, 0.0, 1.4, "root"))[::-1])
                n = len(buffer)
                self._heat_image = QImage(buffer.data, n, n, n * 4, QImage.Format.Format_RGB32).copy()
        return self._heat_image

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, view, square = self._theme, self._view, self.square()
        painter = QPainter(self)
        painter.fillRect(square, theme.color("canvas"))
        painter.setClipRect(square)
        heat = self._density()
        if not heat.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(square, heat)
        if view.world == "plane" and view.chains.shape[1] == 2:
            self._paint_points(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_watched(painter)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color("border"))
        painter.drawRect(square.adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_points(self, painter: QPainter) -> None:
        theme, view, square = self._theme, self._view, self.square()
        ratio, tokens = self.devicePixelRatioF(), theme.tokens
        side = max(1, round(square.width() * ratio))
        size = theme.scale**0.5
        groups = [(view.drawn, Marker("o", 2.2 * size, tokens.model, None, 0.8))]
        if view.event is not None or len(view.chains) <= 200:
            groups.append((view.chains, Marker("o", 5.5 * size, tokens.canvas, tokens.model)))
        picture = cloud(groups, view.box, side, None, ratio)
        image = QImage(picture.data, side, side, side * 4, QImage.Format.Format_ARGB32_Premultiplied)
        painter.drawImage(square, image)

    def _paint_watched(self, painter: QPainter) -> None:
        theme, view = self._theme, self._view
        accent = QPen(theme.color("accent"), theme.px(2))
        trail = [self.pixel_of((float(x), float(y))) for x, y in view.trail if np.isfinite((x, y)).all()]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if view.event is not None and len(trail) > 1:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawPolyline(trail)
        place = trail[-1] if trail else None
        match view.event:
            case Propose(_, at, to, _):
                place = self.pixel_of(at)
                self._paint_proposal(painter, place, self.pixel_of(to), "warning")
            case Reject(_, at):
                place = self.pixel_of(at)
                painter.setPen(QPen(theme.color("danger"), theme.px(2)))
                painter.drawEllipse(place, theme.px(9), theme.px(9))
            case Accept(_, at):
                place = self.pixel_of(at)
                painter.setPen(QPen(theme.color("ok"), theme.px(2)))
                painter.drawEllipse(place, theme.px(9), theme.px(9))
            case Leapfrog(_, path, _):
                place = self.pixel_of(path[0])
                painter.setPen(QPen(theme.color("warning"), theme.px(2)))
                painter.drawPolyline([self.pixel_of(x) for x in path])
                for x in path[1:]:
                    painter.drawEllipse(self.pixel_of(x), theme.px(2), theme.px(2))
            case Move(_, at, to):
                painter.setPen(accent)
                painter.drawLine(self.pixel_of(at), self.pixel_of(to))
                place = self.pixel_of(to)
            case Weight(_, at, _):
                place = self.pixel_of(at)
        if place is not None:
            painter.setPen(QPen(theme.color("canvas"), theme.px(2)))
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(place, theme.px(5), theme.px(5))

    def _paint_proposal(self, painter: QPainter, at: QPointF, to: QPointF, token: str) -> None:
        theme = self._theme
        painter.setPen(QPen(theme.color(token), theme.px(2), Qt.PenStyle.DashLine))
        painter.drawLine(at, to)
        painter.setPen(QPen(theme.color(token), theme.px(2)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(to, theme.px(6), theme.px(6))
