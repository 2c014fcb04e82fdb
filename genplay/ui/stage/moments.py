"""What is on its way between noise and data, asked of the model now and then: paths of samples, a warped grid, noised data."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from genplay.spaces.plane import Box
from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk

__all__ = ["Moments", "grid_lines"]

Array = NDArray[np.float64]

_EVERY = 1.0
"""Seconds between questions while the model trains."""

_TITLES = {"paths": "paths", "warp": "warped grid", "noised": "noised data"}
_ASKED = tuple(_TITLES)
_NO_NUMBER = "Some of it came out as no number: the model has gone too far. Rewind, or lower the learning rate and train on."
_LINES, _POINTS = 17, 61
"""A warped grid has so many lines each way, of so many points."""


def grid_lines(box: Box) -> Array:
    """The lines of a regular grid, upright ones first, (2 · lines, points, 2)."""
    along = np.linspace(0.0, 1.0, _POINTS)
    at = np.linspace(0.0, 1.0, _LINES)
    fixed, free = np.meshgrid(at, along, indexing="ij")
    upright = np.stack([box.x0 + fixed * box.width, box.y0 + free * box.height], axis=-1)
    level = np.stack([box.x0 + free * box.width, box.y0 + fixed * box.height], axis=-1)
    return np.concatenate([upright, level])


class Moments(QObject):
    """Keeps the answers for one view; ``changed`` when there is something new to draw, or to say of what cannot be drawn.

    ``samples``: how many samples are followed; ``points``: how many training points are noised.
    """

    changed = Signal()

    def __init__(self, experiment: Any, samples: int, points: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._samples, self._points = samples, points
        self._answers: dict[str, Any] = {}
        self._troubles: dict[str, str] = {}
        self._asked: dict[str, tuple[object, ...]] = {}
        self._asked_at: dict[str, float] = {}
        self._askers: dict[str, LatestAsk] = {}
        for name in _ASKED:
            asker = self._askers[name] = LatestAsk(self)
            asker.answered.connect(lambda tag, answer, name=name: self._take(name, tag, answer))
            asker.failed.connect(lambda tag, reason, name=name: self._fail(name, tag, reason))

    def keep(self, layers: frozenset[str], snapshot: Snapshot | None) -> None:
        """Ask for what is shown and no longer fresh; forget what is not shown."""
        for name in _ASKED:
            if name not in layers:
                self._answers.pop(name, None)
                self._asked.pop(name, None)
                self._troubles.pop(name, None)
            elif snapshot is not None and snapshot.run_id == self._experiment.run_id:
                self._refresh(name, snapshot)

    def _refresh(self, name: str, snapshot: Snapshot) -> None:
        experiment, resting = self._experiment, snapshot.state != "running"
        if experiment.bench.opening or snapshot.state in ("building", "failed", "closed"):
            return
        state = (snapshot.run_id, snapshot.step, snapshot.phase, resting)
        # What the hand moves is followed at once, what training moves about once a second.
        by_hand = (id(experiment.data), experiment.subject.t if name == "noised" else 0.0)
        old, now = self._asked.get(name), time.monotonic()
        moved = old is None or old[1] != by_hand
        stale = old is None or old[0] != state
        if moved or (stale and (resting or now - self._asked_at[name] >= _EVERY)):
            self._asked[name], self._asked_at[name] = (state, by_hand), now
            self._askers[name].put((snapshot.run_id, name), lambda: self._question(name))

    def _question(self, name: str) -> Any:
        experiment = self._experiment
        if name == "paths":
            return experiment.query("trajectory", self._samples, 0)
        if name == "warp":
            return experiment.query("stages", grid_lines(experiment.data.box).reshape(-1, 2))
        x = np.asarray(experiment.data.x_train[: self._points], np.float64)
        return experiment.query("noised", x, 1.0 - experiment.subject.t)

    def _take(self, name: str, tag: tuple[int, str], answer: Any) -> None:
        states = answer[0] if name == "paths" else answer
        if not np.isfinite(states).all():
            self._fail(name, tag, _NO_NUMBER)
        elif tag[0] == self._experiment.run_id and name in self._asked:
            self._answers[name] = answer
            self._troubles.pop(name, None)
            self.changed.emit()

    def _fail(self, name: str, tag: tuple[int, str], reason: str) -> None:
        """Nothing is drawn that is not so now, and it is said why; told once, however often it is asked again."""
        if tag[0] == self._experiment.run_id and name in self._asked:
            said = f"The {_TITLES[name]} cannot be shown. {reason}"
            if self._troubles.get(name) != said:
                self._answers.pop(name, None)
                self._troubles[name] = said
                self.changed.emit()

    def forget(self) -> None:
        """Drop everything: another run is open."""
        for asker in self._askers.values():
            asker.forget()
        self._answers, self._asked, self._troubles = {}, {}, {}

    # What there is to draw

    @property
    def paths(self) -> Array | None:
        """All states of the followed samples, (states, n, d), noise first."""
        found = self._answers.get("paths")
        return None if found is None else found[0]

    def samples_now(self) -> Array | None:
        """The followed samples at the moment, (n, d): between two states on the plane, the nearer one of images."""
        paths = self.paths
        if paths is None:
            return None
        place = self._experiment.subject.t * (len(paths) - 1)
        if self._experiment.world == "digits":
            return np.asarray(paths[round(place)])
        return _between(paths, place)

    @property
    def warp(self) -> Array | None:
        """The points of the grid after each layer, data first, (layers + 1, n, 2)."""
        found: Array | None = self._answers.get("warp")
        return found

    def warp_now(self) -> Array | None:
        """The lines of the grid at the moment, (lines, points, 2): at t = 1 still regular."""
        stages = self.warp
        if stages is None:
            return None
        place = (1.0 - self._experiment.subject.t) * (len(stages) - 1)
        return _between(stages, place).reshape(2 * _LINES, _POINTS, 2)

    @property
    def noised(self) -> Array | None:
        """The first training points on their way to noise, (n, d)."""
        found: Array | None = self._answers.get("noised")
        return found

    @property
    def trouble(self) -> str:
        """Why something that is switched on is not drawn, in sentences; '' if all is there."""
        return " ".join(self._troubles.values())

    def words(self) -> str:
        """Which moment it is, for the layers that are shown."""
        t, parts = self._experiment.subject.t, []
        found = self._answers.get("paths")
        if found is not None:
            steps = found[1]
            parts.append(f"step {steps[round(t * (len(steps) - 1))]:,} of {steps[-1]:,}")
        if self.warp is not None:
            last = len(self.warp) - 1
            parts.append(f"layer {round((1 - t) * last)} of {last}")
        return " · ".join([f"t = {t:.2f}", *parts])


def _between(states: Array, place: float) -> Array:
    """The state at a place between two of them, (n, d)."""
    i = min(int(place), max(len(states) - 2, 0))
    if len(states) == 1:
        return np.asarray(states[0])
    return np.asarray(states[i] + (states[i + 1] - states[i]) * (place - i))
