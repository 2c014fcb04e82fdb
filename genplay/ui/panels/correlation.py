"""The autocorrelation of a chain as a curve: how alike two places of it are, so many steps apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.ui.theme import Theme

__all__ = ["CorrelationCurve"]


class CorrelationCurve(QWidget):
    """ρ from 1 down to 0 (and a little below) over the lag in steps."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rho: NDArray[np.float64] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Autocorrelation")
        self.setToolTip(
            "How alike two places of one chain are, so many steps apart: 1 the same, 0 nothing in common. The faster it falls, "
            "the more each step is worth. An estimate from the chains so far."
        )
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def show_curve(self, rho: NDArray[np.float64] | None) -> None:
        """Another curve (lags,), or none."""
        if rho is not self._rho:
            self._rho = rho
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(180), self._theme.px(84))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(84))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        left, below = metrics.horizontalAdvance("0") + theme.space(2), metrics.height() + theme.space(0.5)
        area = QRectF(
            left, theme.px(4), self.width() - left - theme.px(2), self.height() - below - theme.px(4)
        )
        low, high = -0.1, 1.0

        def height(value: float) -> float:
            return area.bottom() - (min(max(value, low), high) - low) / (high - low) * area.height()

        painter.setPen(theme.color("border"))
        painter.drawLine(QPointF(area.left(), height(0)), QPointF(area.right(), height(0)))
        painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.setPen(theme.color("text_dim"))
        for value in (0, 1):
            box = QRectF(0, height(value) - metrics.height() / 2, left - theme.space(1), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value))
        rho = self._rho
        words = (
            "Autocorrelation: not known yet" if rho is None else f"Autocorrelation, 0 to {len(rho) - 1} steps"
        )
        line = QRectF(area.left(), self.height() - metrics.height(), area.width(), metrics.height())
        room = int(area.width())
        painter.drawText(line, 0, metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        if rho is not None and len(rho) > 1 and np.isfinite(rho).all():
            step = area.width() / (len(rho) - 1)
            points = [QPointF(area.left() + i * step, height(float(v))) for i, v in enumerate(rho)]
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawPolyline(points)
        painter.end()
