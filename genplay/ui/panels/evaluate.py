"""The page Evaluate: runs by measures, why measures disagree, the runs' profiles, and which measures are shown."""

from __future__ import annotations

import time
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.lab.candidates import TRAPS
from genplay.lab.evaluation import OPEN
from genplay.lab.score_table import ScoreTable
from genplay.training.snapshot import Snapshot
from genplay.ui.labels import ElidedLabel, repolish
from genplay.ui.panels.fit import fitting_scroll_area
from genplay.ui.panels.measure_choice import MeasureChoice
from genplay.ui.panels.profile import Profile
from genplay.ui.panels.score_grid import ScoreGrid, row_name
from genplay.ui.panels.score_words import explanations
from genplay.ui.panels.tradeoffs import TradeoffPage
from genplay.ui.seen import seen
from genplay.ui.share_bar import ShareBar
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["EvaluatePanel"]

_WIDE, _WORDS = 720, 560
"""Widths, at scale 1, from which the table and its words stand side by side, and from which buttons have words."""
_DENSE = 345
"""The width, at scale 1, below which the switch of pages stands closer."""
_EVERY = 0.25
_PAGES = (
    ("why", "Why", "Why do these figures differ?"),
    ("profile", "Profile", "Each run as a line over the measures"),
    ("measures", "Measures", "Which measures the table shows"),
    ("tradeoffs", "Trade-offs", "What is bought with what: rate and distortion, quality and steps"),
)


class EvaluatePanel(QWidget):
    """``awake`` is emitted while something is measured: whoever beats should beat quickly."""

    awake = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._page = experiment.evaluation
        self._picked, self._cell = "", ""
        self._table = ScoreTable((), ())
        self._arrangement: tuple[object, ...] = ()
        self._looked = 0.0
        self._behind = False
        self.setAccessibleName("Evaluate")
        self._build_bar()
        self.grid = ScoreGrid(theme, self)
        self.grid.picked.connect(self._pick)
        self.grid.sorting.connect(
            lambda name, down: self._actions.run("evaluate.sort", name=name, descending=down)
        )
        self.grid.removing.connect(lambda row: self._actions.run("evaluate.remove", row=row))
        self._build_pages()
        self._parts = QGridLayout()
        content = QWidget(self)
        self._layout = QVBoxLayout(content)
        self._layout.addWidget(self._bar_box)
        self._layout.addLayout(self._parts, 1)
        # A dock may be lower than the least height of all this: it scrolls then, and pushes no other panel away.
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(fitting_scroll_area(content, self))
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._draw)
        for signal in (self._page.changed, experiment.world_changed, experiment.run_changed):
            signal.connect(lambda *_: self._soon.start())
        theme.changed.connect(self._dress)
        self._dress()

    # What it is made of

    def _build_bar(self) -> None:
        self.go = QPushButton("Measure", self)
        self.go.setProperty("role", "primary")
        self.go.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.go.clicked.connect(self._go)
        self.keep = self._button("Keep", "evaluate.keep", "Keep this result")
        self.keep.clicked.connect(lambda: self._actions.run("evaluate.keep"))
        self.add = self._button("Add", "", "Add a row: a saved run, or a trap of judging")
        self._add_menu = QMenu(self.add)
        self._add_menu.setToolTipsVisible(True)
        entry = self._add_menu.addAction("A saved run …", lambda: self._actions.request("evaluate.open"))
        entry.setToolTip(self._actions.tip("evaluate.open"))
        self._add_menu.addSeparator()
        for name, (title, shows) in TRAPS.items():
            entry = self._add_menu.addAction(f"Trap: {shows[:1].lower()}{shows[1:]}")
            entry.triggered.connect(
                lambda _checked=False, name=name: self._actions.run("evaluate.trap", name=name)
            )
            entry.setToolTip(f"Adds the row '{title}', made from the open run and its data, and measures it.")
        self.add.setMenu(self._add_menu)
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.out = self._button("Export", "evaluate.export", "Export the table as CSV, Markdown or a picture")
        self.out.clicked.connect(lambda: self._actions.request("evaluate.export"))
        self._bar = QHBoxLayout()
        self._bar.addWidget(self.go)
        for button in (self.keep, self.add, self.out):
            self._bar.addWidget(button)
        self._bar.addStretch(1)
        self.words = ElidedLabel("", self)
        self.words.setProperty("role", "small")
        self.progress = ShareBar("How much is measured", self)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self._state = QVBoxLayout()
        self._state.addWidget(self.words)
        self._state.addWidget(self.progress)
        self._bar_box = QWidget(self)
        self._bar_column = QVBoxLayout(self._bar_box)
        self._bar_column.setContentsMargins(0, 0, 0, 0)
        self._bar_column.addLayout(self._bar)
        self._bar_column.addLayout(self._state)

    def _button(self, text: str, action: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(self._actions.tip(action) if action else name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _build_pages(self) -> None:
        self.why = QLabel("", self)
        self.why.setTextFormat(Qt.TextFormat.RichText)
        self.why.setAccessibleName("Why do these figures differ")
        self.why.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        let_wrap(self.why)
        why = QWidget(self)
        column = QVBoxLayout(why)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.why)
        column.addStretch(1)
        self.profile = Profile(self._theme, self)
        self.choice = MeasureChoice(
            self._theme,
            lambda name, on: self._actions.run("evaluate.column", name=name, on=on),
            lambda ids: self._actions.run("evaluate.columns", names=list(ids)),
            self,
        )
        self.stack = QStackedWidget(self)
        self.stack.addWidget(fitting_scroll_area(why, self))
        self.stack.addWidget(self.profile)
        self.stack.addWidget(fitting_scroll_area(self.choice, self))
        self.tradeoffs = TradeoffPage(self._experiment, self._actions, self._theme, self)
        self.tradeoffs.awake.connect(self.awake)
        self.stack.addWidget(fitting_scroll_area(self.tradeoffs, self))
        self._switch = QFrame(self)
        self._switch.setProperty("role", "sunken")
        row = QHBoxLayout(self._switch)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        group = QButtonGroup(self)
        self.pages: dict[str, QPushButton] = {}
        for i, (id, title, help) in enumerate(_PAGES):
            button = QPushButton(title, self._switch)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setChecked(i == 0)
            button.setToolTip(help)
            button.setAccessibleName(help)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(
                lambda _checked=False, page=id: self._actions.run("evaluate.page", name=page)
            )
            group.addButton(button)
            row.addWidget(button)
            self.pages[id] = button
        self._side = QWidget(self)
        self._side_column = QVBoxLayout(self._side)
        self._side_column.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        line.addWidget(self._switch)
        line.addStretch(1)
        self._side_column.addLayout(line)
        self._side_column.addWidget(self.stack, 1)

    def show_page(self, name: str) -> None:
        """Show ``why``, ``profile`` or ``measures`` beside the table, or ``tradeoffs`` in its place."""
        self.pages[name].setChecked(True)
        self.grid.setVisible(name != "tradeoffs")
        self._bar_box.setVisible(name != "tradeoffs")
        self._arrange()
        self.stack.setCurrentIndex([page[0] for page in _PAGES].index(name))

    # Doing

    def _go(self) -> None:
        self._actions.run("evaluate.cancel" if self._page.measuring.busy else "evaluate.measure")
        self.awake.emit()

    def _pick(self, row: str, metric: str) -> None:
        self._picked, self._cell = row, metric
        self._explain()
        self.profile.show_table(self._table, self.grid.order, self._picked)

    # Showing

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Training has gone on: say so in the row of the open run, and let its figures fade."""
        now = time.monotonic()
        if not seen(self) or (snapshot.state == "running" and now - self._looked < _EVERY):
            return
        self._looked = now
        row = next((row for row in self._page.table.rows if row.key == OPEN), None)
        old = next((row for row in self._table.rows if row.key == OPEN), None)
        if row is None or old is None or self._behind:
            self._draw()
            return
        ids = [column.id for column in self._table.columns]
        if row.model != old.model or [row.stale(id) for id in ids] != [old.stale(id) for id in ids]:
            self._draw()
        elif row_name(row) != row_name(old):
            self._table = ScoreTable(
                tuple(row if r is old else r for r in self._table.rows), self._table.columns
            )
            self.grid.show_row(row)

    def beat(self) -> None:
        """Show how far measuring and drawing have come."""
        self.tradeoffs.beat()
        if self._page.measuring.busy:
            self.awake.emit()
            if seen(self):
                self._show_progress()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._soon.start()

    def _draw(self) -> None:
        self._behind = not seen(self)
        if self._behind:
            return
        self._table = self._page.table
        if self._picked and self._picked not in {row.key for row in self._table.rows}:
            self._picked = self._cell = ""
        self.grid.show_table(self._table, self._page.sort)
        self.profile.show_table(self._table, self.grid.order, self._picked)
        self.choice.show_choice(self._experiment.world, self._page.columns)
        self._explain()
        self._show_progress()

    def _show_progress(self) -> None:
        busy = self._page.measuring.busy
        share, text = self._page.measuring.progress
        self.go.setText("Stop" if busy else "Measure")
        self.go.setIcon(self._theme.icon("circle-stop" if busy else "gauge", "text_on_accent"))
        self.go.setToolTip(self._actions.tip("evaluate.cancel" if busy else "evaluate.measure"))
        self.progress.show_share(share)
        self.progress.setVisible(busy)
        if busy:
            self.words.setText(f"{share:.0%}  {text}")
        else:
            self.words.setText(self._said())
        self.words.set_tip(
            "Bold: the best of its column, by more than two combined standard errors, and no bound can turn the order round. "
            "Dimmed and slanting: the run has gone on since. ↓ lower is better, ↑ higher is."
        )

    def _said(self) -> str:
        rows, columns = len(self._table.rows), len(self._table.columns)
        stale = any(row.stale(column.id) for row in self._table.rows for column in self._table.columns)
        missing = any(not row.figures for row in self._table.rows)
        if not rows:
            return "No run is ready yet."
        count = (
            f"{rows} {'run' if rows == 1 else 'runs'}, {columns} {'measure' if columns == 1 else 'measures'}"
        )
        if missing:
            return f"{count}. Press Measure to fill the table."
        return (
            f"{count}. Some figures are stale: measure again."
            if stale
            else f"{count}. Bold: surely the best."
        )

    def _explain(self) -> None:
        """Say in words what is seen."""
        parts = explanations(self._table, self._picked, self._cell)
        gap, dim = self._theme.space(2), self._theme.tokens.text_dim
        self.why.setText(
            "".join(
                f"<p style='margin:0 0 {gap}px 0'><b>{escape(title)}</b><br><span style='color:{dim}'>"
                f"{escape(text).replace(chr(10), '<br>')}</span></p>"
                for title, text in parts
            )
        )

    # Looks

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)
        self._bar.setSpacing(theme.space(1))
        self._bar_column.setSpacing(gap)
        self._state.setSpacing(theme.space(1))
        self._parts.setSpacing(theme.space(3))
        self._side_column.setSpacing(theme.space(2))
        for button, icon in ((self.keep, "pin"), (self.add, "plus"), (self.out, "download")):
            button.setIcon(theme.icon(icon))
        self._arrangement = ()
        self._arrange()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Wide: the table left, its words right; narrow: below one another, buttons without words. Trade-offs stand alone."""
        width = self.width() / self._theme.scale
        alone = self.grid.isHidden()
        arrangement = (width >= _WIDE and not alone, width >= _WORDS, alone, width < _DENSE)
        if arrangement == self._arrangement:
            return
        self._arrangement = arrangement
        wide, words, alone, dense = arrangement
        for page in self.pages.values():
            if page.property("dense") != dense:
                page.setProperty("dense", dense)
                repolish(page)
                # A button keeps the size that it once asked for until it hears of another style.
                QCoreApplication.sendEvent(page, QEvent(QEvent.Type.StyleChange))
                page.updateGeometry()
        style = (
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        for button in (self.keep, self.add, self.out):
            button.setToolButtonStyle(style)
        for part in (self.grid, self._side):
            self._parts.removeWidget(part)
        self._parts.addWidget(self.grid, 0, 0)
        self._parts.addWidget(self._side, 0 if wide else 1, 1 if wide else 0)
        for i, stretch in enumerate((3, 2) if wide else (1, 0)):
            self._parts.setColumnStretch(i, stretch)
        for i, stretch in enumerate((1, 0) if wide else (0, 1) if alone else (3, 2)):
            self._parts.setRowStretch(i, stretch)
