"""The training thread: it owns the model, trains in slices of wall-clock time, and publishes frozen snapshots.

Between slices it takes commands and computes what the visible views want. Every method may be called from any thread
and returns at once. The mailbox holds the latest snapshot only, and never one of a run that was left.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure
from genplay.models.base import Model
from genplay.training.checkpoint import Checkpoint, State
from genplay.training.command_thread import CommandThread
from genplay.training.device import choose
from genplay.training.health.explain import explain
from genplay.training.history import History
from genplay.training.jobs import Jobs
from genplay.training.plan import RunPlan
from genplay.training.queries import copy
from genplay.training.session import LONG_SLICE, Session
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.training.trainer import Trainer

__all__ = ["Worker"]

T = TypeVar("T")


class Worker:
    """One daemon thread with at most one open run."""

    def __init__(self) -> None:
        # Written by the callers' side, under the lock: the newest run asked for, and its plan as it now stands.
        self._run_id = 0
        self._plan: RunPlan | None = None
        self._latest: Snapshot | None = None
        self._request = ViewRequest()
        # Owned by the thread.
        self._session: Session | None = None
        # Short and waited for: an idle thread would starve on a busy machine.
        self._jobs = Jobs("genplay-laws", "background")
        self._thread = CommandThread("genplay-training", self._turn, self._end)
        self._thread.begin()

    # Runs

    def open(self, plan: RunPlan, checkpoint: Checkpoint | None = None) -> int:
        """Leave the present run and make this one ready, from its start or from a checkpoint; return its id.

        ``BadInput`` if the plan cannot be run; then nothing is changed.
        """
        plan.checked()
        device = choose(plan.device)
        with self._thread.wake:
            self._run_id += 1
            self._plan = plan
            self._latest = Snapshot(
                self._run_id, "building", plan.world, plan.card.id, 0, 0.0, 0.0, device.type, {}, History()
            )
            self._thread.post(partial(self._open, self._run_id, plan, checkpoint))
            return self._run_id

    def reset(self) -> int:
        """Go back to the same start: same seed, present knobs and data, a new history and a new run id."""
        return self.open(self._known_plan())

    def close(self, timeout: float | None = 10.0) -> None:
        """End the thread; whoever still waits for an answer gets ``Failure``."""
        self._thread.stop()
        self._jobs.close(timeout)
        self._thread.close(timeout)

    # Training

    def start(self) -> None:
        """Train until paused, finished or stopped."""
        self._tell(lambda session: session.start())

    def pause(self) -> None:
        """Stop after the present step; views are then refined."""
        self._tell(lambda session: session.pause())

    def step(self, n: int = 1) -> None:
        """Make n steps and pause."""
        if n < 1:
            raise BadInput(f"The number of steps must be at least 1, not {n}.")
        self._tell(lambda session: session.start(steps=n))

    def substep(self) -> None:
        """Run one phase of a step (an E-step, the discriminator's turn …) and pause."""
        self._tell(lambda session: session.substep())

    def stop_at(self, step: int | None) -> None:
        """Pause exactly after this step, once; None: do not."""
        self._tell(lambda session: session.stop_at(step))

    def speed(self, steps_per_second: float | None) -> None:
        """Slow motion; None or 0: as fast as it goes."""
        if steps_per_second is not None and not 0 <= steps_per_second < float("inf"):
            raise BadInput(f"The speed must be a number of steps a second, not {steps_per_second}.")
        self._tell(lambda session: session.set_speed(steps_per_second or None))

    # Changes

    def set_knob(self, name: str, value: object) -> None:
        """Change a live knob of the model; ``BadInput`` at once if it is unknown, out of range or needs a restart."""
        with self._thread.wake:
            self._plan = self._known_plan().with_knob(name, value)
        self._tell(lambda session: session.set_knob(name, value))

    def set_recipe(self, name: str, value: object) -> None:
        """Change a live knob of the recipe; ``BadInput`` as for ``set_knob``."""
        with self._thread.wake:
            self._plan = self._known_plan().with_recipe(name, value)
        self._tell(lambda session: session.set_recipe(name, value))

    def set_data(self, data: Data) -> None:
        """Train on other data; a run goes on from where it is, one that has not begun is built anew."""
        with self._thread.wake:
            self._plan = self._known_plan().with_data(data)
        self._tell(lambda session: session.set_data(data))

    def load_state(self, state: State) -> None:
        """Put other parameters into the open run, e.g. of a keyframe; what does not fit is told in the snapshot."""
        self._tell(lambda session: session.load_state(state))

    def alter(self, change: Callable[[Model], None], what: str) -> None:
        """Change the model's parameters by hand between two steps; ``what`` is noted in the history."""
        self._tell(lambda session: session.alter(change, what))

    # Looking

    def want(self, request: ViewRequest) -> None:
        """Say what the visible views want computed; it holds for this and all later runs."""
        with self._thread.wake:
            if request == self._request:
                return
            self._request = request
        self._tell(lambda session: session.want(request), needs_run=False)

    def latest(self) -> Snapshot | None:
        """The newest snapshot of the newest run; None before the first."""
        return self._latest

    def ask(self, fn: Callable[[Model], T]) -> Future[T]:
        """Run fn(model) between slices, without gradients; the future fails with ``Failure`` if there is no run."""
        return self._request_of(lambda session: session.look(fn))

    def copied(self) -> Future[tuple[Model, int]]:
        """A copy of the model that training will not touch, and the step it was made at."""
        return self._request_of(lambda session: (session.look(copy), session.trainer.step_count))

    def checkpoint(self) -> Future[Checkpoint]:
        """Where the run stands: parameters, step and history."""
        return self._request_of(lambda session: session.trainer.checkpoint())

    def obeyed(self) -> Callable[[], bool]:
        """To be asked later: whether all that was said until now has been done; before that, snapshots lag behind."""
        return self._thread.obeyed()

    def between(self, fn: Callable[[], T]) -> Future[T]:
        """Run fn in the training thread between two slices; training waits for it."""
        return self._thread.request(fn)

    # The callers' side

    def _known_plan(self) -> RunPlan:
        if self._plan is None:
            raise Failure("No run is open.")
        return self._plan

    def _tell(self, act: Callable[[Session], None], *, needs_run: bool = True) -> None:
        if needs_run:
            self._known_plan()

        def command() -> None:
            """Whatever goes wrong belongs to the run; the thread lives on."""
            if self._session is None:
                return
            try:
                act(self._session)
            except Exception as error:
                self._session.fail(error)

        self._thread.post(command)

    def _request_of(self, fn: Callable[[Session], T]) -> Future[T]:
        def answer() -> T:
            if self._session is None:
                raise Failure("There is no model to ask: no run is open.")
            return fn(self._session)

        return self._thread.request(answer)

    # The thread's side

    def _open(self, run_id: int, plan: RunPlan, checkpoint: Checkpoint | None) -> None:
        self._session = None
        try:
            trainer = Trainer(plan)
            if checkpoint is not None:
                trainer.resume(checkpoint)
            self._session = Session(run_id, trainer, self._request, self._jobs, self._publish, LONG_SLICE)
        except Exception as error:
            with self._thread.wake:
                if run_id == self._run_id and self._latest is not None:
                    self._latest = _failed(self._latest, explain(error))

    def _publish(self, snapshot: Snapshot) -> None:
        with self._thread.wake:
            if snapshot.run_id == self._run_id:
                self._latest = snapshot

    def _turn(self) -> float | None:
        """Seconds to wait for the next turn; None: until there is a command."""
        session = self._session
        if session is None:
            return None
        try:
            return session.turn(self._thread.interrupted)
        except Exception as error:
            session.fail(error)
            return 0.0

    def _end(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _failed(building: Snapshot, message: str) -> Snapshot:
    return Snapshot(
        building.run_id, "failed", building.world, building.model, 0, 0.0, 0.0, building.device, {},
        building.history, message=message,
    )  # fmt: skip
