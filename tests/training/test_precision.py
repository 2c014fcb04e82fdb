"""Float64 from end to end: every card that trains by gradient, its noise, optimiser, views, measures and files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import genplay
from genplay import cli
from genplay.datasets.base import Data, DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.errors import BadInput
from genplay.lab.run import Run
from genplay.models.base import HasDensity, HasEnergy, HasExhibits, Model
from genplay.models.registry import cards
from genplay.sampling.model_target import model_target
from genplay.spaces import World
from genplay.spaces.plane import HOME
from genplay.training import device, queries
from genplay.training.plan import RunPlan
from genplay.training.trainer import Trainer

CASES: list[tuple[str, World, str]] = [
    (c.id, world, objective.id)
    for c in cards().values()
    for world in c.worlds
    for objective in dict.fromkeys((c.objectives_in(world)[0], c.objectives_in(world)[-1]))
]
FINE = {"precision": "float64", "batch_size": 32, "ema": 0.9}
_DATA = {
    world: build(DataSpec(name, settings=DataSettings(n=64, test=8)))
    for world, name in (("plane", "two-moons"), ("digits", "glyphs"))
}


def data(world: World) -> Data:
    return _DATA[world]


def trainer_of(name: str, world: World, objective: str, **recipe: object) -> Trainer:
    return Trainer(RunPlan(name, world, data(world), objective, {}, recipe, device="cpu"))


def float_types(model: Model) -> set[torch.dtype]:
    return {t.dtype for t in [*model.parameters(), *model.buffers()] if t.is_floating_point()}


@pytest.mark.parametrize(("name", "world", "objective"), CASES)
def test_a_step_in_float64(name: str, world: World, objective: str) -> None:
    fine = trainer_of(name, world, objective, **FINE)
    if all(phase.parameters is None for phase in fine.model.phases()):
        pytest.skip("trains without gradients")
    fine.advance(1)
    assert float_types(fine.model) == {torch.float64}
    for phase in fine.model.phases():
        terms = phase.run(fine._batches.draw())
        if phase.parameters is not None:
            assert terms["loss"].dtype == torch.float64
            assert all(p.grad is None or p.grad.dtype == torch.float64 for p in phase.parameters)
    assert all(np.isfinite(value) for value in fine.terms.values())
    state = fine.parameters_state()
    assert any(key.startswith("average/") for key in state)
    assert {a.dtype for a in state.values() if a.dtype.kind == "f"} == {np.dtype(np.float64)}
    x = np.asarray(data(world).x_train[:5])
    with fine.viewing() as model:
        if model.draws:
            assert model.sample(4, torch.Generator().manual_seed(0)).dtype == torch.float64
        # An energy's exhibits look through all images for log Z, in float64 whatever the parameters are.
        if isinstance(model, HasExhibits) and not (world == "digits" and isinstance(model, HasEnergy)):
            queries.exhibits(model, x[:1], data(world).x_train, data(world).y_train)
    if isinstance(fine.model, HasDensity | HasEnergy):
        ask = queries.energy if isinstance(fine.model, HasEnergy) else queries.log_prob
        coarse = trainer_of(name, world, objective)
        coarse.load_state({key: a for key, a in state.items() if not key.startswith("average/")})
        fine.set_recipe("ema", 0)
        assert float_types(coarse.model) == {torch.float32}
        with coarse.viewing() as rough, fine.viewing() as exact:
            assert ask(exact, x) == pytest.approx(ask(rough, x), rel=1e-3, abs=2e-3)


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd", "rmsprop"])
def test_float64_follows_small_changes_that_float32_loses(optimiser: str) -> None:
    moved = {}
    for precision in ("float32", "float64"):
        trainer = trainer_of("gaussian", "plane", "gradient", optimiser=optimiser, precision=precision)
        with torch.no_grad():
            trainer.model.normal.means.fill_(1000.0)  # type: ignore[operator, union-attr]
        trainer.set_recipe("learning_rate", 1e-6)
        trainer.advance(1)
        moved[precision] = float((trainer.model.normal.means.detach() - 1000).abs().max())  # type: ignore[union-attr]
    assert moved["float64"] > 0
    # A step of a millionth is below the last digit of 1000 in float32.
    assert moved["float32"] == 0 or optimiser in ("sgd", "rmsprop")


def test_the_same_noise_in_both_precisions() -> None:
    for name, world in (("nsf", "plane"), ("made", "digits")):
        objective = cards()[name].objectives_in(world)[0].id
        rough, fine = trainer_of(name, world, objective), trainer_of(name, world, objective, **FINE)
        a, b = (t.model.sample(50, torch.Generator().manual_seed(1)) for t in (rough, fine))
        torch.testing.assert_close(a.double(), b.detach(), atol=1e-3, rtol=1e-3)


def test_samplers_ask_in_the_models_precision() -> None:
    model = trainer_of("nsf", "plane", "likelihood", **FINE).model
    target = model_target(model, HOME)
    assert target.log_density is not None
    x = np.array([[0.1, 0.2]])
    exact = float(model.log_prob(torch.tensor(x)).detach())  # type: ignore[operator]
    assert float(target.log_density(x)[0]) == exact
    assert float(queries.log_prob(model, x)[0]) == exact


def test_a_file_keeps_the_precision(tmp_path: Path) -> None:
    run = genplay.fit("two-moons", "gmm", objective="gradient", steps=3, n=60, knobs={"precision": "float64"})
    again = Run.open(run.save(tmp_path / "fine.genplay"))
    assert again.plan.full_recipe.precision == "float64"
    assert float_types(again.trainer.model) == {torch.float64}
    x = np.random.default_rng(0).normal(size=(7, 2))
    assert np.array_equal(run.log_prob(x), again.log_prob(x))


def test_the_command_line_sets_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run.genplay"
    words = ["train", "--data", "two-moons", "--model", "nsf", "--steps", "2", "--n", "50", "--json"]
    assert cli.main([*words, "--set", "precision=float64", "--out", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 2
    assert float_types(Run.open(out).trainer.model) == {torch.float64}
    assert cli.main([*words, "--set", "precision=float16"]) == 2
    assert "Allowed: float32, float64" in capsys.readouterr().err


def test_it_needs_a_restart() -> None:
    trainer = trainer_of("gmm", "plane", "gradient")
    with pytest.raises(BadInput, match="needs a restart"):
        trainer.set_recipe("precision", "float64")


def test_apples_device_has_no_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "available", lambda: ("mps", "cpu"))
    assert device.choose("auto").type == "mps"
    assert device.choose("auto", "float64").type == "cpu"
    with pytest.raises(BadInput, match="'mps' has no float64 numbers: take precision float32"):
        device.choose("mps", "float64")
