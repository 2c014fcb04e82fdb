"""The stage: the largest part of the window. A sentence that switches layers, the view of the world, and what is read there."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from genplay.training.snapshot import FieldRequest, Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.stage.colour_bar import ColourBar
from genplay.ui.stage.digits_view import DigitsView
from genplay.ui.stage.foot import Foot
from genplay.ui.stage.layers import MOMENTS, missing, sentence
from genplay.ui.stage.plane_view import MOST_POINTS, PlaneView
from genplay.ui.stage.reading import Reading, reading_html
from genplay.ui.stage.scrubber import Scrubber
from genplay.ui.stage.sentence import Sentence
from genplay.ui.stage.switching import switch_layer
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["Stage"]

_HINT = "Point to read values. Wheel: zoom. Drag: move. Double click: whole view."
_SHORT_HINT = "Point to read values."

_DECODE_EVERY = 0.3
"""Seconds between decodes of the current code while the model trains."""


class Stage(QWidget):
    """What the model has learned, beside the data and the truth.

    ``request_changed``: ``fields()`` or ``samples_wanted()`` give something else now. ``sample_marked``: the user marked
    a sample (−1: none); ``mark(i)`` is the way back.
    """

    request_changed = Signal()
    sample_marked = Signal(int)

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Stage")
        self._run_id: int | None = None
        self.sentence = Sentence(theme, self)
        self.plane = PlaneView(experiment, actions, theme, self)
        self.digits = DigitsView(experiment, actions, theme, self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.plane)
        self._pages.addWidget(self.digits)
        self.scrubber = Scrubber(experiment, actions, theme, self)
        self.trouble = QLabel("", self)
        self.trouble.setProperty("role", "error")
        let_wrap(self.trouble)
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setAccessibleName("What cannot be shown")
        self.trouble.hide()
        self.bar = ColourBar(theme, self)
        self.readout = QLabel(_HINT, self)
        self.readout.setProperty("role", "small")
        let_wrap(self.readout)
        self.readout.setAccessibleName("Values under the mouse")
        self.pencil = QToolButton(self)
        self.pencil.setCheckable(True)
        self.pencil.setProperty("role", "quiet")
        self.pencil.setAccessibleName("Measure a region")
        self.pencil.setToolTip(actions.tip("stage.measuring"))
        self.pencil.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pencil.clicked.connect(lambda on: actions.run("stage.measuring", on=on))
        self._foot = Foot((self.bar, self.pencil), self.readout, theme, self)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.sentence)
        self._layout.addWidget(self._pages, 1)
        self._layout.addWidget(self.scrubber)
        self._layout.addWidget(self.trouble)
        self._layout.addWidget(self._foot)

        self._reading: Reading | None = None
        self._region = ""
        self._asker = LatestAsk(self)
        self._asker.answered.connect(self._answered)
        self._decoder = LatestAsk(self)
        self._decoder.answered.connect(self._decoded)
        self._z: tuple[float, ...] = ()
        self._moved_code = False
        self._label: int | None = None
        self._decoded_at, self._decoded_step = 0.0, -1
        self.sentence.switched.connect(self._switch)
        self.plane.captioned.connect(self.bar.explain)
        self.plane.request_changed.connect(self.request_changed)
        self.plane.sample_marked.connect(self.sample_marked)
        self.digits.sample_marked.connect(self.sample_marked)
        self.plane.canvas.hovered.connect(self._hover)
        self.plane.canvas.left.connect(self._leave)
        self.plane.region.said.connect(self._say_region)
        for signal in (experiment.world_changed, experiment.data_changed, experiment.model_changed):
            signal.connect(self._open)
        experiment.stage_changed.connect(self._open)
        experiment.run_changed.connect(self._new_run)
        experiment.latent_changed.connect(self._latent)
        experiment.subject.timed.connect(self._show_time)
        for moments in (self.plane.moments, self.digits.moments):
            moments.changed.connect(self._say_time)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._open()

    @property
    def _view(self) -> PlaneView | DigitsView:
        return self.plane if self._experiment.world == "plane" else self.digits

    # What is wanted

    def fields(self) -> tuple[FieldRequest, ...]:
        """The functions of the plane to be computed for the layers in view."""
        return self._view.fields() if self.isVisible() else ()

    def samples_wanted(self) -> int:
        """How many frozen-noise samples to draw."""
        return self._view.samples_wanted() if self.isVisible() else 0

    # Drawing

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Draw a snapshot of the open run; others are ignored."""
        current = self._experiment.run_id
        if snapshot.world != self._experiment.world or (current is not None and snapshot.run_id != current):
            return
        if snapshot.run_id != self._run_id:
            self._new_run()
            self._run_id = snapshot.run_id
        moved = snapshot.step != self._decoded_step
        if moved and (snapshot.state != "running" or time.monotonic() - self._decoded_at >= _DECODE_EVERY):
            self._decoded_step = snapshot.step
            self._decode()
        self._view.render(snapshot)
        if snapshot.samples_label != self._label:
            self._label = snapshot.samples_label
            self._hint()

    def mark(self, sample: int) -> None:
        """Follow one sample (−1: none)."""
        self._view.mark(sample)

    def _restyle(self) -> None:
        gap = self._theme.space(3)
        self._layout.setContentsMargins(gap, self._theme.space(2), gap, self._theme.space(2))
        self._layout.setSpacing(self._theme.space(2))
        self.pencil.setIcon(self._theme.icon("route"))

    def _open(self, *_: object) -> None:
        experiment = self._experiment
        plane = experiment.world == "plane"
        self._pages.setCurrentWidget(self._view)
        self._foot.setVisible(plane)
        self.sentence.say(sentence(experiment.card, experiment.world, experiment.data, MOST_POINTS))
        self.sentence.set_on(experiment.stage.layers)
        absent = missing(experiment.card, experiment.world, experiment.data)
        self.scrubber.setVisible(bool(experiment.stage.layers & set(MOMENTS) - set(absent)))
        self._hint()
        self._view.open()
        self._say_time()
        self.request_changed.emit()

    def _show_time(self) -> None:
        self._view.show_time()
        self._say_time()

    def _say_time(self) -> None:
        moments = self._view.moments
        self.scrubber.say(moments.words())
        self.trouble.setText(moments.trouble)
        self.trouble.setVisible(bool(moments.trouble))

    def _new_run(self, *_: object) -> None:
        self._run_id = self._experiment.run_id
        self._reading = None
        self._asker.forget()
        self._decoder.forget()
        self._z = ()
        self._view.new_run()
        self._view.show_decode(None)
        self.request_changed.emit()

    # Layers

    def _switch(self, layer: str, on: bool) -> None:
        switch_layer(self._experiment, self._actions, layer, on)
        self.sentence.set_on(self._experiment.stage.layers)

    # Reading values

    def _hover(self, x: float, y: float) -> None:
        experiment = self._experiment
        law = experiment.data.law
        true = float(law.log_prob(np.array([[x, y]]))[0]) if law is not None else None
        old = self._reading
        self._reading = Reading(x, y, true, old.learned if old else None, old.energy if old else None, True)
        self._show_reading()
        has = experiment.card.capabilities_in(experiment.world)
        at = np.array([[x, y]])

        def question() -> Any:
            return experiment.ask(lambda model: _values(model, at, "energy" in has))

        self._asker.put((x, y), question)

    def _answered(self, at: tuple[float, float], values: tuple[float | None, float | None]) -> None:
        reading = self._reading
        if reading is not None:
            waiting = at != (reading.x, reading.y)
            self._reading = Reading(reading.x, reading.y, reading.true, values[0], values[1], waiting)
            self._show_reading()

    def _show_reading(self) -> None:
        if self._reading is not None:
            density = self._experiment.card.density.get("plane")
            self.readout.setText(reading_html(self._reading, density, self._theme.tokens))

    def _leave(self) -> None:
        self._reading = None
        self._hint()

    def _say_region(self, text: str, methods: str) -> None:
        """What the drawn region holds, or how to draw one."""
        self._region = text
        self.pencil.setChecked(self._experiment.region.tool)
        self.readout.setToolTip(methods)
        self._hint()

    def _hint(self) -> None:
        """What the mouse does; in one line where the scrubber takes room from the picture."""
        if self._reading is None and self._region:
            self.readout.setText(self._region)
        elif self._reading is None:
            names, label = self._experiment.data.class_names, self._label
            of = "" if label is None or label >= len(names) else f"Samples of class {names[label]} only. "
            self.readout.setText(of + (_HINT if self.scrubber.isHidden() else _SHORT_HINT))

    # The latent code, in the data space

    def _latent(self, *_: object) -> None:
        latent = self._experiment.latent
        self._view.show_latent()
        if not latent.dim:
            self._z = ()
            self._view.show_decode(None)
        elif latent.z != self._z:
            first, self._z = not self._z, latent.z
            # The code of a new run is not the user's choice yet: nothing is marked until it is moved.
            self._moved_code = not first or any(latent.z)
            self._decode()

    def _decode(self) -> None:
        """Ask where the code decodes to; that moves with the code, and as the model learns."""
        if self._z and self._moved_code:
            self._decoded_at = time.monotonic()
            z = np.array([self._z])
            self._decoder.put(self._z, lambda: self._experiment.query("decode", z))

    def _decoded(self, _z: object, x: NDArray[np.float64]) -> None:
        self._view.show_decode(x[0])

    def close_threads(self) -> None:
        """End the background threads of the views."""
        self.plane.close_truth()
        self.digits.close_search()


def _values(model: Any, at: NDArray[np.float64], energy: bool) -> tuple[float | None, float | None]:
    """log p and energy of one point, in the training thread."""
    from genplay.models.base import HasDensity
    from genplay.training import queries

    known = isinstance(model, HasDensity)
    learned = float(queries.log_prob(model, at)[0]) if known else None
    return learned, float(queries.energy(model, at)[0]) if energy else None
