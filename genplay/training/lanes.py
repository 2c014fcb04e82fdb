"""Several runs that train side by side in one thread, with equal shares of its time; a race as its thread sees it.

Training goes in turns of ``session.SLICE`` seconds (a step at least). Each lane's views are paid from what its own training
has earned, so views are shared as evenly as training is; lanes at rest refine theirs in a bounded share of what the others
train, and without bound when all rest.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from genplay.training.checkpoint import Checkpoint
from genplay.training.health.explain import explain
from genplay.training.history import History
from genplay.training.jobs import Jobs
from genplay.training.plan import RunPlan
from genplay.training.session import Session
from genplay.training.shares import Shares
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.training.trainer import Trainer

__all__ = ["Lanes", "building"]

_REST_SHARE = 0.1
_MOST_REST = 0.06
_RATE_SECONDS = 1.0


class _Lane:
    """One run: its session, how long it may rest-work, and when it has something to do at rest again."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.credit = _MOST_REST
        self.idle_until = 0.0
        self.marks: deque[tuple[float, int]] = deque()

    def rate(self, snapshot: Snapshot) -> float:
        """Steps a second of the lane's own training, over about the last second of it; 0 at rest."""
        if snapshot.state != "running":
            self.marks.clear()
            return 0.0
        marks = self.marks
        if not marks or snapshot.seconds > marks[-1][0]:
            marks.append((snapshot.seconds, snapshot.step))
        while len(marks) > 2 and snapshot.seconds - marks[0][0] > _RATE_SECONDS:
            marks.popleft()
        elapsed = marks[-1][0] - marks[0][0]
        return (marks[-1][1] - marks[0][1]) / elapsed if elapsed > 0 else 0.0


class Lanes:
    """Everything here is called from one thread; ``publish`` is told of every new snapshot."""

    def __init__(self, jobs: Jobs, publish: Callable[[Snapshot], None]) -> None:
        self._jobs = jobs
        self._send = publish
        self._lanes: dict[int, _Lane] = {}
        self._shares = Shares()
        self._request = ViewRequest()

    # Which lanes there are

    def open(self, run_id: int, plan: RunPlan, checkpoint: Checkpoint | None = None) -> None:
        """Build a run, from its start or from a checkpoint; one that cannot be built is told as failed."""
        try:
            trainer = Trainer(plan)
            if checkpoint is not None:
                # The run it was taken from goes on writing its own.
                trainer.resume(replace(checkpoint, history=checkpoint.history.copy()))
            session = Session(run_id, trainer, self._request, self._jobs, self._publish)
        except Exception as error:
            self._send(replace(building(run_id, plan, "cpu"), state="failed", message=explain(error)))
        else:
            self._lanes[run_id] = _Lane(session)

    def close(self, run_id: int | None = None) -> None:
        """Leave a run, or all."""
        for lane in [run_id] if run_id is not None else list(self._lanes):
            if lane in self._lanes:
                self._lanes.pop(lane).session.close()
                self._shares.leave(lane)

    def session(self, run_id: int) -> Session | None:
        """The session of a run; None if it is not there, or could not be built."""
        lane = self._lanes.get(run_id)
        return lane.session if lane is not None else None

    def sessions(self) -> Iterator[Session]:
        for lane in self._lanes.values():
            yield lane.session

    def each(self, act: Callable[[Session], None]) -> None:
        """Do something to every run; what goes wrong belongs to that run."""
        for session in list(self.sessions()):
            self.one(session.run_id, act)

    def one(self, run_id: int, act: Callable[[Session], None]) -> None:
        """Do something to one run, if it is there."""
        lane = self._lanes.get(run_id)
        if lane is None:
            return
        lane.idle_until = 0.0
        try:
            act(lane.session)
        except Exception as error:
            lane.session.fail(error)

    def want(self, request: ViewRequest) -> None:
        """The same views for every lane."""
        self._request = request
        self.each(lambda session: session.want(request))

    # Turns

    @property
    def running(self) -> bool:
        """Whether any lane trains."""
        return any(session.state == "running" for session in self.sessions())

    def turn(self, interrupted: Callable[[], bool]) -> float | None:
        """Give a lane its turn; return the seconds to wait for the next (0: none, None: nothing to do)."""
        wanting = []
        for run_id, lane in self._lanes.items():
            if lane.session.state == "running":
                wanting.append(run_id)
            elif lane.session.state in ("finished", "failed"):
                # Should it train again, it comes anew; one that is only paused has not left.
                self._shares.leave(run_id)
        if not wanting:
            return self._rest(interrupted)
        run_id = self._shares.next(wanting)
        session = self._lanes[run_id].session
        before = session.trainer.seconds
        self._go_on(session, interrupted)
        spent = max(0.0, session.trainer.seconds - before)
        self._shares.charge(run_id, spent)
        self._let_rest(spent, interrupted)
        return 0.0

    def _go_on(self, session: Session, interrupted: Callable[[], bool]) -> float | None:
        try:
            return session.turn(interrupted)
        except Exception as error:
            session.fail(error)
            return 0.0

    def _let_rest(self, trained: float, interrupted: Callable[[], bool]) -> None:
        """Lanes at rest work on their views while others train: a bounded share."""
        now = time.perf_counter()
        for lane in self._lanes.values():
            if lane.session.state == "running":
                continue
            lane.credit = min(_MOST_REST, lane.credit + _REST_SHARE * trained)
            if lane.credit > 0 and now >= lane.idle_until:
                began = time.perf_counter()
                self._rest_of(lane, interrupted)
                lane.credit -= time.perf_counter() - began

    def _rest(self, interrupted: Callable[[], bool]) -> float | None:
        """All rest: each works on its views, turn by turn."""
        waits = []
        for lane in list(self._lanes.values()):
            if interrupted():
                return 0.0
            waits.append(self._rest_of(lane, interrupted))
        return min((wait for wait in waits if wait is not None), default=None)

    def _rest_of(self, lane: _Lane, interrupted: Callable[[], bool]) -> float | None:
        wait = self._go_on(lane.session, interrupted)
        lane.idle_until = float("inf") if wait is None else time.perf_counter() + wait
        return wait

    def _publish(self, snapshot: Snapshot) -> None:
        lane = self._lanes.get(snapshot.run_id)
        rate = lane.rate(snapshot) if lane is not None else 0.0
        self._send(replace(snapshot, steps_per_second=rate))


def building(run_id: int, plan: RunPlan, device: str) -> Snapshot:
    """What can be said of a run before it is built."""
    return Snapshot(run_id, "building", plan.world, plan.card.id, 0, 0.0, 0.0, device, {}, History())
