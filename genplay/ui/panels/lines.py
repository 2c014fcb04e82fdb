"""A sentence with room for a fixed number of lines, so that nothing around it moves when it changes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.ui.theme import Theme

__all__ = ["Lines"]


class Lines(QWidget):
    """Small text that wraps; what does not fit is in the tooltip."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._name, self._text, self._lines = theme, name, "", 2
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._dress)
        self._dress()

    def text(self) -> str:
        """What is said."""
        return self._text

    def setText(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(f"{self._name}: {text}")
            self.setToolTip(text)
            self.update()

    def set_lines(self, lines: int) -> None:
        """Keep room for so many lines."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()

    def _dress(self) -> None:
        self.updateGeometry()
        self.update()

    def _metrics(self) -> QFontMetrics:
        # A font set on the widget would be put back by the style sheet of another text size.
        return QFontMetrics(self._theme.font("small"))

    def sizeHint(self) -> QSize:
        full = self._metrics().boundingRect(QRect(0, 0, 1000, 10_000), 0, "\n".join(["Áy"] * self._lines))
        return QSize(self._theme.px(160), full.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self.sizeHint().height())

    def needs(self, width: int) -> int:
        """The height that the text needs at this width."""
        room = QRect(0, 0, width, 10_000)
        return self._metrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self._text).height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("text_dim"))
        painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, self._text)
        painter.end()
