"""The foot of the stage: the colours of the field, and words beside them, or below where they would be squeezed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QWidget

from genplay.ui.theme import Theme

__all__ = ["Foot"]

_WORDS = 220
"""The least width of the words beside the colours, in pixels at scale 1."""


class Foot(QWidget):
    """``heads`` stand on the left; the words take the rest of the line, or a line of their own."""

    def __init__(
        self, heads: tuple[QWidget, ...], words: QLabel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = words
        self._head = QHBoxLayout()
        for widget in heads:
            self._head.addWidget(widget)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addLayout(self._head)
        self._row.addWidget(words, 1)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def below(self) -> bool:
        """Whether the words have a line of their own."""
        return self._row.direction() == QBoxLayout.Direction.TopToBottom

    def _dress(self) -> None:
        self._head.setSpacing(self._theme.space(4))
        self._words.setMinimumHeight(self._theme.px(32))
        self._arrange()
        self._fit()

    def _fit(self) -> None:
        below = self.width() - self._head.sizeHint().width() < self._theme.px(_WORDS)
        if below != self.below:
            down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
            self._row.setDirection(down if below else across)
            self._arrange()
            self.updateGeometry()

    def _arrange(self) -> None:
        # Only where something has changed: each of these asks for the layout anew.
        side = Qt.AlignmentFlag.AlignLeft if self.below else Qt.AlignmentFlag.AlignRight
        self._row.setSpacing(self._theme.space(0 if self.below else 4))
        self._words.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # another field has another title
            self._fit()
        return super().event(event)
