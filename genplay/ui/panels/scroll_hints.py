"""Small arrows in the corner of a table that say how many columns are out of sight, and go there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QTableWidget, QToolButton

from genplay.ui.theme import Theme

__all__ = ["ScrollHints"]


class ScrollHints(QObject):
    """Watches a table; the arrows are there only while columns are out of sight."""

    def __init__(self, table: QTableWidget, theme: Theme) -> None:
        super().__init__(table)
        self._table, self._theme = table, theme
        self.left, self.right = self._button(-1), self._button(1)
        bar = table.horizontalScrollBar()
        bar.valueChanged.connect(self.place)
        bar.rangeChanged.connect(self.place)
        table.installEventFilter(self)
        theme.changed.connect(self._dress)
        self._dress()

    def _button(self, way: int) -> QToolButton:
        button = QToolButton(self._table)
        button.setProperty("role", "title-button")
        # The arrow keys move through the columns: this is for the mouse.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._go(way))
        button.hide()
        return button

    def _go(self, way: int) -> None:
        """Bring the next columns that are not wholly seen to the edge."""
        table, bar = self._table, self._table.horizontalScrollBar()
        hidden = self.out_of_sight(way)
        if not hidden:
            return
        wide = table.viewport().width()
        if way > 0:
            bar.setValue(bar.value() + table.columnViewportPosition(hidden[0]))
        else:
            last = hidden[-1]
            bar.setValue(bar.value() + table.columnViewportPosition(last) + table.columnWidth(last) - wide)

    def out_of_sight(self, way: int) -> list[int]:
        """The columns that are not wholly seen on one side (−1 left, 1 right)."""
        table = self._table
        found = []
        for j in range(table.columnCount()):
            start = table.columnViewportPosition(j)
            if (start < 0) if way < 0 else (start + table.columnWidth(j) > table.viewport().width()):
                found.append(j)
        return found

    def place(self, *_: object) -> None:
        """Put the arrows into the corner above the rows' names, if there is anything out of sight."""
        table = self._table
        bar, head, names = table.horizontalScrollBar(), table.horizontalHeader(), table.verticalHeader()
        high = min(head.height(), self._theme.px(22))
        shown = bar.maximum() > 0 and names.width() >= 2 * high
        right = names.geometry().right() + 1
        for button, way in ((self.left, -1), (self.right, 1)):
            button.setVisible(shown)
            if not shown:
                continue
            hidden = self.out_of_sight(way)
            side = "to the left" if way < 0 else "to the right"
            words = f"{len(hidden)} more {'column' if len(hidden) == 1 else 'columns'} {side}"
            button.setEnabled(bool(hidden))
            button.setToolTip(f"{words}. The arrow keys go there too.")
            button.setAccessibleName(words)
            x = right - high if way > 0 else right - 2 * high
            button.setGeometry(x, head.geometry().bottom() + 1 - high, high, high)
            button.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.place()
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        side = self._theme.px(14)
        for button, icon in ((self.left, "chevron-left"), (self.right, "chevron-right")):
            button.setIcon(self._theme.icon(icon))
            button.setIconSize(QSize(side, side))
        self.place()
