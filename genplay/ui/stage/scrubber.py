"""The scrubber between noise and data: a slider, the moment in words, and a button that plays the way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from genplay.ui.labels import ElidedLabel
from genplay.ui.theme import Theme

__all__ = ["Scrubber"]

_TICKS = 1000
_SECONDS = 4.0
"""How long the whole way takes when it is played."""


class Scrubber(QWidget):
    """Left is noise, right is data. It runs the action ``stage.time`` and follows it."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.play = QToolButton(self)
        self.play.setProperty("role", "quiet")
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.clicked.connect(self._toggle)
        self.noise, self.data = QLabel("noise", self), QLabel("data", self)
        for label in (self.noise, self.data):
            label.setProperty("role", "small")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _TICKS)
        self.slider.setPageStep(_TICKS // 20)
        self.slider.setSingleStep(_TICKS // 100)
        self.slider.setAccessibleName("Moment between noise and data")
        self.slider.setToolTip("The moment on the way from noise, on the left, to data, on the right.")
        self.slider.setMinimumWidth(60)
        self.slider.valueChanged.connect(lambda value: actions.run("stage.time", t=value / _TICKS))
        self.words = ElidedLabel("", self)
        self.words.setProperty("role", "small")
        self.words.setAccessibleName("The moment")
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in (
            (self.play, 0),
            (self.noise, 0),
            (self.slider, 3),
            (self.data, 0),
            (self.words, 0),
        ):
            self._row.addWidget(widget, stretch)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=33)
        self._timer.timeout.connect(self._go_on)
        experiment.subject.timed.connect(self.follow)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.follow()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def follow(self) -> None:
        """Put the slider where the moment is."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(self._experiment.subject.t * _TICKS))
        self.slider.blockSignals(False)

    def say(self, words: str) -> None:
        """The moment in words."""
        self.words.setText(words)

    def _toggle(self) -> None:
        if self.playing:
            self.stop()
            return
        if self._experiment.subject.t >= 1.0:
            self._actions.run("stage.time", t=0.0)
        self._clock.start()
        self._timer.start()
        self._restyle()

    def stop(self) -> None:
        """Stop playing."""
        self._timer.stop()
        self._restyle()

    def _go_on(self) -> None:
        t = min(1.0, self._experiment.subject.t + self._clock.restart() / 1000 / _SECONDS)
        self._actions.run("stage.time", t=t)
        if t >= 1.0:
            self.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.playing:
            self.stop()

    def _restyle(self) -> None:
        self._row.setSpacing(self._theme.space(2))
        self.play.setIcon(self._theme.icon("pause" if self.playing else "play"))
        said = "Stop" if self.playing else "Play the way from noise to data"
        self.play.setToolTip(said)
        self.play.setAccessibleName(said)
