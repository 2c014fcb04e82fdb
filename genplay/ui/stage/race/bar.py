"""The bar that drives a race, in the place of the transport: all lanes start, pause, step and go back to their start together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton

from genplay.lab.experiment import Experiment
from genplay.ui.dispatch import Dispatch
from genplay.ui.labels import ElidedLabel
from genplay.ui.narrowing import give_up
from genplay.ui.stage.race.words import MOST
from genplay.ui.theme import Theme

__all__ = ["LIMITS", "RaceBar"]

LIMITS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
"""Seconds of its own training after which each lane may be told to pause."""

_WORDS = {1: "1 lane", 2: "2 lanes", 3: "3 lanes", 4: "4 lanes"}


class RaceBar(QFrame):
    """Everything that makes a race go, in one line."""

    def __init__(self, experiment: Experiment, actions: Dispatch, theme: Theme) -> None:
        super().__init__()
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setProperty("role", "bar")
        self.setAccessibleName("Race control")
        self.rewind = self._button("race.reset", "Rewind all")
        self.play = QPushButton("Start all")
        self.play.setProperty("role", "primary")
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.clicked.connect(lambda: actions.run("train.toggle"))
        self.step = self._button("race.step", "Step all")
        self.count = ElidedLabel(least=7)
        self.count.setProperty("role", "small")
        self._models = QMenu(self)
        self._models.aboutToShow.connect(self._fill_models)
        self.add = self._button("race.add", "Add a model", self._models)
        self._limits = QMenu(self)
        for seconds in LIMITS:
            self._limits.addAction(f"{seconds:g} seconds each", partial(self._stop_after, seconds))
        self._limits.addSeparator()
        self._limits.addAction("No limit", partial(self._stop_after, 0.0))
        self.limit = self._button("race.seconds", "Stop after …", self._limits)
        self.leave = self._button("race.close", "Close the race")
        self._row = QHBoxLayout(self)
        for widget in (self.rewind, self.play, self.step, self.count):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        for widget in (self.add, self.limit, self.leave):
            self._row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        experiment.race.changed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    def _button(self, id: str, text: str, menu: QMenu | None = None) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(self._actions.tip(id))
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setProperty("role", "quiet")
        if menu is None:
            button.clicked.connect(lambda: self._actions.run(id))
        else:
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _stop_after(self, seconds: float) -> None:
        self._actions.run("race.seconds", seconds=seconds)

    def _fill_models(self) -> None:
        """The families of this world, each a submenu of its models."""
        from genplay.models.registry import cards

        self._models.clear()
        families: dict[str, QMenu] = {}
        for card in cards().values():
            if self._experiment.world in card.worlds:
                if card.family not in families:
                    families[card.family] = self._models.addMenu(card.family)
                families[card.family].addAction(
                    card.title, partial(self._actions.run, "race.add", model=card.id)
                )

    def refresh(self) -> None:
        """Show how many lanes there are, and whether they train."""
        race = self._experiment.race
        lanes = len(race.lanes)
        self.count.setText(_WORDS.get(lanes, ""))
        self.count.set_tip("Every lane gets the same time, whatever a step of its model costs.")
        self.add.setEnabled(lanes < MOST)
        self.add.setToolTip(
            self._actions.tip("race.add")
            if lanes < MOST
            else "A race has at most four lanes; remove one first."
        )
        self.limit.setText(f"Stop after {race.limit:g} s" if race.limit else "Stop after …")
        self._show_running(race.running)
        self._fit()

    def _show_running(self, running: bool) -> None:
        self.play.setText("Pause all" if running else "Start all")
        self.play.setToolTip(self._actions.tip("race.pause" if running else "race.start"))
        self.play.setIcon(self._theme.icon("pause" if running else "play", "text_on_accent"))

    def _fit(self) -> None:
        """When the bar is narrow, give up words, one after another."""
        beside, only = (Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly)
        buttons = (self.rewind, self.step, self.limit, self.add, self.leave)
        for button in buttons:
            button.setToolButtonStyle(beside)
        self.count.show()
        steps: list[Callable[[], object]] = [
            partial(b.setToolButtonStyle, only) for b in (self.rewind, self.step)
        ]
        steps.append(self.count.hide)
        steps += [partial(b.setToolButtonStyle, only) for b in (self.limit, self.leave, self.add)]
        give_up(self._row, self.width(), steps)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(3), theme.space(1.5), theme.space(3), theme.space(1.5))
        self._row.setSpacing(theme.space(2))
        icons = {
            self.rewind: "rewind", self.step: "step-forward", self.add: "plus", self.limit: "timer", self.leave: "x"
        }  # fmt: skip
        for button, icon in icons.items():
            button.setIcon(theme.icon(icon))
        self.play.setMinimumWidth(theme.px(112))
        self._show_running(self._experiment.race.running)
        # The style sheet of the new scale reaches the buttons only after this call.
        QTimer.singleShot(0, self, self._fit)
