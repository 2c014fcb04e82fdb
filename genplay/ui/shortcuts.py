"""The page of keyboard shortcuts, laid over the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from genplay.lab.action_spec import ActionSpec
from genplay.ui.theme import Theme

__all__ = ["ShortcutsPage"]

_MORE = (
    ("Ctrl++", "Larger text and controls"),
    ("Ctrl+-", "Smaller text and controls"),
    ("Ctrl+0", "Text and controls as they come"),
    ("Esc", "Dismiss the newest notice, or close the palette"),
    ("Tab", "Go to the next control"),
    ("Enter", "Press the button that has the keyboard"),
)


class ShortcutsPage(QFrame):
    """Every shortcut and what it does; Esc or a click on Close takes it away."""

    def __init__(self, specs: Iterable[ActionSpec], theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._before = window.focusWidget()
        self._theme = theme
        self.setProperty("role", "toast")
        self.setAccessibleName("Keyboard shortcuts")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = QLabel("Keyboard shortcuts")
        title.setProperty("role", "heading")
        table = QWidget()
        grid = QGridLayout(table)
        grid.setHorizontalSpacing(theme.space(6))
        grid.setVerticalSpacing(theme.space(1.5))
        rows = [
            (spec.shortcut, f"{spec.title.removesuffix(' …')}: {spec.help}")
            for spec in specs
            if spec.shortcut
        ]
        for row, (keys, text) in enumerate([*rows, *_MORE]):
            key = QLabel(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            key.setProperty("role", "mono")
            what = QLabel(text)
            what.setWordWrap(True)
            grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(what, row, 1)
        grid.setColumnStretch(1, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(table)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.dismiss)
        column = QVBoxLayout(self)
        gap = theme.space(5)
        column.setContentsMargins(gap, gap, gap, gap)
        column.setSpacing(theme.space(3))
        column.addWidget(title)
        column.addWidget(scroll, 1)
        column.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignRight)

    def show_over(self) -> None:
        """Show it in the middle of the window."""
        theme, window = self._theme, self._window
        width = min(theme.px(680), window.width() - theme.space(8))
        height = min(theme.px(640), window.height() - theme.space(8))
        self.setGeometry((window.width() - width) // 2, (window.height() - height) // 2, width, height)
        self.show()
        self.raise_()
        self.close_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Take it away."""
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)
