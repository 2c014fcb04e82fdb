"""Numbers that say what they are, and short texts, by name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from genplay.models.exhibits import Facts
from genplay.quantity import Quantity
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["FactsView"]

_WORDS = {"exact": "exact", "bound": "a bound", "estimate": "an estimate"}

_MOST = 140
"""A word may hold its column so wide, at scale 1."""


class FactsView(QWidget):
    """Names on the left, values on the right; how a number was found is its tooltip."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        theme.changed.connect(self._dress)
        self._dress()

    def show_exhibit(self, exhibit: Facts) -> None:
        """Write this one."""
        self.setAccessibleName(exhibit.title)
        while len(self.rows) < len(exhibit.rows):
            self._add()
        while len(self.rows) > len(exhibit.rows):
            for label in self.rows.pop():
                label.hide()
                label.deleteLater()
        for (name, value), (said, fact) in zip(self.rows, exhibit.rows, strict=True):
            name.setText(said)
            value.setText(str(fact))
            tip = f"{_WORDS[fact.kind]}: {fact.method}" if isinstance(fact, Quantity) else ""
            value.setToolTip(tip)
            value.setAccessibleName(f"{said}: {fact} {tip}".strip())
        self._fit()

    def _fit(self) -> None:
        """No word is wider than its column: a label that wraps would cut it."""
        metrics, most = QFontMetrics(self._theme.font("body")), self._theme.px(_MOST)
        for pair in self.rows:
            for label in pair:
                widest = max((metrics.horizontalAdvance(word) for word in label.text().split()), default=0)
                label.setMinimumWidth(min(widest + 2, most))

    def _add(self) -> None:
        name, value = QLabel(self), QLabel(self)
        name.setProperty("role", "dim")
        for column, label in enumerate((name, value)):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            let_wrap(label)
            self._grid.addWidget(label, len(self.rows), column)
            label.show()
        self.rows.append((name, value))

    def _dress(self) -> None:
        self._grid.setHorizontalSpacing(self._theme.space(3))
        self._grid.setVerticalSpacing(self._theme.space(1))
        self._fit()
