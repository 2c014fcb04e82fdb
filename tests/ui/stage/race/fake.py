"""A race that does what it is told, with snapshots that a test makes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
from psygnal import Signal

from genplay.lab.lanes import Lane
from genplay.lab.standings import standings
from genplay.lab.state import ModelChoice
from genplay.quantity import exact
from genplay.spaces.plane import Grid
from genplay.training.history import History
from genplay.training.snapshot import Field, Snapshot, ViewRequest
from tests.ui.pictures import Scene


class FakeRace:
    """Lanes of the models that are named, state ready."""

    changed = Signal()

    def __init__(self, scene: Scene, *models: str) -> None:
        self._scene = scene
        experiment = scene.experiment
        plan = experiment.plan()
        self.lanes = tuple(
            Lane(
                i,
                f"Lane of {model}",
                SimpleNamespace(model=ModelChoice.default(model, experiment.world).model),
            )
            for i, model in enumerate(models, 1)
        )
        self.plan = plan
        self.opened, self.running = True, False
        self.axis, self.limit = "seconds", None
        self.made: dict[int, Snapshot] = {}
        self.wanted: list[ViewRequest] = []
        self.asked: list[int] = []

    def snapshots(self) -> tuple[Snapshot, ...]:
        return tuple(self.made[lane.run_id] for lane in self.lanes if lane.run_id in self.made)

    def standings(self) -> tuple:
        return standings(self.lanes, self.snapshots())

    def want(self, request: ViewRequest) -> None:
        self.wanted.append(request)

    def ask(self, run_id: int, fn: Callable) -> Future:
        self.asked.append(run_id)
        done: Future = Future()
        done.set_result(fn(self._scene.worker.model))
        return done

    def put(
        self,
        run_id: int,
        values: np.ndarray | None = None,
        box: object = None,
        step: int = 10,
        **more: object,
    ) -> Snapshot:
        """The newest snapshot of a lane; ``values`` (n, n) are its log p on the box."""
        history = History()
        for k in range(1, 6):
            history.append(k * step // 5, 0.25 * run_id * k, {"loss": 1.0})
            history.record("nll_test", k * step // 5, 3.0 / k + run_id)
        fields = {}
        if values is not None:
            grid = Grid(box, len(values))
            fields["density"] = Field("density", grid, values.astype(np.float32), "exact", "made up", step)
        lane = next(lane for lane in self.lanes if lane.run_id == run_id)
        rng = np.random.default_rng(run_id)
        made = Snapshot(
            run_id, "running", self._scene.experiment.world, lane.plan.model, step, 1.25 * run_id, 50.0, "cpu", {}, history,
            nll_test=exact(0.6 + run_id, "made up"), entropy=exact(0.29, "quadrature"), fields=fields,
            test_log_prob=rng.normal(-0.6 - run_id, 0.1, 50).astype(np.float32), **more,
        )  # fmt: skip
        self.made[run_id] = made
        return made
