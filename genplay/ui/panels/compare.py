"""Compare families: one row a model of this world, filled from the cards and from what was measured in this session."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genplay.lab.family_table import COLUMNS, Cell, Measures, Row, pace_of, rows
from genplay.training.jobs import Job, Jobs
from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.inbox import door
from genplay.ui.seen import seen
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["ComparePanel", "FamilyTable"]

_EVERY = 0.5
"""Seconds between renewals of the table while a model trains."""

_BUDGET = 2.0
"""About so many seconds may go into one KL."""

_WIDEST, _WIDEST_NAME = 160, 190


class FamilyTable(QTableWidget):
    """The table. ``picked`` carries the model of a row that was clicked, or on which Enter was pressed."""

    picked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self._theme = theme
        self._rows: tuple[Row, ...] = ()
        self._given: tuple[Row, ...] = ()
        self._current = ""
        self._sorted_by, self._descending = -1, False
        self.setAccessibleName("Comparison of the families")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        for i, column in enumerate(COLUMNS):
            head = QTableWidgetItem(column.title)
            head.setToolTip(f"{column.help} Click to sort.")
            head.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(i, head)
        across, names = self.horizontalHeader(), self.verticalHeader()
        across.setHighlightSections(False)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        across.sectionClicked.connect(self._sort)
        names.setSectionsClickable(True)
        names.setHighlightSections(False)
        names.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        names.setTextElideMode(Qt.TextElideMode.ElideRight)
        names.sectionClicked.connect(self._pick)
        self.cellClicked.connect(lambda row, _: self._pick(row))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_rows(self, shown: tuple[Row, ...], current: str) -> None:
        """Fill the table; rows that are the same are left alone."""
        self._given = shown
        shown = self._in_order(shown)
        if [r.card.id for r in shown] != [r.card.id for r in self._rows]:
            self._rows, self._current = (), ""
            self.setRowCount(len(shown))
        for i, row in enumerate(shown):
            old = self._rows[i] if self._rows else None
            moved = (row.card.id == current) != (row.card.id == self._current) or old is None
            if moved:
                self._name(i, row, row.card.id == current)
            for j, column in enumerate(COLUMNS):
                cell = row.cells[column.id]
                if moved or old is None or old.cells[column.id] != cell:
                    self._put(i, j, cell, row.card.id == current)
        new = not self._rows
        self._rows, self._current = shown, current
        if new:
            self._fit()

    def _name(self, i: int, row: Row, current: bool) -> None:
        item = QTableWidgetItem(row.card.title)
        item.setToolTip(f"{row.card.title}: {row.card.summary} Click to choose it.")
        item.setFont(self._theme.font("title" if current else "body"))
        if current:
            item.setForeground(self._theme.color("accent"))
        self.setVerticalHeaderItem(i, item)

    def _put(self, i: int, j: int, cell: Cell, current: bool) -> None:
        item = QTableWidgetItem(cell.text)
        item.setToolTip(
            "\n".join(part for part in (cell.text if len(cell.text) > 16 else "", cell.tip) if part)
        )
        measured = COLUMNS[j].measured
        item.setForeground(self._theme.color("text_dim" if measured and cell.value is None else "text"))
        if current:
            item.setBackground(QColor(self._theme.tokens.accent_soft))
        side = Qt.AlignmentFlag.AlignRight if measured else Qt.AlignmentFlag.AlignLeft
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(i, j, item)

    def _restyle(self) -> None:
        theme = self._theme
        self.setFont(theme.font("body"))
        height = self.fontMetrics().height() + theme.space(2)
        self.verticalHeader().setDefaultSectionSize(height)
        self._rows = ()
        self.show_rows(self._given, self._current)

    def _fit(self) -> None:
        """Columns as wide as what stands in them, within reason; names take at most two fifths of the table."""
        theme, pad = self._theme, self._theme.space(3)
        widest = min(max(theme.px(_WIDEST), round(self.width() * 0.22)), theme.px(2 * _WIDEST))
        for j, column in enumerate(COLUMNS):
            texts = [column.title, *(row.cells[column.id].text for row in self._rows)]
            if column.measured:
                texts.append("≈ 0.0000 ± 0.0000" if column.id == "kl" else "≈ 000,000")
            wide = max(self.fontMetrics().horizontalAdvance(text) for text in texts)
            self.setColumnWidth(j, min(wide + 2 * pad, widest))
        names = max((self.fontMetrics().horizontalAdvance(r.card.title) for r in self._rows), default=60)
        most = min(max(round(self.width() * 0.42), theme.px(96)), theme.px(_WIDEST_NAME))
        self.verticalHeader().setFixedWidth(min(round(names * 1.08) + pad, most))
        self.updateGeometries()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self._rows:
            self._fit()

    # Order

    def _in_order(self, shown: tuple[Row, ...]) -> tuple[Row, ...]:
        if self._sorted_by < 0:
            return shown
        id = COLUMNS[self._sorted_by].id

        def key(row: Row) -> tuple[float, str]:
            value = row.cells[id].value
            return (value if value is not None else 0.0, row.cells[id].text.lower())

        # What was not measured comes last, whichever way the table is sorted.
        known = [r for r in shown if not COLUMNS[self._sorted_by].measured or r.cells[id].value is not None]
        rest = [r for r in shown if r not in known]
        return (*sorted(known, key=key, reverse=self._descending), *rest)

    def _sort(self, column: int) -> None:
        """Sort by a column, the other way, then as the families stand."""
        header = self.horizontalHeader()
        if column != self._sorted_by:
            self._sorted_by, self._descending = column, False
        elif not self._descending:
            self._descending = True
        else:
            self._sorted_by, self._descending = -1, False
        header.setSortIndicatorShown(self._sorted_by >= 0)
        order = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        header.setSortIndicator(max(column, 0), order)
        self.show_rows(self._given, self._current)

    # Choosing

    def _pick(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.picked.emit(self._rows[row].card.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self.currentRow())
            event.accept()
            return
        super().keyPressEvent(event)

    def cell_centre(self, model: str, column: str) -> QPoint:
        """Where a cell lies in the viewport."""
        i = [row.card.id for row in self._rows].index(model)
        j = [c.id for c in COLUMNS].index(column)
        return self.visualRect(self.model().index(i, j)).center()


class ComparePanel(QWidget):
    """The table, and the measuring: pace and size at every rest, the KL when somebody looks."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Compare families")
        self.measures = Measures()
        self._snapshot: Snapshot | None = None
        self._drawn_at = 0.0
        self._paced: tuple[object, ...] = ()
        self._exact_for: tuple[object, ...] = ()
        self._jobs = Jobs("genplay-compare")
        self._job: Job[Any] | None = None
        self.table = FamilyTable(theme, self)
        self.table.picked.connect(lambda model: actions.run("model.choose", name=model))
        self.words = QLabel("Every model of this world. Click one to choose it.", self)
        self.words.setProperty("role", "small")
        let_wrap(self.words)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.words)
        self._layout.addWidget(self.table, 1)
        self._pacer = LatestAsk(self)
        self._pacer.answered.connect(self._take_pace)
        self._copier = LatestAsk(self)
        self._copier.answered.connect(self._start_kl)
        self._door = door(self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._draw)
        for signal in (experiment.world_changed, experiment.model_changed, experiment.run_changed):
            signal.connect(lambda *_: self._soon.start())
        experiment.run_changed.connect(self._new_run)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        gap = self._theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()
        if self._snapshot is not None:
            self.render(self._snapshot)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._soon.start()

    def _draw(self) -> None:
        if seen(self):
            world = self._experiment.world
            self.table.show_rows(rows(world, self.measures.of(world)), self._experiment.model_id)

    # Measuring

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Note what a snapshot tells; measure the rest when the run rests."""
        if snapshot.run_id != self._experiment.run_id:
            return
        self._snapshot = snapshot
        self.measures.see(snapshot)
        resting = snapshot.state in ("paused", "finished")
        if resting and snapshot.step > 0:
            self._measure(snapshot)
        now = time.monotonic()
        if resting or now - self._drawn_at >= _EVERY:
            self._drawn_at = now
            self._draw()

    def _measure(self, snapshot: Snapshot) -> None:
        at = (snapshot.run_id, snapshot.step)
        if self._paced != at:
            self._paced = at
            self._pacer.put(snapshot, lambda: self._experiment.ask(pace_of))
        exact = self._experiment.card.density.get(snapshot.world) == "exact"
        if seen(self) and exact and self._exact_for != at and self._experiment.data.law is not None:
            self._exact_for = at
            self._cancel()
            self._copier.put(snapshot, lambda: self._experiment.query("copy"))

    def _take_pace(self, snapshot: Snapshot, answer: Any) -> None:
        self.measures.put(snapshot, pace=answer)
        self._draw()

    def _start_kl(self, snapshot: Snapshot, model: Any) -> None:
        """KL(p‖q) by the whole space, beside everything else: on a copy, at the lowest priority."""
        data = self._experiment.data

        def work(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Any:
            from genplay.metrics.divergence import divergences
            from genplay.metrics.watch import Watch

            return divergences(model, data, ("kl",), watch=Watch.of(progress, cancelled), budget=_BUDGET)[
                "kl"
            ]

        self._job = self._jobs.submit(work, "KL")
        self._job.future.add_done_callback(partial(self._door, self._take_kl, snapshot))

    def _take_kl(self, snapshot: Snapshot, done: Future[Any]) -> None:
        if not done.cancelled() and done.exception() is None and done.result() is not None:
            self.measures.put(snapshot, kl=done.result())
            self._draw()

    def _new_run(self, *_: object) -> None:
        self._snapshot = None
        self._pacer.forget()
        self._copier.forget()
        self._cancel()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def close_measuring(self) -> None:
        """End the thread that measures."""
        self._cancel()
        self._jobs.close(timeout=0.5)
