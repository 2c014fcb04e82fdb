"""A small caption for a field: what is shown, of what kind, and its colours with numbers and unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.ui.paint.heat import Table
from genplay.ui.theme import Theme

__all__ = ["Caption", "ColourBar", "number"]


@dataclass(frozen=True)
class Caption:
    """What a field is: its title, its kind in words, its colours, ticks (place from 0 to 1, text), and the unit."""

    title: str
    kind: str
    colours: Table
    ticks: tuple[tuple[float, str], ...]
    unit: str
    explained: str = ""


def number(value: float) -> str:
    """Two or three significant digits, with a true minus sign."""
    if value == 0:
        return "0"
    size = abs(value)
    text = f"{value:.0e}" if size >= 1e5 or size < 1e-3 else f"{value:.3g}"
    return text.replace("-", "−")


class ColourBar(QWidget):
    """Title and kind above, the colours in the middle, numbers below. Empty when there is nothing to explain."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._caption: Caption | None = None
        self._buffer: Table | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colours of the field")
        theme.changed.connect(self.updateGeometry)

    def explain(self, caption: Caption | None) -> None:
        """Show another caption (None: nothing)."""
        if (
            caption == self._caption
            if caption is None or self._caption is None
            else _same(caption, self._caption)
        ):
            return
        self._caption = caption
        if caption is not None:
            self._buffer = np.ascontiguousarray(caption.colours[None, :])
            self.setToolTip(caption.explained)
            ends = ", ".join(text for _, text in caption.ticks)
            self.setAccessibleDescription(f"{caption.title}, {caption.kind}; {ends} {caption.unit}")
        self.setVisible(caption is not None)
        self.updateGeometry()
        self.update()

    @property
    def caption(self) -> Caption | None:
        return self._caption

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._theme.font("small"))
        height = 2 * metrics.height() + self._theme.px(8) + 2 * self._theme.px(2)
        return QSize(max(self._theme.px(200), round(self._title_width()) + 2), round(height))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(150), self.sizeHint().height())

    def _title_width(self) -> float:
        if self._caption is None:
            return 0.0
        metrics = QFontMetricsF(self._theme.font("small"))
        return metrics.horizontalAdvance(self._title())

    def _title(self) -> str:
        caption = self._caption
        if caption is None:
            return ""
        return ", ".join(part for part in (caption.title, caption.unit) if part) + (
            f" · {caption.kind}" if caption.kind else ""
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        caption = self._caption
        if caption is None or self._buffer is None:
            return
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = QFontMetricsF(theme.font("small"))
        painter.setPen(theme.color("text"))
        title = metrics.elidedText(self._title(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QPointF(0, metrics.ascent()), title)
        bar = QRectF(0, metrics.height() + theme.px(2), self.width() - 1, theme.px(8))
        image = QImage(self._buffer.data, self._buffer.shape[1], 1, QImage.Format.Format_RGB32)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, image)
        painter.setPen(theme.color("border_strong"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        painter.setPen(theme.color("text_dim"))
        base = bar.bottom() + theme.px(2) + metrics.ascent()
        placed = []
        for place, text in caption.ticks:
            wide = metrics.horizontalAdvance(text)
            left = min(max(bar.left() + place * bar.width() - wide / 2, 0.0), self.width() - wide)
            placed.append((left, left + wide, text))
        end = placed[-1][0] if placed else 0.0
        taken = -1.0
        for i, (left, right, text) in enumerate(placed):
            # The two ends are always said; what lies between them gives way.
            if i in (0, len(placed) - 1) or (left > taken and right + theme.px(6) < end):
                painter.drawText(QPointF(left, base), text)
                taken = right + theme.px(6)
        painter.end()


def _same(one: Caption, other: Caption) -> bool:
    plain = (one.title, one.kind, one.ticks, one.unit, one.explained)
    return plain == (other.title, other.kind, other.ticks, other.unit, other.explained) and np.array_equal(
        one.colours, other.colours
    )
