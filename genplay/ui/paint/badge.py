"""A number in a disc of a colour: what names a lane on its card and at the end of its curve."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from genplay.ui.theme import Theme

__all__ = ["paint_badge"]


def paint_badge(painter: QPainter, disc: QRectF, text: str, colour: str, theme: Theme) -> None:
    """Fill the disc and write the text in its middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(disc)
    font = theme.font("title")
    font.setPixelSize(max(8, round(disc.height() * 0.62)))
    painter.setFont(font)
    painter.setPen(theme.color("canvas"))
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
