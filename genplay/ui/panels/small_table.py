"""Bayes' rule by hand: a small table of counts to edit, a row of it to ask about, and the two ways to name its class."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genplay.errors import BadInput
from genplay.knobs import KnobInfo, Type
from genplay.lab.bayes_words import posteriors, rule
from genplay.lab.small_table import MOST_FEATURES, MOST_SMOOTHING, Combination, SmallTable
from genplay.models.exhibits import Facts
from genplay.ui.exhibits.bars import BarsView
from genplay.ui.exhibits.facts import FactsView
from genplay.ui.fields import NumberBox
from genplay.ui.moves import claim_arrows
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["CountsTable", "SmallTableView"]

_LEAST = 52
"""The least width of a column, at scale 1."""
_FEW = 4
"""Of so many columns the classes get what room is left by the others; of more all get the same."""


class CountsTable(QTableWidget):
    """A row for each combination: its values, then a count for each class, typed in place. As high as all of its rows."""

    def __init__(self, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions, self._theme = actions, theme
        self._table: SmallTable | None = None
        self._filling = False
        self.setAccessibleName("Counts of the small table")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemChanged.connect(self._edited)
        self.currentCellChanged.connect(lambda row, *_: self._picked(row))
        theme.changed.connect(self._dress)

    def show_table(self, table: SmallTable, x: Combination) -> None:
        """Fill in a table with x picked, without telling."""
        self._filling = True
        rows = table.combinations
        if table != self._table:
            self._table = table
            names = [*table.columns, *table.classes]
            self.setColumnCount(len(names))
            self.setRowCount(len(rows))
            for j, name in enumerate(names):
                head = QTableWidgetItem(name)
                counted = j >= len(table.columns)
                head.setToolTip(
                    f"How often each row was seen where {table.label} is {name}" if counted else name
                )
                self.setHorizontalHeaderItem(j, head)
            for i, row in enumerate(rows):
                for j, text in enumerate((*row, *map(str, table.count(row)))):
                    self._put(i, j, text, j >= len(table.columns))
            self._dress()
        if self.currentRow() != rows.index(x):
            self.setCurrentCell(rows.index(x), max(self.currentColumn(), len(table.columns)))
        self._filling = False

    def _put(self, i: int, j: int, text: str, counted: bool) -> None:
        item = QTableWidgetItem()
        item.setText(text)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if counted else flags)
        side = Qt.AlignmentFlag.AlignRight if counted else Qt.AlignmentFlag.AlignLeft
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if counted:
            item.setToolTip("Type another count.")
        self.setItem(i, j, item)

    def _edited(self, item: QTableWidgetItem) -> None:
        table = self._table
        if self._filling or table is None or item.column() < len(table.columns):
            return
        row, label = table.combinations[item.row()], table.classes[item.column() - len(table.columns)]
        if not self._actions.run("table.count", row=row, label=label, n=item.text().strip()):
            self._filling = True
            item.setText(str(table.count(row)[table.classes.index(label)]))
            self._filling = False

    def _picked(self, row: int) -> None:
        if not self._filling and self._table is not None and row >= 0:
            self._actions.run("table.row", row=self._table.combinations[row])

    def _dress(self) -> None:
        theme = self._theme
        self.setFont(theme.font("body"))
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + theme.space(2))
        across = self.horizontalHeader()
        across.setMinimumSectionSize(theme.px(_LEAST))
        named = len(self._table.columns) if self._table is not None else 0
        fits = self.columnCount() <= _FEW
        for j in range(self.columnCount()):
            narrow = fits and j < named
            across.setSectionResizeMode(
                j, QHeaderView.ResizeMode.ResizeToContents if narrow else QHeaderView.ResizeMode.Stretch
            )
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        head = self.horizontalHeader().sizeHint().height()
        rows = self.verticalHeader().defaultSectionSize() * self.rowCount()
        # Where the columns do not fit, a bar below lets them slide.
        bar = self.horizontalScrollBar()
        slides = bar.sizeHint().height() if self.columnCount() * self._theme.px(_LEAST) > self.width() else 0
        return QSize(self._theme.px(200), head + rows + slides + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self.sizeHint().height())

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        return bool(super().event(event))


class SmallTableView(QWidget):
    """The table, how it is made larger or smaller, and the rule for the picked row by both ways.

    ``asked_about``: another row or another table is to be seen.
    """

    asked_about = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._shown: tuple[SmallTable, Combination] | None = None
        self.words = self._label("About the small table")
        self.counts = CountsTable(actions, theme, self)
        self.features = self._number("Columns", "int", 1, MOST_FEATURES, "table.features", "n")
        self.smoothing = self._number("Smoothing α", "float", 0, MOST_SMOOTHING, "table.smoothing", "alpha")
        self.open = self._link("Open a table …", "table.open", lambda: actions.request("table.open"))
        self.example = self._link("Table of mails", "table.example", lambda: actions.run("table.example"))
        self.asked = self._label("The row that is asked about")
        self.titles = [self._label("") for _ in range(2)]
        self.facts = [FactsView(theme, self) for _ in range(2)]
        self.bars = BarsView(theme, self)
        self._knobs, self._links = QHBoxLayout(), QHBoxLayout()
        for name, box in (("Columns", self.features), ("α", self.smoothing)):
            label = QLabel(name, self)
            label.setBuddy(box)
            self._knobs.addWidget(label)
            self._knobs.addWidget(box, 1)
        self._links.addWidget(self.open)
        self._links.addWidget(self.example)
        self._links.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for part in (self.words, self.counts, self._knobs, self._links, self.asked, self.bars):
            if isinstance(part, QWidget):
                self._column.addWidget(part)
            else:
                part.setContentsMargins(0, 0, 0, 0)
                self._column.addLayout(part)
        for title, facts in zip(self.titles, self.facts, strict=True):
            self._column.addWidget(title)
            self._column.addWidget(facts)
        experiment.undo_changed.connect(self.refresh)
        experiment.world_changed.connect(self.refresh)
        experiment.subject.rowed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    def _label(self, name: str) -> QLabel:
        label = QLabel("", self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        let_wrap(label)
        label.setAccessibleName(name)
        return label

    def _number(self, name: str, kind: Type, low: float, high: float, action: str, param: str) -> NumberBox:
        info = KnobInfo(
            name=param, type=kind, default=low, low=low, high=high, choices=(), log=False, live=True, label=name,
            help="", unit="", worlds=None, objectives=None,
        )  # fmt: skip
        box = NumberBox(info, self)
        box.setAccessibleName(name)
        box.setToolTip(self._actions.tip(action))

        def entered(raw: object) -> None:
            if not self._actions.run(action, **{param: raw}):
                self._restore()

        box.entered.connect(entered)
        return box

    def _link(self, text: str, action: str, act: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "link")
        button.setAccessibleName(text)
        button.setToolTip(self._actions.tip(action))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    def refresh(self, *_: object) -> None:
        """Show the table of the open desk and the chosen row of it."""
        table, x = self._experiment.desk().table, self._experiment.subject.row
        if (table, x) == self._shown:
            return
        if self._shown is not None:
            self.asked_about.emit()
        self._shown = (table, x)
        self.words.setText(
            f"{table.total:,} examples. Choose the row whose class ({table.label}) is asked for; type to change a count."
        )
        self.counts.show_table(table, x)
        self._restore()
        given = ", ".join(f"{name}: {value}" for name, value in zip(table.columns, x, strict=True))
        self.asked.setText(f"P({table.label} | {given})")
        try:
            self._tell(*rule(table, x))
            self.bars.show_exhibit(posteriors(table, x))
            self.bars.show()
        except BadInput as reason:
            self._tell(Facts(str(reason), ()), Facts("", ()))
            self.bars.hide()

    def _tell(self, *shown: Facts) -> None:
        for title, view, facts in zip(self.titles, self.facts, shown, strict=True):
            title.setText(facts.title)
            title.setToolTip(facts.help)
            title.setVisible(bool(facts.title))
            view.show_exhibit(facts)

    def _restore(self) -> None:
        table = self._experiment.desk().table
        self.features.show_value(len(table.columns))
        self.smoothing.show_value(table.smoothing)

    def _dress(self) -> None:
        theme = self._theme
        self._column.setSpacing(theme.space(2))
        self._knobs.setSpacing(theme.space(2))
        self._links.setSpacing(theme.space(3))
        for label in (*self.titles, self.asked):
            label.setFont(theme.font("title"))
        self.words.setProperty("role", "small")
