"""The transport bar: rewind, train or pause, step, sub-step, speed, restart, another seed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from genplay.lab.experiment import Experiment
from genplay.training.snapshot import Snapshot
from genplay.ui.dispatch import Dispatch
from genplay.ui.fields import PatientSlider
from genplay.ui.labels import ElidedLabel
from genplay.ui.narrowing import give_up
from genplay.ui.theme import Theme

__all__ = ["SPEEDS", "Transport", "restart_sentence"]

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 0.0)
"""Steps a second from slow motion to full speed (0)."""

_EVERY = 0.2
"""Seconds between looks at the figures while a run goes on: a person reads no faster."""


def restart_sentence(pending: int) -> str:
    """What waits, as a sentence."""
    return "1 change needs a restart" if pending == 1 else f"{pending} changes need a restart"


class Transport(QFrame):
    """Everything that makes a run go, in one line."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self._running: bool | None = None
        self._counted_at = 0.0
        self._substep = self._fitting = False
        self.setProperty("role", "bar")
        self.setAccessibleName("Transport")
        self._row = QHBoxLayout(self)
        self.rewind = self._button("train.reset", "Rewind")
        self.play = QPushButton("Train")
        self.play.setProperty("role", "primary")
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.setToolTip(actions.tip("train.toggle"))
        self.play.clicked.connect(lambda: actions.run("train.toggle"))
        self.step = self._step_button()
        self.seed = self._button("train.new_seed", "New seed")
        self.race = self._button("race.open", "Race")
        self.count = ElidedLabel(least=11)
        self.count.setProperty("role", "mono")
        self.speed_label = QLabel("Speed")
        self.speed_label.setProperty("role", "small")
        self.speed = self._speed_slider()
        self.speed_value = QLabel("full")
        self.speed_value.setProperty("role", "small")
        self.pending = ElidedLabel(least=10)
        self.pending.setProperty("role", "restart")
        self.restart = QPushButton("Restart")
        self.restart.setProperty("role", "warning")
        self.restart.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.restart.setToolTip(actions.tip("train.restart"))
        self.restart.clicked.connect(lambda: actions.run("train.restart"))
        left: tuple[QWidget, ...] = (self.rewind, self.play, self.step, self.seed, self.race, self.count)
        right: tuple[QWidget, ...] = (
            self.pending, self.restart, self.speed_label, self.speed, self.speed_value,
        )  # fmt: skip
        for widget in left:
            self._row.addWidget(widget)
        self._row.addStretch(1)
        for widget in right:
            self._row.addWidget(widget)
        experiment.model_changed.connect(self.refresh)
        experiment.run_changed.connect(self.refresh)
        experiment.world_changed.connect(self.refresh)
        actions.ran.connect(self._ran)
        theme.changed.connect(self._dress)
        self._show_running(False)
        self._dress()
        self.refresh()

    def _button(self, id: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(self._actions.tip(id))
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setProperty("role", "quiet")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self._actions.run(id))
        return button

    def _step_button(self) -> QToolButton:
        button = self._button("train.step", "Step")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(button)
        for count in (1, 10, 100, 1000):
            title = "1 step" if count == 1 else f"{count:,} steps".replace(",", "\u202f")
            menu.addAction(title, partial(self._actions.run, "train.step", n=count))
        menu.addSeparator()
        menu.addAction(
            f"Sub-step: one phase of a step\t{self._actions.spec('train.substep').shortcut}",
            lambda: self._actions.run("train.substep"),
        )
        button.setMenu(menu)
        return button

    def _speed_slider(self) -> QSlider:
        slider = PatientSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, len(SPEEDS) - 1)
        slider.setValue(len(SPEEDS) - 1)
        slider.setPageStep(1)
        slider.setAccessibleName("Speed")
        slider.setToolTip("From slow motion, one step a second, to full speed.")
        slider.valueChanged.connect(self._set_speed)
        return slider

    def _set_speed(self, place: int) -> None:
        self._actions.run("train.speed", steps_per_second=SPEEDS[place])
        self._show_speed(SPEEDS[place])

    def show_speed(self, steps_per_second: float) -> None:
        """Show a speed that was set from elsewhere, the slider at the nearest stop below it."""
        slow = [place for place, speed in enumerate(SPEEDS[:-1]) if speed <= steps_per_second]
        place = len(SPEEDS) - 1 if not steps_per_second else max(slow, default=0)
        self.speed.blockSignals(True)
        self.speed.setValue(place)
        self.speed.blockSignals(False)
        self._show_speed(steps_per_second)

    def _show_speed(self, speed: float) -> None:
        self.speed_value.setText(f"{speed:.3g}/s" if speed else "full")

    def _ran(self, id: str) -> None:
        """After a sub-step the phase that was made stands beside the step."""
        if id.startswith("train."):
            self._substep = id == "train.substep"

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Show how far the run is, and how fast it may go."""
        limit = self._experiment.bench.speed_limit or 0.0
        if limit != SPEEDS[self.speed.value()] and not self.speed.isSliderDown():
            self.show_speed(limit)
        running = snapshot.state == "running"
        now = time.monotonic()
        if running and self._running and now - self._counted_at < _EVERY:
            return
        self._counted_at = now
        self._show_running(running)
        steps = f"{snapshot.step:,}".replace(",", "\u202f")
        phase = f" · {snapshot.phase}" if self._substep and snapshot.phase else ""
        text = f"step {steps}{phase} · {snapshot.seconds:.1f} s"
        longer = len(text) != len(self.count.text())
        self.count.setText(text)
        if longer:
            self._fit()
        last = f"\nLast phase: {snapshot.phase}." if snapshot.phase else ""
        self.count.set_tip(f"Steps done, and the seconds spent training.{last}")

    def refresh(self) -> None:
        """Show what waits for a restart."""
        pending = self._experiment.pending_restart
        waiting = "Waiting: " + ", ".join(name.replace("_", " ") for name in pending)
        self.pending.setText(restart_sentence(len(pending)))
        self.pending.set_tip(waiting)
        self.restart.setToolTip(
            f"{self._actions.tip('train.restart')}\n{restart_sentence(len(pending))}. {waiting}."
        )
        self.restart.setVisible(bool(pending))
        if self._experiment.snapshot() is None:
            self.count.setText("step 0")
            self._show_running(False)
        self._fit()

    def _show_running(self, running: bool) -> None:
        if running == self._running:
            return
        self._running = running
        self.play.setText("Pause" if running else "Train")
        self.play.setIcon(self._theme.icon("pause" if running else "play", "text_on_accent"))

    def _fit(self) -> None:
        """When the bar is narrow, give up words and then the lesser parts, one after another."""
        if self._fitting:
            # To show a part can give the bar another width at once; that part must not be hidden while it comes up.
            QTimer.singleShot(0, self, self._fit)
            return
        self._fitting = True
        self._fit_once()
        self._fitting = False

    def _fit_once(self) -> None:
        buttons = (self.rewind, self.step, self.seed, self.race)
        for button in buttons:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        waiting = bool(self.pending.text()) and self.restart.isVisibleTo(self)
        self.pending.setVisible(waiting)
        for widget in (self.speed_label, self.speed, self.speed_value):
            widget.show()
        self.speed.setFixedWidth(self._theme.px(96))

        def icons_only() -> None:
            for button in buttons:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

        steps: tuple[Callable[[], object], ...] = (
            self.speed_label.hide,
            icons_only,
            lambda: self.speed.setFixedWidth(self._theme.px(56)),
            self.pending.hide,
            self.speed_value.hide,
            self.speed.hide,
        )
        give_up(self._row, self.width(), steps)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(3), theme.space(1.5), theme.space(3), theme.space(1.5))
        self._row.setSpacing(theme.space(2))
        for button, icon in (
            (self.rewind, "rewind"),
            (self.step, "step-forward"),
            (self.seed, "dices"),
            (self.race, "grid-2x2"),
        ):
            button.setIcon(theme.icon(icon))
        self.restart.setIcon(theme.icon("rotate-ccw", "warning"))
        self.play.setMinimumWidth(theme.px(104))
        self.speed_value.setMinimumWidth(theme.px(34))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        running, self._running = bool(self._running), None
        self._show_running(running)
        # The style sheet of the new scale reaches the buttons only after this call.
        QTimer.singleShot(0, self, self._fit)
