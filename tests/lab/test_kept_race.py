"""A race in project files: what was trained is there again, goes on, and goes back to where it began."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genplay.errors import BadInput
from genplay.lab.autosave import Autosave
from genplay.lab.project import read
from tests.lab.fakes import Bench, training
from tests.lab.test_project import alter, put
from tests.lab.test_race import PATIENCE, lane_parameters, same, trained, until


@pytest.fixture
def bench() -> Iterator[Bench]:
    with training() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Bench]:
    with training() as made:
        yield made


def saved(bench: Bench, folder: Path) -> Path:
    path = folder / "race.genplay"
    written = bench.do("file.save_as", path=str(path))
    until(bench, written.done)
    written.result()
    until(bench, lambda: not bench.experiment.dirty)
    return path


def raced(bench: Bench) -> None:
    """Two models 6 steps, then a fork of the first, then 4 more of all three."""
    bench.do("race.open", models="gaussian,vae")
    trained(bench, 6)
    forked = bench.do("race.fork", lane=1)
    until(bench, forked.done)
    trained(bench, 4)


def opened(other: Bench, path: Path, lanes: int = 3) -> None:
    other.do("file.open", path=str(path))
    race = other.experiment.race
    until(other, lambda: [s.state for s in race.snapshots()] == ["paused"] * lanes)


def test_a_race_is_saved_and_goes_on_where_it_stood(bench: Bench, other: Bench, tmp_path: Path) -> None:
    raced(bench)
    bench.do("race.axis", by="steps")
    bench.do("race.seconds", seconds=500.0)
    path = saved(bench, tmp_path)
    opened(other, path)
    old, new = bench.experiment.race, other.experiment.race
    assert (new.opened, new.axis, new.limit) == (True, "steps", 500.0)
    assert [lane.title for lane in new.lanes] == [lane.title for lane in old.lanes]
    assert [lane.forked for lane in new.lanes] == [None, None, 6]
    assert [s.step for s in new.snapshots()] == [10, 10, 10]
    for lane, (a, b) in enumerate(zip(old.snapshots(), new.snapshots(), strict=True), start=1):
        assert same(lane_parameters(bench, lane), lane_parameters(other, lane))
        assert b.seconds == pytest.approx(a.seconds)
        assert np.allclose(a.history.curve("loss")[1], b.history.curve("loss")[1])
    assert not other.experiment.dirty
    assert trained(other, 3).snapshots()[0].step == 13


def test_a_race_that_was_opened_goes_back_to_where_it_began(
    bench: Bench, other: Bench, tmp_path: Path
) -> None:
    raced(bench)
    path = saved(bench, tmp_path)
    opened(other, path)
    for each in (bench, other):
        each.do("race.reset")
        race = each.experiment.race
        until(each, lambda race=race: [s.step for s in race.snapshots()] == [0, 0, 6])
    for lane in (1, 2, 3):
        assert same(lane_parameters(bench, lane), lane_parameters(other, lane))


def test_a_race_that_was_left_is_kept_off_the_stage(bench: Bench, other: Bench, tmp_path: Path) -> None:
    bench.do("race.open", models="gaussian")
    trained(bench, 6)
    bench.do("race.close")
    path = saved(bench, tmp_path)
    opened(other, path, lanes=1)
    assert not other.experiment.race.opened
    other.do("race.open")
    assert other.experiment.race.snapshots()[0].step == 6


def test_a_project_can_be_saved_before_its_race_has_been_made_ready(
    bench: Bench, other: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced(bench)
    path = saved(bench, tmp_path)
    # As in a program that has just been started, where torch is still being imported.
    monkeypatch.setattr(type(other.experiment.bench), "warm", property(lambda _: False))
    other.do("file.open", path=str(path))
    assert other.experiment.race.lanes == ()
    again = other.experiment.race.capture().result(PATIENCE)
    assert again is not None
    assert [lane.at.step for lane in again.lanes] == [10, 10, 10]


def test_opening_a_project_without_a_race_drops_the_one_there_is(
    bench: Bench, other: Bench, tmp_path: Path
) -> None:
    path = saved(bench, tmp_path)
    assert read(path).race is None
    raced(other)
    other.do("file.open", path=str(path))
    assert (other.experiment.race.opened, other.experiment.race.lanes) == (False, ())


def test_a_race_makes_something_new_to_save(bench: Bench, tmp_path: Path) -> None:
    saved(bench, tmp_path)
    bench.do("race.open", models="gaussian,vae")
    assert bench.experiment.dirty
    until(bench, lambda: len(bench.experiment.race.lanes) == 2)
    saved(bench, tmp_path)
    bench.do("race.remove", lane=2)
    assert bench.experiment.dirty


def test_training_of_a_race_is_saved_each_minute(bench: Bench, tmp_path: Path) -> None:
    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    try:
        bench.do("race.open", models="gaussian")
        trained(bench, 3)
        for _ in range(2):
            bench.clock.now += 61
            autosave.tick()
            assert autosave._writing is not None
            autosave._writing.result(PATIENCE)
            autosave.tick()
            assert autosave._writing is None
            kept = read(autosave.path).race
            assert kept is not None
            assert kept.lanes[0].at.step == bench.experiment.race.snapshots()[0].step
            trained(bench, 5)
    finally:
        autosave.close()


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("axis",), "hours", "'hours'"),
        (("limit",), -3, "stops after -3"),
        (("world",), "mars", "'mars'"),
        (("lanes",), [], "0 lanes"),
        (("lanes", 0, "choice", "model"), "gausian", "Did you mean 'gaussian'"),
        (("lanes", 0, "at", "weights"), "runs/none.safetensors", "damaged"),
        (("lanes", 2, "start", "step"), -1, "step -1"),
        (("lanes", 1, "seed"), "one", "seed"),
    ],
)
def test_what_is_wrong_in_it_is_said_and_nothing_is_opened(
    bench: Bench, tmp_path: Path, keys: tuple[str | int, ...], value: object, said: str
) -> None:
    raced(bench)
    path = saved(bench, tmp_path)
    alter(path, put("race", *keys, value=value))
    lanes = bench.experiment.race.lanes
    with pytest.raises(BadInput, match=said):
        bench.do("file.open", path=str(path))
    assert bench.experiment.race.lanes == lanes
