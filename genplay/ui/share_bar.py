"""How far something is: a bar without words."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

__all__ = ["ShareBar"]

_PARTS = 1000


class ShareBar(QProgressBar):
    """A share from 0 to 1; ``name`` is what a screen reader says of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, _PARTS)
        self.setTextVisible(False)
        self.setAccessibleName(name)

    def show_share(self, share: float) -> None:
        """So much is done."""
        self.setValue(round(_PARTS * share))
