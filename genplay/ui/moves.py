"""Plain arrow keys for a focused picture, even where the window has a shortcut of that name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

__all__ = ["claim_arrows"]

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


def claim_arrows(event: QEvent) -> bool:
    """Take an arrow key before any shortcut does; called at the beginning of ``event()``, True if it was one.

    Space is not claimed: it starts and pauses training wherever the focus is.
    """
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    if event.key() not in _ARROWS or event.modifiers() != Qt.KeyboardModifier.NoModifier:
        return False
    event.accept()
    return True
