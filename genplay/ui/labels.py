"""Labels that fit where they are put: cut short with an ellipsis, the whole text in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget

__all__ = ["ElidedLabel", "repolish"]


class ElidedLabel(QLabel):
    """One line of plain text that shrinks to ``…`` instead of being clipped."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, least: int = 4) -> None:
        super().__init__(text, parent)
        self._least = least
        self._own_tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_tip(self, tip: str) -> None:
        """What the tooltip says when the text is shown whole."""
        self._own_tip = tip
        self._update_tip()

    def is_cut(self) -> bool:
        """Whether the text does not fit."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        least = self.fontMetrics().horizontalAdvance("x" * min(self._least, len(self.text())))
        return QSize(least, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        # One pixel more than the text, so that rounding never cuts what would fit.
        width = self.fontMetrics().horizontalAdvance(self.text()) + 2
        return QSize(width, super().sizeHint().height())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._update_tip()

    def setText(self, text: str) -> None:
        if text != self.text():
            super().setText(text)
            self._update_tip()

    def _update_tip(self) -> None:
        tip = f"{self.text()}\n{self._own_tip}".strip() if self.is_cut() else self._own_tip
        if tip != self.toolTip():
            self.setToolTip(tip)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        rect = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        self.style().drawItemText(
            painter,
            rect,
            int(self.alignment()),
            option.palette,
            self.isEnabled(),
            text,
            self.foregroundRole(),
        )
        painter.end()


def repolish(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again."""
    style: QStyle = widget.style()
    style.unpolish(widget)
    style.polish(widget)
