"""The thread of a race: up to four runs that train at once with equal shares of its time.

Every method may be called from any thread and returns at once. For each lane the mailbox holds the latest snapshot only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure
from genplay.models.base import Model
from genplay.training.checkpoint import Checkpoint
from genplay.training.command_thread import CommandThread
from genplay.training.device import choose
from genplay.training.entrant import Entrant
from genplay.training.jobs import Jobs
from genplay.training.lanes import Lanes, building
from genplay.training.plan import RunPlan, check_data
from genplay.training.session import Session
from genplay.training.shares import MOST_LANES
from genplay.training.snapshot import Snapshot, ViewRequest

__all__ = ["RaceWorker"]

T = TypeVar("T")


@dataclass
class _Entry:
    """One lane as the callers' side knows it: how it was planned, where it began, its newest snapshot."""

    plan: RunPlan
    start: Checkpoint | None
    latest: Snapshot


class RaceWorker:
    """One daemon thread with up to four runs; each turn goes to the lane that has had the least time."""

    def __init__(self) -> None:
        # Written by the callers' side, under the lock.
        self._entries: dict[int, _Entry] = {}
        self._run_id = 0
        self._running = False
        self._limit: float | None = None
        self._request = ViewRequest()
        self._jobs = Jobs("genplay-race-laws", "background")
        # Owned by the thread.
        self._lanes = Lanes(self._jobs, self._publish)
        self._thread = CommandThread("genplay-race", self._turn, self._lanes.close)
        self._thread.begin()

    # Lanes

    def open(self, plans: Sequence[RunPlan]) -> tuple[int, ...]:
        """Leave every lane and make these ready; returns their run ids, in order. ``BadInput`` with nothing changed."""
        return self.bring([Entrant(plan) for plan in plans])

    def bring(self, entrants: Sequence[Entrant]) -> tuple[int, ...]:
        """The same with runs that go on from where they stood."""
        if not 1 <= len(entrants) <= MOST_LANES:
            raise BadInput(f"A race has 1 to {MOST_LANES} models, not {len(entrants)}.")
        for entrant in entrants:
            entrant.plan.checked()
            choose(entrant.plan.device)
        with self._thread.wake:
            self.clear()
            return tuple(self._put(entrant) for entrant in entrants)

    def add(self, plan: RunPlan, checkpoint: Checkpoint | None = None) -> int:
        """A further lane, from its start or from a checkpoint; where the race runs, it runs too."""
        plan.checked()
        choose(plan.device)
        with self._thread.wake:
            if len(self._entries) >= MOST_LANES:
                raise BadInput(f"A race has at most {MOST_LANES} models: remove one first.")
            run_id = self._put(Entrant(plan, checkpoint, checkpoint))
            if self._running:
                self._one(run_id, lambda session: session.start())
            return run_id

    def remove(self, run_id: int) -> None:
        """Take a lane away."""
        with self._thread.wake:
            self._known(run_id)
            del self._entries[run_id]
            self._thread.post(partial(self._lanes.close, run_id))

    def reset(self) -> tuple[int, ...]:
        """Every lane back to its start, with present knobs and data, as new runs; returns their ids, in order."""
        with self._thread.wake:
            old = list(self._entries.values())
            self.clear()
            return tuple(self._put(Entrant(entry.plan, entry.start, entry.start)) for entry in old)

    def clear(self) -> None:
        """Leave every lane."""
        with self._thread.wake:
            self._running = False
            self._entries.clear()
            self._thread.post(self._lanes.close)

    def obeyed(self) -> Callable[[], bool]:
        """To be asked later: whether all that was said until now has been done; before that, snapshots lag behind."""
        return self._thread.obeyed()

    def close(self, timeout: float | None = 10.0) -> None:
        """End the thread; whoever still waits for an answer gets ``Failure``."""
        self._thread.stop()
        self._jobs.close(timeout)
        self._thread.close(timeout)

    # Training

    def start(self) -> None:
        """Train every lane until paused, finished or stopped."""
        self._running = True
        self._each(lambda session: session.start())

    def pause(self) -> None:
        """Stop every lane after its present step; views are then refined."""
        self._running = False
        self._each(lambda session: session.pause())

    def step(self, n: int = 1) -> None:
        """n steps of every lane, then pause."""
        if n < 1:
            raise BadInput(f"The number of steps must be at least 1, not {n}.")
        self._running = False
        self._each(lambda session: session.start(steps=n))

    def stop_after(self, seconds: float | None) -> None:
        """Pause each lane, once, at so many seconds of its own training; None: do not."""
        if seconds is not None and not 0 < seconds < float("inf"):
            raise BadInput(f"The seconds must be more than 0, not {seconds}.")
        with self._thread.wake:
            self._limit = seconds
            self._each(lambda session: session.stop_after(seconds))

    # Changes

    def set_knob(self, run_id: int, name: str, value: object) -> None:
        """Change a live knob of one lane's model; ``BadInput`` at once if it is unknown, out of range or needs a restart."""
        with self._thread.wake:
            entry = self._known(run_id)
            entry.plan = entry.plan.with_knob(name, value)
        self._one(run_id, lambda session: session.set_knob(name, value))

    def set_recipe(self, run_id: int, name: str, value: object) -> None:
        """Change a live knob of one lane's recipe; ``BadInput`` as for ``set_knob``."""
        with self._thread.wake:
            entry = self._known(run_id)
            entry.plan = entry.plan.with_recipe(name, value)
        self._one(run_id, lambda session: session.set_recipe(name, value))

    def set_data(self, data: Data) -> Mapping[int, str]:
        """Train every lane on other data.

        Returns, by run id, why a lane keeps those it has: it was not built for these. A reset takes them in.
        """
        refused: dict[int, str] = {}
        with self._thread.wake:
            for entry in self._entries.values():
                check_data(data, entry.plan.world)
            for run_id, entry in self._entries.items():
                try:
                    entry.plan = entry.plan.with_data(data)
                except BadInput as error:
                    refused[run_id] = str(error)
                    # What a reset will build; the session keeps its own.
                    entry.plan = dataclasses.replace(entry.plan, data=data)
                else:
                    self._one(run_id, lambda session: session.set_data(data))
        return refused

    # Looking

    def want(self, request: ViewRequest) -> None:
        """Say what the visible views want computed, the same of every lane."""
        with self._thread.wake:
            if request == self._request:
                return
            self._request = request
            self._thread.post(lambda: self._lanes.want(request))

    def latest(self) -> tuple[Snapshot, ...]:
        """The newest snapshot of each lane, in lane order."""
        with self._thread.wake:
            return tuple(entry.latest for entry in self._entries.values())

    def checkpoint(self, run_id: int) -> Future[Checkpoint]:
        """Where a lane stands, with a history of its own."""
        self._known(run_id)
        return self._thread.request(lambda: _checkpoint(self._session(run_id)))

    def start_of(self, run_id: int) -> Checkpoint | None:
        """Where a reset takes a lane; None: to its beginning."""
        return self._known(run_id).start

    def ask(self, run_id: int, fn: Callable[[Model], T]) -> Future[T]:
        """Run fn(model) of a lane between turns, without gradients."""
        self._known(run_id)
        return self._thread.request(lambda: self._session(run_id).look(fn))

    # The callers' side

    def _put(self, entrant: Entrant) -> int:
        self._run_id += 1
        run_id, limit, plan = self._run_id, self._limit, entrant.plan
        self._entries[run_id] = _Entry(plan, entrant.start, building(run_id, plan, choose(plan.device).type))
        self._thread.post(lambda: self._lanes.open(run_id, plan, entrant.at))
        if limit is not None:
            self._one(run_id, lambda session: session.stop_after(limit))
        return run_id

    def _known(self, run_id: int) -> _Entry:
        if run_id not in self._entries:
            raise Failure("This lane is no longer in the race.")
        return self._entries[run_id]

    def _each(self, act: Callable[[Session], None]) -> None:
        self._thread.post(lambda: self._lanes.each(act))

    def _one(self, run_id: int, act: Callable[[Session], None]) -> None:
        self._thread.post(lambda: self._lanes.one(run_id, act))

    # The thread's side

    def _session(self, run_id: int) -> Session:
        session = self._lanes.session(run_id)
        if session is None:
            raise Failure("There is no model to ask: this lane could not be built.")
        return session

    def _publish(self, snapshot: Snapshot) -> None:
        with self._thread.wake:
            entry = self._entries.get(snapshot.run_id)
            if entry is not None:
                entry.latest = snapshot

    def _turn(self) -> float | None:
        return self._lanes.turn(self._thread.interrupted)


def _checkpoint(session: Session) -> Checkpoint:
    found = session.trainer.checkpoint()
    return dataclasses.replace(found, history=found.history.copy())
