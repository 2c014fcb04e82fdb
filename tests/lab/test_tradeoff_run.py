"""Trade-offs as actions: drawn, kept beside one another, stopped, cleared, exported."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from genplay.errors import BadInput
from tests.lab.fakes import Bench
from tests.models.harness import build, two_moons


@pytest.fixture
def bench():
    made = Bench()
    made.worker.model = build("flow-matching", two_moons(300))
    made.do("model.choose", name="flow-matching")
    made.experiment.ready(wait=True)
    made.do("tradeoffs.choose", curve="cost")
    made.do("tradeoffs.set", name="most_steps", value=4)
    yield made
    made.experiment.close()
    assert not [t for t in threading.enumerate() if t.name == "genplay-tradeoffs"]


def test_a_curve_is_drawn_of_a_copy(bench: Bench, tmp_path: Path) -> None:
    run = bench.experiment.evaluation.tradeoffs
    assert (run.state, run.curves) == ("empty", ())
    before = bench.worker.model.knobs
    found = bench.do("tradeoffs.run").result(30)
    assert run.state == "done"
    assert [p.at for p in found.points] == [2, 4]
    assert run.curves == (found,)
    assert bench.worker.model.knobs == before
    bench.do("tradeoffs.export", path=str(tmp_path / "c.csv"))
    assert (tmp_path / "c.csv").read_text().startswith("run,")
    bench.do("tradeoffs.clear")
    assert run.curves == ()
    with pytest.raises(BadInput, match="no curve yet"):
        bench.do("tradeoffs.export", path=str(tmp_path / "c.csv"))


def test_another_kind_of_curve_and_back(bench: Bench) -> None:
    run = bench.experiment.evaluation.tradeoffs
    found = bench.do("tradeoffs.run").result(30)
    bench.do("tradeoffs.choose", curve="rate-distortion")
    assert (run.curves, run.state) == ((), "empty")
    bench.do("tradeoffs.choose", curve="cost")
    assert run.curves == (found,), "what was drawn is kept"
    again = bench.do("tradeoffs.run").result(30)
    assert run.curves == (again,), "the same model's new curve takes the place of its old one"
    bench.do("data.choose", name="rings")
    assert run.curves == ()


def test_stopping_what_cannot_be_and_knobs_that_mean_nothing(bench: Bench) -> None:
    run = bench.experiment.evaluation.tradeoffs
    bench.do("tradeoffs.choose", curve="rate-distortion")
    bench.do("tradeoffs.set", name="training", value=50_000)
    answer = bench.do("tradeoffs.run")
    assert run.state == "running"
    bench.do("tradeoffs.stop")
    assert answer.cancelled()
    assert run.state == "stopped"
    with pytest.raises(BadInput, match="means nothing"):
        bench.do("tradeoffs.set", name="measure", value="mmd")
    with pytest.raises(BadInput, match="world 'digits'"):
        bench.do("tradeoffs.choose", curve="dimensions")
    bench.worker.model = build("gmm", two_moons(300))
    bench.do("tradeoffs.choose", curve="cost")
    with pytest.raises(BadInput, match="in steps"):
        bench.do("tradeoffs.run").result(30)
    assert "in steps" in run.message
    bench.do("tradeoffs.axis", name="time")
    assert run.axis == "time"


def test_what_was_drawn_is_saved_and_opened_in_place_of_what_is_there(bench: Bench, tmp_path: Path) -> None:
    found = bench.do("tradeoffs.run").result(30)
    path = tmp_path / "mine.genplay"
    bench.experiment.set_dirty(False)
    assert bench.experiment.evaluation.tradeoffs.curves == (found,)
    assert bench.experiment.dirty
    bench.do("file.save_as", path=str(path)).result(timeout=20)
    other = Bench()
    other.experiment.ready()
    run = other.experiment.evaluation.tradeoffs
    run.bring_back((replace(found, run="of before"),))
    other.do("file.open", path=str(path))
    other.do("tradeoffs.choose", curve="cost")
    assert run.curves == (found,)
    other.do("data.choose", name="spiral")
    assert run.curves == ()
    other.experiment.close()
