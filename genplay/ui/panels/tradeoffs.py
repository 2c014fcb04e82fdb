"""The page of trade-offs: which curve, how far it goes, its picture, and what is to be seen in it."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.lab.tradeoffs import TRADEOFFS
from genplay.ui.fields import Combo
from genplay.ui.forms import Form
from genplay.ui.panels.lines import Lines
from genplay.ui.panels.tradeoff_picture import name_of, picture_of, sentence_of
from genplay.ui.panels.tradeoff_plot import TradeoffPlot
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.share_bar import ShareBar
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["TradeoffPage"]

_WIDE = 600
"""The width, at scale 1, from which words and knobs stand beside the picture."""
_HINT = "Point at a dot to read it."


class TradeoffPage(QWidget):
    """``awake`` is emitted while something is going on: whoever beats should beat quickly."""

    awake = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._run = experiment.evaluation.tradeoffs
        self._shown: tuple[object, ...] = ()
        self._wide: bool | None = None
        self._build_controls()
        self._build_words()
        self.plot = TradeoffPlot(theme, self)
        self.readout = Lines(theme, "Values under the mouse", self)
        self.readout.setText(_HINT)
        self.plot.read.connect(lambda said: self.readout.setText(said or _HINT))
        self._under = QWidget(self)
        row = QHBoxLayout(self._under)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.readout, 1)
        row.addWidget(self._axis)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._run.changed.connect(self._changed)
        experiment.world_changed.connect(self._changed)
        theme.changed.connect(self._dress)
        self._dress()
        self._changed()

    def _build_controls(self) -> None:
        self.choice = Combo(self)
        self.choice.setAccessibleName("Which trade-off")
        self.choice.setToolTip(self._actions.tip("tradeoffs.choose"))
        self.choice.activated.connect(lambda i: self._do("tradeoffs.choose", curve=self.choice.itemData(i)))
        self.go = QPushButton("Draw", self)
        self.go.setProperty("role", "primary")
        self.go.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.go.clicked.connect(self._press)
        self.clear = self._tool("Take the curves away", "tradeoffs.clear")
        self.clear.clicked.connect(lambda: self._do("tradeoffs.clear"))
        self.out = self._tool("Export the curves as CSV", "tradeoffs.export")
        self.out.clicked.connect(lambda: self._actions.request("tradeoffs.export"))
        self._controls = QWidget(self)
        self._top = QHBoxLayout(self._controls)
        self._top.setContentsMargins(0, 0, 0, 0)
        self._top.addWidget(self.choice, 1)
        self._top.addWidget(self.go)
        self.progress = ShareBar("How far the curve is", self)

    def _tool(self, name: str, action: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(name)
        button.setToolTip(self._actions.tip(action))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _build_words(self) -> None:
        self.axes: dict[str, QPushButton] = {}
        self._axis = QFrame(self)
        self._axis.setProperty("role", "sunken")
        row = QHBoxLayout(self._axis)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        group = QButtonGroup(self)
        for id, title, help in (
            ("steps", "Steps", "Quality against the number of sampling steps"),
            ("time", "Time", "Quality against the time that a sample takes"),
        ):
            button = QPushButton(title, self._axis)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setToolTip(help)
            button.setAccessibleName(help)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, axis=id: self._do("tradeoffs.axis", name=axis))
            group.addButton(button)
            row.addWidget(button)
            self.axes[id] = button
        self.legend = QLabel("", self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setAccessibleName("Which run has which colour")
        let_wrap(self.legend)
        self.words = QLabel("", self)
        self.words.setProperty("role", "small")
        let_wrap(self.words)
        self.form = Form(self._theme, lambda name, value: self._do("tradeoffs.set", name=name, value=value))
        self.settings = Section("How far it goes", self._theme, opened=False)
        self.settings.add(self.form)
        self._words = QWidget(self)
        self._column = QVBoxLayout(self._words)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._last = QHBoxLayout()
        self._last.addWidget(self.settings, 1)
        for tool in (self.out, self.clear):
            self._last.addWidget(tool, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(self.legend)
        self._column.addWidget(self.words)
        self._column.addLayout(self._last)
        self._column.addStretch(1)

    # Doing

    def _do(self, action: str, **args: object) -> None:
        if not self._actions.run(action, **args):
            self._changed()
        self.awake.emit()

    def _press(self) -> None:
        self._do("tradeoffs.stop" if self._run.state == "running" else "tradeoffs.run")

    # Showing

    def beat(self) -> None:
        """Draw what is new, if it can be seen."""
        if self._run.state == "running":
            self.awake.emit()
        if seen(self) and self._look() != self._shown:
            self._show()

    def _look(self) -> tuple[object, ...]:
        r = self._run
        return (r.state, r.progress, r.chosen.id, r.axis, r.curves, r.message)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()

    def _changed(self, *_: object) -> None:
        """Something was chosen, begun or stopped."""
        r = self._run
        fitting = [t for t in TRADEOFFS if self._experiment.world in t.worlds]
        if [self.choice.itemData(i) for i in range(self.choice.count())] != [t.id for t in fitting]:
            self.choice.clear()
            for t in fitting:
                self.choice.addItem(t.title, t.id)
                self.choice.setItemData(self.choice.count() - 1, t.summary, Qt.ItemDataRole.ToolTipRole)
        self.choice.setCurrentIndex(self.choice.findData(r.chosen.id))
        infos = [info for info in r.knobs.infos() if info.applies(self._experiment.world, r.chosen.id)]
        self.form.show_knobs(infos, r.knobs.as_dict())
        if seen(self):
            self._show()

    def _show(self) -> None:
        self._shown = self._look()
        r, theme = self._run, self._theme
        running = r.state == "running"
        self.go.setText("Stop" if running else "Draw")
        self.go.setIcon(theme.icon("square" if running else "play", "text_on_accent"))
        self.go.setToolTip(self._actions.tip("tradeoffs.stop" if running else "tradeoffs.run"))
        share, text = r.progress
        self.progress.setVisible(running)
        self.progress.show_share(share)
        curves = r.curves
        for button in (self.clear, self.out):
            button.setVisible(bool(curves))
        self._axis.setVisible(bool(curves) and r.chosen.id == "cost")
        self.axes[r.axis].setChecked(True)
        self.plot.setVisible(bool(curves))
        self._stretch()
        self._under.setVisible(bool(curves))
        self.plot.show_picture(picture_of(curves, r.axis))
        said = sentence_of(r.chosen, curves)
        if running:
            said = f"{text[:1].upper()}{text[1:]} …"
        elif r.state == "failed":
            said = r.message
        elif r.state == "stopped":
            said = f"Stopped. {said}"
        self.words.setText(said)
        self.legend.setVisible(bool(curves))
        self.legend.setText(
            "&nbsp; ".join(
                f"<span style='color:{theme.class_color(i).name()}'>{_SHAPES[i % len(_SHAPES)]}</span>&nbsp;"
                f"{escape(name_of(curve)).replace(' ', '&nbsp;')}"
                for i, curve in enumerate(curves)
            )
        )

    # Looks

    def _dress(self) -> None:
        theme = self._theme
        self._grid.setSpacing(theme.space(2))
        self._top.setSpacing(theme.space(1))
        self._last.setSpacing(theme.space(1))
        self._column.setSpacing(theme.space(2))
        self.progress.setFixedHeight(theme.px(6))
        side = theme.px(16)
        for button, icon in ((self.clear, "trash-2"), (self.out, "download")):
            button.setIcon(theme.icon(icon))
            button.setIconSize(QSize(side, side))
        self._wide = None
        self._arrange()
        if seen(self):
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Wide: words and knobs beside the picture; narrow: below it."""
        wide = self.width() / self._theme.scale >= _WIDE
        if wide == self._wide:
            return
        self._wide = wide
        parts = (self._controls, self.progress, self.plot, self._under, self._words)
        for part in parts:
            self._grid.removeWidget(part)
        if wide:
            self._grid.addWidget(self.plot, 0, 0, 3, 1)
            self._grid.addWidget(self._under, 3, 0)
            self._grid.addWidget(self._controls, 0, 1)
            self._grid.addWidget(self.progress, 1, 1)
            self._grid.addWidget(self._words, 2, 1, 2, 1)
        else:
            for row, part in enumerate(parts):
                self._grid.addWidget(part, row, 0)
        self._stretch()
        for column, stretch in enumerate((3, 2) if wide else (1, 0)):
            self._grid.setColumnStretch(column, stretch)

    def _stretch(self) -> None:
        """The picture takes the height that is left; without one the words come right below the controls."""
        pictured = bool(self._run.curves) or bool(self._wide)
        for row in range(5):
            self._grid.setRowStretch(row, int(row == (2 if pictured else 4)))


_SHAPES = ("●", "■", "▲", "◆", "▮")
"""The markers of the plot as signs."""
