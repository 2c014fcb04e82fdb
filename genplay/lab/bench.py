"""The run side of the experiment: what the training thread has been told, against what the experiment asks for.

Live knobs and data go to the running model at once; knobs that need a restart wait; another model is another run. A run
that is left is kept with its parameters, so that coming back (another world, undo) brings it back trained.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from genplay.errors import BadInput, Failure
from genplay.knobs import Value
from genplay.lab.plan_changes import differing, other_run, same, same_data, same_knobs
from genplay.spaces import World
from genplay.training.preload import preload

if TYPE_CHECKING:
    from genplay.models.base import Model
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan
    from genplay.training.snapshot import Snapshot, ViewRequest
    from genplay.training.worker import Worker

__all__ = ["Bench", "PastRun"]

T = TypeVar("T")
MOST_PAST_RUNS = 8


@dataclass(frozen=True, eq=False)
class PastRun:
    """A run that was left: how it was planned, its last snapshot (history included), and its parameters.

    ``replaced``: by an edit that put another in its place; undoing that edit brings the run back.
    """

    run_id: int
    plan: RunPlan
    last: Snapshot | None
    checkpoint: Future[Checkpoint]
    replaced: bool = False


class Bench:
    """Owns the worker. Everything here returns at once; ``settle`` carries out what had to wait for torch to be imported.

    ``opened`` is called whenever a run has been opened, whichever call it was that opened it, with a word for the user
    where a run could not be brought back, else ''.
    """

    def __init__(
        self,
        worker: Worker | None = None,
        opened: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._worker = worker
        self._opened = opened
        self._told_to_run = False
        self._obeyed: Callable[[], bool] = lambda: True
        self._warming: threading.Thread | None = None
        self._warm_error: BaseException | None = None
        self._warm_error_told = False
        self._wanted: RunPlan | None = None
        self._wanted_from: Future[Checkpoint] | None = None
        self._waiting: list[Callable[[Worker], None]] = []
        self._view: ViewRequest | None = None
        self._left: dict[World, PastRun] = {}
        self._taken: dict[tuple[World, int], PastRun] = {}
        self.told: RunPlan | None = None
        self.run_id: int | None = None
        self.speed_limit: float | None = None
        self.started = False
        self.past: deque[PastRun] = deque(maxlen=MOST_PAST_RUNS)

    def warm_up(self) -> None:
        """Begin importing torch in the background, once."""
        if self._worker is not None or self._warming is not None:
            return

        def load() -> None:
            try:
                preload()
                import genplay.training.worker  # noqa: F401
            except BaseException as error:  # told to the user by ``settle``, whatever it was
                self._warm_error = error

        self._warming = threading.Thread(target=load, name="genplay-warm-up", daemon=True)
        self._warming.start()

    @property
    def warm(self) -> bool:
        """Whether the worker exists or can be made without waiting."""
        return self._worker is not None or (self._warming is not None and not self._warming.is_alive())

    @property
    def broken(self) -> bool:
        """Whether torch could not be imported; ``settle`` says so."""
        return self._warm_error is not None

    def wait_warm(self) -> None:
        """Block until the import has ended; for use without a window."""
        self.warm_up()
        if self._warming is not None:
            self._warming.join()

    def _made(self) -> Worker | None:
        if self._worker is None and self.warm:
            if self._warm_error is not None:
                if self._warm_error_told:
                    return None
                self._warm_error_told = True
                raise Failure(f"torch could not be loaded: {self._warm_error}. Try `genplay doctor`.")
            from genplay.training.worker import Worker

            self._worker = Worker()
        return self._worker

    def latest(self) -> Snapshot | None:
        """The newest snapshot of the open run."""
        snapshot = self._worker.latest() if self._worker is not None else None
        return snapshot if snapshot is not None and snapshot.run_id == self.run_id else None

    def open(self, plan: RunPlan, checkpoint: Future[Checkpoint] | None = None) -> None:
        """Make a run ready at the next ``settle``; only the last of several calls counts."""
        self._wanted, self._wanted_from = plan, checkpoint
        self._waiting.clear()
        self._told_to_run = False
        self.warm_up()

    def settle(self) -> None:
        """Open what is wanted, pass on what waited, and say so by ``opened``."""
        worker = self._made()
        if worker is None or self._wanted is None:
            return
        origin = self._wanted_from
        if origin is not None and not origin.done():
            return
        plan, self._wanted, self._wanted_from = self._wanted, None, None
        self.leave()
        lost = origin is not None and origin.exception() is not None
        state = origin.result() if origin is not None and not lost else None
        self.run_id = worker.open(plan, state) if state is not None else worker.open(plan)
        self.told, self.started = plan, state is not None
        if self._view is not None:
            worker.want(self._view)
        if self.speed_limit:
            worker.speed(self.speed_limit)
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            command(worker)
        self._obeyed = worker.obeyed()
        self._opened(
            f"The trained '{plan.card.id}' could not be brought back; it starts anew." if lost else ""
        )

    def leave(self, world: World | None = None, *, replaced: bool = False) -> PastRun | None:
        """Keep the open run with its parameters, if it has made a step; for a world, so that it can be come back to, or as
        one that an edit is about to replace."""
        if self.told is None or self.run_id is None or self._worker is None or not self.started:
            return None
        past = PastRun(self.run_id, self.told, self.latest(), self._worker.checkpoint(), replaced)
        if world is None:
            self.past.append(past)
        else:
            self._left[world] = past
        self.started = False
        return past

    def offer(self, number: int, plan: RunPlan, checkpoint: Future[Checkpoint]) -> None:
        """Keep a run that was trained elsewhere under a number, for ``exchange``."""
        self._taken[plan.world, number] = PastRun(-1, plan, None, checkpoint)

    def exchange(self, before: int, after: int, wanted: RunPlan) -> None:
        """Keep the open run under the number ``before``, and open the one kept under ``after``, else a new one."""
        world = wanted.world
        left = self.leave()
        if self._wanted is not None and self._wanted_from is not None:
            left = PastRun(-1, self._wanted, None, self._wanted_from)
        self._taken.pop((world, before), None)
        if left is not None:
            self._taken[world, before] = left
        kept = self._taken.get((world, after))
        if kept is None:
            self.open(wanted)
        else:
            self.open(kept.plan, kept.checkpoint)

    def come_back(self, plan: RunPlan) -> None:
        """Open the run that was left in the plan's world, else a new one."""
        left = self._left.pop(plan.world, None)
        if left is None:
            self.open(plan)
        else:
            self.open(left.plan, left.checkpoint)

    def forget(self) -> None:
        """Drop every kept run; the experiment is another one now."""
        self._left.clear()
        self._taken.clear()
        self.past.clear()
        self.started = False

    def drop_model(self, model: str) -> None:
        """Forget every run of a model whose code is another one now; the open one goes on until the next is opened."""
        self.past = deque((past for past in self.past if past.plan.model != model), maxlen=MOST_PAST_RUNS)
        self._left = {world: past for world, past in self._left.items() if past.plan.model != model}
        self._taken = {key: past for key, past in self._taken.items() if past.plan.model != model}
        if self.told is not None and self.told.model == model:
            self.told, self.started = None, False

    def command(self, act: Callable[[Worker], None], *, starts: bool = False) -> None:
        """Tell the worker something now, or as soon as the wanted run is open; ``starts``: it makes training steps."""
        self.settle()

        def tell(worker: Worker) -> None:
            self.started = self.started or starts
            act(worker)

        if self._worker is None or self._wanted is not None:
            self._waiting.append(tell)
        else:
            tell(self._worker)

    @property
    def opening(self) -> bool:
        """Whether a run is wanted and not open yet."""
        return self._wanted is not None

    @property
    def running(self) -> bool:
        """Whether training is under way, as far as it has been told: the snapshot lags behind a command by as much as a step."""
        latest = self.latest()
        if latest is None or self._wanted is not None or not self._obeyed():
            return self._told_to_run
        return latest.state == "running"

    def _tell(self, run: bool, act: Callable[[Worker], None], *, starts: bool = False) -> None:
        """Until the worker has done it, believe what it was told, not its snapshots."""
        self._told_to_run = run
        self.command(act, starts=starts)
        if self._worker is not None:
            self._obeyed = self._worker.obeyed()

    def start(self) -> None:
        """Train, or go on."""
        self._tell(True, lambda worker: worker.start(), starts=True)

    def pause(self) -> None:
        """Pause training."""
        self._tell(False, lambda worker: worker.pause())

    def step(self, n: int) -> None:
        """Make n steps and pause."""
        self._tell(False, lambda worker: worker.step(n), starts=True)

    def substep(self) -> None:
        """Make one phase of a step."""
        self._tell(False, lambda worker: worker.substep(), starts=True)

    def rewind(self) -> None:
        """Go back to the same start as a new run; the old one is kept with its history."""
        if self.told is not None and not self.opening:
            self.open(self.told)
            self.settle()

    def speed(self, steps_per_second: float | None) -> None:
        """Limit the speed (None: full), of this run and of those to come."""
        self.speed_limit = steps_per_second
        self.command(lambda worker: worker.speed(steps_per_second))

    def want(self, view: ViewRequest) -> None:
        """What the visible views want computed."""
        self._view = view
        if self._worker is not None:
            self._worker.want(view)

    def ask(self, fn: Callable[[Model], T]) -> Future[T]:
        """Run fn(model) between slices of training; the future fails with ``Failure`` if there is no run yet."""
        self.settle()
        return _refused() if self._worker is None or self.run_id is None else self._worker.ask(fn)

    def between(self, fn: Callable[[], T]) -> Future[T]:
        """Run fn in the training thread between two slices; fails as ``ask`` does."""
        self.settle()
        return _refused() if self._worker is None else self._worker.between(fn)

    def copied(self) -> Future[tuple[Model, int]]:
        """A copy of the model that training will not touch, and the step it was made at; fails as ``ask`` does."""
        self.settle()
        return _refused() if self._worker is None or self.run_id is None else self._worker.copied()

    def checkpoint(self) -> Future[Checkpoint] | None:
        """The parameters of the open run, if it has made a step."""
        if self._worker is None or not self.started:
            return None
        return self._worker.checkpoint()

    def left(self, world: World) -> PastRun | None:
        """The run that was left in another world."""
        return self._left.get(world)

    def put_left(self, world: World, plan: RunPlan, checkpoint: Future[Checkpoint]) -> None:
        """Say which run comes back when a world is chosen (a project file holds one for each)."""
        self._left[world] = PastRun(-1, plan, None, checkpoint)

    def pending(self, wanted: RunPlan) -> tuple[str, ...]:
        """Names of what waits for a restart: knobs, ``seed``, or ``data`` that the model was not built for."""
        told = self.told
        if told is None or self._wanted is not None or other_run(told, wanted):
            return ()
        names = [*differing(told.model_knobs, wanted.model_knobs, live=False)]
        names += differing(told.full_recipe, wanted.full_recipe, live=False)
        if told.seed != wanted.seed:
            names.append("seed")
        if not same_data(told.data, wanted.data):
            names.append("data")
        return tuple(names)

    def follow(self, wanted: RunPlan, *, revive: bool = False) -> str:
        """Bring the run in line with the experiment; returns a word for the user where something has to wait, else ''.

        Another model, objective or world opens a new run (``revive``: the kept one, if there is one with the same
        knobs). A run that has not begun is opened anew for any change, for nothing is lost by it.
        """
        if self._wanted is not None:
            # Not opened yet: a fresh plan is replaced; a kept run is opened first and followed up then.
            if self._wanted_from is None or other_run(self._wanted, wanted):
                self._wanted, self._wanted_from = wanted, None
            return ""
        told = self.told
        if told is None:
            return ""
        kept = (
            self._kept(wanted, other_run(told, wanted)) if revive and not same_knobs(told, wanted) else None
        )
        if kept is not None:
            self.past.remove(kept)
            self.open(kept.plan, kept.checkpoint)
        elif other_run(told, wanted) or not (self.started or same(told, wanted)):
            self.open(wanted)
        elif self.started:
            return self._pass_on(told, wanted)
        return ""

    def _pass_on(self, told: RunPlan, wanted: RunPlan) -> str:
        """Tell the running model of live knobs and data."""
        for name in differing(told.model_knobs, wanted.model_knobs, live=True):
            value = getattr(wanted.model_knobs, name)
            told = told.with_knob(name, value)
            self.command(partial(_set_knob, name=name, value=value))
        for name in differing(told.full_recipe, wanted.full_recipe, live=True):
            value = getattr(wanted.full_recipe, name)
            told = told.with_recipe(name, value)
            self.command(partial(_set_recipe, name=name, value=value))
        self.told = told
        if not same_data(told.data, wanted.data):
            try:
                self.told = told.with_data(wanted.data)
            except BadInput as error:
                # The model was not built for these data: they wait for a restart, like a knob that cannot be live.
                return str(error)
            self.command(lambda worker: worker.set_data(wanted.data))
        return ""

    def _kept(self, wanted: RunPlan, any_run: bool) -> PastRun | None:
        """The newest kept run with these knobs: any, or only one that an edit has replaced."""
        for past in reversed(self.past):
            plan = past.plan
            if not other_run(plan, wanted) and plan.seed == wanted.seed and same_knobs(plan, wanted):
                return past if any_run or past.replaced else None
        return None

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()


def _refused() -> Future[Any]:
    refused: Future[Any] = Future()
    refused.set_exception(Failure("There is no model yet: it is being loaded."))
    return refused


def _set_knob(worker: Worker, name: str, value: Value) -> None:
    worker.set_knob(name, value)


def _set_recipe(worker: Worker, name: str, value: Value) -> None:
    worker.set_recipe(name, value)
