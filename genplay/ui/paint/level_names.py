"""The names of contours, written in pixels of the view over everything else, and never on one another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QTransform

from genplay.ui.paint.contours import LevelName

__all__ = ["paint_names"]

_PAPER = 0.8


def paint_names(
    painter: QPainter, names: Sequence[LevelName], to_view: QTransform, font: QFont, paper: QColor
) -> None:
    """Write each name on a little paper; the outermost first, since it has most room."""
    painter.setFont(font)
    metrics = painter.fontMetrics()
    ground = QColor(paper)
    ground.setAlphaF(_PAPER)
    taken: list[QRectF] = []
    for name in reversed(names):
        centre = to_view.map(name.at)
        wide, high = metrics.horizontalAdvance(name.text) + 4, metrics.height()
        place = QRectF(centre.x() - wide / 2, centre.y() - high / 2, wide, high)
        if any(place.intersects(other) for other in taken):
            continue
        taken.append(place)
        painter.fillRect(place, ground)
        painter.setPen(name.colour)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name.text)
