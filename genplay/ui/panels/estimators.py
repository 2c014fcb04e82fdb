"""The panel of the estimators: a question, how each estimator comes to the truth, and why some do not."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genplay.metrics.estimators.questions import QUESTIONS
from genplay.ui.fields import Combo
from genplay.ui.forms import Form
from genplay.ui.panels.convergence_plot import ConvergencePlot, Way, values_in_view
from genplay.ui.panels.estimator_words import EstimatorWords, sentence
from genplay.ui.panels.fit import fitting_scroll_area
from genplay.ui.panels.lines import Lines
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.share_bar import ShareBar
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["EstimatorsPanel"]

_WIDE, _MEDIUM = 780, 460
"""Widths, at scale 1, from which three or two parts stand side by side."""
_HINT = "Press Estimate: every estimator tries on a copy of the model as it is now, beside the exact answer."


class EstimatorsPanel(QWidget):
    """``awake`` is emitted while something is going on: whoever beats should beat quickly."""

    awake = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._estimation = experiment.estimation
        self._shown: tuple[object, ...] = ()
        self._arrangement: tuple[str, bool] = ("", False)
        self._ways: tuple[Way, ...] = ()
        self.setAccessibleName("Estimators")
        self._build_controls()
        self.plots = (ConvergencePlot(theme, self), ConvergencePlot(theme, self))
        for plot in self.plots:
            plot.read.connect(lambda size, plot=plot: self._read(plot, size))
        self.readout = Lines(theme, "Values under the mouse", self)
        self.readout.set_lines(2)
        self._picture = QWidget(self)
        column = QVBoxLayout(self._picture)
        column.setContentsMargins(0, 0, 0, 0)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for plot in self.plots:
            self._row.addWidget(plot, 1)
        column.addLayout(self._row, 1)
        column.addWidget(self.readout)
        self.words = EstimatorWords(theme)
        self._words_scroll = fitting_scroll_area(self.words, self)
        self._controls_scroll = fitting_scroll_area(self._controls, self)
        content = QWidget(self)
        self._grid = QGridLayout(content)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(fitting_scroll_area(content, self))
        self._estimation.changed.connect(self._changed)
        experiment.world_changed.connect(self._changed)
        theme.changed.connect(self._dress)
        self._dress()
        self._changed()

    def _build_controls(self) -> None:
        self._controls = QWidget(self)
        self.question = Combo(self)
        self.question.setAccessibleName("What is estimated")
        self.question.setToolTip(self._actions.tip("estimators.choose"))
        for q in QUESTIONS:
            self.question.addItem(q.title, q.id)
            self.question.setItemData(self.question.count() - 1, q.summary, Qt.ItemDataRole.ToolTipRole)
        self.question.activated.connect(
            lambda i: self._run("estimators.choose", question=self.question.itemData(i))
        )
        self.run = QPushButton("Estimate", self)
        self.run.setProperty("role", "primary")
        self.run.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.run.clicked.connect(self._press)
        self.progress = ShareBar("How far the estimators are", self)
        self.summary = QLabel("", self)
        self.summary.setProperty("role", "small")
        let_wrap(self.summary)
        self.form = Form(self._theme, lambda name, value: self._run("estimators.set", name=name, value=value))
        self._column = QVBoxLayout(self._controls)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._top = QHBoxLayout()
        self._top.addWidget(self.question, 1)
        self._top.addWidget(self.run)
        self._column.addLayout(self._top)
        self.settings = Section("How far they go", self._theme, opened=False)
        self.settings.add(self.form)
        for widget in (self.progress, self.summary, self.settings):
            self._column.addWidget(widget)
        self._column.addStretch(1)

    # Doing

    def _run(self, action: str, **args: object) -> None:
        if not self._actions.run(action, **args):
            self._changed()
        self.awake.emit()

    def _press(self) -> None:
        self._run("estimators.stop" if self._estimation.state == "running" else "estimators.run")

    # Showing

    def beat(self) -> None:
        """Draw what is new, if it can be seen."""
        if not seen(self):
            return
        state = self._estimation.state
        if state == "running":
            self.awake.emit()
        if self._look() != self._shown:
            self._show()

    def _look(self) -> tuple[object, ...]:
        e = self._estimation
        return (
            e.state,
            e.progress,
            e.question.id,
            e.study,
            e.message,
            self._theme.tokens.name,
            self._theme.scale,
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()

    def _changed(self, *_: object) -> None:
        """Something was chosen, begun or stopped."""
        e = self._estimation
        self.question.setCurrentIndex(self.question.findData(e.question.id))
        world = self._experiment.world
        infos = [info for info in e.knobs.infos() if info.applies(world, e.question.id)]
        self.form.show_knobs(infos, e.knobs.as_dict())
        if seen(self):
            self._show()

    def _show(self) -> None:
        before, self._shown = self._shown, self._look()
        e = self._estimation
        running = e.state == "running"
        self.run.setText("Stop" if running else "Estimate")
        name = "estimators.stop" if running else "estimators.run"
        self.run.setToolTip(self._actions.tip(name))
        self.run.setAccessibleName(self.run.text())
        self.run.setIcon(self._theme.icon("square" if running else "play", "text_on_accent"))
        share, text = e.progress
        self.progress.setVisible(running)
        self.progress.show_share(share)
        self.summary.setText(f"{e.question.summary} {text.capitalize()} …" if running else e.question.summary)
        if not before or before[0] != self._shown[0] or before[2:] != self._shown[2:]:
            self._show_study()

    def _show_study(self) -> None:
        e, theme = self._estimation, self._theme
        study = e.study
        if study is None:
            said = {
                "empty": _HINT, "running": "The estimators are at work …", "stopped": f"Stopped. {_HINT}", "failed": e.message,
            }.get(e.state, "")  # fmt: skip
            self._ways = ()
            self.words.say(escape(said), (), None, ())
            self._picture.setVisible(False)
            return
        truth = study.truth
        palette = theme.tokens.classes
        ways = tuple(Way(c, palette[i % len(palette)], i) for i, c in enumerate(study.estimators))
        self._ways = ways
        colour = theme.tokens.truth
        known = (
            f"<b style='color:{colour}'>Truth</b> {escape(str(truth))}, {truth.kind}<br>"
            f"<span style='color:{theme.tokens.text_dim}'>{escape(sentence(truth.method))} The model after "
            f"{e.step:,} steps. Bands are 95 % error bars.</span>"
            if truth is not None
            else "Nobody knows the exact answer here. Bands are 95 % error bars."
        )
        self.words.say(known, ways, truth.value if truth is not None else None, study.notes)
        axes = list(dict.fromkeys(w.of.axis for w in ways if w.of.axis))
        flat = tuple(w for w in ways if not w.of.axis)
        ends = values_in_view([w.of for w in ways], truth.value if truth is not None else None)
        for i, plot in enumerate(self.plots):
            plot.setVisible(i < len(axes))
            if i < len(axes):
                plot.show_ways(axes[i], tuple(w for w in ways if w.of.axis == axes[i]), flat, truth, ends)
        self._picture.setVisible(True)
        self.readout.setText("Point at a plot to read it.")

    def _read(self, plot: ConvergencePlot, size: float) -> None:
        """Say what the estimators of the plot under the mouse gave at the nearest size."""
        if size <= 0:
            self.readout.setText("Point at a plot to read it.")
            return
        parts = []
        for way in plot.ways:
            i = int(np.argmin(np.abs(np.log(way.of.n / size))))
            bar = f" ± {1.96 * way.of.error[i]:.3f}" if np.isfinite(way.of.error[i]) else ""
            value = f"{way.of.value[i]:.3f}".replace("-", "−")
            parts.append(f"{way.of.title} {value}{bar} at {way.of.n[i]:,.0f}")
        self.readout.setText(" · ".join(parts))

    # Looks

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.space(3))
        self._column.setSpacing(theme.space(2))
        self._top.setSpacing(theme.space(2))
        self._row.setSpacing(theme.space(2))
        self.progress.setFixedHeight(theme.px(6))
        self._controls_scroll.setMinimumHeight(theme.px(140))
        self._words_scroll.setMinimumHeight(theme.px(96))
        self._arrangement = ("", False)
        self._arrange()
        if seen(self):
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Wide: controls, pictures, words. Less wide: words below the controls. Narrow: all below one another."""
        width, height = self.width() / self._theme.scale, self.height() / self._theme.scale
        name = "wide" if width >= _WIDE else "medium" if width >= _MEDIUM else "narrow"
        tall = name != "wide" and height > 520
        if (name, tall) == self._arrangement:
            return
        self._arrangement = (name, tall)
        for part in (self._controls_scroll, self._picture, self._words_scroll):
            self._grid.removeWidget(part)
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if name == "medium" and tall else direction.LeftToRight)
        if name == "narrow":
            for row, part in enumerate((self._controls_scroll, self._picture, self._words_scroll)):
                self._grid.addWidget(part, row, 0)
            columns, rows = (1, 0, 0), (0, 3, 4)
        elif name == "medium":
            self._grid.addWidget(self._controls_scroll, 0, 0)
            self._grid.addWidget(self._words_scroll, 1, 0)
            self._grid.addWidget(self._picture, 0, 1, 2, 1)
            columns, rows = (1, 1, 0), (1, 1, 0)
        else:
            for i, part in enumerate((self._controls_scroll, self._picture, self._words_scroll)):
                self._grid.addWidget(part, 0, i)
            columns, rows = (3, 6, 5), (1, 0, 0)
        for i, stretch in enumerate(columns):
            self._grid.setColumnStretch(i, stretch)
        for i, stretch in enumerate(rows):
            self._grid.setRowStretch(i, stretch)
