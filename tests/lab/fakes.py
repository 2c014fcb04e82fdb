"""A worker that only notes what it is told, and small experiments for tests of the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from genplay.datasets.base import DataSettings, DataSpec
from genplay.lab.actions import ActionRegistry
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.lab.state import Desk, ModelChoice, Notice
from genplay.training.checkpoint import Checkpoint
from genplay.training.history import History
from genplay.training.snapshot import Snapshot
from genplay.training.worker import Worker

SETTINGS = DataSettings(n=200, test=100)


def small_desks() -> dict[str, Desk]:
    """A Gaussian by gradient on two moons; MADE on glyphs; little data."""
    return {
        "plane": Desk(
            DataSpec("two-moons", {}, SETTINGS), ModelChoice.default("gaussian", "plane", "gradient")
        ),
        "digits": Desk(DataSpec("glyphs", {}, SETTINGS), ModelChoice.default("made", "digits")),
    }


class FakeWorker:
    """Notes every command; a started run stands at step 1000 at once, and its one parameter is its run id."""

    def __init__(self) -> None:
        self.told: list[tuple] = []
        self.run_id = 0
        self.snapshot: Snapshot | None = None
        self.view = None
        self.model = None

    def open(self, plan, checkpoint=None) -> int:
        self.run_id += 1
        self.told.append(("open", plan, checkpoint))
        step = checkpoint.step if checkpoint else 0
        self.snapshot = Snapshot(
            self.run_id, "paused" if step else "ready", plan.world, plan.model, step, 0.0, 0.0, "cpu", {}, History()
        )  # fmt: skip
        return self.run_id

    def _state(self, state: str, step: int | None = None) -> None:
        step = self.snapshot.step if step is None else step
        self.snapshot = replace(self.snapshot, state=state, step=step)

    def start(self) -> None:
        self.told.append(("start",))
        self._state("running", 1000)

    def pause(self) -> None:
        self.told.append(("pause",))
        self._state("paused")

    def step(self, n: int = 1) -> None:
        self.told.append(("step", n))
        self._state("paused", self.snapshot.step + n)

    def substep(self) -> None:
        self.told.append(("substep",))

    def speed(self, steps_per_second) -> None:
        self.told.append(("speed", steps_per_second))

    def set_knob(self, name, value) -> None:
        self.told.append(("set_knob", name, value))

    def set_recipe(self, name, value) -> None:
        self.told.append(("set_recipe", name, value))

    def set_data(self, data) -> None:
        self.told.append(("set_data", data.spec))

    def want(self, view) -> None:
        self.view = view

    def latest(self):
        return self.snapshot

    def ask(self, fn: Callable) -> Future:
        future: Future = Future()
        future.set_result(fn(self.model))
        return future

    def copied(self) -> Future:
        return self.ask(lambda model: (model, self.snapshot.step))

    def checkpoint(self) -> Future:
        future: Future = Future()
        state = {"id": np.array([float(self.run_id)], np.float32)}
        future.set_result(Checkpoint(self.snapshot.step, 1.0, state, History()))
        return future

    def obeyed(self) -> Callable[[], bool]:
        return lambda: True

    def close(self) -> None:
        self.told.append(("close",))

    def words(self) -> list[str]:
        """The commands by name."""
        return [command[0] for command in self.told]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """An experiment with its actions, a fake (or given) worker, a clock, and the notices it gave."""

    def __init__(self, worker=None) -> None:
        self.clock = Clock()
        self.worker = worker or FakeWorker()
        self.experiment = Experiment(self.worker, desks=small_desks(), clock=self.clock)
        self.registry = ActionRegistry()
        bind_core(self.registry, self.experiment)
        self.notices: list[Notice] = []
        self.experiment.notice.connect(self.notices.append)

    def do(self, id: str, **args):
        return self.registry.run(id, **args)


@contextmanager
def training() -> Iterator[Bench]:
    """A bench whose thread really trains, its run ready."""
    made = Bench(Worker())
    made.experiment.ready()
    try:
        yield made
    finally:
        made.experiment.close()
