"""The race beside the experiment: through the actions, with threads that really train."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from genplay.errors import BadInput, Failure
from genplay.lab.race import Race
from genplay.lab.state import ModelChoice
from genplay.training.trainer import Trainer
from tests.lab.fakes import Bench, training

PATIENCE = 60.0


@pytest.fixture
def bench() -> Iterator[Bench]:
    with training() as made:
        yield made


def until(bench: Bench, fine: Callable[[], object]) -> None:
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        bench.experiment.poll()
        if fine():
            return
        time.sleep(0.002)
    race = bench.experiment.race
    raise AssertionError(
        f"never came: {[(s.state, s.step, s.message) for s in race.snapshots()]}, {bench.notices}"
    )


def trained(bench: Bench, n: int = 5) -> Race:
    """Every lane n steps further, at rest."""
    race = bench.experiment.race
    before = [s.step for s in race.snapshots()]
    bench.do("race.step", n=n)
    until(
        bench,
        lambda: all(
            s.step >= b + n or s.state == "finished" for s, b in zip(race.snapshots(), before, strict=True)
        ),
    )
    until(bench, lambda: all(s.state in ("paused", "finished") for s in race.snapshots()))
    return race


def lane_parameters(bench: Bench, lane: int) -> dict[str, torch.Tensor]:
    race = bench.experiment.race
    return race.ask(race.lanes[lane - 1].run_id, _read).result(PATIENCE)


def open_parameters(bench: Bench) -> dict[str, torch.Tensor]:
    until(bench, lambda: not bench.experiment.bench.opening)
    return bench.experiment.ask(_read).result(PATIENCE)


def _read(model) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def said(bench: Bench) -> str:
    return " ".join(notice.text for notice in bench.notices)


def test_a_lane_of_the_desks_model_is_the_run_that_the_desk_asks_for(bench: Bench) -> None:
    bench.do("race.open", models="gaussian,ppca")
    race = trained(bench, 20)
    assert [lane.title for lane in race.lanes] == ["Gaussian", "Probabilistic PCA"]
    alone = Trainer(bench.experiment.plan())
    alone.advance(20)
    assert same(lane_parameters(bench, 1), alone.model.state_dict())


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_without_models_it_is_the_desks_and_two_of_other_families(bench: Bench, world: str) -> None:
    bench.do("world.choose", name=world)
    bench.do("race.open")
    race = bench.experiment.race
    assert race.lanes[0].plan.card is bench.experiment.card
    cards = [lane.plan.card for lane in race.lanes]
    assert len({card.family for card in cards}) == len(cards) == 3
    assert all(world in card.worlds for card in cards)
    until(bench, lambda: [s.state for s in race.snapshots()] == ["ready"] * 3)
    assert not race.running


@pytest.mark.parametrize("raced", [True, False])
def test_a_pause_counts_from_when_it_is_said_however_long_the_present_step_takes(
    bench: Bench, raced: bool
) -> None:
    experiment, race = bench.experiment, bench.experiment.race
    if raced:
        bench.do("race.open", models=["gaussian", "vae"])
        until(bench, lambda: len(race.snapshots()) == 2)
    bench.do("train.start")
    place = race if raced else experiment.bench
    until(bench, lambda: (race.snapshots() if raced else [experiment.snapshot()])[0].step > 3)
    assert place.running
    free = threading.Event()

    def long_step(_: object) -> None:
        free.wait(PATIENCE)

    if raced:
        race.ask(race.lanes[0].run_id, long_step)
    else:
        experiment.bench.ask(long_step)
    bench.do("train.pause")
    time.sleep(0.7)
    assert any(s.state == "running" for s in (race.snapshots() if raced else [experiment.snapshot()]))
    assert not place.running
    free.set()
    until(bench, lambda: all(s.state != "running" for s in race.snapshots() or [experiment.snapshot()]))
    assert not place.running


def test_the_experiments_own_run_rests_while_a_race_is_open_and_is_there_afterwards(bench: Bench) -> None:
    bench.do("train.start")
    until(bench, lambda: bench.experiment.bench.latest().step > 5)
    bench.do("race.open", models=["gaussian"])
    until(bench, lambda: bench.experiment.bench.latest().state == "paused")
    step, before = bench.experiment.bench.latest().step, open_parameters(bench)
    # What a key press does goes to the race.
    bench.do("train.toggle")
    race = bench.experiment.race
    until(bench, lambda: race.snapshots()[0].step > 5)
    assert race.running
    bench.do("train.toggle")
    until(bench, lambda: race.snapshots()[0].state == "paused")
    with pytest.raises(BadInput, match="leave it"):
        bench.do("train.substep")
    bench.do("race.close")
    assert bench.experiment.bench.latest().step == step
    assert same(open_parameters(bench), before)
    bench.do("train.step", n=1)
    until(bench, lambda: bench.experiment.bench.latest().step == step + 1)


def test_a_race_that_was_left_is_come_back_to_while_its_data_are_there(bench: Bench) -> None:
    bench.do("race.open", models=["gaussian"])
    race = trained(bench, 7)
    lanes = race.lanes
    bench.do("race.close")
    assert not race.opened
    with pytest.raises(BadInput, match="No race is open"):
        bench.do("race.start")
    bench.do("race.open")
    assert (race.opened, race.lanes) == (True, lanes)
    assert race.snapshots()[0].step == 7
    bench.do("race.close")
    bench.do("data.set", name="n", value=150)
    bench.do("race.open")
    assert race.lanes != lanes
    assert {len(lane.plan.data.x_train) for lane in race.lanes} == {150}


def test_another_world_leaves_the_race(bench: Bench) -> None:
    bench.do("race.open", models=["gaussian"])
    race = trained(bench)
    bench.do("race.start")
    bench.do("world.choose", name="digits")
    assert not race.opened
    until(bench, lambda: race.snapshots()[0].state == "paused")
    bench.do("world.choose", name="plane")
    bench.do("race.open")
    assert race.snapshots()[0].step >= 5


def test_an_edit_of_the_data_reaches_every_lane(bench: Bench) -> None:
    bench.do("race.open", models="gaussian,ppca")
    race = trained(bench)
    bench.do("data.choose", name="gaussian-blob")
    assert {lane.plan.data.spec.name for lane in race.lanes} == {"gaussian-blob"}
    until(bench, lambda: all("data" in [m.subject for m in s.history.marks] for s in race.snapshots()))
    bench.do("edit.undo")
    assert {lane.plan.data.spec.name for lane in race.lanes} == {"two-moons"}


def test_lanes_that_have_one_model_say_what_differs(bench: Bench) -> None:
    wide = ModelChoice.default("vae", "plane")
    wide = replace(wide, knobs=wide.knobs.replace(width=48))
    race = bench.experiment.race
    race.begin([ModelChoice.default("vae", "plane"), wide])
    first, second = (lane.title for lane in race.lanes)
    assert first.startswith("Variational autoencoder · ")
    assert second == "Variational autoencoder · width 48"
    bench.do("race.remove", lane=2)
    assert [lane.title for lane in race.lanes] == ["Variational autoencoder"]
    bench.do("race.add", model="vae")
    assert [lane.title for lane in race.lanes] == [f"Variational autoencoder · seed {k}" for k in (0, 1)]


def test_a_fork_has_the_lanes_parameters_and_then_its_own(bench: Bench) -> None:
    bench.do("race.open", models="vae,gaussian")
    race = trained(bench, 12)
    asked = bench.do("race.fork", lane=1)
    until(bench, asked.done)
    until(bench, lambda: len(race.snapshots()) == 3 and race.snapshots()[2].state == "paused")
    assert [lane.title for lane in race.lanes][::2] == [
        "Variational autoencoder",
        "Variational autoencoder · fork at step 12",
    ]
    assert race.lanes[2].plan.seed == race.lanes[0].plan.seed + 1
    assert same(lane_parameters(bench, 1), lane_parameters(bench, 3))
    trained(bench, 3)
    assert not same(lane_parameters(bench, 1), lane_parameters(bench, 3))
    bench.do("race.add", model="kde")
    for refused in ("race.fork", "race.add"):
        with pytest.raises(BadInput, match="at most 4"):
            bench.do(refused, **({"lane": 1} if refused == "race.fork" else {"model": "gmm"}))


def test_taking_a_lane_makes_its_run_the_open_one_and_undo_brings_the_old_one_back(bench: Bench) -> None:
    bench.do("train.step", n=9)
    until(bench, lambda: bench.experiment.bench.latest().step == 9)
    before, desk = open_parameters(bench), bench.experiment.desk()
    bench.do("race.open", models="ppca,vae")
    trained(bench, 14)
    lane = lane_parameters(bench, 2)
    bench.do("race.take", lane=2)
    assert not bench.experiment.race.opened
    assert bench.experiment.model_id == "vae"
    assert same(open_parameters(bench), lane)
    assert bench.experiment.snapshot().step == 14
    assert bench.experiment.undo_stack.undo_label == "Take Variational autoencoder from the race"
    bench.do("edit.undo")
    assert bench.experiment.desk() == desk
    assert same(open_parameters(bench), before)
    until(bench, lambda: bench.experiment.snapshot().step == 9)
    bench.do("edit.redo")
    assert same(open_parameters(bench), lane)
    # What is trained from then on belongs to the open run alone.
    bench.do("train.step", n=2)
    until(bench, lambda: bench.experiment.snapshot().step == 16)
    bench.do("race.open")
    assert same(lane_parameters(bench, 2), lane)
    assert bench.experiment.race.snapshots()[1].history.last_step == 14


def test_taking_a_lane_of_the_desks_own_model_can_be_undone_too(bench: Bench) -> None:
    """The desk says the same before and after; the runs are two."""
    bench.do("train.step", n=3)
    until(bench, lambda: bench.experiment.bench.latest().step == 3)
    before = open_parameters(bench)
    bench.do("race.open", models=["gaussian"])
    trained(bench, 40)
    bench.do("race.take", lane=1)
    # At once, before the lane's parameters can have come: nothing is lost by it.
    bench.do("edit.undo")
    assert same(open_parameters(bench), before)
    bench.do("edit.redo")
    until(bench, lambda: bench.experiment.snapshot() and bench.experiment.snapshot().step == 40)
    assert not same(open_parameters(bench), before)


def test_a_lane_that_fails_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.do("race.open", models="gaussian,vae")
    race = trained(bench)
    advance = Trainer.advance

    def breaks(self: Trainer, *args: object) -> int:
        if self.plan.card.id == "vae":
            raise ValueError("shapes do not fit")
        return advance(self, *args)

    monkeypatch.setattr(Trainer, "advance", breaks)
    bench.do("race.start")
    until(bench, lambda: "shapes do not fit" in said(bench))
    assert [n.text.partition(": ")[0] for n in bench.notices] == ["Variational autoencoder"]
    assert [s.state for s in race.snapshots()] == ["running", "failed"]


def test_rewinding_gives_each_lane_its_start_again(bench: Bench) -> None:
    bench.do("race.open", models="gaussian,vae")
    race = bench.experiment.race
    until(bench, lambda: [s.state for s in race.snapshots()] == ["ready", "ready"])
    start, ids = lane_parameters(bench, 2), {lane.run_id for lane in race.lanes}
    trained(bench, 8)
    assert not same(lane_parameters(bench, 2), start)
    bench.do("train.reset")
    assert same(lane_parameters(bench, 2), start)
    assert not ids & {lane.run_id for lane in race.lanes}


def test_each_lane_stops_at_so_many_seconds_of_its_own(bench: Bench) -> None:
    bench.do("race.open", models="gaussian,vae")
    race = bench.experiment.race
    bench.do("race.seconds", seconds=0.3)
    bench.do("race.start")
    told: list[bool] = []
    race.changed.connect(lambda: told.append(race.running))
    until(bench, lambda: [s.state for s in race.snapshots()] == ["paused", "paused"])
    assert not race.running
    until(bench, lambda: told)
    assert told[-1] is False
    assert min(s.seconds for s in race.snapshots()) >= 0.3


def test_the_race_tells_of_what_changes(bench: Bench) -> None:
    race, told = bench.experiment.race, []
    race.changed.connect(lambda: told.append((race.opened, len(race.lanes), race.axis, race.running)))
    bench.do("race.open", models="gaussian,vae")
    bench.do("race.axis", by="steps")
    bench.do("race.axis")
    bench.do("race.start")
    bench.do("race.pause")
    bench.do("race.remove", lane=1)
    bench.do("race.close")
    states = list(dict.fromkeys(told))
    assert (True, 2, "steps", False) in states
    assert (True, 2, "seconds", True) in states
    assert (True, 1, "seconds", False) in states
    assert told[-1] == (False, 1, "seconds", False)


@pytest.mark.parametrize(
    ("action", "args", "words"),
    [
        ("race.open", {"models": "gaussian,gmm,vae,nsf,kde"}, "1 to 4 models, not 5"),
        ("race.open", {"models": "rainbow"}, "rainbow"),
        ("race.open", {"models": "ising"}, "ising"),
        ("race.remove", {"lane": 3}, "There is no lane 3; the race has 1"),
        ("race.add", {"model": "gan", "objective": "magic"}, "magic"),
        ("race.step", {"n": 0}, "n"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    bench: Bench, action: str, args: dict[str, object], words: str
) -> None:
    bench.do("race.open", models=["gaussian"])
    lanes = bench.experiment.race.lanes
    with pytest.raises(BadInput, match=words):
        bench.do(action, **args)
    assert bench.experiment.race.lanes == lanes


def test_another_experiment_drops_the_race(bench: Bench) -> None:
    bench.do("race.open", models=["gaussian"])
    race = trained(bench)
    gone = race.lanes[0].run_id
    told = []
    race.changed.connect(lambda: told.append(race.lanes))
    bench.do("file.new")
    assert told == [()]
    with pytest.raises(Failure, match="no longer"):
        race.ask(gone, _read).result(PATIENCE)
    assert (race.opened, race.lanes, race.snapshots()) == (False, (), ())


def test_places_are_given_only_beyond_error(bench: Bench) -> None:
    bench.do("race.open", models="gaussian,kde")
    race = trained(bench, 3)
    until(bench, lambda: all(s.test_log_prob is not None and s.entropy for s in race.snapshots()))
    first, second = race.standings()
    assert (first.place, second.place) == (2, 1)
    data = bench.experiment.data
    # The gap is the mean of log p − log q over the test points, up to how the entropy differs from their mean log p.
    snapshot = race.snapshots()[0]
    assert first.nll.value == pytest.approx(-snapshot.test_log_prob.mean(), abs=1e-6)
    assert first.gap.value == pytest.approx(first.nll.value - data.law.entropy().value)
    assert first.gap.kind == "estimate"
    spread = np.std(snapshot.test_log_prob, ddof=1) / np.sqrt(len(data.x_test))
    assert first.gap.stderr == pytest.approx(spread, rel=0.2)
