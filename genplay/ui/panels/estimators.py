"""The panel of the estimators: a question, how each estimator comes to the truth, and why some do not."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genplay.metrics.estimators.convergence import Convergence
from genplay.metrics.estimators.questions import QUESTIONS
from genplay.ui.fields import Combo
from genplay.ui.forms import Form
from genplay.ui.panels.convergence_plot import ConvergencePlot, Way, draw_marker, values_in_view
from genplay.ui.panels.fit import fitting_scroll_area
from genplay.ui.panels.lines import Lines
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["EstimatorsPanel"]

_WIDE, _MEDIUM = 780, 460
"""Widths, at scale 1, from which three or two parts stand side by side."""
_HINT = "Press Estimate: every estimator tries on a copy of the model as it is now, beside the exact answer."


class _Mark(QWidget):
    """The colour and the marker of an estimator."""

    def __init__(self, theme: Theme, colour: str, marker: int) -> None:
        super().__init__()
        self._theme, self._colour, self._marker = theme, colour, marker
        self.setFixedWidth(theme.px(16))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(16), self._theme.px(16))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        draw_marker(painter, QPointF(self.width() / 2, self._theme.px(9)), self._theme.px(4), self._marker)
        painter.end()


class _Words(QWidget):
    """The estimators one below the other: mark, name, value, and what it does."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._texts: list[tuple[QLabel, bool]] = []

    def say(self, head: str, ways: tuple[Way, ...], truth: float | None, notes: tuple[str, ...]) -> None:
        """Write them anew."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._texts = []
        self._grid.setHorizontalSpacing(self._theme.space(1))
        self._grid.setVerticalSpacing(self._theme.space(2))
        row = 0
        if head:
            self._add(head, row)
            row += 1
        for way in ways:
            self._grid.addWidget(
                _Mark(self._theme, way.colour, way.marker), row, 0, Qt.AlignmentFlag.AlignTop
            )
            label = self._label(_described(way.of, truth, self._theme), True)
            label.setToolTip(_sentence(way.of.final.method))
            self._grid.addWidget(label, row, 1)
            row += 1
        for note in notes:
            self._add(f"<span style='color:{self._theme.tokens.text_dim}'>{escape(note)}</span>", row)
            row += 1
        for i in range(self._grid.rowCount()):
            self._grid.setRowStretch(i, int(i == row))
        self._fit()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is written."""
        return tuple(label.text() for label, _ in self._texts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Each text exactly as high as it is at this width: a grid would give it the height of a narrower one."""
        room = self.width() - self._theme.px(16) - self._grid.horizontalSpacing()
        for label, indented in self._texts:
            label.setFixedHeight(max(label.heightForWidth(room if indented else self.width()), 1))

    def _add(self, text: str, row: int) -> None:
        self._grid.addWidget(self._label(text, False), row, 0, 1, 2)

    def _label(self, text: str, indented: bool) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.RichText)
        let_wrap(label)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._texts.append((label, indented))
        return label


def _described(way: Convergence, truth: float | None, theme: Theme) -> str:
    dim = theme.tokens.text_dim
    off = ""
    if truth is not None and np.isfinite(way.final.value):
        gap = way.final.value - truth
        inside = way.covers(truth) if way.final.stderr is not None else None
        said = (
            ""
            if inside is None or way.final.kind == "bound"
            else ", within its bar"
            if inside
            else ", outside its bar"
        )
        off = f"; {abs(gap):.3f} {'above' if gap > 0 else 'below'} the truth{said}"
    return (
        f"<b>{escape(way.title)}</b> {escape(str(way.final))}{off}<br>"
        f"<span style='color:{dim}'>{escape(way.why)}</span>"
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


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
        self.words = _Words(theme)
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
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("How far the estimators are")
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
        self.progress.setValue(round(1000 * share))
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
            f"<span style='color:{theme.tokens.text_dim}'>{escape(_sentence(truth.method))} The model after "
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
