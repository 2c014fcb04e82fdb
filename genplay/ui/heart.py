"""The heartbeat: the one timer that draws. It asks for the newest snapshot and hands it to the views.

While a run goes on, it beats 30 times a second; when nothing has changed for a while, four times, which costs next to
nothing and still brings in what ends late.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from genplay.lab.experiment import Experiment
from genplay.training.snapshot import Snapshot

__all__ = ["Heart", "View"]

BEAT_MS = 33
IDLE_MS = 250
AWAKE_SECONDS = 1.5
CURVES_EVERY = 0.1


class View(Protocol):
    """What can draw a snapshot."""

    def render(self, snapshot: Snapshot) -> None:
        """Draw it."""
        ...


class Heart(QObject):
    """``drew`` is emitted after a snapshot has been handed to the views, with the milliseconds that took.

    ``recording`` collects what there was to draw, beat by beat; ``replay`` draws such a collection again, in the same rhythm
    and round and round, in place of what the run says: for measuring what the same drawing costs without training.
    """

    drew = Signal(float)

    def __init__(
        self,
        experiment: Experiment,
        views: tuple[View, ...],
        slow: tuple[View, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._views = views
        self._slow = slow
        self._last: Snapshot | None = None
        self._slow_last: Snapshot | None = None
        self._slow_at = 0.0
        self._awake_until = 0.0
        self._every: list[tuple[float, Callable[[], object], float]] = []
        self.recording: list[Snapshot] | None = None
        self.replay: list[Snapshot] = []
        self._replayed = 0
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.timeout.connect(self.beat)

    def start(self) -> None:
        self.wake()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def interval(self) -> int:
        """Milliseconds between beats now."""
        return self._timer.interval()

    def wake(self, *_: object) -> None:
        """Something has happened: beat quickly for a while."""
        self._awake_until = time.monotonic() + AWAKE_SECONDS
        if not self._timer.isActive() or self._timer.interval() != BEAT_MS:
            self._timer.start(BEAT_MS)

    def redraw(self, *_: object) -> None:
        """Draw the present snapshot again at the next beat (another theme, a panel that was hidden)."""
        self._last = self._slow_last = None
        self.wake()

    def each(self, seconds: float, call: Callable[[], object]) -> None:
        """Call something about this often from the beat."""
        self._every.append((seconds, call, 0.0))

    def beat(self) -> None:
        """Take the newest snapshot and draw it where it is new."""
        now = time.monotonic()
        snapshot = self._experiment.snapshot()
        if self.replay:
            self._draw(self.replay[self._replayed % len(self.replay)], now)
            self._replayed += 1
        elif snapshot is not None:
            if self.recording is not None:
                self.recording.append(snapshot)
            self._draw(snapshot, now)
        for i, (seconds, call, at) in enumerate(self._every):
            if now - at >= seconds:
                self._every[i] = (seconds, call, now)
                call()
        running = snapshot is not None and snapshot.state in ("running", "building")
        quick = running or self._experiment.race.running or bool(self.replay) or now < self._awake_until
        if self._timer.interval() != (BEAT_MS if quick else IDLE_MS):
            self._timer.setInterval(BEAT_MS if quick else IDLE_MS)

    def _draw(self, snapshot: Snapshot, now: float) -> None:
        begin = time.perf_counter()
        drawn = False
        if snapshot is not self._last:
            self._last = snapshot
            drawn = True
            for view in self._views:
                view.render(snapshot)
        resting = snapshot.state != "running"
        if snapshot is not self._slow_last and (resting or now - self._slow_at >= CURVES_EVERY):
            self._slow_last, self._slow_at = snapshot, now
            drawn = True
            for view in self._slow:
                view.render(snapshot)
        if drawn:
            self._awake_until = max(self._awake_until, now + 0.3)
            self.drew.emit((time.perf_counter() - begin) * 1000)
