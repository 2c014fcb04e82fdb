"""Health in the training thread: it comes with the snapshots, at rest too, and leaves the views their share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.lab.fit import data_of, plan_of
from genplay.training.plan import RunPlan
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.training.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def plan(data: str, model: str, **knobs: object) -> RunPlan:
    return plan_of(data_of(DataSpec(data, {}, DataSettings(n=300, test=300))), model, knobs=knobs)


def until(worker: Worker, condition: Callable[[Snapshot], object], seconds: float = 60.0) -> Snapshot:
    end = time.monotonic() + seconds
    while True:
        snapshot = worker.latest()
        if snapshot is not None and condition(snapshot):
            return snapshot
        assert time.monotonic() < end, f"waited in vain: {snapshot and (snapshot.state, snapshot.step)}"
        time.sleep(0.01)


def states(snapshot: Snapshot) -> dict[str, str]:
    return {finding.id: finding.state for finding in snapshot.health}


def test_a_run_that_breaks_has_its_finding_and_training_on_clears_it(worker: Worker) -> None:
    worker.open(plan("two-moons", "vae", learning_rate=1.0))
    worker.start()
    broken = until(worker, lambda s: s.state == "failed")
    (finding,) = (f for f in broken.health if f.state == "ill")
    assert finding.id == "exploding-loss"
    assert finding.fix is not None
    for name, value in finding.fix.recipe.items():
        worker.set_recipe(name, value)
    worker.start()
    until(worker, lambda s: s.state == "running" and "ill" not in states(s).values())


def test_a_run_that_has_finished_or_rests_is_looked_at_once(worker: Worker) -> None:
    worker.want(ViewRequest(samples=200))
    worker.open(plan("two-moons", "kde", rule="manual", bandwidth=0.002))
    worker.start()
    done = until(worker, lambda s: s.state == "finished" and "memorisation" in states(s))
    assert states(done)["memorisation"] == "ill"
    worker.set_knob("bandwidth", 0.2)
    until(worker, lambda s: states(s).get("memorisation") == "well")


def test_while_training_it_is_looked_at_and_views_go_on(worker: Worker) -> None:
    worker.want(ViewRequest(samples=300))
    worker.open(plan("two-moons", "vae", width=16))
    worker.start()
    seen = until(
        worker, lambda s: {"posterior-collapse", "mode-collapse", "vanishing-gradients"} <= set(states(s))
    )
    assert seen.state == "running"
    assert "ill" not in states(seen).values()
    later = until(worker, lambda s: s.samples_step > seen.step)
    assert later.nll_test is not None
