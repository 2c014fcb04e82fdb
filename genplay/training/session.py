"""One run as the training thread sees it: its state, its pace, its views, and the snapshots it makes of itself.

States: ready → running ⇄ paused, running → finished or failed; a failed run can be trained on from its last good
parameters. Everything here is called from one thread.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from types import MappingProxyType
from typing import TypeVar

from genplay.datasets.base import Data, Law
from genplay.models.base import Model
from genplay.quantity import Quantity
from genplay.training.checkpoint import State
from genplay.training.health.checkup import Checkup
from genplay.training.health.explain import explain
from genplay.training.jobs import Job, Jobs
from genplay.training.refresh import Refresher
from genplay.training.snapshot import RunState, Snapshot, ViewRequest
from genplay.training.trainer import Diverged, Trainer
from genplay.training.views import classes_of

__all__ = ["Session"]

T = TypeVar("T")

SLICE = 0.02
"""Seconds of training between looks at the views, at least."""
LONG_SLICE = 0.1
"""As long as no view is due: every interruption costs more than it takes, since the training then finds its caches cold."""

_SLOW = 5.0
_RATE_WINDOW = 1.0


class Session:
    """A trainer with a state. ``turn`` does a little of what there is to do and says how long to wait for the next."""

    def __init__(
        self,
        run_id: int,
        trainer: Trainer,
        request: ViewRequest,
        jobs: Jobs,
        publish: Callable[[Snapshot], None],
        long_slice: float = SLICE,
    ) -> None:
        self.run_id = run_id
        self.trainer = trainer
        self._request = request
        self._jobs = jobs
        self._send = publish
        self._long_slice = long_slice
        self._state: RunState = "ready" if trainer.step_count == 0 else "paused"
        self._message = ""
        self._stop: int | None = None
        self._steps_until: int | None = None
        self._seconds_until: float | None = None
        self._speed: float | None = None
        self._due = 0.0
        self._version = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._entropy: Job[Quantity] | None = None
        self._refresher = Refresher(trainer, request)
        self._checkup = Checkup(trainer)
        self._measure_entropy()
        if trainer.finished:
            self._state = "finished"
        self.publish()

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def checkup(self) -> Checkup:
        """The health of the run as it has been followed."""
        return self._checkup

    # What the user says

    def start(self, steps: int | None = None) -> None:
        """Train, for so many steps or until something stops it."""
        self._message = ""
        if steps is None:
            self._steps_until = None
        else:
            from_step = self._steps_until if self._state == "running" and self._steps_until else None
            self._steps_until = (self.trainer.step_count if from_step is None else from_step) + steps
        self._set("finished" if self.trainer.finished else "running")

    def pause(self) -> None:
        if self._state == "running":
            self._set("paused")

    def substep(self) -> None:
        self._message = ""
        if self.trainer.finished:
            self._set("finished")
            return
        self.trainer.substep()
        self._changed()
        self._set("finished" if self.trainer.finished else "paused")

    def stop_at(self, step: int | None) -> None:
        self._stop = step
        if step is not None and step <= self.trainer.step_count:
            self._stop = None
            self.pause()

    def stop_after(self, seconds: float | None) -> None:
        """Pause once, at so many seconds of training; None, or what is past: do not."""
        past = seconds is not None and seconds <= self.trainer.seconds
        self._seconds_until = None if past else seconds

    def set_speed(self, steps_per_second: float | None) -> None:
        self._speed = steps_per_second
        self._due = time.perf_counter()

    def set_knob(self, name: str, value: object) -> None:
        self.trainer.set_knob(name, value)
        self._work_again()

    def set_recipe(self, name: str, value: object) -> None:
        self.trainer.set_recipe(name, value)
        self._changed()
        self.publish()

    def set_data(self, data: Data) -> None:
        """Other data: a run that has not begun is built anew, so that it is the run it would have been."""
        if self.trainer.step_count == 0 and not self.trainer.within_step and self._state != "running":
            self.trainer = Trainer(self.trainer.plan.with_data(data))
            self._refresher = Refresher(self.trainer, self._request)
            self._checkup = Checkup(self.trainer)
        else:
            self.trainer.set_data(data)
        self._measure_entropy()
        self._work_again()

    def alter(self, change: Callable[[Model], None], what: str) -> None:
        """Change the model by hand; nothing is trained for it."""
        self.trainer.alter(change, what)
        self._changed()
        if self._state == "finished" and not self.trainer.finished:
            self._set("paused")
        else:
            self.publish()

    def load_state(self, state: State) -> None:
        self.trainer.load_state(state)
        self._changed()
        self._set("paused")

    def want(self, request: ViewRequest) -> None:
        self._request = request
        self._refresher.want(request)
        self.publish()

    def look(self, fn: Callable[[Model], T]) -> T:
        """fn of the model as views see it."""
        with self.trainer.viewing() as model:
            return fn(model)

    def fail(self, error: BaseException) -> None:
        """Stop with a message; the last good parameters are kept."""
        if not isinstance(error, Diverged):
            self.trainer.recover()
        self._message = explain(error)
        if isinstance(error, Diverged):
            self._checkup.stopped(self._message)
        self._changed()
        self._set("failed")

    def close(self) -> None:
        self._set("closed")

    def _work_again(self) -> None:
        """After a change: a model that had finished may have more to do."""
        self._changed()
        self._set("running" if self._state == "finished" and not self.trainer.finished else self._state)

    # What the thread does

    def turn(self, interrupted: Callable[[], bool]) -> float | None:
        """Train a slice, or work on views; return the seconds to wait (0: go on at once, None: nothing to do)."""
        if self._state != "running":
            if not self._refresher.rest(self._version) and not self._look_at_rest():
                return self._poll_entropy()
            self.publish()
            return 0.0
        now = time.perf_counter()
        if self._speed is not None and now < self._due:
            if self._refresher.rest(self._version):
                self.publish()
                return 0.0
            return max(0.0, self._due - time.perf_counter())
        if self._refresher.busy:
            self._refresher.share(self._version)
        else:
            self._slice(now, interrupted)
        self.publish()
        return 0.0

    def _slice(self, now: float, interrupted: Callable[[], bool]) -> None:
        trainer = self.trainer
        ends = [step for step in (self._stop, self._steps_until) if step is not None]
        left = min(ends) - trainer.step_count if ends else None
        if left is None or left > 0:
            if self._speed is None:
                length = max(SLICE, min(self._refresher.due_in(), self._long_slice))
                trainer.advance(left, now + min(length, self._seconds_left()), interrupted)
            else:
                self._paced(self._speed, left, now, interrupted)
            self._changed()
        if trainer.finished:
            self._set("finished")
        elif ends and trainer.step_count >= min(ends):
            if self._stop is not None and trainer.step_count >= self._stop:
                self._stop = None
            self._set("paused")
        elif self._seconds_left() <= 0:
            self._seconds_until = None
            self._set("paused")
        else:
            self._refresher.earn(time.perf_counter() - now)
            self._refresher.share(self._version)
            self._check_health()

    def _seconds_left(self) -> float:
        return math.inf if self._seconds_until is None else self._seconds_until - self.trainer.seconds

    def _paced(self, speed: float, left: int | None, now: float, interrupted: Callable[[], bool]) -> None:
        """Slow motion: below a few steps a second, phase by phase, so that each can be seen."""
        trainer = self.trainer
        if speed <= _SLOW and trainer.substeps > 1:
            trainer.substep()
            self._due = max(self._due + 1 / (speed * trainer.substeps), now - 0.1)
            return
        owed = 1 + int((now - self._due) * speed)
        done = trainer.advance(owed if left is None else min(owed, left), now + SLICE, interrupted)
        self._due = max(self._due + done / speed, now - 0.1)

    def _set(self, state: RunState) -> None:
        if state != "running":
            self._steps_until = None
            self._marks.clear()
        elif self._state != "running":
            self._due = time.perf_counter()
            self._marks.clear()
        self._state = state
        self.publish()

    def _changed(self) -> None:
        self._version += 1

    def _check_health(self) -> None:
        """What a look at the health costs is paid for by the views."""
        views = self._refresher
        self._checkup.offer(views.samples_step, views.samples)
        views.pay(self._checkup.look())

    def _look_at_rest(self) -> bool:
        """The next rule that has not judged the run as it rests now; False when all have, or it has failed."""
        if self._state not in ("paused", "finished"):
            return False
        self._checkup.offer(self._refresher.samples_step, self._refresher.samples)
        return self._checkup.rest(self._version)

    # The entropy of the law may take a second; it is measured beside the training.

    def _measure_entropy(self) -> None:
        law: Law | None = self.trainer.plan.data.law
        if self._entropy is not None:
            self._entropy.cancel()
        self._entropy = None
        if law is not None:
            entropy = law.entropy
            self._entropy = self._jobs.submit(lambda *_: entropy(), "entropy of the data")

    def _poll_entropy(self) -> float | None:
        """How long to wait at rest: until the entropy is there, then for good."""
        if self._entropy is not None and not self._entropy.future.done():
            return 0.1
        self.publish()
        return None

    # Snapshots

    def publish(self) -> None:
        """Put a frozen picture of the run into the mailbox."""
        trainer, views = self.trainer, self._refresher
        message = self._message or views.trouble
        self._send(
            Snapshot(
                run_id=self.run_id,
                state=self._state,
                world=trainer.plan.world,
                model=trainer.plan.card.id,
                step=trainer.step_count,
                seconds=trainer.seconds,
                steps_per_second=self._rate(),
                device=trainer.device.type,
                terms=MappingProxyType(trainer.terms),
                history=trainer.history,
                nll_train=views.nll.get("train"),
                nll_test=views.nll.get("test"),
                entropy=self._known_entropy(),
                fields=MappingProxyType(dict(views.fields)),
                samples=views.samples,
                samples_step=views.samples_step,
                samples_label=views.samples_label,
                classes=classes_of(trainer.model),
                gallery=views.gallery,
                phase=trainer.phase,
                message=message,
                health=self._checkup.findings,
                test_log_prob=views.test_log_prob,
                made_at=time.perf_counter(),
            )
        )

    def _known_entropy(self) -> Quantity | None:
        job = self._entropy
        if job is None or not job.future.done() or job.future.cancelled() or job.future.exception():
            return None
        return job.future.result()

    def _rate(self) -> float:
        """Steps a second over about the last second of running; 0 at rest."""
        if self._state != "running":
            return 0.0
        now, marks = time.perf_counter(), self._marks
        marks.append((now, self.trainer.step_count))
        while len(marks) > 2 and now - marks[0][0] > _RATE_WINDOW:
            marks.popleft()
        (then, first), elapsed = marks[0], now - marks[0][0]
        return (self.trainer.step_count - first) / elapsed if elapsed > 0 and then < now else 0.0
