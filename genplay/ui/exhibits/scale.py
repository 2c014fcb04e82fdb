"""Values to colours, and the strip that says which colour stands for which value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from genplay.models.exhibits import Scale
from genplay.ui.paint.heat import Table, ink_table, placed, table
from genplay.ui.stage.colour_bar import number
from genplay.ui.stage.scales import round_up
from genplay.ui.theme import Theme
from genplay.ui.tokens import Tokens

__all__ = ["ValueColours", "draw_strip", "strip_height"]


@dataclass(frozen=True)
class ValueColours:
    """A table of colours from ``low`` to ``high``."""

    colours: Table
    low: float
    high: float

    @staticmethod
    def of(
        values: NDArray[np.floating], scale: Scale, tokens: Tokens, *, field: bool = False
    ) -> ValueColours:
        """``signed``: the theme's diverging colours, symmetric about 0; ``ink``: from nothing at 0 to full at 1 or more.

        A ``field`` fills a part of the plane and takes the colours of a density, up to its largest value.
        """
        finite = values[np.isfinite(values)]
        largest = float(np.abs(finite).max()) if finite.size else 1.0
        if scale == "signed":
            end = round_up(largest)
            return ValueColours(table(tokens.heat["error"], diverging=True), -end, end)
        low = min(0.0, float(finite.min())) if finite.size else 0.0
        high = float(finite.max()) if finite.size else 1.0
        if field:
            return ValueColours(table(tokens.heat["density"]), low, round_up(high))
        return ValueColours(
            ink_table(tokens.sunken, tokens.model), low, 1.0 if high <= 1.0 else round_up(high)
        )

    def take(self, values: NDArray[np.floating]) -> Table:
        """The colours 0xFFRRGGBB of values of any shape."""
        return np.asarray(self.colours.take(placed(np.asarray(values, np.float64), self.low, self.high)))


def strip_height(theme: Theme) -> float:
    """The height of ``draw_strip``."""
    return theme.px(10) + QFontMetricsF(theme.font("small")).height()


def draw_strip(
    painter: QPainter,
    colours: ValueColours,
    left: float,
    top: float,
    width: float,
    theme: Theme,
    unit: str = "",
) -> None:
    """A strip of colours with its ends, and 0 where it lies between, written below."""
    wide = min(width, theme.px(180))
    bar = QRectF(left, top, wide, theme.px(6))
    buffer = np.ascontiguousarray(colours.colours[None, :])
    image = QImage(buffer.data, buffer.shape[1], 1, QImage.Format.Format_RGB32)
    painter.drawImage(bar, image)
    painter.setPen(theme.color("border_strong"))
    painter.drawRect(bar)
    metrics = QFontMetricsF(theme.font("small"))
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color("text_dim"))
    base = bar.bottom() + theme.px(2) + metrics.ascent()
    low, high = number(colours.low), number(colours.high)
    painter.drawText(QPointF(left, base), low)
    painter.drawText(QPointF(left + wide - metrics.horizontalAdvance(high), base), high)
    if colours.low < 0 < colours.high:
        place = left + wide * -colours.low / (colours.high - colours.low)
        painter.drawText(QPointF(place - metrics.horizontalAdvance("0") / 2, base), "0")
    room = width - wide - theme.px(8)
    if unit and metrics.horizontalAdvance(unit) <= room:
        painter.drawText(QPointF(left + wide + theme.px(8), base), unit)
