"""The middle of the window: the stage with its transport, or a race with the bar that drives it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from genplay.lab.experiment import Experiment
from genplay.training.snapshot import Snapshot
from genplay.ui.dispatch import Dispatch
from genplay.ui.stage.race.bar import RaceBar
from genplay.ui.stage.race.page import RacePage
from genplay.ui.stage.stage import Stage
from genplay.ui.theme import Theme
from genplay.ui.transport import Transport

__all__ = ["Middle"]


class _Pages(QStackedWidget):
    """Pages of which only the one in front asks for room."""

    def _front(self) -> QWidget:
        return self.currentWidget() or self

    def sizeHint(self) -> QSize:
        return self._front().sizeHint()

    def minimumSizeHint(self) -> QSize:
        front, least = self._front(), self._front().minimumSizeHint()
        ignores = front.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
        return QSize(0 if ignores else least.width(), least.height())


class Middle(QWidget):
    """``switched``: a race has come to the front or has left it."""

    switched = Signal()

    def __init__(self, experiment: Experiment, actions: Dispatch, theme: Theme) -> None:
        super().__init__()
        self._experiment = experiment
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.stage = Stage(experiment, actions, theme)
        self.transport = Transport(experiment, actions, theme)
        self.race = RacePage(experiment, actions, theme)
        self.race_bar = RaceBar(experiment, actions, theme)
        self._pages, self._bars = _Pages(self), _Pages(self)
        for pages, parts in (
            (self._pages, (self.stage, self.race)),
            (self._bars, (self.transport, self.race_bar)),
        ):
            for part in parts:
                pages.addWidget(part)
        self._bars.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(self._bars)
        experiment.race.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        """Show what is open now."""
        at = int(self._experiment.race.opened)
        if at == self._pages.currentIndex():
            return
        within = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._pages.setCurrentIndex(at)
        self._bars.setCurrentIndex(at)
        for pages in (self._pages, self._bars):
            pages.updateGeometry()
        if within:
            # What had the keyboard has gone from sight: one-key shortcuts go on working from here.
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.switched.emit()

    def render_now(self, snapshot: Snapshot) -> None:
        """Draw everything at once (for pictures)."""
        self.stage.render(snapshot)
        self.transport.render(snapshot)
        self.race.redraw()

    def close_threads(self) -> None:
        """End what works in the background for the views."""
        self.stage.close_threads()
        self.race.close_threads()
