"""Labels that fit where they are put: cut short with an ellipsis, the whole text in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QWidget

__all__ = ["ElidedLabel", "repolish"]

_SPARE = 2
"""Pixels more than the text, so that rounding never cuts what would fit."""


class ElidedLabel(QLabel):
    """One line of plain text that shrinks to ``…`` instead of being clipped.

    Layouts ask for sizes far more often than the text changes, so they are measured once a text.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, least: int = 4) -> None:
        super().__init__(text, parent)
        self._least = least
        self._own_tip = ""
        self._hints: tuple[QSize, QSize] | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_tip(self, tip: str) -> None:
        """What the tooltip says when the text is shown whole."""
        self._own_tip = tip
        self._update_tip()

    def is_cut(self) -> bool:
        """Whether the text does not fit."""
        return self.sizeHint().width() - _SPARE > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        return self._measured()[0]

    def sizeHint(self) -> QSize:
        return self._measured()[1]

    def _measured(self) -> tuple[QSize, QSize]:
        """The least and the whole size of the text as it is."""
        if self._hints is None:
            metrics, text = self.fontMetrics(), self.text()
            least = metrics.horizontalAdvance("x" * min(self._least, len(text)))
            whole = metrics.horizontalAdvance(text) + _SPARE
            height = super().sizeHint().height()
            self._hints = QSize(least, height), QSize(whole, height)
        return self._hints

    def changeEvent(self, event: QEvent) -> None:
        self._hints = None
        super().changeEvent(event)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._update_tip()

    def setText(self, text: str) -> None:
        if text != self.text():
            self._hints = None
            super().setText(text)
            self._update_tip()

    def _update_tip(self) -> None:
        tip = f"{self.text()}\n{self._own_tip}".strip() if self.is_cut() else self._own_tip
        if tip != self.toolTip():
            self.setToolTip(tip)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.text()
        if self.is_cut():
            text = self.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, self.contentsRect().width()
            )
        self.style().drawItemText(
            painter, self.contentsRect(), int(self.alignment()), self.palette(), self.isEnabled(), text,
            self.foregroundRole(),
        )  # fmt: skip
        painter.end()


def repolish(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again."""
    style: QStyle = widget.style()
    style.unpolish(widget)
    style.polish(widget)
