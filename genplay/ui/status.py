"""The status bar: device · state · step · steps/s · loss, and the key of the signs that say what a number is."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStatusBar, QWidget

from genplay.lab.experiment import Experiment
from genplay.training.snapshot import Snapshot
from genplay.ui.dispatch import Dispatch
from genplay.ui.labels import ElidedLabel
from genplay.ui.theme import Theme

__all__ = ["STATE_WORDS", "StatusBar", "figure"]

STATE_WORDS = {
    "building": "building the model …",
    "ready": "ready: press Space to train",
    "running": "training",
    "paused": "paused",
    "finished": "finished: further steps change nothing",
    "failed": "stopped by a problem",
    "closed": "closed",
}
LOADING = "loading the engine …"
KEY = "= exact   ≥ ≤ bound   ≈ ± estimate"
KEY_HELP = (
    "How to read the sign before a number.\n"
    "=  exact: a closed form, or a sum or integral over the whole space.\n"
    "≥ ≤  a bound: the truth is certainly not on the other side.\n"
    "≈ ±  an estimate from random samples, with its standard error."
)
_EVERY = 0.2


def figure(value: float) -> str:
    """A number with four significant digits and a true minus sign."""
    if value != value:
        return "not a number"
    return f"{value:.4g}".replace("-", "−")


class StatusBar(QStatusBar):
    """What the run is doing, in one line that gives up its least important parts when the window is narrow."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self._drawn_at = -1.0
        self._drawn_state = ""
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        names = ("state", "device", "step", "rate", "loss", "kind")
        self.parts = {name: ElidedLabel(least=3) for name in names}
        self.parts["kind"].setText(KEY)
        self.parts["kind"].set_tip(KEY_HELP)
        self.parts["device"].set_tip("Where the model computes.")
        self.parts["rate"].set_tip("Training steps a second.")
        body = QWidget()
        self._row = QHBoxLayout(body)
        for name in names:
            label = self.parts[name]
            label.setProperty("role", "small")
            if name == "kind":
                self._row.addStretch(1)
            self._row.addWidget(label)
            if name == "state":
                self._row.addWidget(self._chip())
        self.addWidget(body, 1)
        self.show_state(LOADING)
        experiment.race.changed.connect(self._show_race)
        theme.changed.connect(self._dress)
        self._dress()

    def _chip(self) -> QPushButton:
        """What calls for attention, in a word or two; a click tells more."""
        self.health = QPushButton()
        self.health.setProperty("role", "chip")
        self.health.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.health.clicked.connect(lambda: self._actions.run("window.panel", name="health", shown=True))
        self.health.hide()
        self._experiment.health.changed.connect(self._show_health)
        return self.health

    def _show_health(self) -> None:
        """Calmly: nothing pops up, nothing blinks."""
        attention = self._experiment.health.attention
        first = attention[0].title if attention else ""
        text = first if len(attention) <= 1 else f"{first} and {len(attention) - 1} more"
        self.health.setText(text)
        self.health.setAccessibleName(f"Health: {text}. Open the panel Health.")
        told = [f"{finding.title}: {finding.seen}" for finding in attention]
        self.health.setToolTip("\n".join([*told, "Click to see more, and what mends it."]))
        self._fit()

    def show_state(self, text: str) -> None:
        """Say something in place of the state of a run."""
        self.parts["state"].setText(text)
        for name in ("device", "step", "rate", "loss"):
            self.parts[name].setText("")
        self._fit()

    def _show_race(self) -> None:
        """While a race is open it is what goes on here."""
        race = self._experiment.race
        self._drawn_state = ""
        if race.opened:
            self.show_state(
                "race: training all lanes" if race.running else "race: press Space to start all lanes"
            )

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Show a snapshot; five times a second is enough for figures that a person reads."""
        if self._experiment.race.opened:
            return
        now = time.monotonic()
        if now - self._drawn_at < _EVERY and snapshot.state == self._drawn_state:
            return
        self._drawn_at, self._drawn_state = now, snapshot.state
        self.parts["state"].setText(STATE_WORDS[snapshot.state])
        self.parts["device"].setText(snapshot.device)
        self.parts["step"].setText(f"step {snapshot.step:,}".replace(",", "\u202f"))
        rate = snapshot.steps_per_second
        shown = snapshot.state == "running" and rate > 0
        self.parts["rate"].setText(
            f"{rate:.0f} steps/s" if shown and rate >= 10 else f"{rate:.1f} steps/s" if shown else ""
        )
        terms = snapshot.terms
        name = "loss" if "loss" in terms else next(iter(terms), "")
        self.parts["loss"].setText(f"{name} {figure(terms[name])}" if name else "")
        self.parts["loss"].set_tip("\n".join(f"{key}: {figure(value)}" for key, value in terms.items()))
        self._fit()

    def _fit(self) -> None:
        """Hide the least important parts until the rest fits."""
        gap = self._row.spacing()
        room = self.width() - self._theme.space(6)
        needed = 0
        if self.health.text():
            needed = self.health.sizeHint().width() + gap
        self.health.setVisible(bool(self.health.text()))
        for name in ("state", "step", "kind", "loss", "rate", "device"):
            label = self.parts[name]
            wanted = label.sizeHint().width() + gap if label.text() else 0
            needed += wanted
            label.setVisible(bool(label.text()) and (needed <= room or name == "state"))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(3), 0, theme.space(3), 0)
        self._row.setSpacing(theme.space(4))
        self.setFixedHeight(theme.px(26))
        self.health.setIcon(theme.icon("triangle-alert", "warning"))
        self.health.setIconSize(QSize(theme.px(14), theme.px(14)))
        self._fit()
