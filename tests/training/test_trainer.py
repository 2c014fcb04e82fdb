"""The trainer: against a textbook loop, the same bit for bit on repetition, phases, changes in flight, failures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.errors import BadInput
from genplay.models.base import Model
from genplay.training.recipe import Recipe
from genplay.training.trainer import Diverged, Trainer
from tests.training import fakes


def losses(trainer: Trainer, name: str = "loss") -> np.ndarray:
    return trainer.history.curve(name)[1]


def test_it_learns_the_maximum_likelihood_fit() -> None:
    data = fakes.plane_data(2000)
    trainer = Trainer(fakes.plan(data=data, knobs={"noise": 0.0}, recipe={"batch_size": 8192}))
    trainer.advance(1500)
    assert torch.allclose(
        trainer.model.mean, torch.tensor(data.x_train.mean(0), dtype=torch.float32), atol=1e-3
    )
    spread = np.sqrt(data.x_train.var(axis=0).mean())
    assert trainer.terms["spread"] == pytest.approx(spread, rel=1e-3)
    # The parameter that the loss does not know of stays where it is.
    assert torch.equal(trainer.model.unused.detach(), torch.ones(3))


def test_the_first_steps_are_those_of_a_textbook_loop() -> None:
    plan = fakes.plan(
        recipe={"batch_size": 8192, "warmup": 5, "clip": 0.5, "optimiser": "adamw"}, knobs={"noise": 0}
    )
    trainer, other = Trainer(plan), Trainer(plan).model
    adam = torch.optim.AdamW(other.parameters(), lr=0.01, weight_decay=0)
    x = torch.tensor(plan.data.x_train, dtype=torch.float32)
    expected = []
    for t in range(20):
        adam.param_groups[0]["lr"] = 0.01 * min(1, (t + 1) / 5)
        loss = -other.log_prob(x).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        adam.step()
        expected.append(loss.item())
    trainer.advance(20)
    assert losses(trainer) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("target", ["Normal", "TwoPlayers"])
def test_the_same_plan_trains_the_same_way_however_it_is_driven(target: str) -> None:
    names = ["loss"] if target == "Normal" else ["discriminator_loss", "generator_loss"]
    plan = fakes.plan(target, seed=3)
    bulk, single, looked_at = Trainer(plan), Trainer(plan), Trainer(plan)
    bulk.advance(150)
    for _ in range(150):
        single.step()
    while looked_at.step_count < 150:
        looked_at.substep()
        looked_at.nll("test", 50)
        with looked_at.viewing() as model:
            model.sample(10, torch.Generator().manual_seed(1))
    for name in names:
        assert np.array_equal(losses(bulk, name), losses(single, name))
        assert np.array_equal(losses(bulk, name), losses(looked_at, name))
    another = Trainer(fakes.plan(target, seed=4))
    another.advance(150)
    assert not np.array_equal(losses(bulk, names[0]), losses(another, names[0]))


def test_phases_run_in_order_with_their_repeats_and_name_their_losses() -> None:
    trainer = Trainer(fakes.plan("TwoPlayers"))
    assert trainer.substeps == 3
    assert [trainer.substep() for _ in range(4)] == [
        "discriminator", "discriminator", "generator", "discriminator",
    ]  # fmt: skip
    assert trainer.step_count == 1
    assert trainer.within_step
    terms = trainer.step()
    assert trainer.step_count == 2
    assert not trainer.within_step
    assert trainer.model.turns == ["d", "d", "g", "d", "d", "g"]
    assert set(terms) == {"discriminator_loss", "generator_loss"}
    assert set(trainer.history.names()) >= {
        "discriminator_gradient_norm",
        "generator_gradient_norm",
        "learning_rate",
    }


def test_a_phase_moves_only_its_own_parameters() -> None:
    trainer = Trainer(fakes.plan("TwoPlayers"))
    before = trainer.parameters_state()
    trainer.substep()
    after = trainer.parameters_state()
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved
    assert all(name.startswith("judge") for name in moved)


def test_a_closed_form_finishes_and_begins_again_with_new_data() -> None:
    trainer = Trainer(fakes.plan("ClosedForm"))
    assert trainer.advance(100) == 1
    assert trainer.finished
    assert trainer.step() == {}
    data = fakes.plane_data(mean=(-1.0, 1.0))
    trainer.set_data(data)
    assert not trainer.finished
    trainer.advance(100)
    assert trainer.step_count == 2
    assert trainer.model.mean.tolist() == pytest.approx(data.x_train.mean(axis=0).tolist(), abs=1e-5)
    assert [(m.step, m.text) for m in trainer.history.marks] == [(1, "the data changed")]


def test_data_edited_while_training_keep_parameters_and_optimiser() -> None:
    plan = fakes.plan(recipe={"batch_size": 8192}, knobs={"noise": 0})
    trainer, undisturbed = Trainer(plan), Trainer(plan)
    for t in (trainer, undisturbed):
        t.advance(50)
    trainer.set_data(plan.data)
    for t in (trainer, undisturbed):
        t.advance(50)
    assert np.array_equal(losses(trainer), losses(undisturbed))
    trainer.set_data(fakes.plane_data(900, mean=(3.0, 3.0)))
    trainer.advance(1)
    assert trainer.step_count == 101
    assert losses(trainer)[-1] > losses(trainer)[-2] + 1


def test_data_that_do_not_fit_are_refused() -> None:
    trainer = Trainer(fakes.plan())
    with pytest.raises(BadInput, match="world 'digits'"):
        trainer.set_data(fakes.digit_data())
    with pytest.raises(BadInput, match="nothing to train on"):
        trainer.set_data(fakes.plane_data(0))
    labelled = Trainer(fakes.plan(model=fakes.card("Normal", capabilities=("labels",))))
    with pytest.raises(BadInput, match="2 classes"):
        labelled.set_data(fakes.plane_data(classes=2))


def test_live_knobs_count_from_the_next_step_and_are_marked() -> None:
    trainer = Trainer(fakes.plan())
    trainer.advance(3)
    trainer.set_knob("noise", "5.0")
    trainer.set_recipe("learning_rate", 0.05)
    trainer.set_recipe("batch_size", 7)
    assert trainer.model.knobs.noise == 5.0
    trainer.advance(1)
    assert losses(trainer)[-1] > 2 * losses(trainer)[-2]
    assert [m.text for m in trainer.history.marks] == [
        "noise = 5.0",
        "learning rate = 0.05",
        "batch size = 7",
    ]
    assert trainer.plan.full_recipe.batch_size == 7


def test_knobs_that_need_a_restart_are_refused_with_the_live_ones_named() -> None:
    trainer = Trainer(fakes.plan())
    with pytest.raises(BadInput, match=r"'width' needs a restart.*noise, trouble_at"):
        trainer.set_knob("width", 8)
    with pytest.raises(BadInput, match="'optimiser' needs a restart"):
        trainer.set_recipe("optimiser", "sgd")
    with pytest.raises(BadInput, match="Did you mean 'noise'"):
        trainer.set_knob("nois", 1)
    with pytest.raises(BadInput, match="from 0 to 10"):
        trainer.set_knob("noise", 11)
    assert trainer.plan == fakes.plan(data=trainer.plan.data)


def test_a_plan_that_cannot_be_run_is_refused() -> None:
    with pytest.raises(BadInput, match="no model 'nfs'"):
        Trainer(fakes.plan(model="nfs"))
    with pytest.raises(BadInput, match="objective"):
        Trainer(fakes.plan(objective="elbow"))
    with pytest.raises(BadInput, match="no device 'tpu'"):
        Trainer(fakes.plan(device="tpu"))
    if not torch.cuda.is_available():
        with pytest.raises(BadInput, match="This machine has no device 'cuda'"):
            Trainer(fakes.plan(device="cuda"))
    with pytest.raises(BadInput, match="batch_size"):
        Trainer(fakes.plan(recipe={"batch_size": 0}))


def test_a_loss_that_is_not_a_number_stops_and_the_last_good_parameters_are_kept() -> None:
    trainer = Trainer(fakes.plan("BecomesNaN", knobs={"trouble_at": 40}))
    with pytest.raises(Diverged, match=r"loss .* step 40.*lower the learning rate \(now 0.01\) or clip"):
        trainer.advance(500)
    assert trainer.step_count == 39
    assert trainer.history.last_step == 39
    assert np.isfinite(losses(trainer)).all()
    assert all(np.isfinite(a).all() for a in trainer.parameters_state().values())
    # With the cause gone it can train on from there.
    trainer.set_knob("trouble_at", -1)
    trainer.advance(300)
    assert trainer.step_count == 339
    assert losses(trainer)[-1] < 1.6
    assert np.all(np.diff(trainer.history.curve("loss")[0]) == 1)


def test_averaged_parameters_are_what_views_see_and_training_does_not() -> None:
    recipe = {"ema": 0.9, "learning_rate": 0.1}
    trainer, plain = Trainer(fakes.plan(recipe=recipe)), Trainer(fakes.plan(recipe={"learning_rate": 0.1}))
    mean = trainer.model.mean.detach().clone()
    for t in range(1, 60):
        trainer.step()
        weight = 1 - min(0.9, (1 + t) / (10 + t))
        mean = mean + weight * (trainer.model.mean.detach() - mean)
    plain.advance(59)
    own = trainer.model.mean.detach().clone()
    with trainer.viewing() as model:
        assert torch.allclose(model.mean, mean, atol=1e-5)
        assert not model.training
        assert not torch.is_grad_enabled()
    assert torch.equal(trainer.model.mean, own)
    assert trainer.model.training
    assert np.array_equal(losses(trainer), losses(plain))
    state = trainer.parameters_state()
    assert np.allclose(state["average/mean"], mean.numpy(), atol=1e-5)
    fresh = Trainer(fakes.plan(recipe=recipe, seed=9))
    fresh.load_state(state)
    with fresh.viewing() as model:
        assert np.array_equal(model.mean.numpy(), state["average/mean"])


def test_a_checkpoint_brings_the_run_back() -> None:
    trainer = Trainer(fakes.plan())
    trainer.advance(30)
    kept = trainer.checkpoint()
    other = Trainer(fakes.plan(seed=5))
    other.resume(kept)
    assert (other.step_count, other.seconds) == (30, kept.seconds)
    assert other.history is kept.history
    assert other.terms["loss"] == trainer.terms["loss"]
    assert torch.equal(other.model.mean, trainer.model.mean)
    other.advance(5)
    assert other.history.last_step == 35


@pytest.mark.parametrize("spoil", ["missing", "shape", "unknown"])
def test_weights_of_another_model_are_refused_and_change_nothing(spoil: str) -> None:
    trainer = Trainer(fakes.plan())
    state = dict(Trainer(fakes.plan(seed=1)).parameters_state())
    if spoil == "missing":
        del state["mean"]
    elif spoil == "shape":
        state["mean"] = np.zeros(3, np.float32)
    else:
        state["deep.w"] = np.zeros(3, np.float32)
    before = trainer.parameters_state()
    with pytest.raises(BadInput, match="do not fit the model"):
        trainer.load_state(state)
    for name, array in trainer.parameters_state().items():
        assert np.array_equal(array, before[name])


def test_likelihood_of_a_split_says_what_it_is() -> None:
    trainer = Trainer(fakes.plan("ClosedForm", data=fakes.plane_data(3000)))
    trainer.step()
    nll = trainer.nll("test")
    x = torch.tensor(trainer.plan.data.x_test, dtype=torch.float32)
    assert nll is not None
    assert nll.kind == "exact"
    assert "300 test points" in nll.method
    assert nll.value == pytest.approx(-trainer.model.log_prob(x).mean().item(), abs=1e-5)
    some = trainer.nll("train", 500)
    assert some is not None
    assert "500 of 3,000 training points" in some.method
    assert Trainer(fakes.plan("TwoPlayers")).nll("test") is None


def test_keyframes_follow_the_training() -> None:
    trainer = Trainer(fakes.plan())
    first = trainer.history.keyframe(0)
    assert first is not None
    assert first.step == 0
    assert not np.array_equal(first.state["mean"], np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        first.state["mean"][0] = 1  # type: ignore[index]


def test_a_recipe_object_is_taken_as_it_is() -> None:
    trainer = Trainer(fakes.plan(recipe=Recipe(learning_rate=0.5)))
    assert trainer.recipe.learning_rate == 0.5


def test_a_change_by_hand_lasts_and_averages_begin_again_from_it() -> None:
    trainer = Trainer(fakes.plan("Normal", recipe={"ema": 0.99}))
    trainer.advance(20)

    def change(model: Model) -> None:
        for parameter in model.parameters():
            parameter.fill_(0.25)

    trainer.alter(change, "by hand")
    assert all(bool((p == 0.25).all()) for p in trainer.model.parameters())
    with trainer.viewing() as model:
        assert all(bool((p == 0.25).all()) for p in model.parameters())
    assert trainer.history.marks[-1].text == "by hand"
    trainer.advance(1)
    assert not all(bool((p == 0.25).all()) for p in trainer.model.parameters())
