"""Several runs in one thread, on a clock that stands still but for what models and views say they cost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch, Terms
from genplay.spaces.plane import HOME
from genplay.training.jobs import Jobs
from genplay.training.lanes import Lanes
from genplay.training.session import SLICE
from genplay.training.shares import MOST_LANES
from genplay.training.snapshot import FieldRequest, Snapshot, ViewRequest
from genplay.training.trainer import Trainer
from tests.training import fakes

QUIET = ViewRequest(evaluate=False)


class Clock:
    """``time.perf_counter`` while a test lasts."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "perf_counter", made)

    class Costly(fakes.Normal):
        """A step costs ``noise`` seconds, a point of its density a tenth of a millisecond."""

        def _loss(self, batch: Batch) -> Terms:
            made.now += self.knobs.noise
            return super()._loss(batch)

        def log_prob(self, x: Tensor) -> Tensor:
            if not torch.is_grad_enabled():
                made.now += 1e-4 * len(x)
            return super().log_prob(x)

    class Fitted(fakes.ClosedForm):
        """Has finished after a step of 5 ms; looked at, it costs as much as the other."""

        def _fit(self, batch: Batch) -> Terms:
            made.now += 0.005
            return super()._fit(batch)

        def log_prob(self, x: Tensor) -> Tensor:
            made.now += 1e-4 * len(x)
            return super().log_prob(x)

    class Breaks(Costly):
        """Raises at its third step."""

        calls = 0

        def _loss(self, batch: Batch) -> Terms:
            Breaks.calls += 1
            if Breaks.calls >= 3:
                raise ValueError("no more")
            return super()._loss(batch)

    for cls in (Costly, Fitted, Breaks):
        monkeypatch.setitem(fakes.CLASSES, cls.__name__, cls)
    return made


class Field:
    """Lanes with the newest snapshot of each."""

    def __init__(self, jobs: Jobs) -> None:
        self.latest: dict[int, Snapshot] = {}
        self.lanes = Lanes(jobs, lambda s: self.latest.__setitem__(s.run_id, s))

    def open(self, *targets: tuple[str, float], request: ViewRequest = QUIET) -> None:
        self.lanes.want(request)
        for target, cost in targets:
            self.lanes.open(len(self.latest) + 1, fakes.plan(target, knobs={"noise": cost}))

    def turns(self, n: int, check=lambda: None) -> None:
        for _ in range(n):
            self.lanes.turn(lambda: False)
            check()

    @property
    def seconds(self) -> list[float]:
        return [s.trainer.seconds for s in self.lanes.sessions()]

    @property
    def steps(self) -> list[int]:
        return [s.trainer.step_count for s in self.lanes.sessions()]

    @property
    def states(self) -> list[str]:
        return [s.state for s in self.lanes.sessions()]


@pytest.fixture
def field() -> Iterator[Field]:
    jobs = Jobs("genplay-test-laws")
    yield Field(jobs)
    jobs.close()


def start(field: Field) -> None:
    field.lanes.each(lambda session: session.start())


@pytest.mark.parametrize("costs", [(0.003, 0.03), (0.03, 0.003), (0.001, 0.01, 0.1), (0.1, 0.05, 0.01, 0.01)])
@pytest.mark.parametrize(
    "request_", [QUIET, ViewRequest((FieldRequest("density", HOME, 48),), evaluate=True)]
)
def test_all_have_trained_for_the_same_time_whatever_a_step_costs(
    clock: Clock, field: Field, costs: tuple[float, ...], request_: ViewRequest
) -> None:
    field.open(*(("Costly", cost) for cost in costs), request=request_)
    start(field)
    apart = SLICE + max(costs)

    def check() -> None:
        assert np.ptp(field.seconds) <= apart

    field.turns(400, check)
    assert min(field.seconds) > 8 * max(costs)
    # Equal time is not equal steps: the one whose step costs a tenth makes ten times as many.
    expected = [seconds / cost for seconds, cost in zip(field.seconds, costs, strict=True)]
    assert field.steps == pytest.approx(expected, rel=0.1)


def test_looking_at_lanes_costs_no_lane_its_training_and_all_together_a_tenth(
    clock: Clock, field: Field
) -> None:
    dear = ViewRequest((FieldRequest("density", HOME, 96),), evaluate=True)
    field.open(("Costly", 0.007), ("Costly", 0.02), ("Costly", 0.01), request=dear)
    start(field)
    began = clock.now
    field.turns(900)
    trained, all_in_all = sum(field.seconds), clock.now - began
    assert np.ptp(field.seconds) <= 2 * SLICE
    assert 0.05 < (all_in_all - trained) / trained < 0.13
    # And it is fairly shared: each is looked at as often as the others.
    looks = [len(s.trainer.history.curve("nll_test")[0]) for s in field.lanes.sessions()]
    assert min(looks) >= 2
    assert max(looks) <= min(looks) + 1


def test_a_lane_that_has_finished_leaves_its_time_to_the_others_and_is_still_refined(
    clock: Clock, field: Field
) -> None:
    fields = (FieldRequest("density", HOME, 32),)
    field.open(
        ("Fitted", 0.0), ("Costly", 0.01), ("Costly", 0.01),
        request=ViewRequest(fields, evaluate=False, refine=192),
    )  # fmt: skip
    start(field)
    began = clock.now
    field.turns(150)
    assert field.states == ["finished", "running", "running"]
    assert field.seconds[0] == pytest.approx(0.065)
    assert abs(field.seconds[1] - field.seconds[2]) <= SLICE + 0.01
    # It is looked at as asked; to refine that takes longer than all training until now, and most time goes to the two.
    assert field.latest[1].fields["density"].values.shape == (32, 32)
    assert sum(field.seconds) > 0.7 * (clock.now - began)


def test_a_lane_that_fails_leaves_its_time_to_the_others_and_keeps_its_picture(
    clock: Clock, field: Field
) -> None:
    request = ViewRequest((FieldRequest("density", HOME, 32),), evaluate=False)
    field.open(("Breaks", 0.03), ("Costly", 0.01), request=request)
    start(field)
    field.turns(400)
    assert field.states == ["failed", "running"]
    assert "no more" in field.latest[1].message
    assert field.latest[1].fields["density"].values.shape == (32, 32)
    assert field.seconds[1] > 20 * field.seconds[0]


def test_other_data_bring_a_finished_lane_back(clock: Clock, field: Field) -> None:
    field.open(("Fitted", 0.0), ("Costly", 0.01))
    start(field)
    field.turns(30)
    field.lanes.each(lambda session: session.set_data(fakes.plan(seed=1).data))
    assert field.states == ["running", "running"]
    field.turns(5)
    assert (field.states[0], field.steps[0]) == ("finished", 2)


def test_a_lane_that_begins_again_has_no_claim_on_the_time_before(clock: Clock, field: Field) -> None:
    field.open(("Breaks", 0.01), ("Costly", 0.01))
    start(field)
    field.turns(100)
    assert field.states == ["failed", "running"]
    before = field.seconds
    assert before[1] - before[0] > 1
    fakes.CLASSES["Breaks"].calls = -(10**6)
    start(field)
    field.turns(40)
    gained = np.subtract(field.seconds, before)
    assert abs(gained[0] - gained[1]) <= SLICE + 0.01


def test_each_lane_stops_at_its_own_seconds_once(clock: Clock, field: Field) -> None:
    field.open(("Costly", 0.004), ("Costly", 0.04))
    field.lanes.each(lambda session: session.stop_after(1.0))
    start(field)
    field.turns(300)
    assert field.states == ["paused", "paused"]
    assert field.seconds == pytest.approx([1.0, 1.0], abs=0.041)
    assert min(field.seconds) >= 1.0
    start(field)
    field.turns(100)
    assert field.states == ["running", "running"]
    # What is past is no limit.
    field.lanes.each(lambda session: session.stop_after(0.5))
    field.turns(10)
    assert field.states == ["running", "running"]


def test_steps_a_second_are_those_of_the_lanes_own_training(clock: Clock, field: Field) -> None:
    field.open(("Costly", 0.004), ("Costly", 0.02), ("Costly", 0.02), ("Costly", 0.02))
    assert len(field.latest) == MOST_LANES
    start(field)
    field.turns(300)
    assert [field.latest[k].steps_per_second for k in (1, 2, 3, 4)] == pytest.approx(
        [250, 50, 50, 50], rel=0.02
    )


def test_lanes_train_as_alone_bit_for_bit(field: Field) -> None:
    # On the real clock, so that slices fall where they will, with views between them.
    plans = [fakes.plan("Normal", seed=3), fakes.plan("TwoPlayers", seed=3), fakes.plan("Normal", seed=4)]
    field.lanes.want(ViewRequest((FieldRequest("density", HOME, 24),), samples=30))
    for k, plan in enumerate(plans, start=1):
        field.lanes.open(k, plan)
    field.lanes.each(lambda session: session.start(steps=150))
    while field.lanes.running:
        field.lanes.turn(lambda: False)
    for session, plan in zip(field.lanes.sessions(), plans, strict=True):
        alone = Trainer(plan)
        alone.advance(150)
        for (name, a), (_, b) in zip(
            session.trainer.model.state_dict().items(), alone.model.state_dict().items(), strict=True
        ):
            assert torch.equal(a, b), name
