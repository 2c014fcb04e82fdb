"""The table of runs and measures: the best in bold, what is stale dimmed, sorted by a click on a column's head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from genplay.lab.score_table import ScoreRow, ScoreTable, head
from genplay.ui.paint.points import marker_path
from genplay.ui.panels.score_narrow import figure_lines, head_lines, in_order_of_interest, wrapped
from genplay.ui.panels.scroll_hints import ScrollHints
from genplay.ui.theme import Theme

__all__ = ["ScoreGrid", "row_name"]

_WIDEST, _WIDEST_NAME = 220, 230
_NARROW = 540
"""The width, at scale 1, below which names and figures are written in two lines."""
_LEAST_NAME, _NARROW_NAME = 60, 88
_NARROW_COLUMN, _WIDEST_NARROW = 56, 96
_LEAST, _LEAST_NARROW = 96, 150
"""The least height of the table, at scale 1: a head and two rows."""
_ICON = 30
"""What stands beside a row's name: its swatch and the margins."""
_KINDS = {
    "open": "The open run, as it stands now.",
    "kept": "A result that was kept.",
    "file": "A saved run.",
    "trap": "A trap of judging.",
}


def row_name(row: ScoreRow) -> str:
    """What stands before a row: its name and step; where figures are stale, their step first."""
    steps = row.measured_steps
    if steps and row.step != steps[-1] and row.kind == "open":
        return f"{row.title} · {steps[-1]:,} → {row.step:,}"
    return f"{row.title} · {row.step:,}"


class ScoreGrid(QTableWidget):
    """``picked`` carries the key of the chosen row and the measure of the chosen cell ('' for none).

    ``sorting`` carries a measure and whether the largest comes first; ``removing`` the key of a row.
    """

    picked = Signal(str, str)
    sorting = Signal(str, bool)
    removing = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent)
        self._theme = theme
        # ``_whole`` is the table as it was given, ``_table`` with its columns as they stand here.
        self._whole = self._table = ScoreTable((), ())
        self._narrow = False
        self._order: tuple[ScoreRow, ...] = ()
        self._shown: dict[tuple[int, int], tuple[object, ...]] = {}
        self._sort: tuple[str, bool] = ("", False)
        self.setAccessibleName("Runs and measures")
        self.setAccessibleDescription(
            "Enter sorts by the column of the chosen cell; Delete takes its row away, but for the open run."
        )
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        across, names = self.horizontalHeader(), self.verticalHeader()
        across.setHighlightSections(False)
        across.setSectionsClickable(True)
        across.sectionClicked.connect(self._clicked)
        names.setHighlightSections(False)
        names.setSectionsClickable(True)
        names.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        names.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        names.sectionClicked.connect(lambda i: self._pick(i, -1))
        self.cellClicked.connect(self._pick)
        self.hints = ScrollHints(self, theme)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def order(self) -> tuple[ScoreRow, ...]:
        """The rows as they stand."""
        return self._order

    def show_table(self, table: ScoreTable, sort: tuple[str, bool]) -> None:
        """Fill the table; cells that are the same are left alone."""
        self._whole = table
        if self._narrow:
            table = replace(table, columns=in_order_of_interest(table.columns))
        ids = {column.id for column in table.columns}
        order = table.sorted_by(*sort) if sort[0] in ids else table.rows
        anew = [c.id for c in table.columns] != [c.id for c in self._table.columns] or not self._shown
        moved = [row.key for row in order] != [row.key for row in self._order]
        self._table, self._order, self._sort = table, order, sort
        self.blockSignals(True)
        if anew or moved:
            self._shown.clear()
            self.setRowCount(len(order))
            self.setColumnCount(len(table.columns))
        if anew:
            self._heads()
        best = {column.id: table.best(column) for column in table.columns}
        for i, row in enumerate(order):
            self._name(i, row)
            for j, column in enumerate(table.columns):
                self._put(i, j, row, best[column.id] == row.key)
        self.blockSignals(False)
        self._show_sort()
        self._fit()

    def show_row(self, row: ScoreRow) -> None:
        """Write a row's name anew: its run has gone on, and nothing else."""
        for i, old in enumerate(self._order):
            if old.key == row.key:
                self._order = (*self._order[:i], row, *self._order[i + 1 :])
                self._name(i, row)

    def _heads(self) -> None:
        for j, column in enumerate(self._table.columns):
            item = QTableWidgetItem(self._head(j))
            better = {"lower": "Lower is better.", "higher": "Higher is better.", "neither": ""}[
                column.better
            ]
            item.setToolTip(f"{column.summary} {better} Click to sort.".replace("  ", " "))
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(j, item)

    def _head(self, j: int) -> str:
        column = self._table.columns[j]
        return head_lines(column, self.fontMetrics(), self._column_room(j)) if self._narrow else head(column)

    def _column_room(self, j: int) -> int:
        """The width of what stands in a column where there is little room: its figures, and the words of its head."""
        metrics, column = self.fontMetrics(), self._table.columns[j]
        figures = [figure_lines(self._table.text(row, column.id)) for row in self._order]
        texts = [line for text in figures for line in text.split("\n")] + column.title.split(" ")
        wide = max((metrics.horizontalAdvance(text) for text in texts), default=0)
        return min(max(round(wide * 1.06), self._theme.px(_NARROW_COLUMN)), self._theme.px(_WIDEST_NARROW))

    def _name(self, i: int, row: ScoreRow) -> None:
        comparable = self._table.comparable(row) if row in self._table.rows else True
        name = row_name(row)
        if self._narrow:
            name = wrapped(name, self._bold(), self._name_room())
        said = (name, comparable, i)
        if self._shown.get((i, -1)) == said:
            return
        self._shown[(i, -1)] = said
        item = QTableWidgetItem(said[0])
        other = "" if comparable else f"\nIts data are others ({row.data.name}): it is not compared."
        item.setToolTip(f"{row_name(row)}\n{_KINDS[row.kind]} {row.note}{other}".strip())
        item.setIcon(self.swatch(i))
        font = self._theme.font("title" if row.kind == "open" else "body")
        font.setPixelSize(self._theme.font("body").pixelSize())
        item.setFont(font)
        item.setForeground(self._theme.color("text" if comparable else "text_dim"))
        self.setVerticalHeaderItem(i, item)

    def swatch(self, i: int) -> QPixmap:
        """The colour and shape of a row, as in the profile."""
        side = self._theme.px(12)
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(round(side * ratio), round(side * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = marker_path(self._theme.tokens.markers[i % len(self._theme.tokens.markers)])
        place = QTransform().translate(side / 2, side / 2).scale(side * 0.85, side * 0.85)
        painter.fillPath(place.map(shape), self._theme.class_color(i))
        painter.end()
        return picture

    def _put(self, i: int, j: int, row: ScoreRow, best: bool) -> None:
        column = self._table.columns[j]
        text, stale = self._table.text(row, column.id), row.stale(column.id)
        text = figure_lines(text) if self._narrow else text
        tip = self._table.tip(row, column)
        dim = stale or not self._table.comparable(row) or row.fresh(column.id) is None
        said = (text, tip, best, dim)
        if self._shown.get((i, j)) == said:
            return
        self._shown[(i, j)] = said
        item = QTableWidgetItem(text)
        item.setToolTip(tip)
        font = self._theme.font("title" if best else "body")
        font.setPixelSize(self._theme.font("body").pixelSize())
        font.setItalic(stale)
        item.setFont(font)
        figure = row.figure(column.id)
        failed = figure is not None and bool(figure.trouble)
        item.setForeground(self._theme.color("danger" if failed else "text_dim" if dim else "text"))
        if best:
            item.setBackground(QColor(self._theme.tokens.accent_soft))
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(i, j, item)

    def _restyle(self) -> None:
        self.setFont(self._theme.font("body"))
        lines, names = 2 if self._narrow else 1, self.verticalHeader()
        names.setDefaultSectionSize(lines * self.fontMetrics().height() + self._theme.space(2))
        # A name of two lines has been cut to its room already.
        names.setTextElideMode(Qt.TextElideMode.ElideNone if self._narrow else Qt.TextElideMode.ElideMiddle)
        side = self._theme.px(12)
        self.verticalHeader().setIconSize(QSize(side, side))
        self.setMinimumHeight(self._theme.px(_LEAST_NARROW if self._narrow else _LEAST))
        self._shown.clear()
        self.show_table(self._whole, self._sort)

    def _fit(self) -> None:
        """Columns as wide as what stands in them, within reason; names take at most two fifths of the table."""
        if self._narrow:
            self._fit_narrow()
            return
        theme, pad = self._theme, self._theme.space(3)
        strong = self.fontMetrics()
        for j, column in enumerate(self._table.columns):
            texts = [head(column) + "  ", *(self._table.text(row, column.id) for row in self._order)]
            wide = max(strong.horizontalAdvance(text) for text in texts)
            self.setColumnWidth(j, min(round(wide * 1.06) + pad, theme.px(_WIDEST)))
        bold = self._bold()
        names = max((bold.horizontalAdvance(row_name(row)) for row in self._order), default=60)
        most = min(max(round(self.width() * 0.45), theme.px(96)), theme.px(_WIDEST_NAME))
        self.verticalHeader().setFixedWidth(min(names + theme.px(34), most))
        self.updateGeometries()
        self.hints.place()

    def _name_room(self) -> int:
        """The width of a name in two lines: no more than leaves room for two columns."""
        return min(max(round(0.27 * self.width()), self._theme.px(_LEAST_NAME)), self._theme.px(_NARROW_NAME))

    def _bold(self) -> QFontMetrics:
        """The letters of the open run's name."""
        font = self._theme.font("title")
        font.setPixelSize(self._theme.font("body").pixelSize())
        return QFontMetrics(font)

    def _fit_narrow(self) -> None:
        """Names in two lines beside columns that are hardly wider than their figures."""
        theme, bold = self._theme, self._bold()
        for j, column in enumerate(self._table.columns):
            sign = theme.px(22) if column.id == self._sort[0] else 0
            self.setColumnWidth(j, self._column_room(j) + theme.space(2.5) + sign)
            item = self.horizontalHeaderItem(j)
            if item is not None and item.text() != self._head(j):
                item.setText(self._head(j))
        room = self._name_room()
        for i, row in enumerate(self._order):
            self._name(i, row)
        lines = [line for row in self._order for line in wrapped(row_name(row), bold, room).split("\n")]
        names = max((bold.horizontalAdvance(line) for line in lines), default=room)
        self.verticalHeader().setFixedWidth(names + theme.px(_ICON))
        self.updateGeometries()
        self.hints.place()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        narrow = self.width() < self._theme.px(_NARROW)
        if narrow != self._narrow:
            self._narrow = narrow
            self._restyle()
        else:
            self._fit()

    # What is done

    def _show_sort(self) -> None:
        ids = [column.id for column in self._table.columns]
        header = self.horizontalHeader()
        header.setSortIndicatorShown(self._sort[0] in ids)
        if self._sort[0] in ids:
            order = Qt.SortOrder.DescendingOrder if self._sort[1] else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(ids.index(self._sort[0]), order)

    def _clicked(self, j: int) -> None:
        """Sort by a column, the other way, then as the rows came."""
        id = self._table.columns[j].id
        if self._sort[0] != id:
            self.sorting.emit(id, False)
        elif not self._sort[1]:
            self.sorting.emit(id, True)
        else:
            self.sorting.emit("", False)

    def _pick(self, i: int, j: int) -> None:
        if 0 <= i < len(self._order):
            metric = self._table.columns[j].id if 0 <= j < len(self._table.columns) else ""
            self.picked.emit(self._order[i].key, metric)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentColumn() >= 0:
            self._clicked(self.currentColumn())
        elif event.key() == Qt.Key.Key_Delete and 0 <= self.currentRow() < len(self._order):
            self.removing.emit(self._order[self.currentRow()].key)
        elif event.key() == Qt.Key.Key_Escape:
            self.clearSelection()
            self.setCurrentCell(-1, -1)
            self.picked.emit("", "")
        else:
            before = (self.currentRow(), self.currentColumn())
            super().keyPressEvent(event)
            # Only what the user does is a choice: Qt makes a cell current by itself as soon as the table has the focus.
            if (self.currentRow(), self.currentColumn()) != before:
                self._pick(self.currentRow(), self.currentColumn())
            return
        event.accept()

    def cell_centre(self, row: str, metric: str) -> QPoint:
        """Where a cell lies in the viewport."""
        i = [r.key for r in self._order].index(row)
        j = [c.id for c in self._table.columns].index(metric)
        return self.visualRect(self.model().index(i, j)).center()

    def text_of(self, row: str, metric: str) -> str:
        """What stands in a cell."""
        i = [r.key for r in self._order].index(row)
        item = self.item(i, [c.id for c in self._table.columns].index(metric))
        return item.text().replace("\n", " ") if item is not None else ""
