"""A part of a panel that folds away under its title."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from genplay.ui.theme import Theme

__all__ = ["Section"]

_TIP = "Open or close this part."


class Section(QWidget):
    """A title that opens and closes what is below it. ``toggled`` tells whether it is open now."""

    toggled = Signal(bool)

    def __init__(
        self, title: str, theme: Theme, *, opened: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = title
        self._note = ""
        self._help = ""
        self.head = QPushButton()
        self.head.setProperty("role", "disclosure")
        self.head.setCheckable(True)
        self.head.setChecked(opened)
        self.head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.setAccessibleName(title)
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.head.toggled.connect(self._toggle)
        self.body = QWidget()
        self.body.setVisible(opened)
        self.column = QVBoxLayout(self.body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.head)
        outer.addWidget(self.body)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def opened(self) -> bool:
        return self.head.isChecked()

    def set_note(self, note: str) -> None:
        """A word beside the title, for example what is chosen inside."""
        self._note = note
        self._write()

    def set_help(self, help: str) -> None:
        """What the tooltip of the title explains."""
        self._help = help
        self.head.setAccessibleDescription(help)
        self._write()

    def add(self, widget: QWidget) -> None:
        """Put a widget below what is there."""
        self.column.addWidget(widget)

    def open(self, opened: bool = True) -> None:
        """Open or close."""
        self.head.setChecked(opened)

    def _toggle(self, opened: bool) -> None:
        self.body.setVisible(opened)
        self._dress_head()
        self.toggled.emit(opened)

    def _write(self) -> None:
        text = f"{self._title}  ·  {self._note}" if self._note else self._title
        room = self.head.width() - self._theme.px(40)
        self.head.setText(
            self.head.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(room, 20))
        )
        hidden = (self._note or self._title) if self.head.text() != text else ""
        self.head.setToolTip("\n".join(part for part in (hidden, self._help) if part) or _TIP)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._write()

    def _dress_head(self) -> None:
        self.head.setIcon(self._theme.icon("chevron-down" if self.opened else "chevron-right", "text_dim"))

    def _dress(self) -> None:
        theme = self._theme
        self.column.setContentsMargins(theme.space(1), theme.space(1), theme.space(1), theme.space(2))
        self.column.setSpacing(theme.space(2))
        self._dress_head()
        self._write()
