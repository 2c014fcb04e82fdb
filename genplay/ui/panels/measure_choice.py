"""Which measures stand in the table: a box for each, group by group."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genplay.lab.metric_groups import available, defaults, grouped
from genplay.spaces import World
from genplay.ui.theme import Theme

__all__ = ["MeasureChoice"]

_COLUMN = 190
"""The width that one column of boxes wants, at scale 1."""


class MeasureChoice(QWidget):
    """``toggle(id, on)`` is called for one box, ``choose(ids)`` for a whole choice."""

    def __init__(
        self,
        theme: Theme,
        toggle: Callable[[str, bool], object],
        choose: Callable[[tuple[str, ...]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._toggle, self._choose = theme, toggle, choose
        self._world: World = "plane"
        self._across = 0
        self.boxes: dict[str, QCheckBox] = {}
        self._groups: list[tuple[QLabel, list[QCheckBox]]] = []
        self.usual = self._button("Usual ones", "Show the few measures that a table begins with.")
        self.usual.clicked.connect(lambda: self._choose(defaults(self._world)))
        self.all = self._button("All", "Show every measure of this world.")
        self.all.clicked.connect(lambda: self._choose(tuple(available(self._world))))
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self.usual)
        self._buttons.addWidget(self.all)
        self._buttons.addStretch(1)
        self._grid = QGridLayout()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addLayout(self._buttons)
        self._layout.addLayout(self._grid)
        self._layout.addStretch(1)
        theme.changed.connect(self._dress)
        self._dress()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def show_choice(self, world: World, shown: tuple[str, ...]) -> None:
        """Tick what is shown."""
        if world != self._world or not self.boxes:
            self._world = world
            self._build(world)
        for id, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(id in shown)
            box.blockSignals(False)

    def _build(self, world: World) -> None:
        for label, boxes in self._groups:
            for widget in (label, *boxes):
                self._grid.removeWidget(widget)
                widget.deleteLater()
        self._groups, self.boxes = [], {}
        for name, cards in grouped(world).items():
            label = QLabel(name, self)
            label.setProperty("role", "strong")
            made = []
            for card in cards:
                box = QCheckBox(card.title, self)
                box.setToolTip(card.summary)
                box.toggled.connect(lambda on, name=card.id: self._toggle(name, on))
                self.boxes[card.id] = box
                made.append(box)
            self._groups.append((label, made))
        self._across = 0
        self._arrange()

    def _arrange(self) -> None:
        """Groups from left to right, as many as have room, each below the shortest column."""
        across = max(1, int(self.width() / self._theme.px(_COLUMN)))
        if across == self._across:
            return
        self._across = across
        heights = [0] * across
        for label, boxes in self._groups:
            column = heights.index(min(heights))
            for widget in (label, *boxes):
                self._grid.addWidget(widget, heights[column], column)
                heights[column] += 1
        for column in range(8):
            self._grid.setColumnStretch(column, 1 if column < across else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _dress(self) -> None:
        self._layout.setSpacing(self._theme.space(2))
        self._buttons.setSpacing(self._theme.space(2))
        self._grid.setHorizontalSpacing(self._theme.space(3))
        self._grid.setVerticalSpacing(self._theme.space(1))
        self._across = 0
        self._arrange()
