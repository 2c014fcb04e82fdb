"""What the experiment tells the training thread, and what it keeps."""

from __future__ import annotations

import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from genplay.errors import BadInput, Failure
from genplay.lab import bench
from genplay.lab.experiment import Experiment
from genplay.training.checkpoint import Checkpoint
from genplay.training.snapshot import ViewRequest
from tests.lab.fakes import Bench, small_desks


@pytest.fixture
def ready() -> Bench:
    bench = Bench()
    bench.experiment.ready()
    return bench


@pytest.fixture
def trained(ready: Bench) -> Bench:
    ready.do("train.start")
    ready.clock.now += 1
    return ready


LINE = [[0.0, 0.0], [1.0, 1.0]]


# Opening and training


def test_ready_opens_a_run_that_stands_ready(ready: Bench) -> None:
    assert ready.worker.words() == ["open"]
    assert ready.experiment.snapshot().state == "ready"
    plan = ready.worker.told[0][1]
    assert (plan.model, plan.world, plan.objective, plan.seed) == ("gaussian", "plane", "gradient", 0)


def test_space_starts_and_pauses(ready: Bench) -> None:
    ready.do("train.toggle")
    assert ready.experiment.running
    ready.do("train.toggle")
    assert not ready.experiment.running
    assert ready.worker.words() == ["open", "start", "pause"]


def test_toggle_believes_the_snapshot_after_a_while(trained: Bench) -> None:
    trained.worker._state("finished")
    assert not trained.experiment.running


def test_training_commands_reach_the_worker(ready: Bench) -> None:
    ready.do("train.step", n=3)
    ready.do("train.substep")
    ready.do("train.speed", steps_per_second=5)
    ready.do("train.speed", steps_per_second=0)
    assert ready.worker.told[1:] == [("step", 3), ("substep",), ("speed", 5.0), ("speed", None)]


def test_training_before_ready_opens_a_run_first() -> None:
    bench = Bench()
    bench.do("train.start")
    assert bench.worker.words() == ["open", "start"]


def test_a_snapshot_of_another_run_is_not_shown(ready: Bench) -> None:
    ready.worker.run_id = 7
    ready.worker.snapshot = ready.worker.snapshot.__class__(
        7, "running", "plane", "kde", 0, 0, 0, "cpu", {}, ready.worker.snapshot.history
    )
    assert ready.experiment.snapshot() is None


def test_rewind_is_the_same_start_as_a_new_run_and_keeps_the_old(trained: Bench) -> None:
    before = trained.experiment.run_id
    trained.do("train.reset")
    assert trained.experiment.run_id != before
    assert trained.worker.told[-1][1] is trained.worker.told[0][1]
    assert [past.run_id for past in trained.experiment.past_runs] == [before]


def test_a_failure_is_told_once(trained: Bench) -> None:
    trained.worker._state("failed")
    for _ in range(3):
        trained.experiment.poll()
    assert [notice.level for notice in trained.notices] == ["error"]


# Knobs


def test_a_live_knob_reaches_the_running_model(trained: Bench) -> None:
    trained.do("recipe.set", name="learning_rate", value=0.5)
    assert ("set_recipe", "learning_rate", 0.5) in trained.worker.told
    assert trained.experiment.pending_restart == ()


def test_a_restart_knob_waits_and_says_so(trained: Bench) -> None:
    trained.do("model.set", name="covariance", value="diagonal")
    assert trained.worker.words() == ["open", "start"]
    assert trained.experiment.pending_restart == ("covariance",)
    trained.do("train.restart")
    assert trained.worker.words() == ["open", "start", "open", "start"]
    assert trained.worker.told[2][1].knobs["covariance"] == "diagonal"
    assert trained.experiment.pending_restart == ()


def test_setting_it_back_leaves_nothing_waiting(trained: Bench) -> None:
    trained.do("model.set", name="covariance", value="diagonal")
    trained.do("model.set", name="covariance", value="full")
    assert trained.experiment.pending_restart == ()


def test_before_the_first_step_every_knob_applies_at_once(ready: Bench) -> None:
    ready.do("model.set", name="covariance", value="diagonal")
    ready.experiment.poll()
    assert ready.worker.words() == ["open", "open"]
    assert ready.experiment.pending_restart == ()
    assert ready.experiment.past_runs == ()


@pytest.mark.parametrize(
    ("id", "name", "value", "said"),
    [
        ("model.set", "covarance", "full", "Did you mean 'covariance'"),
        ("model.set", "covariance", "round", "Allowed: full, diagonal, spherical"),
        ("recipe.set", "learning_rate", -1, "Allowed: a number from"),
        ("data.set", "nois", 1, "Did you mean 'noise'"),
        ("data.set", "n", 0, "Allowed: a whole number"),
        ("data.choose", "two-mons", None, "Did you mean 'two-moons'"),
        ("data.choose", "glyphs", None, "not in the world 'plane'"),
        ("data.choose", "file", None, "Open a file"),
        ("data.choose", "strokes", None, "Nothing is drawn yet"),
        ("model.choose", "ising", None, "does not work in the world 'plane'"),
        ("model.choose", "gausian", None, "Did you mean 'gaussian'"),
        ("model.objective", "gradent", None, "Did you mean|Allowed"),
        ("world.choose", "plain", None, "Did you mean 'plane'"),
    ],
)
def test_bad_input_changes_nothing(trained: Bench, id: str, name: str, value: object, said: str) -> None:
    before, told = trained.experiment.desk(), len(trained.worker.told)
    args = {"name": name} if value is None else {"name": name, "value": value}
    with pytest.raises(BadInput, match=said):
        trained.do(id, **args)
    assert trained.experiment.desk() is before
    assert len(trained.worker.told) == told
    assert len(trained.experiment.undo_stack) == 0


# Data


def test_data_edited_while_training_go_on(trained: Bench) -> None:
    trained.do("data.stroke", points=LINE)
    assert trained.worker.words() == ["open", "start", "set_data"]
    trained.do("edit.undo")
    assert trained.worker.words() == ["open", "start", "set_data", "set_data"]
    assert trained.worker.told[-1][1].name == "two-moons"
    assert trained.experiment.past_runs == ()


def test_a_stroke_on_a_preset_begins_a_drawing(ready: Bench) -> None:
    ready.do("data.stroke", points=LINE, label=2)
    assert ready.experiment.data_spec.name == "strokes"
    assert len(ready.experiment.drawing.strokes) == 1
    ready.do("data.stroke", points=LINE)
    assert len(ready.experiment.drawing.strokes) == 2
    assert ready.experiment.undo_stack.undo_label == "Draw a stroke"
    ready.do("edit.undo")
    assert len(ready.experiment.drawing.strokes) == 1


def test_a_preset_does_not_lose_the_drawing(ready: Bench) -> None:
    ready.do("data.stroke", points=LINE)
    drawing = ready.experiment.drawing
    ready.do("data.set", name="n", value=50)
    ready.do("data.choose", name="rings")
    assert ready.experiment.drawing is None
    assert ready.experiment.data_spec.settings.n == 50
    ready.do("data.choose", name="strokes")
    assert ready.experiment.drawing == drawing
    ready.do("data.choose", name="rings")
    ready.do("data.stroke", points=LINE, keep=True)
    assert ready.experiment.drawing.strokes[:1] == drawing.strokes
    assert len(ready.experiment.drawing.strokes) == 2


def test_knobs_of_a_data_set_come_back_with_it(ready: Bench) -> None:
    ready.do("data.set", name="noise", value=0.3)
    ready.do("data.choose", name="rings")
    ready.do("data.choose", name="two-moons")
    assert ready.experiment.data_spec.knobs["noise"] == 0.3


def test_erasing_everything_is_refused(ready: Bench) -> None:
    with pytest.raises(BadInput, match="nothing to erase"):
        ready.do("data.erase", points=LINE)
    ready.do("data.stroke", points=LINE)
    before = ready.experiment.desk()
    with pytest.raises(BadInput, match="nothing to learn from"):
        ready.do("data.erase", points=LINE, size=4)
    assert ready.experiment.desk() is before
    ready.do("data.erase", points=[[-2.0, 2.0]], size=0.1)
    assert ready.experiment.desk() is before
    ready.do("data.erase", points=[[0.5, 0.5]], size=0.2)
    assert len(ready.experiment.drawing.strokes) == 2


def test_clear_empties_the_canvas_until_the_next_stroke(trained: Bench) -> None:
    trained.do("data.stroke", points=LINE)
    trained.do("data.clear")
    assert trained.experiment.drawing is None
    assert "until you draw" in trained.notices[-1].text
    trained.do("data.stroke", points=LINE)
    assert len(trained.experiment.drawing.strokes) == 1
    trained.do("edit.undo")
    trained.do("edit.undo")
    assert len(trained.experiment.drawing.strokes) == 1


def test_move_bends_the_drawing(ready: Bench) -> None:
    ready.do("data.stroke", points=LINE)
    ready.do("data.move", points=[[0.5, 0.5], [0.5, 1.0]], radius=0.4)
    assert any(y > x + 0.2 for x, y in ready.experiment.drawing.strokes[0].points)
    with pytest.raises(BadInput, match="two points"):
        ready.do("data.move", points=[[0, 0]])


def test_a_dragged_data_knob_is_one_entry(ready: Bench) -> None:
    for value in (0.1, 0.2, 0.3):
        ready.do("data.set", name="noise", value=value)
    assert len(ready.experiment.undo_stack) == 1


def test_drawn_digits(ready: Bench) -> None:
    ready.do("world.choose", name="digits")
    one, two = "..#.." * 5, "##..." * 5
    ready.do("data.draw_digit", pixels=one, label=1)
    ready.do("data.draw_digit", pixels=two, label=2)
    assert ready.experiment.drawing.labels == (1, 2)
    ready.do("data.edit_digit", index=1, pixels=one)
    assert ready.experiment.drawing.labels == (1, 2)
    assert ready.experiment.drawing.images[0] == ready.experiment.drawing.images[1]
    with pytest.raises(BadInput, match="no drawn image 5"):
        ready.do("data.edit_digit", index=5, pixels=one)
    ready.do("data.remove_digit", index=0)
    with pytest.raises(BadInput, match="nothing to learn from"):
        ready.do("data.remove_digit", index=0)
    ready.do("data.choose", name="glyphs")
    ready.do("data.draw_digit", pixels=two, label=3)
    assert ready.experiment.drawing.labels == (2, 3)
    with pytest.raises(BadInput, match="choose that world"):
        ready.do("data.stroke", points=LINE)


# Models and past runs


def test_another_model_is_another_run_and_undo_brings_the_old_one_back(trained: Bench) -> None:
    first = trained.experiment.run_id
    trained.do("model.choose", name="gmm")
    trained.experiment.poll()
    assert trained.worker.told[-1][1].model == "gmm"
    assert [past.run_id for past in trained.experiment.past_runs] == [first]
    trained.do("edit.undo")
    trained.experiment.poll()
    command, plan, checkpoint = trained.worker.told[-1]
    assert (command, plan.model, checkpoint.step) == ("open", "gaussian", 1000)
    assert checkpoint.state["id"] == [first]
    assert trained.experiment.past_runs == ()
    assert trained.experiment.model_id == "gaussian"


def test_a_run_that_cannot_be_brought_back_is_told(trained: Bench) -> None:
    lost: Future[Checkpoint] = Future()
    lost.set_exception(Failure("gone"))
    trained.worker.checkpoint = lambda: lost
    trained.do("model.choose", name="gmm")
    trained.experiment.poll()
    trained.do("edit.undo")
    trained.experiment.poll()
    assert "'gaussian' could not be brought back" in trained.notices[-1].text
    assert trained.worker.told[-1][2] is None


def test_knobs_of_a_model_come_back_with_it(trained: Bench) -> None:
    trained.do("model.set", name="covariance", value="spherical")
    trained.do("model.choose", name="gmm")
    trained.do("model.choose", name="gaussian")
    assert trained.experiment.knobs.covariance == "spherical"


def test_another_model_does_not_begin_to_train_by_itself(trained: Bench) -> None:
    assert trained.experiment.running
    trained.do("model.choose", name="gmm")
    assert not trained.experiment.running
    trained.experiment.poll()
    assert not trained.experiment.running
    assert trained.worker.words()[-1] == "open"


def test_past_runs_are_bounded(trained: Bench) -> None:
    for i in range(12):
        trained.do("model.choose", name=("gmm", "kde")[i % 2])
        trained.do("train.start")
    assert len(trained.experiment.past_runs) == 8


def test_new_seed(trained: Bench) -> None:
    trained.do("train.new_seed")
    assert trained.worker.told[-2][1].seed == 1
    assert trained.worker.words()[-1] == "start"
    trained.do("train.new_seed", seed=9)
    assert trained.experiment.seed == 9
    trained.do("edit.undo")
    assert trained.experiment.seed == 1
    assert trained.experiment.pending_restart == ("seed",)


def test_another_objective(trained: Bench) -> None:
    trained.do("model.objective", name="mle")
    trained.experiment.poll()
    assert trained.worker.told[-1][1].objective == "mle"


# Worlds


def test_worlds_keep_everything(trained: Bench) -> None:
    plane_run = trained.experiment.run_id
    trained.do("data.choose", name="rings")
    trained.do("world.choose", name="digits")
    trained.experiment.poll()
    assert trained.worker.told[-1][1].world == "digits"
    assert trained.registry.why_not("edit.undo") == "Nothing to undo."
    trained.do("model.choose", name="rbm")
    trained.do("world.choose", name="plane")
    trained.experiment.poll()
    command, plan, checkpoint = trained.worker.told[-1]
    assert (command, plan.model, plan.data.spec.name) == ("open", "gaussian", "rings")
    assert checkpoint.state["id"] == [plane_run]
    assert trained.experiment.data_spec.name == "rings"
    trained.do("world.choose", name="digits")
    assert trained.experiment.model_id == "rbm"
    assert trained.experiment.undo_stack.undo_label.startswith("Choose")


# The stage


def test_stage(ready: Bench) -> None:
    ready.do("stage.layer", name="truth")
    assert "truth" in ready.experiment.stage.layers
    ready.do("stage.layer", name="truth", on=True)
    assert len(ready.experiment.undo_stack) == 1
    for i in range(3):
        ready.do("stage.box", x0=-1, x1=i + 1, y0=-1, y1=1)
    assert len(ready.experiment.undo_stack) == 2
    with pytest.raises(BadInput, match="x1 must be more than x0"):
        ready.do("stage.box", x0=1, x1=0, y0=0, y1=1)
    ready.do("stage.home")
    assert ready.experiment.stage.box == ready.experiment.data.box
    ready.do("stage.resolution", n=64)
    ready.do("edit.undo")
    assert ready.experiment.stage.resolution != 64


def test_views_are_passed_on(ready: Bench) -> None:
    view = ViewRequest(samples=10)
    ready.experiment.want(view)
    assert ready.worker.view is view


# Signals and saving


def test_signals(ready: Bench) -> None:
    seen: list[str] = []
    for name in ("data", "model", "world", "run", "stage", "undo", "dirty"):
        getattr(ready.experiment, f"{name}_changed").connect(lambda *_, name=name: seen.append(name))
    ready.do("data.choose", name="rings")
    assert set(seen) >= {"data", "undo", "dirty"}
    assert "world" not in seen
    seen.clear()
    ready.do("model.choose", name="gmm")
    ready.experiment.poll()
    assert {"model", "run"} <= set(seen)
    assert "data" not in seen
    seen.clear()
    ready.do("world.choose", name="digits")
    assert "world" in seen


@pytest.mark.parametrize("then", ["train.start", "train.step", None])
def test_a_new_run_is_told_whatever_opens_it(ready: Bench, then: str | None) -> None:
    ready.worker.model = SimpleNamespace(latent_dim=5)
    runs: list[int | None] = []
    ready.experiment.run_changed.connect(lambda: runs.append(ready.experiment.run_id))
    ready.do("world.choose", name="digits")
    if then is not None:
        ready.do(then)
    ready.experiment.poll()
    assert runs == [2]
    assert ready.experiment.latent.dim == 5


def test_later_acts_at_a_heartbeat_and_only_for_its_run(ready: Bench) -> None:
    got: list[object] = []
    ready.experiment.later(ready.experiment.ask(lambda model: 1), got.append)
    assert got == []
    ready.experiment.poll()
    assert got == [1]
    ready.experiment.later(ready.experiment.ask(lambda model: 2), got.append)
    ready.do("model.choose", name="gmm")
    ready.experiment.poll()
    ready.experiment.poll()
    assert got == [1]


def test_file_new_is_the_ready_experiment(trained: Bench) -> None:
    trained.do("data.choose", name="rings")
    trained.do("file.new")
    assert trained.experiment.data_spec.name == "two-moons"
    assert not trained.experiment.dirty
    assert len(trained.experiment.undo_stack) == 0
    assert trained.experiment.snapshot().step == 0


def test_space_before_torch_is_imported_starts_the_run_when_it_is() -> None:
    experiment = Experiment(desks=small_desks())
    try:
        experiment.ready()
        experiment.bench.start()
        assert experiment.running
        end = time.monotonic() + 60
        while (snapshot := experiment.snapshot()) is None or snapshot.step == 0:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert snapshot.model == "gaussian"
    finally:
        experiment.close()


def test_a_world_chosen_before_torch_is_imported_is_the_one_that_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported = False
    monkeypatch.setattr(bench.Bench, "warm", property(lambda _: imported))
    experiment = Experiment(desks=small_desks())
    try:
        experiment.ready()
        experiment.choose_world("digits")
        experiment.bench.start()
        experiment.bench.wait_warm()
        imported = True
        end = time.monotonic() + 60
        while (snapshot := experiment.snapshot()) is None or snapshot.step == 0:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert snapshot.world == "digits"
        assert snapshot.run_id == 1
    finally:
        experiment.close()
