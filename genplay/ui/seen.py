"""Whether a widget can be seen just now."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

__all__ = ["seen"]


def seen(widget: QWidget) -> bool:
    """Whether it is shown and not behind another tab: Qt calls a dock visible that it has only moved out of sight."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()
