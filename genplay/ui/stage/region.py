"""A region that the user drew on the plane: how it looks, and what is written beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from genplay.ui.theme import Theme

if TYPE_CHECKING:
    from genplay.lab.region import Region
    from genplay.quantity import Quantity

__all__ = ["Labelled", "corners", "labelled", "paint_region", "region_methods", "region_words"]

Array = NDArray[np.float64]
_FILL = 0.14
_HOW = "Draw a closed loop, or with Shift a rectangle, and read how much probability it holds. M lays the tool down."


@dataclass(frozen=True, eq=False)
class Labelled:
    """A loop (m, 2), and lines of text with the token of their colour."""

    loop: Array
    lines: tuple[tuple[str, str], ...]


def corners(points: Array) -> Array:
    """A loop; two points are opposite corners of a rectangle."""
    if len(points) != 2:
        return points
    (x0, y0), (x1, y1) = points
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def labelled(region: Region) -> Labelled | None:
    """What stands beside a region: both masses, or that they are being measured."""
    loop, masses = region.loop, region.masses
    if loop is None:
        return None
    if masses is None:
        return Labelled(loop, (("not measured" if region.trouble else "measuring …", "text_dim"),))
    rows = (("model", masses.model, "model"), ("truth", masses.truth, "truth"))
    lines = [(f"{name} {_said(q)}", token) for name, q, token in rows if q is not None]
    return Labelled(loop, tuple(lines))


def _said(q: Quantity) -> str:
    return str(q) if q.kind == "estimate" else f"{q}, {q.kind}"


def region_words(region: Region) -> str:
    """One sentence for the line below the stage: what the region holds, or how to draw one."""
    if region.loop is None:
        return _HOW if region.tool else ""
    if region.masses is None:
        return region.trouble or "Measuring the region …"
    parts = []
    for name, q in (("the model", region.masses.model), ("the truth", region.masses.truth)):
        if q is not None:
            parts.append(f"{name} {_said(q)}")
    if region.masses.model is None:
        parts.append("the model can neither be integrated nor drawn from")
    return f"Probability in the region: {'; '.join(parts)}."


def region_methods(region: Region) -> str:
    """How the numbers of ``region_words`` are known."""
    if region.masses is None:
        return ""
    known = (("model", region.masses.model), ("truth", region.masses.truth))
    return "\n".join(f"{name}: {q.method}" for name, q in known if q is not None)


def paint_region(
    painter: QPainter, loop: QPolygonF, lines: tuple[tuple[str, str], ...], theme: Theme
) -> None:
    """Fill and border in pixels of the view, and the lines of text at the region's upper right."""
    fill = theme.color("accent")
    fill.setAlphaF(_FILL)
    painter.setBrush(fill)
    for colour, wide in (("canvas", 4.0), ("accent", 2.0)):
        painter.setPen(QPen(theme.color(colour), theme.px(wide)))
        painter.drawPolygon(loop, Qt.FillRule.OddEvenFill)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    if not lines:
        return
    painter.setFont(theme.font("small"))
    metrics = QFontMetricsF(theme.font("small"))
    wide = max(metrics.horizontalAdvance(text) for text, _ in lines)
    pad, height = theme.px(4), metrics.height()
    size = (wide + 2 * pad, len(lines) * height + 2 * pad)
    where = _place(loop.boundingRect(), size, QRectF(painter.viewport()), pad)
    paper = theme.color("raised")
    paper.setAlphaF(0.92)
    painter.setPen(QPen(theme.color("border"), 1))
    painter.setBrush(paper)
    painter.drawRoundedRect(where, pad, pad)
    for i, (text, token) in enumerate(lines):
        painter.setPen(theme.color(token))
        painter.drawText(QPointF(where.left() + pad, where.top() + pad + metrics.ascent() + i * height), text)


def _place(region: QRectF, size: tuple[float, float], view: QRectF, gap: float) -> QRectF:
    """Right of the region, or where there is no room left of it, and always within the view."""
    left = region.right() + gap
    if left + size[0] > view.right() - gap:
        left = region.left() - gap - size[0]
    left = min(max(left, view.left() + gap), view.right() - gap - size[0])
    top = min(max(region.top(), view.top() + gap), view.bottom() - gap - size[1])
    return QRectF(left, top, *size)
