"""Questions to the estimators and a measured region as actions: begun, stopped, forgotten, and why they may fail."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from genplay.errors import BadInput, Failure
from tests.lab.fakes import Bench
from tests.models.harness import build, two_moons


@pytest.fixture
def bench():
    made = Bench()
    made.worker.model = build("gmm", two_moons(300))
    made.experiment.ready(wait=True)
    yield made
    made.experiment.close()
    assert not [t for t in threading.enumerate() if t.name in ("genplay-estimators", "genplay-region")]


def wait(bench: Bench, condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        bench.experiment.poll()
        time.sleep(0.005)


def test_a_question_is_answered_on_a_copy(bench: Bench) -> None:
    estimation = bench.experiment.estimation
    assert (estimation.state, estimation.study) == ("empty", None)
    bench.do("estimators.choose", question="kl")
    bench.do("estimators.set", name="samples", value=500)
    answer = bench.do("estimators.run")
    found = answer.result(30)
    assert estimation.state == "done"
    assert estimation.study is found
    assert found.truth.kind == "exact"
    assert found.estimators[0].n[-1] == 500
    assert estimation.progress[0] == 1.0
    bench.do("estimators.choose", question="entropy")
    assert estimation.study is None


def test_what_cannot_be_asked_is_a_failure_with_its_reason(bench: Bench) -> None:
    bench.do("estimators.choose", question="evidence")
    with pytest.raises(Failure, match="no hidden code"):
        bench.do("estimators.run").result(30)
    assert bench.experiment.estimation.state == "failed"
    assert "no hidden code" in bench.experiment.estimation.message


def test_stopping_and_knobs_that_mean_nothing(bench: Bench) -> None:
    estimation = bench.experiment.estimation
    bench.do("estimators.set", name="temperatures", value=2048)
    answer = bench.do("estimators.run")
    assert estimation.state == "running"
    bench.do("estimators.stop")
    assert answer.cancelled()
    assert estimation.state == "stopped"
    with pytest.raises(BadInput, match="means nothing"):
        bench.do("estimators.set", name="codes", value=5)


def test_another_data_set_forgets_the_answer(bench: Bench) -> None:
    bench.do("estimators.choose", question="entropy")
    bench.do("estimators.run").result(30)
    assert bench.experiment.estimation.study is not None
    bench.do("data.choose", name="rings")
    assert bench.experiment.estimation.state == "empty"


def test_a_region_is_measured_and_forgotten(bench: Bench) -> None:
    region = bench.experiment.region
    bench.do("stage.measure", points=[[-9, -9], [9, 9]])
    assert region.loop.shape == (4, 2)
    wait(bench, lambda: region.masses is not None)
    assert region.masses.model.value == pytest.approx(1.0, abs=0.01)
    assert region.masses.truth.value == pytest.approx(1.0, abs=0.01)
    bench.do("stage.measure")
    assert region.loop is None
    with pytest.raises(BadInput, match="two opposite corners"):
        bench.do("stage.measure", points=[[0, 0], [0, 1]])
    bench.do("stage.measuring")
    assert region.tool
    bench.do("world.choose", name="digits")
    assert not region.tool
    with pytest.raises(BadInput, match="belongs to the plane"):
        bench.do("stage.measure", points=[[0, 0], [1, 1]])


def test_a_region_is_measured_again_when_the_model_has_moved_on(bench: Bench) -> None:
    region = bench.experiment.region
    bench.do("stage.measure", points=[[-0.5, -0.5], [0.5, 0.5]])
    wait(bench, lambda: region.masses is not None)
    before = region.masses
    bench.do("train.step", n=5)
    with np.errstate(all="ignore"):
        bench.worker.model.get_parameter("normals.means").data.add_(5.0)
    region.follow(bench.experiment.bench.latest())
    wait(bench, lambda: region.masses is not before)
    assert region.step == 5
    assert region.masses.model.value < before.model.value
    assert region.masses.truth == before.truth
