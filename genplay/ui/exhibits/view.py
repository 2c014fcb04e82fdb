"""The base of all views of exhibits: as wide as the panel, as high as that width asks for, read under the mouse."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from genplay.ui.theme import Theme

__all__ = ["LegendEntry", "Painted", "draw_legend", "plain"]

LegendEntry = tuple[str, str, bool]
"""A name, its colour ``#RRGGBB``, and whether its mark is a dot instead of a line."""


def plain(value: float) -> str:
    """A value in three significant digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", "−") if value == value else "–"


class Painted(QWidget):
    """A picture painted by hand. A subclass paints, and says by ``height_for`` how much height a width needs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        theme.changed.connect(self.updateGeometry)

    def height_for(self, width: int) -> int:
        """The height that the whole picture takes at a width."""
        raise NotImplementedError

    def tip_at(self, at: QPoint) -> str:
        """What is written under the mouse; '' for nothing."""
        raise NotImplementedError

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self.height_for(max(width, self._theme.px(80)))

    def sizeHint(self) -> QSize:
        width = self._theme.px(240)
        return QSize(width, self.height_for(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(20))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tip = self.tip_at(event.pos())
            if tip:
                QToolTip.showText(event.globalPos(), tip, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def small(self) -> QFontMetricsF:
        """The metrics of small text."""
        return QFontMetricsF(self._theme.font("small"))


def draw_legend(
    painter: QPainter | None, entries: list[LegendEntry], width: float, theme: Theme, top: float = 0.0
) -> float:
    """Write the entries in rows of this width; returns the height they take. Without a painter only that is found out."""
    if not entries:
        return 0.0
    metrics = QFontMetricsF(theme.font("small"))
    mark, gap, line = theme.px(14), theme.px(10), metrics.height() + theme.px(2)
    x = y = 0.0
    for name, colour, dot in entries:
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(width - mark - theme.px(4), 20))
        wide = mark + theme.px(4) + metrics.horizontalAdvance(text)
        if x > 0 and x + wide > width:
            x, y = 0.0, y + line
        if painter is not None:
            middle = top + y + line / 2
            painter.setPen(QPen(QColor(colour), theme.px(2)))
            if dot:
                painter.setBrush(painter.pen().color())
                painter.drawEllipse(
                    round(x + mark / 2 - theme.px(3)), round(middle - theme.px(3)), theme.px(6), theme.px(6)
                )
            else:
                painter.drawLine(round(x), round(middle), round(x + mark), round(middle))
            painter.setPen(theme.color("text_dim"))
            painter.drawText(
                round(x + mark + theme.px(4)), round(top + y + metrics.ascent() + theme.px(1)), text
            )
        x += wide + gap
    return y + line + theme.px(2)
