"""A region of the plane that the user drew, and what it holds under the model and under the truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from genplay.errors import BadInput
from genplay.lab.params import Points
from genplay.training.jobs import Cancelled, Job, Jobs

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.metrics.region import Masses
    from genplay.training.snapshot import Snapshot

__all__ = ["Region"]

Array = NDArray[np.float64]
EVERY = 1.0
"""Seconds between two measurements while the model trains."""


class Region:
    """``changed`` tells of another region, another result, and of the tool being taken or laid down.

    ``loop`` (m, 2) are the corners, ``masses`` the newest result, of the model after ``step`` steps, ``trouble`` why there is none.
    """

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.loop: Array | None = None
        self.masses: Masses | None = None
        self.trouble = ""
        self.step = 0
        self.tool = False
        self._jobs = Jobs("genplay-region", "background")
        self._job: Job[Masses] | None = None
        self._measured_at = 0.0
        self._wanted: tuple[object, ...] = ()
        experiment.world_changed.connect(self._leave)
        experiment.data_changed.connect(self._again)
        experiment.run_changed.connect(self._again)

    def take(self, on: bool | None = None) -> None:
        """Take the tool in hand, or lay it down (None: the other of the two)."""
        tool = not self.tool if on is None else on
        if tool != self.tool:
            self.tool = tool
            self.changed.emit()

    def measure(self, points: Points | None = None) -> Future[Masses] | None:
        """Measure a loop of corners; two points are opposite corners of a rectangle; none forgets the region."""
        if points is None:
            self._forget()
            return None
        loop = np.array(points, np.float64)
        if len(loop) == 2:
            (x0, y0), (x1, y1) = loop
            loop = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        if len(loop) < 3 or not (np.ptp(loop, axis=0) > 0).all():
            raise BadInput("stage.measure: points needs two opposite corners, or a loop of three or more.")
        self.loop, self.masses, self.trouble = loop, None, ""
        return self._ask()

    def follow(self, snapshot: Snapshot) -> None:
        """Measure again where the model has been trained on: at rest at once, else about once a second."""
        if self.loop is None or self._wanted == (snapshot.run_id, snapshot.step):
            return
        busy = self._job is not None and not self._job.future.done()
        soon = snapshot.state == "running" and time.monotonic() - self._measured_at < EVERY
        if not busy and not soon and snapshot.state in ("running", "paused", "finished", "ready"):
            self._ask()

    def _ask(self) -> Future[Masses]:
        loop, data = self.loop, self._experiment.data
        copied = self._experiment.query("copy")
        snapshot = self._experiment.bench.latest()
        step = snapshot.step if snapshot is not None else 0
        self._wanted = (self._experiment.run_id, step)
        self._measured_at = time.monotonic()
        if self._job is not None:
            self._job.cancel()
        answer: Future[Masses] = Future()
        outcome: Future[Masses | str] = Future()

        def work(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Masses:
            from genplay.metrics.region import masses
            from genplay.metrics.watch import Watch
            from genplay.training.device import single_thread

            single_thread()
            assert loop is not None
            return masses(copied.result(), data, loop, watch=Watch(progress, cancelled))

        def begin(_: Future[Any]) -> None:
            self._job = self._jobs.submit(work, "Mass of the region")
            self._job.future.add_done_callback(settle)

        def settle(done: Future[Masses]) -> None:
            error = None if done.cancelled() else done.exception()
            if done.cancelled() or isinstance(error, Cancelled):
                answer.cancel()
            elif error is not None:
                outcome.set_result(str(error))
                answer.set_exception(error)
            else:
                outcome.set_result(done.result())
                answer.set_result(done.result())

        def take(found: Masses | str) -> None:
            if self.loop is loop:
                self.trouble = found if isinstance(found, str) else ""
                self.masses, self.step = None if isinstance(found, str) else found, step
                self.changed.emit()

        copied.add_done_callback(begin)
        self.changed.emit()
        self._experiment.later(outcome, take)
        return answer

    def _again(self, *_: object) -> None:
        """Other data or another run: the region stays, what it holds is not known any more."""
        if self.loop is not None:
            self.masses, self._wanted = None, ()
            self.changed.emit()

    def _leave(self, *_: object) -> None:
        """Another world: the tool is laid down, too."""
        self.take(False)
        self._forget()

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
        if self.loop is not None:
            self.loop = self.masses = None
            self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        if self._job is not None:
            self._job.cancel()
        self._jobs.close()
