"""Layouts that are filled anew."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout

__all__ = ["empty"]


def empty(layout: QLayout) -> None:
    """Take everything out of a layout and let its widgets go; they vanish at once."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
