"""A titled part of a view: heading, a small line that explains, and the picture below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from genplay.ui.labels import ElidedLabel
from genplay.ui.theme import Theme

__all__ = ["Titled", "let_wrap"]


def let_wrap(label: QLabel) -> None:
    """Let a label take any width it is given and as many lines as it needs there."""
    label.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)


class Titled(QWidget):
    """Title, caption, body; more widgets can be added below. The caption wraps, or is cut to one line."""

    def __init__(
        self, title: str, body: QWidget, theme: Theme, parent: QWidget | None = None, *, wraps: bool = True
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ElidedLabel(title, self)
        self._title.setProperty("role", "title")
        self._caption = QLabel("", self) if wraps else ElidedLabel("", self)
        self._caption.setProperty("role", "small")
        if wraps:
            let_wrap(self._caption)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._caption.hide()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._title)
        self._layout.addWidget(self._caption)
        self._layout.addWidget(body, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self._layout.setSpacing(self._theme.space(1))

    def title(self, text: str) -> None:
        """Another heading."""
        self._title.setText(text)

    def say(self, text: str) -> None:
        """The line under the heading; an empty one takes no room."""
        if text != self._caption.text():
            self._caption.setText(text)
            self._caption.setVisible(bool(text))

    @property
    def caption(self) -> str:
        return self._caption.text()

    def add(self, widget: QWidget) -> None:
        """Put another widget at the end."""
        self._layout.addWidget(widget)
