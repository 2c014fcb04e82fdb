"""The way between two anchors: where it begins and ends, what lies on it, and how probable that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from genplay.spaces.binary import SIDE
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import digit_tiles
from genplay.ui.theme import Theme

__all__ = ["AnchorSlot", "PathProfile", "dragged_sample"]

PREFIX = "genplay/sample:"


def dragged_sample(text: str) -> int | None:
    """The number of the sample that is being dragged, None if it is something else."""
    number = text.removeprefix(PREFIX)
    return int(number) if text.startswith(PREFIX) and number.isdecimal() else None


class AnchorSlot(QAbstractButton):
    """One end of the path: a place to drop a sample on; a click takes the current code.

    ``dropped`` carries the number of a sample.
    """

    dropped = Signal(int)

    def __init__(self, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letter, self._theme = letter, theme
        self._x: NDArray[np.float64] | None = None
        self._over = False
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            f"End {letter} of the path. Drop a sample from the gallery here, or click to take the current code."
        )
        self.setAccessibleName(f"Anchor {letter}")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_end(self, x: NDArray[np.float64] | None) -> None:
        """Show what lies at this end, (25,) or (2,); None: nothing yet."""
        self._x = x
        self.setAccessibleDescription("empty" if x is None else self._words(x))
        self.updateGeometry()
        self.update()

    @staticmethod
    def _words(x: NDArray[np.float64]) -> str:
        return f"({x[0]:.2f}, {x[1]:.2f})".replace("-", "−") if len(x) == 2 else "an image"

    def _text(self) -> str:
        if self._x is None:
            return "drop or click"
        return self._words(self._x) if len(self._x) == 2 else ""

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._theme.font("small"))
        wide = max(metrics.horizontalAdvance(text) for text in ("drop or click", "(−0.00, −0.00)"))
        return QSize(round(wide) + self._theme.px(42), self._theme.px(44))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(84), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lively = self._over or self.hasFocus() or self.underMouse()
        line = Qt.PenStyle.SolidLine if self._x is not None else Qt.PenStyle.DashLine
        painter.setPen(
            QPen(theme.color("focus" if lively else "border_strong"), theme.px(2 if lively else 1), line)
        )
        painter.setBrush(theme.color("accent_soft" if self._over else "surface"))
        painter.drawRoundedRect(whole, theme.px(6), theme.px(6))
        radius = theme.px(9)
        centre = QPointF(whole.left() + theme.px(6) + radius, whole.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(centre, radius, radius)
        painter.setFont(theme.font("title"))
        painter.setPen(theme.color("text_on_accent"))
        disc = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, self._letter)
        rest = whole.adjusted(2 * radius + theme.px(12), 0, -theme.px(6), 0)
        if self._x is not None and len(self._x) == SIDE * SIDE:
            tokens = theme.tokens
            tile = np.ascontiguousarray(digit_tiles(self._x[None], ink_table(tokens.sunken, tokens.model))[0])
            side = theme.px(34) // SIDE * SIDE
            target = QRect(0, 0, side, side)
            target.moveCenter(rest.center().toPoint())
            painter.drawImage(target, QImage(tile.data, SIDE, SIDE, SIDE * 4, QImage.Format.Format_RGB32))
        else:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text" if self._x is not None else "text_dim"))
            metrics = QFontMetricsF(theme.font("small"))
            text = metrics.elidedText(self._text(), Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_sample(event.mimeData().text()) is not None:
            self._over = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        sample = dragged_sample(event.mimeData().text())
        if sample is not None:
            event.acceptProposedAction()
            self.dropped.emit(sample)


class PathProfile(QWidget):
    """log p(x) along the path, from A on the left to B on the right; ``pointed`` carries a place from 0 to 1."""

    pointed = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._values: NDArray[np.float64] = np.empty(0)
        self._at = 0.0
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Density along the path")
        self.setToolTip(
            "log p(x) of the points on the path: where it dips, the path leaves what the model knows."
        )
        theme.changed.connect(self.updateGeometry)

    def show_profile(self, values: NDArray[np.float64] | None, title: str) -> None:
        """Show values (n,) along the path, and what they are (None: only the title)."""
        self._values = np.empty(0) if values is None else np.asarray(values, np.float64)
        self._title = title
        finite = self._values[np.isfinite(self._values)]
        if len(finite):
            self.setAccessibleDescription(f"{title}: from {finite.min():.2f} to {finite.max():.2f}")
        self.update()

    def set_position(self, t: float) -> None:
        """Mark the current place."""
        self._at = t
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(64))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(52))

    def _plot(self) -> QRectF:
        metrics = QFontMetricsF(self._theme.font("small"))
        left = metrics.horizontalAdvance("−000.0") + self._theme.px(4)
        top = metrics.height() + self._theme.px(2)
        return QRectF(left, top, max(self.width() - left - 2, 4), max(self.height() - top - 3, 4))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, plot = self._theme, self._plot()
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = QFontMetricsF(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QPointF(0, metrics.ascent()), title)
        finite = self._values[np.isfinite(self._values)]
        if len(finite) < 2:
            painter.end()
            return
        low, high = float(finite.min()), float(finite.max())
        span = max(high - low, 1e-6)
        for value, base in ((high, plot.top() + metrics.ascent() * 0.7), (low, plot.bottom())):
            text = f"{value:.1f}".replace("-", "−")
            if plot.height() > 1.6 * metrics.height() or value == high:
                painter.drawText(
                    QPointF(plot.left() - theme.px(4) - metrics.horizontalAdvance(text), base), text
                )
        painter.setPen(QPen(theme.color("border"), 0))
        painter.drawRect(plot)
        n = len(self._values)
        points = [
            QPointF(
                plot.left() + i / (n - 1) * plot.width(), plot.bottom() - (v - low) / span * plot.height()
            )
            for i, v in enumerate(self._values)
            if np.isfinite(v)
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("model"), theme.px(1.5)))
        painter.drawPolyline(QPolygonF(points))
        x = plot.left() + self._at * plot.width()
        painter.setPen(QPen(theme.color("accent"), theme.px(2)))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        plot = self._plot()
        if len(self._values):
            self.pointed.emit(min(max((event.position().x() - plot.left()) / plot.width(), 0.0), 1.0))
