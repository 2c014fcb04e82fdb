"""The training thread: what it is told it does, at once, and nothing stale ever comes out of it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
import torch

from genplay.errors import BadInput, Failure
from genplay.spaces.plane import HOME, Box
from genplay.training import queries
from genplay.training.session import LONG_SLICE
from genplay.training.snapshot import FieldRequest, Snapshot, ViewRequest
from genplay.training.trainer import Trainer
from genplay.training.worker import Worker
from tests.training import fakes

PATIENCE = 60.0
DENSITY = ViewRequest(fields=(FieldRequest("density", HOME, 32),), samples=50, refine=48)


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("genplay-")]


def until(worker: Worker, fine: Callable[[Snapshot], bool]) -> Snapshot:
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        snapshot = worker.latest()
        if snapshot is not None and fine(snapshot):
            return snapshot
        time.sleep(0.002)
    raise AssertionError(f"never came; the last was {worker.latest()}")


def in_state(state: str) -> Callable[[Snapshot], bool]:
    return lambda s: s.state == state


def losses(snapshot: Snapshot, name: str = "loss") -> list[float]:
    return snapshot.history.curve(name)[1].tolist()


def answer(future: Future[object]) -> object:
    return future.result(PATIENCE)


# Training


def test_slices_are_long_while_no_view_is_due(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    slices: list[float] = []
    advance = Trainer.advance

    def watched(self: Trainer, steps: int | None = None, until: float = math.inf, *rest: Any) -> int:
        slices.append(until - time.perf_counter())
        return advance(self, steps, until, *rest)

    monkeypatch.setattr(Trainer, "advance", watched)
    worker.want(ViewRequest(samples=0, evaluate=False))
    worker.open(fakes.plan("Normal"))
    worker.start()
    until(worker, lambda s: s.step > 10 and len(slices) > 3)
    assert 0.9 * LONG_SLICE < max(slices) <= LONG_SLICE
    slices.clear()
    worker.want(ViewRequest(samples=10, evaluate=False))
    until(worker, lambda s: s.samples is not None and len(slices) > 5)
    worker.pause()
    assert min(slices) < 0.5 * LONG_SLICE


def test_something_else_runs_between_two_slices(worker: Worker) -> None:
    worker.open(fakes.plan("Normal"))
    worker.start()
    until(worker, lambda s: s.step > 3)

    def elsewhere() -> tuple[str, int]:
        before = worker.latest().step
        time.sleep(0.05)
        return threading.current_thread().name, worker.latest().step - before

    assert answer(worker.between(elsewhere)) == ("genplay-training", 0)
    step = worker.latest().step
    until(worker, lambda s: s.step > step)


@pytest.mark.parametrize("target", ["Normal", "TwoPlayers"])
def test_the_thread_trains_as_the_bare_loop_does_bit_for_bit(worker: Worker, target: str) -> None:
    name = "loss" if target == "Normal" else "generator_loss"
    plan = fakes.plan(target, seed=7)
    bare = Trainer(plan)
    bare.advance(400)
    worker.want(DENSITY)
    worker.open(plan)
    worker.stop_at(400)
    worker.start()
    # Views, questions and pauses in between must not be noticed.
    worker.ask(lambda model: model.sample(5, torch.Generator().manual_seed(0)))
    until(worker, lambda s: s.step > 20)
    worker.pause()
    until(worker, in_state("paused"))
    worker.start()
    snapshot = until(worker, lambda s: s.step >= 400 and s.state == "paused")
    assert snapshot.step == 400
    assert losses(snapshot, name) == bare.history.curve(name)[1].tolist()
    assert snapshot.terms[name] == losses(snapshot, name)[-1]


def test_states_from_ready_to_closed(worker: Worker) -> None:
    assert worker.latest() is None
    run = worker.open(fakes.plan())
    assert worker.latest() is not None
    snapshot = until(worker, in_state("ready"))
    assert (snapshot.run_id, snapshot.step, snapshot.device, snapshot.model) == (run, 0, "cpu", "normal")
    worker.start()
    snapshot = until(worker, lambda s: s.state == "running" and s.step > 50)
    assert snapshot.seconds > 0
    assert until(worker, lambda s: s.steps_per_second > 0)
    worker.pause()
    paused = until(worker, in_state("paused"))
    time.sleep(0.05)
    assert worker.latest().step == paused.step  # type: ignore[union-attr]
    worker.close()
    assert until(worker, in_state("closed"))


def test_steps_and_sub_steps(worker: Worker) -> None:
    worker.open(fakes.plan("TwoPlayers"))
    worker.step(3)
    assert until(worker, in_state("paused")).step == 3
    worker.step()
    worker.step()
    assert until(worker, lambda s: s.step == 5 and s.state == "paused")
    worker.substep()
    assert until(worker, lambda s: s.phase == "discriminator" and s.state == "paused").step == 5
    worker.substep()
    worker.substep()
    assert until(worker, lambda s: s.step == 6).phase == "generator"
    with pytest.raises(BadInput, match="at least 1"):
        worker.step(0)


def test_stop_at_a_step_that_is_past_pauses(worker: Worker) -> None:
    worker.open(fakes.plan())
    worker.start()
    until(worker, lambda s: s.step > 10)
    worker.stop_at(5)
    assert until(worker, in_state("paused"))


def test_reset_goes_back_to_the_same_start_with_the_present_knobs(worker: Worker) -> None:
    plan = fakes.plan(recipe={"batch_size": 32})
    worker.open(plan)
    worker.set_recipe("batch_size", 16)
    worker.set_knob("noise", 0.2)
    worker.step(30)
    first = until(worker, in_state("paused"))
    run = worker.reset()
    ready = until(worker, in_state("ready"))
    assert ready.run_id == run != first.run_id
    assert (ready.step, ready.history.length, dict(ready.terms)) == (0, 0, {})
    worker.step(30)
    assert losses(until(worker, lambda s: s.state == "paused" and s.step == 30)) == losses(first)


def test_slow_motion(worker: Worker) -> None:
    worker.open(fakes.plan())
    worker.speed(50)
    began = time.perf_counter()
    worker.start()
    snapshot = until(worker, lambda s: s.step >= 15)
    assert time.perf_counter() - began > 0.2
    worker.speed(None)
    assert until(worker, lambda s: s.step > snapshot.step + 300)
    with pytest.raises(BadInput, match="speed"):
        worker.speed(-1)


def test_slow_motion_goes_phase_by_phase(worker: Worker) -> None:
    worker.open(fakes.plan("TwoPlayers"))
    worker.speed(4)
    worker.start()
    phases = set()
    until(worker, lambda s: bool(phases.add(s.phase)) or s.step >= 2)  # type: ignore[func-returns-value]
    assert {"discriminator", "generator"} <= phases
    # In slow motion commands are still served at once.
    began = time.perf_counter()
    answer(worker.ask(lambda model: None))
    assert time.perf_counter() - began < 0.4


# Changes


def test_live_knobs_apply_and_others_are_refused_at_once(worker: Worker) -> None:
    worker.open(fakes.plan())
    worker.start()
    worker.set_knob("noise", 3.0)
    assert answer(worker.ask(lambda model: model.knobs.noise)) == 3.0
    with pytest.raises(BadInput, match="restart"):
        worker.set_knob("width", 3)
    with pytest.raises(BadInput, match="restart"):
        worker.set_recipe("optimiser", "sgd")
    with pytest.raises(BadInput, match="Allowed"):
        worker.set_recipe("learning_rate", "fast")
    assert until(worker, lambda s: bool(s.history.marks)).state == "running"


def test_data_change_while_training_and_the_run_goes_on(worker: Worker) -> None:
    worker.open(fakes.plan())
    worker.start()
    before = until(worker, lambda s: s.step > 100)
    worker.set_data(fakes.plane_data(mean=(2.0, 2.0)))
    after = until(worker, lambda s: s.step > before.step + 2000)
    assert after.run_id == before.run_id
    assert [m.text for m in after.history.marks] == ["the data changed"]
    mean = answer(worker.ask(lambda model: model.mean.tolist()))
    assert mean == pytest.approx([2.0, 2.0], abs=0.3)
    with pytest.raises(BadInput, match="world"):
        worker.set_data(fakes.digit_data())


def test_data_of_a_run_that_has_not_begun_are_those_it_begins_with(worker: Worker) -> None:
    other = fakes.plane_data(mean=(-1.0, 0.0), seed=3)
    worker.open(fakes.plan())
    worker.set_data(other)
    worker.step(20)
    snapshot = until(worker, in_state("paused"))
    bare = Trainer(fakes.plan(data=other))
    bare.advance(20)
    assert losses(snapshot) == bare.history.curve("loss")[1].tolist()
    assert not snapshot.history.marks


def test_a_finished_run_fits_again_when_the_data_change(worker: Worker) -> None:
    worker.open(fakes.plan("ClosedForm"))
    worker.start()
    assert until(worker, in_state("finished")).step == 1
    worker.start()
    time.sleep(0.03)
    assert until(worker, in_state("finished")).step == 1
    worker.set_data(fakes.plane_data(mean=(1.0, 1.0)))
    assert until(worker, lambda s: s.state == "finished" and s.step == 2)
    assert answer(worker.ask(lambda model: model.mean.tolist())) == pytest.approx([1, 1], abs=0.1)


# Runs


def test_a_new_run_never_shows_anything_of_the_old_one(worker: Worker) -> None:
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            snapshot = worker.latest()
            if snapshot is not None:
                seen.append(snapshot.run_id)

    watcher = threading.Thread(target=watch)
    watcher.start()
    worker.want(DENSITY)
    runs = []
    for seed in range(12):
        runs.append(worker.open(fakes.plan(seed=seed)))
        assert worker.latest().run_id == runs[-1]  # type: ignore[union-attr]
        worker.start()
        time.sleep(0.02)
    stop.set()
    watcher.join()
    assert runs == sorted(set(runs))
    assert np.all(np.diff(seen) >= 0)


def test_a_run_that_cannot_be_built_is_told_and_the_thread_lives(worker: Worker) -> None:
    with pytest.raises(BadInput, match="no model"):
        worker.open(fakes.plan(model="nonsense"))
    assert worker.latest() is None

    class Broken(fakes.Normal):
        def __init__(self, *args: object) -> None:
            raise ZeroDivisionError("width")

    fakes.CLASSES["Broken"] = Broken
    worker.open(fakes.plan("Broken"))
    snapshot = until(worker, in_state("failed"))
    assert "ZeroDivisionError: width" in snapshot.message
    with pytest.raises(Failure, match="no run is open"):
        answer(worker.ask(lambda model: 1))
    worker.open(fakes.plan())
    assert until(worker, in_state("ready"))


def test_a_checkpoint_taken_as_a_run_is_left_brings_it_back(worker: Worker) -> None:
    worker.open(fakes.plan())
    worker.step(40)
    before = until(worker, in_state("paused"))
    kept = worker.checkpoint()
    worker.open(fakes.plan("TwoPlayers"))
    run = worker.open(fakes.plan(), kept.result(PATIENCE))
    snapshot = until(worker, lambda s: s.run_id == run and s.state == "paused")
    assert (snapshot.step, losses(snapshot)) == (40, losses(before))
    worker.step()
    assert until(worker, lambda s: s.step == 41)


# Questions


def test_questions_are_answered_while_training_and_soon(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan())
    worker.start()
    until(worker, lambda s: s.step > 100)
    waits = []
    for _ in range(40):
        began = time.perf_counter()
        x = answer(worker.ask(lambda model: queries.log_prob(model, np.zeros((3, 2)))))
        waits.append(time.perf_counter() - began)
        assert np.shape(x) == (3,)
    assert np.median(waits) < 0.2
    assert worker.latest().state == "running"  # type: ignore[union-attr]


def test_a_question_that_goes_wrong_harms_only_itself(worker: Worker) -> None:
    worker.open(fakes.plan("TwoPlayers"))
    worker.start()
    with pytest.raises(Failure, match="has no density"):
        answer(worker.ask(lambda model: queries.log_prob(model, np.zeros((3, 2)))))
    with pytest.raises(Failure, match="ZeroDivisionError"):
        answer(worker.ask(lambda model: 1 // 0))
    assert until(worker, lambda s: s.step > 20).state == "running"


def test_without_a_run_there_is_nothing_to_ask_or_to_train(worker: Worker) -> None:
    with pytest.raises(Failure, match="no run is open"):
        answer(worker.ask(lambda model: 1))
    with pytest.raises(Failure, match="No run is open"):
        worker.start()
    with pytest.raises(Failure, match="No run is open"):
        worker.set_knob("noise", 1)


def test_closing_fails_whoever_still_waits() -> None:
    worker = Worker()
    worker.open(fakes.plan("Slow"))
    worker.start()
    busy = worker.ask(lambda model: time.sleep(0.1))
    waiting = worker.ask(lambda model: 1)
    time.sleep(0.03)
    worker.close()
    assert busy.done()
    with pytest.raises(Failure, match="closed"):
        waiting.result(0)
    with pytest.raises(Failure, match="closed"):
        worker.ask(lambda model: 1).result(0)
    worker.close()


# Failures


def test_a_loss_that_is_not_a_number_fails_the_run_which_can_then_go_on(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan("BecomesNaN", knobs={"trouble_at": 30}))
    worker.start()
    failed = until(worker, in_state("failed"))
    assert "step 30" in failed.message
    assert "lower the learning rate" in failed.message
    assert failed.step == 29
    # Views of a failed run are those of its last good parameters.
    field = until(worker, lambda s: "density" in s.fields and s.fields["density"].grid.n == 48).fields[
        "density"
    ]
    assert np.isfinite(field.values).all()
    worker.set_knob("trouble_at", -1)
    worker.start()
    assert until(worker, lambda s: s.step > 100 and s.state == "running").message == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("shapes do not\nfit"), "ValueError: shapes do not fit"),
        (MemoryError(), "Out of memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory"), "not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "Out of memory"),
    ],
)
def test_an_error_in_a_step_is_one_line_and_the_thread_lives(
    worker: Worker, error: Exception, told: str
) -> None:
    fakes.Raises.error = error
    worker.open(fakes.plan("Raises"))
    worker.step(5)
    until(worker, in_state("paused"))
    worker.set_knob("trouble_at", 0)
    worker.start()
    failed = until(worker, in_state("failed"))
    assert told in failed.message
    assert "\n" not in failed.message
    worker.set_knob("trouble_at", -1)
    worker.step(5)
    assert until(worker, in_state("paused")).step == 10


def test_a_view_that_fails_is_told_and_training_goes_on(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan("BadView"))
    worker.start()
    snapshot = until(worker, lambda s: "RuntimeError: no density today" in s.message and s.step > 50)
    assert snapshot.state == "running"
    assert until(worker, lambda s: s.samples is not None)


# Views


def test_views_come_while_training_and_are_refined_at_rest(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan())
    worker.start()
    live = until(
        worker, lambda s: "density" in s.fields and s.fields["density"].step > 0 and s.samples is not None
    )
    assert live.fields["density"].grid.n <= 32
    until(worker, lambda s: s.step > 400)  # by then nearly all of its mass is in the box
    worker.pause()
    snapshot = until(
        worker,
        lambda s: (
            s.state == "paused"
            and s.fields["density"].grid.n == 48
            and s.fields["density"].step == s.step == s.samples_step
            and s.samples is not None
            and len(s.samples) == 50
            and s.nll_test is not None
        ),
    )
    field = snapshot.fields["density"]
    expected = answer(worker.ask(lambda model: queries.log_prob(model, field.grid.points())))
    assert np.allclose(field.values.ravel(), expected, atol=1e-5)
    assert field.kind == "exact"
    assert np.exp(field.values).sum() * field.grid.cell_area == pytest.approx(1.0, abs=0.02)
    assert snapshot.entropy == fakes.Normal2().entropy()
    x = snapshot.history.curve("nll_test")
    assert x[0][-1] == snapshot.step
    for array in (field.values, snapshot.samples):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_new_request_replaces_the_old_one(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan())
    until(worker, lambda s: "density" in s.fields)
    far = Box(0.0, 9.0, 0.0, 9.0)
    worker.want(ViewRequest(fields=(FieldRequest("energy", far, 16), FieldRequest("score", far, 8))))
    fields = until(worker, lambda s: s.fields.keys() == {"energy", "score"}).fields
    assert fields["energy"].grid.box == far
    assert fields["score"].values.shape == (8, 8, 2)
    worker.want(ViewRequest(fields=(FieldRequest("energy", HOME, 16),)))
    assert until(worker, lambda s: s.fields.keys() == {"energy"} and s.fields["energy"].grid.box == HOME)


def test_the_same_noise_makes_the_same_samples(worker: Worker) -> None:
    worker.want(ViewRequest(samples=30))
    worker.open(fakes.plan())
    first = until(worker, lambda s: s.samples is not None and len(s.samples) == 30).samples
    assert first is not None
    worker.step(1)
    moved = until(worker, lambda s: s.samples_step == 1 and len(s.samples) == 30).samples  # type: ignore[arg-type]
    assert 0 < np.abs(moved - first).max() < 0.2
    worker.reset()
    again = until(worker, lambda s: s.step == 0 and s.samples is not None and len(s.samples) == 30).samples
    assert np.array_equal(first, again)  # type: ignore[arg-type]


def test_images_come_as_a_gallery_with_their_log_prob(worker: Worker) -> None:
    worker.want(ViewRequest(samples=12, fields=(FieldRequest("density", HOME, 16),)))
    worker.open(fakes.plan(world="digits"))
    snapshot = until(worker, lambda s: s.gallery is not None and len(s.gallery.images) == 12)
    assert snapshot.gallery.images.shape == (12, 25)  # type: ignore[union-attr]
    expected = answer(worker.ask(lambda m: queries.log_prob(m, snapshot.gallery.images)))  # type: ignore[union-attr]
    assert np.allclose(snapshot.gallery.log_prob, expected)  # type: ignore[union-attr]
    assert "density" not in snapshot.fields
    assert snapshot.message == ""
    assert snapshot.entropy is None


def test_costly_views_are_cut_up_so_that_commands_are_served(worker: Worker) -> None:
    worker.want(ViewRequest(fields=(FieldRequest("density", HOME, 128),), refine=512, evaluate=False))
    worker.open(fakes.plan("Slow"))
    until(worker, lambda s: "density" in s.fields)
    waits = []
    for _ in range(10):
        began = time.perf_counter()
        answer(worker.ask(lambda model: 0))
        waits.append(time.perf_counter() - began)
        time.sleep(0.01)
    assert np.median(waits) < 0.2
    assert max(waits) < 2.0


def test_an_idle_thread_does_nothing(worker: Worker) -> None:
    worker.want(DENSITY)
    worker.open(fakes.plan("ClosedForm"))
    worker.start()
    until(worker, lambda s: s.state == "finished" and s.entropy is not None and s.nll_test is not None)
    time.sleep(0.5)
    first = worker.latest()
    time.sleep(0.2)
    assert worker.latest() is first


def test_a_copy_knows_its_step_and_is_not_trained(worker: Worker) -> None:
    worker.open(fakes.plan("Normal"))
    worker.step(5)
    until(worker, lambda s: s.step == 5)
    model, step = answer(worker.copied())
    assert step == 5
    before = [p.clone() for p in model.parameters()]
    worker.step(20)
    until(worker, lambda s: s.step == 25)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    trained = answer(worker.ask(lambda m: [p.detach().clone() for p in m.parameters()]))
    assert any(not torch.equal(a, b) for a, b in zip(before, trained, strict=True))
