"""The part of the latent panel that walks between two anchors."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from genplay.ui.fields import PatientSlider
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.latent_path import AnchorSlot, PathProfile
from genplay.ui.stage.image_card import KIND_WORDS
from genplay.ui.theme import Theme

__all__ = ["LatentWalkView"]

_TICKS = 1000
_TICK_MS = 33
_WALK_MS = 4000
"""One way from A to B takes so long when it is played."""


class LatentWalkView(QWidget):
    """Anchors, the strip of decodes, the density along the way, and the place on it."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._asked: tuple[object, ...] = ()
        self._drawn: object = None
        self.a, self.b = AnchorSlot("A", theme, self), AnchorSlot("B", theme, self)
        self.kind = QComboBox(self)
        self.kind.addItems(["linear", "spherical"])
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.setMinimumContentsLength(5)
        self.kind.setAccessibleName("Kind of path")
        self.kind.setToolTip(
            "A straight line, or along the sphere: it keeps the length of the code as it turns."
        )
        self.steps = QSpinBox(self)
        self.steps.setRange(2, 200)
        self.steps.setSuffix(" steps")
        self.steps.setAccessibleName("Points on the path")
        self.steps.setToolTip("How many points of the path are decoded.")
        self.steps.setKeyboardTracking(False)
        self.steps.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.strip = TileGrid(theme, "Decodes along the path", self, largest=44, least=14)
        self.strip.one_row = True
        self.profile = PathProfile(theme, self)
        self.play = QToolButton(self)
        self.play.setCheckable(True)
        self.play.setToolTip("Walk from A to B and back.")
        self.play.setAccessibleName("Play the path")
        self.slider = PatientSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _TICKS)
        self.slider.setSingleStep(_TICKS // 50)
        self.slider.setPageStep(_TICKS // 10)
        self.slider.setAccessibleName("Place on the path")
        self.slider.setToolTip("The place on the path: A on the left, B on the right.")
        self._anchors = QHBoxLayout()
        for widget in (self.a, self.b):
            self._anchors.addWidget(widget)
        self._anchors.addStretch(1)
        self._way = QHBoxLayout()
        self._way.addWidget(self.play)
        self._way.addWidget(self.slider, 1)
        self._options = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._anchors)
        self._column.addWidget(self.strip, 2)
        self._column.addWidget(self.profile, 3)
        self._column.addLayout(self._way)
        self._column.addLayout(self._options)
        self._clock = QTimer(self, interval=_TICK_MS)
        self._clock.timeout.connect(self._tick)
        self._way_back = False
        for slot, name in ((self.a, "a"), (self.b, "b")):
            slot.dropped.connect(lambda i, name=name: self._actions.run("latent.anchor", slot=name, sample=i))
        self.kind.activated.connect(self._again)
        self.steps.valueChanged.connect(self._again)
        self.slider.valueChanged.connect(lambda ticks: self._actions.run("latent.position", t=ticks / _TICKS))
        self.strip.chosen.connect(self._to_step)
        self.profile.pointed.connect(lambda t: self._actions.run("latent.position", t=t))
        self.play.toggled.connect(self._play)
        theme.changed.connect(self._restyle)
        self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The options stand beside the slider where there is room, else in a row of their own."""
        home = self._way if self.width() >= self._theme.px(330) else self._options
        if home.indexOf(self.kind) < 0:
            for layout in (self._way, self._options):
                for widget in (self.kind, self.steps):
                    layout.removeWidget(widget)
            home.addWidget(self.kind)
            home.addWidget(self.steps)

    def _restyle(self) -> None:
        theme = self._theme
        self._arrange()
        self.slider.setMinimumWidth(theme.px(48))
        self._options.setSpacing(theme.space(2))
        self._anchors.setSpacing(theme.space(2))
        self._way.setSpacing(theme.space(2))
        self._column.setSpacing(theme.space(1))
        self.play.setIcon(theme.icon("pause" if self.play.isChecked() else "play"))
        self._drawn = None
        self.show_state()

    def show_state(self) -> None:
        """Show the latent state: the ends, the path and the place on it."""
        latent = self._experiment.latent
        self.a.show_end(latent.a.x if latent.a is not None else None)
        self.b.show_end(latent.b.x if latent.b is not None else None)
        for widget, value in ((self.kind, latent.kind), (self.steps, latent.steps)):
            widget.blockSignals(True)
            if isinstance(widget, QComboBox):
                widget.setCurrentText(value)
            elif not widget.hasFocus():
                widget.setValue(value)
            widget.blockSignals(False)
        both = latent.a is not None and latent.b is not None
        walkable = both and latent.path is not None
        self.slider.setEnabled(walkable)
        self.play.setEnabled(walkable)
        self.slider.blockSignals(True)
        if not self.slider.isSliderDown():
            self.slider.setValue(round(latent.position * _TICKS))
        self.slider.blockSignals(False)
        self.profile.set_position(latent.position)
        if latent.path is not self._drawn or latent.path is None:
            self._draw_path()
        self._ask_for_path()

    def _ask_for_path(self) -> None:
        """As soon as both ends are set, walk: nobody wants to press one more button for it."""
        latent = self._experiment.latent
        ends = (latent.a, latent.b)
        if latent.a is not None and latent.b is not None and latent.path is None and ends != self._asked:
            self._asked = ends
            self._again()

    def _again(self, *_: object) -> None:
        latent = self._experiment.latent
        if latent.a is not None and latent.b is not None:
            self._actions.run("latent.interpolate", steps=self.steps.value(), kind=self.kind.currentText())

    def refresh(self, step: int) -> None:
        """Walk the path again when the model has learned since."""
        path = self._experiment.latent.path
        if path is not None and path.step != step:
            self._again()

    def _draw_path(self) -> None:
        path, digits = self._experiment.latent.path, self._experiment.world == "digits"
        self._drawn = path
        self.strip.setVisible(digits and path is not None)
        if path is None:
            both = (
                "The path is being computed."
                if self._experiment.latent.a and self._experiment.latent.b
                else ""
            )
            self.profile.show_profile(None, both or "Set both ends: drop samples of the gallery on A and B.")
            return
        if digits:
            tokens = self._theme.tokens
            self.strip.show_tiles(digit_tiles(path.x, ink_table(tokens.sunken, tokens.model)))
        density = self._experiment.card.density.get(self._experiment.world)
        if path.log_prob is None or density is None:
            self.profile.show_profile(None, f"{self._experiment.card.title} has no density along the path.")
        else:
            self.profile.show_profile(path.log_prob, f"log p(x) along the path, nats, {KIND_WORDS[density]}")
        self._mark_step()

    def _mark_step(self) -> None:
        latent = self._experiment.latent
        if latent.path is not None:
            self.strip.choose(round(latent.position * (len(latent.path.z) - 1)))

    def _to_step(self, index: int) -> None:
        path = self._experiment.latent.path
        if path is not None:
            self._actions.run("latent.position", t=index / max(len(path.z) - 1, 1))

    # Playing

    def _play(self, on: bool) -> None:
        self.play.setIcon(self._theme.icon("pause" if on else "play"))
        if on:
            self._clock.start()
        else:
            self._clock.stop()

    def _tick(self) -> None:
        latent = self._experiment.latent
        if latent.path is None or not self.isVisible():
            self.play.setChecked(False)
            return
        step = _TICK_MS / _WALK_MS
        t = latent.position + (-step if self._way_back else step)
        if not 0.0 <= t <= 1.0:
            self._way_back = t > 1.0
            t = float(np.clip(t, 0.0, 1.0))
        self._actions.run("latent.position", t=t)
        self._mark_step()
