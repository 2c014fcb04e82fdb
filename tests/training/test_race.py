"""The thread of a race: what it is told reaches the lanes it is meant for, and each trains as it would alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from genplay.errors import BadInput, Failure
from genplay.spaces.plane import HOME
from genplay.training.race import RaceWorker
from genplay.training.snapshot import FieldRequest, Snapshot, ViewRequest
from genplay.training.trainer import Trainer
from tests.training import fakes

PATIENCE = 60.0


@pytest.fixture
def race() -> Iterator[RaceWorker]:
    made = RaceWorker()
    yield made
    made.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("genplay-")]


def until(race: RaceWorker, fine: Callable[[tuple[Snapshot, ...]], bool]) -> tuple[Snapshot, ...]:
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        latest = race.latest()
        if fine(latest):
            return latest
        time.sleep(0.002)
    raise AssertionError(f"never came; the last were {[(s.state, s.step, s.message) for s in race.latest()]}")


def rest(race: RaceWorker, step: int) -> tuple[Snapshot, ...]:
    return until(race, lambda all_: all(s.state == "paused" and s.step == step for s in all_))


def parameters(race: RaceWorker, run_id: int) -> dict[str, torch.Tensor]:
    return race.ask(run_id, lambda model: {k: v.clone() for k, v in model.state_dict().items()}).result(
        PATIENCE
    )


def alone(plan, steps: int) -> dict[str, torch.Tensor]:
    trainer = Trainer(plan)
    trainer.advance(steps)
    return trainer.model.state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_each_lane_is_the_run_it_would_be_alone_bit_for_bit(race: RaceWorker) -> None:
    plans = [fakes.plan("Normal", seed=5), fakes.plan("TwoPlayers", seed=5), fakes.plan("Normal", seed=6)]
    race.want(ViewRequest((FieldRequest("density", HOME, 24),), samples=40))
    ids = race.open(plans)
    race.start()
    until(race, lambda all_: max(s.step for s in all_) > 10)
    race.pause()
    paused = until(race, lambda all_: all(s.state == "paused" for s in all_))
    race.ask(ids[0], lambda model: model.sample(3, torch.Generator().manual_seed(1))).result(PATIENCE)
    race.step(40)
    ended = until(race, lambda all_: all(s.step == p.step + 40 for s, p in zip(all_, paused, strict=True)))
    for plan, snapshot in zip(plans, ended, strict=True):
        assert same(parameters(race, snapshot.run_id), alone(plan, snapshot.step))


def test_ids_are_never_used_again_and_lanes_keep_their_order(race: RaceWorker) -> None:
    first = race.open([fakes.plan(), fakes.plan("TwoPlayers")])
    race.step(3)
    rest(race, 3)
    again = race.reset()
    assert not set(first) & set(again)
    latest = until(race, lambda all_: [s.state for s in all_] == ["ready", "ready"])
    assert [s.run_id for s in latest] == list(again)
    assert [s.model for s in latest] == ["normal", "twoplayers"]
    race.remove(again[0])
    new = race.add(fakes.plan(seed=3))
    assert new not in (*first, *again)
    assert [s.run_id for s in race.latest()] == [again[1], new]
    with pytest.raises(Failure, match="no longer"):
        race.ask(first[0], lambda model: model)


def test_one_to_four_lanes(race: RaceWorker) -> None:
    with pytest.raises(BadInput, match="1 to 4 models, not 0"):
        race.open([])
    race.open([fakes.plan()])
    with pytest.raises(BadInput, match="1 to 4 models, not 5"):
        race.open([fakes.plan()] * 5)
    assert len(race.latest()) == 1
    for seed in (1, 2, 3):
        race.add(fakes.plan(seed=seed))
    with pytest.raises(BadInput, match="at most 4"):
        race.add(fakes.plan(seed=4))


def test_a_fork_begins_with_the_lanes_parameters_and_goes_its_own_way(race: RaceWorker) -> None:
    (run_id,) = race.open([fakes.plan(seed=2)])
    race.step(30)
    rest(race, 30)
    checkpoint = race.checkpoint(run_id).result(PATIENCE)
    fork = race.add(fakes.plan(seed=3), checkpoint)
    old, new = rest(race, 30)
    assert (old.run_id, new.run_id) == (run_id, fork)
    assert same(parameters(race, run_id), parameters(race, fork))
    assert new.seconds == old.seconds
    race.step(5)
    old, new = rest(race, 35)
    assert not same(parameters(race, run_id), parameters(race, fork))
    # Each writes a history of its own; what was before is common to both.
    a, b = (s.history.curve("loss")[1] for s in (old, new))
    assert len(a) == len(b) == 35
    assert np.array_equal(a[:30], b[:30])
    assert not np.array_equal(a[30:], b[30:])
    # A fork that is reset is where it was forked again.
    _, back = race.reset()
    _, snapshot = until(race, lambda all_: all_[1].state == "paused")
    assert (snapshot.run_id, snapshot.step, len(snapshot.history.curve("loss")[1])) == (back, 30, 30)


def test_a_checkpoint_is_not_written_on_by_the_lane_it_is_of(race: RaceWorker) -> None:
    (run_id,) = race.open([fakes.plan()])
    race.step(4)
    rest(race, 4)
    checkpoint = race.checkpoint(run_id).result(PATIENCE)
    race.step(6)
    rest(race, 10)
    assert checkpoint.step == checkpoint.history.last_step == 4


def test_other_data_reach_every_lane(race: RaceWorker) -> None:
    ids = race.open([fakes.plan(), fakes.plan("TwoPlayers"), fakes.plan("ClosedForm")])
    race.start()
    until(race, lambda all_: all(s.step > 0 for s in all_) and all_[2].state == "finished")
    data = fakes.plane_data(mean=(3.0, 2.0))
    assert race.set_data(data) == {}
    told = until(race, lambda all_: all(any(m.subject == "data" for m in s.history.marks) for s in all_))
    # What had finished on the old data has fitted the new ones: their mean, by hand.
    until(race, lambda all_: all_[2].state == "finished" and all_[2].step == 2)
    assert parameters(race, ids[2])["mean"].tolist() == pytest.approx(data.x_train.mean(axis=0), abs=1e-5)
    assert [s.run_id for s in told] == list(ids)


def test_a_lane_that_cannot_take_other_data_says_so_and_keeps_its_own(race: RaceWorker) -> None:
    knowing = fakes.plan(model=fakes.card("Normal", capabilities=("density", "sample", "labels")))
    ids = race.open([fakes.plan(), knowing])
    race.step(2)
    rest(race, 2)
    refused = race.set_data(fakes.plane_data(classes=3))
    assert list(refused) == [ids[1]]
    assert "3 classes" in refused[ids[1]]
    first, second = until(race, lambda all_: bool(all_[0].history.marks))
    assert not second.history.marks
    assert first.state == second.state == "paused"


def test_a_knob_is_one_lanes_own(race: RaceWorker) -> None:
    ids = race.open([fakes.plan(), fakes.plan()])
    race.set_knob(ids[1], "noise", 0.5)
    race.set_recipe(ids[1], "learning_rate", 0.002)
    first, _ = until(race, lambda all_: len(all_[1].history.marks) == 2)
    assert first.history.marks == ()
    with pytest.raises(BadInput, match="needs a restart"):
        race.set_knob(ids[0], "width", 8)
    assert race.ask(ids[0], lambda model: model.knobs.noise).result(PATIENCE) == 0.1
    assert race.ask(ids[1], lambda model: model.knobs.noise).result(PATIENCE) == 0.5


def test_a_failing_lane_fails_alone(race: RaceWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakes.Raises, "error", ValueError("shapes do not fit"))
    ids = race.open([fakes.plan("Raises", knobs={"trouble_at": 1}), fakes.plan()])
    race.start()
    bad, good = until(race, lambda all_: all_[0].state == "failed" and all_[1].step > 20)
    assert "shapes do not" in bad.message
    assert (good.state, good.message) == ("running", "")
    assert race.ask(ids[0], lambda model: model.dim).result(PATIENCE) == 2


def test_a_lane_that_is_added_to_a_running_race_runs(race: RaceWorker) -> None:
    race.stop_after(0.3)
    race.open([fakes.plan()])
    race.start()
    race.add(fakes.plan(seed=1))
    both = until(race, lambda all_: len(all_) == 2 and all(s.state == "paused" for s in all_))
    assert all(s.seconds >= 0.3 for s in both)
    assert all(s.step > 0 for s in both)


def test_what_is_wanted_holds_for_lanes_to_come(race: RaceWorker) -> None:
    race.want(ViewRequest((FieldRequest("density", HOME, 16),), evaluate=False))
    race.open([fakes.plan(), fakes.plan(seed=1)])
    first, second = until(race, lambda all_: all("density" in s.fields for s in all_))
    assert first.fields["density"].grid == second.fields["density"].grid
    race.add(fakes.plan(seed=2))
    until(race, lambda all_: len(all_) == 3 and all("density" in s.fields for s in all_))


def test_a_closed_race_answers_with_a_failure() -> None:
    race = RaceWorker()
    (run_id,) = race.open([fakes.plan()])
    race.close()
    with pytest.raises(Failure, match="closed"):
        race.ask(run_id, lambda model: model).result(PATIENCE)
