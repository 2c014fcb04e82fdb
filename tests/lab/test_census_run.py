"""The census as an experiment has it: taken beside training, stopped, looked into, and dropped when it is no longer true."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from genplay.errors import BadInput, Failure
from genplay.lab import census_taking
from genplay.lab.census_run import NOTHING_KNOWN
from genplay.spaces.binary import codes
from tests.lab.fakes import Bench
from tests.worlds import boltzmann_census


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """Whoever takes a census gets the one that is there; what was asked for is noted."""
    notes: list[tuple] = []
    there = boltzmann_census()

    def census_of(model, data, on, progress, cancelled):
        notes.append((model, data.spec.name, on))
        progress(0.5, "half way")
        return there

    monkeypatch.setattr(census_taking, "census_of", census_of)
    return notes


@pytest.fixture
def bench():
    made = Bench()
    made.do("world.choose", name="digits")
    made.experiment.ready(wait=True)
    made.changes = 0

    def count() -> None:
        made.changes += 1

    made.experiment.census.changed.connect(count)
    yield made
    made.experiment.close()
    assert not [t for t in threading.enumerate() if t.name == "genplay-census"]


def wait(bench: Bench, condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, bench.experiment.census.state
        bench.experiment.poll()
        time.sleep(0.005)


def taken(bench: Bench, **args):
    census = bench.experiment.census
    bench.do("world.compute", **args)
    assert census.state == "running"
    wait(bench, lambda: census.state != "running")
    assert census.state == "done"
    return census


def test_it_is_taken_of_a_copy_and_knows_its_step(bench: Bench, asked: list) -> None:
    bench.worker.model = "the copy"
    bench.do("train.step", n=7)
    census = taken(bench)
    assert asked == [("the copy", "glyphs", "model")]
    assert census.step == 7
    assert census.behind == 0
    bench.do("train.step", n=30)
    assert census.behind == 30
    assert census.census is boltzmann_census()
    census = taken(bench)
    assert (census.step, census.behind) == (37, 0)


def test_of_the_truth_there_is_no_step_to_fall_behind(bench: Bench, asked: list) -> None:
    census = taken(bench, of="truth")
    assert asked == [(None, "glyphs", "truth")]
    bench.do("train.step", n=30)
    assert census.behind == 0
    bench.do("data.set", name="n", value=210)
    assert census.state == "empty"


def test_what_waits_for_it_gets_it(bench: Bench, asked: list) -> None:
    future = bench.do("world.compute")
    wait(bench, future.done)
    assert future.result() is boltzmann_census()


def test_it_can_be_stopped_and_a_result_that_still_comes_is_dropped(bench: Bench, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def census_of(model, data, on, progress, cancelled):
        begun.set()
        go_on.wait(10)
        return "a census"

    monkeypatch.setattr(census_taking, "census_of", census_of)
    census = bench.experiment.census
    future = bench.do("world.compute")
    assert begun.wait(10)
    bench.do("world.stop")
    assert census.state == "stopped"
    go_on.set()
    wait(bench, future.done)
    assert future.cancelled()
    bench.experiment.poll()
    assert census.census is None
    assert census.state == "stopped"


def test_a_failure_is_told(bench: Bench, monkeypatch) -> None:
    def census_of(*_):
        raise Failure("The model 'gan' has neither a density nor an energy.")

    monkeypatch.setattr(census_taking, "census_of", census_of)
    census = bench.experiment.census
    future = bench.do("world.compute")
    wait(bench, lambda: census.state == "failed")
    assert "neither a density" in census.message
    with pytest.raises(Failure, match="neither"):
        future.result()


def test_what_needs_a_census_says_so(bench: Bench) -> None:
    for action, args in (
        ("world.walk", {}),
        ("world.know", {"pixels": "?" * 25}),
        ("world.minimum", {"index": 0}),
    ):
        with pytest.raises(BadInput, match="Look through all images first"):
            bench.do(action, **args)
    bench.do("world.choose", name="plane")
    with pytest.raises(BadInput, match="digits"):
        bench.do("world.compute")


def test_walks(bench: Bench, asked: list) -> None:
    census = taken(bench)
    pixels = [0] * 24 + [1]
    bench.do("world.walk", pixels=pixels)
    way = census.way
    assert way.images[0].tolist() == pixels
    assert codes(way.images[-1:])[0] == census.census.basins.minima[way.end]
    bench.do("world.step", index=len(way.images) - 1)
    assert census.at == len(way.images) - 1
    with pytest.raises(BadInput, match="Allowed: 0 to"):
        bench.do("world.step", index=len(way.images))
    bench.do("world.walk", seed=3)
    first = census.way.images[0].copy()
    bench.do("world.walk", seed=3)
    assert (census.way.images[0] == first).all()
    bench.do("world.walk")
    second = census.way.images[0].copy()
    bench.do("world.walk")
    assert (census.way.images[0] != second).any()


def test_crossing_from_minimum_to_minimum(bench: Bench, asked: list) -> None:
    census = taken(bench)
    bench.do("world.cross", start=0, end=2)
    way, minima = census.way, census.census.basins.minima
    assert (codes(way.images[:1])[0], codes(way.images[-1:])[0]) == (minima[0], minima[2])
    assert way.climb == pytest.approx(census.census.basins.log_p[0] - way.log_p.min())
    with pytest.raises(BadInput, match="choose two"):
        bench.do("world.cross", start=1, end=1)
    with pytest.raises(BadInput, match="no minimum"):
        bench.do("world.cross", start=0, end=10**6)


def test_known_pixels_and_their_completions(bench: Bench, asked: list) -> None:
    census = taken(bench)
    future = bench.do("world.know", pixels=[1, 0] + [None] * 23)
    wait(bench, lambda: census.cube is not None)
    assert future.done()
    assert census.known == (1, 0) + (None,) * 23
    assert census.cube.lit[0] == 1
    assert census.cube.lit[1] == 0
    assert census.completion.tolist()[:2] == [1, 0]
    bench.do("world.complete", how="sample", seed=1)
    drawn = census.completion.copy()
    bench.do("world.complete", how="sample", seed=1)
    assert (census.completion == drawn).all()
    bench.do("world.complete")
    assert codes(census.completion[None])[0] == census.cube.best


def test_another_run_or_world_drops_it(bench: Bench, asked: list) -> None:
    census = taken(bench)
    bench.do("world.know", pixels=[1] + [None] * 24)
    bench.do("train.reset")
    bench.experiment.poll()
    assert census.state == "empty"
    assert census.census is None
    assert census.known == NOTHING_KNOWN
    taken(bench)
    bench.do("world.choose", name="plane")
    assert census.state == "empty"
    assert np.isfinite(census.progress[0])
