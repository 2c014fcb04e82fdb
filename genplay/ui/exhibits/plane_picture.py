"""A part of the plane with a field, and lines and points over it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import PlanePicture, Polyline
from genplay.ui.exhibits.scale import ValueColours, draw_strip, strip_height
from genplay.ui.exhibits.view import LegendEntry, Painted, draw_legend, plain
from genplay.ui.theme import Theme

__all__ = ["PlanePictureView"]

_LARGEST = 300
_HAIRLINES = 24
"""From so many lines on (a warped grid) they are hairlines, so that none hides another."""


class PlanePictureView(Painted):
    """Square units; the legend names the lines that have a label, the strip the colours of the field."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._exhibit: PlanePicture | None = None

    def show_exhibit(self, exhibit: PlanePicture) -> None:
        """Draw this one."""
        before, self._exhibit = self._exhibit, exhibit
        self.setAccessibleName(f"{exhibit.title}: a picture of the plane")
        changed = (
            before is None or before.box != exhibit.box or (before.field is None) != (exhibit.field is None)
        )
        if changed or (before is not None and before.legend != exhibit.legend):
            self.updateGeometry()
        self.update()

    # Layout

    def _square(self, width: int) -> tuple[float, float]:
        assert self._exhibit is not None
        box, most = self._exhibit.box, self._theme.px(_LARGEST)
        wide = min(width - 1.0, float(most), most * box.width / box.height)
        return wide, wide * box.height / box.width

    def _legend(self) -> list[LegendEntry]:
        assert self._exhibit is not None
        entries: list[LegendEntry] = []
        for line in self._exhibit.lines:
            entry = (line.label, self._colour(line), line.dots)
            if line.label and entry not in entries:
                entries.append(entry)
        return entries

    def _notes(self, width: int) -> list[str]:
        """The words of the legend in lines of this width."""
        assert self._exhibit is not None
        metrics, lines = self.small(), list[str]()
        for text in self._exhibit.legend:
            line = ""
            for word in text.split():
                longer = f"{line} {word}".strip()
                if line and metrics.horizontalAdvance(longer) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(line)
        return lines

    def height_for(self, width: int) -> int:
        if self._exhibit is None:
            return 0
        _, high = self._square(width)
        legend = draw_legend(None, self._legend(), width, self._theme)
        strip = strip_height(self._theme) + self._theme.px(2) if self._exhibit.field is not None else 0.0
        return math.ceil(
            high + self._theme.px(4) + strip + legend + len(self._notes(width)) * self.small().height()
        )

    def _colour(self, line: Polyline) -> str:
        tokens = self._theme.tokens
        if line.role == "class":
            return tokens.classes[line.index % len(tokens.classes)]
        if line.role == "error":
            return tokens.error_positive
        return tokens.text_dim if line.role == "dim" else str(getattr(tokens, line.role))

    def pixel_of(self, x: float, y: float) -> QPointF:
        """Where a point lies."""
        assert self._exhibit is not None
        box, (wide, high) = self._exhibit.box, self._square(self.width())
        return QPointF((x - box.x0) / box.width * wide, high - (y - box.y0) / box.height * high)

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        exhibit, theme = self._exhibit, self._theme
        if exhibit is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        wide, high = self._square(self.width())
        frame = QRectF(0, 0, wide, high)
        painter.fillRect(frame, theme.color("canvas"))
        top = high + theme.px(4)
        if exhibit.field is not None:
            colours = ValueColours.of(exhibit.field, exhibit.scale, theme.tokens, field=True)
            pixels = np.ascontiguousarray(colours.take(exhibit.field)[::-1])
            rows, columns = pixels.shape
            image = QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(frame, image)
            draw_strip(painter, colours, 0, top, self.width() - 1, theme, exhibit.unit)
            top += strip_height(theme) + theme.px(2)
        painter.setClipRect(frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thin = sum(not line.dots for line in exhibit.lines) >= _HAIRLINES
        for line in exhibit.lines:
            self._line(painter, line, thin)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.color("border"))
        painter.drawRect(frame)
        top += draw_legend(painter, self._legend(), self.width(), theme, top)
        painter.setPen(theme.color("text_dim"))
        for note in self._notes(self.width()):
            painter.drawText(QPointF(0, top + self.small().ascent()), note)
            top += self.small().height()
        painter.end()

    def _line(self, painter: QPainter, line: Polyline, thin: bool) -> None:
        theme = self._theme
        points = [
            self.pixel_of(float(x), float(y)) for x, y in line.points if np.isfinite(x) and np.isfinite(y)
        ]
        colour = QColor(self._colour(line))
        if line.dots:
            painter.setPen(QPen(theme.color("canvas"), 1))
            painter.setBrush(colour)
            radius = theme.px(4) if len(points) <= 12 else theme.px(4) / 2
            for point in points:
                painter.drawEllipse(point, radius, radius)
            return
        painter.setPen(QPen(colour, 1.0 if thin else theme.px(1.6)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if line.closed:
            painter.drawPolygon(points)
        else:
            painter.drawPolyline(points)

    def tip_at(self, at: QPoint) -> str:
        exhibit = self._exhibit
        if exhibit is None:
            return ""
        wide, high = self._square(self.width())
        u, v = at.x() / wide, 1 - at.y() / high
        if not (0 <= u < 1 and 0 <= v < 1):
            return ""
        box = exhibit.box
        text = f"({plain(box.x0 + u * box.width)}, {plain(box.y0 + v * box.height)})"
        if exhibit.field is not None:
            rows, columns = exhibit.field.shape
            text += f": {plain(float(exhibit.field[int(v * rows), int(u * columns)]))} {exhibit.unit}"
        return text.strip()
