"""The health of a run in the lab: attention, dismissing, the fix as one edit, the demonstration that loses nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.errors import BadInput
from genplay.lab.state import ModelChoice
from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Finding
from genplay.training.health.remedies import remedy
from tests.lab.fakes import Bench


@pytest.fixture
def trained() -> Bench:
    bench = Bench()
    bench.experiment.ready()
    bench.do("train.start")
    bench.clock.now += 1
    return bench


def seen(bench: Bench, id: str, state: str = "ill", fix: bool = True) -> Finding:
    """Let the open run have a finding."""
    condition = CONDITIONS[id]
    plan = bench.experiment.plan()
    finding = Finding(
        id,
        condition.title,
        1000,
        state,
        "as seen",
        (),
        (),
        condition.show_me.words,
        remedy(id, plan) if fix else None,
    )
    bench.worker.snapshot = replace(bench.worker.snapshot, health=(finding,))
    bench.experiment.poll()
    return finding


def choose(bench: Bench, model: str, objective: str | None = None, **knobs: object) -> None:
    choice = ModelChoice.default(model, bench.experiment.world, objective)
    bench.experiment.choose_model(replace(choice, knobs=choice.knobs.replace(**knobs)), "Choose")
    bench.do("train.start")
    bench.experiment.poll()


def test_a_condition_calls_once_until_it_has_gone_away(trained: Bench) -> None:
    health, told = trained.experiment.health, []
    health.changed.connect(lambda: told.append([f.id for f in health.attention]))
    seen(trained, "exploding-loss")
    trained.experiment.poll()
    assert told == [["exploding-loss"]]
    trained.do("health.dismiss")
    assert told[-1] == []
    seen(trained, "exploding-loss")
    assert health.attention == ()
    assert len(health.findings) == 1
    seen(trained, "exploding-loss", "well")
    seen(trained, "exploding-loss")
    assert told[-1] == ["exploding-loss"]
    assert len(told) == 3


def test_another_run_begins_without_what_was_dismissed(trained: Bench) -> None:
    seen(trained, "memorisation")
    trained.do("health.dismiss", condition="memorisation")
    choose(trained, "nsf")
    assert trained.experiment.health.findings == ()
    seen(trained, "memorisation")
    assert len(trained.experiment.health.attention) == 1


def test_what_is_not_seen_cannot_be_fixed_or_dismissed(trained: Bench) -> None:
    with pytest.raises(BadInput, match="Nothing is wrong"):
        trained.do("health.fix")
    seen(trained, "exploding-loss")
    with pytest.raises(BadInput, match="Mode collapse is not seen"):
        trained.do("health.fix", condition="mode-collapse")
    with pytest.raises(BadInput, match="Mode collapse is not seen"):
        trained.do("health.dismiss", condition="mode-collapse")
    seen(trained, "exploding-loss", fix=False)
    with pytest.raises(BadInput, match="No knob"):
        trained.do("health.fix")


def test_a_live_fix_is_one_edit_and_the_run_goes_on(trained: Bench) -> None:
    experiment = trained.experiment
    before, run = experiment.recipe, experiment.run_id
    seen(trained, "exploding-loss")
    trained.do("health.fix")
    assert experiment.recipe.learning_rate < before.learning_rate
    assert experiment.recipe.clip == 1.0
    assert experiment.run_id == run
    assert ("set_recipe", "learning_rate", experiment.recipe.learning_rate) in trained.worker.told
    assert experiment.undo_stack.undo_label == "Fix exploding loss"
    trained.do("edit.undo")
    assert experiment.recipe == before


def test_a_fix_by_restart_keeps_the_old_run_and_undo_brings_it_back(trained: Bench) -> None:
    experiment = trained.experiment
    choose(trained, "gan", None, penalty=0.0)
    seen(trained, "saturated-discriminator")
    old = experiment.knobs
    told = len(trained.worker.told)
    trained.do("health.fix")
    experiment.poll()
    assert experiment.knobs.spectral_norm is True
    assert experiment.knobs.penalty == 1.0
    assert experiment.pending_restart == ()
    commands = [command[0] for command in trained.worker.told[told:]]
    assert "set_knob" not in commands
    assert commands[-1] == "start"
    trained.do("edit.undo")
    experiment.poll()
    assert experiment.knobs == old
    opened = [command for command in trained.worker.told if command[0] == "open"][-1]
    assert opened[1].model_knobs == old
    assert opened[2] is not None
    assert opened[2].step == 1000


def test_a_fix_may_change_the_objective(trained: Bench) -> None:
    choose(trained, "gan", "wasserstein-clipping", clip=0.001, depth=6)
    seen(trained, "vanishing-gradients")
    trained.do("health.fix")
    assert trained.experiment.objective == "wasserstein"


@pytest.mark.parametrize("id", list(CONDITIONS))
def test_a_demonstration_loses_nothing(trained: Bench, id: str) -> None:
    experiment = trained.experiment
    world = CONDITIONS[id].show_me.world
    trained.do("world.choose", name=world)
    trained.do("train.start")
    experiment.poll()
    desk = experiment.desk()
    trained.do("health.show", condition=id)
    experiment.poll()
    shown, show = experiment.desk(), CONDITIONS[id].show_me
    assert (shown.data.name, shown.choice.model) == (show.data, show.model)
    assert all(getattr(shown.choice.knobs, name) == value for name, value in show.knobs.items())
    assert experiment.running
    assert shown.kept_data[desk.data.name] == desk.data
    assert shown.kept_choices[desk.choice.model] == desk.choice
    trained.do("edit.undo")
    experiment.poll()
    back = experiment.desk()
    assert (back.data, back.choice, back.seed) == (desk.data, desk.choice, desk.seed)
    opened = [command for command in trained.worker.told if command[0] == "open"][-1]
    assert opened[2] is not None
    assert opened[2].step == 1000


def test_a_demonstration_of_the_same_model_leaves_the_users_run_alone(trained: Bench) -> None:
    experiment = trained.experiment
    choose(trained, "kde")
    kept = experiment.knobs
    trained.do("health.show", condition="memorisation")
    experiment.poll()
    told = [c for c in trained.worker.told if c[0] in ("open", "set_knob")]
    assert told[-1][0] == "open"
    assert told[-1][1].model_knobs.bandwidth == 0.002
    trained.do("edit.undo")
    experiment.poll()
    assert experiment.knobs == kept
    opened = [command for command in trained.worker.told if command[0] == "open"][-1]
    assert (opened[1].model_knobs, opened[2].step) == (kept, 1000)


def test_every_demonstration_is_a_run_and_has_a_remedy() -> None:
    from genplay.lab.fit import data_of, plan_of

    for id, condition in CONDITIONS.items():
        show = condition.show_me
        data = data_of(DataSpec(show.data, {}, DataSettings(n=50, test=20)), world=show.world)
        plan = plan_of(data, show.model, objective=show.objective, knobs={**show.knobs, **show.recipe})
        mended = remedy(id, plan)
        assert mended is not None
        assert mended.words.endswith(".")


def test_a_fitted_run_tells_its_health_in_words_and_as_json() -> None:
    from genplay.lab.fit import fit

    knobs = {"rule": "manual", "bandwidth": 0.002}
    run = fit("two-moons", "kde", steps=2, knobs=knobs, n=500)
    (told,) = run.summary()["health"]
    assert (told["id"], told["title"]) == ("memorisation", "Memorisation")
    assert told["figures"]["train/test gap"]["kind"] == "estimate"
    assert "nats likelier" in told["seen"]
    assert fit("two-moons", "kde", steps=60, n=500).summary()["health"] == []


def test_the_command_line_prints_what_is_seen_and_what_mends_it(capsys: pytest.CaptureFixture[str]) -> None:
    from genplay.cli import main

    asked = ["train", "--data", "two-moons", "--model", "kde", "--steps", "2", "--n", "500"]
    assert main([*asked, "--set", "rule=manual", "bandwidth=0.002"]) == 0
    out = capsys.readouterr().out
    assert "Memorisation: training data are" in out
    assert "Choose a wider bandwidth" in out


def test_a_script_waits_until_a_condition_is_seen(trained: Bench) -> None:
    import asyncio

    from genplay.lab.script import Script, ScriptError

    lines = '{"wait": {"health": "exploding-loss", "timeout": 0.1}}'
    with pytest.raises(ScriptError, match="still waiting"):
        asyncio.run(Script.parse(lines).run(trained.registry, trained.experiment))
    seen(trained, "exploding-loss")
    trained.worker.snapshot = replace(trained.worker.snapshot, state="failed")
    asyncio.run(Script.parse(lines).run(trained.registry, trained.experiment))
