"""Who gets a key: the program's one-key shortcuts (Space, arrows, Home, H) give way to whatever needs the key itself.

What has got the keyboard is scrolled into view.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QCheckBox,
    QComboBox,
    QScrollArea,
    QTabBar,
    QWidget,
)

__all__ = ["KeyGuard", "keeps"]

_MOVES = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip
_MOVERS = (QAbstractSlider, QAbstractItemView, QComboBox, QTabBar)


def keeps(widget: QWidget | None, key: int) -> bool:
    """Whether a focused widget needs this key for itself.

    Text fields say so on their own. Space starts and pauses training everywhere else, save on a check box and on
    widgets with the property ``ownKeys``; buttons are pressed by Enter.
    """
    if widget is None:
        return False
    if widget.property("ownKeys") and (key in _MOVES or key == Qt.Key.Key_Space):
        return True
    if isinstance(widget, _MOVERS) and key in _MOVES:
        return True
    return isinstance(widget, QCheckBox) and key == Qt.Key.Key_Space


def _reveal(widget: QWidget) -> None:
    """Scroll to a widget; Qt does so only when the keyboard moves within one scroll area, not when it comes from outside."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea) and around.widget() is not None:
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()


class KeyGuard(QObject):
    """Watches whatever has the focus: claims its keys for it, and lets Enter press a focused button."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        app.focusChanged.connect(self._move)

    def _move(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None:
            new.installEventFilter(self)
            _reveal(new)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not isinstance(widget, QWidget):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            if plain and keeps(widget, event.key()):
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress:
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and isinstance(widget, QAbstractButton) and widget.isEnabled():
                widget.click()
                return True
        return False
