from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import genplay
from genplay.datasets.base import DataSpec
from genplay.errors import BadInput, Failure
from genplay.lab.fit import Progress, data_of, fit, on_file, plan_of
from genplay.lab.run import Run


@pytest.fixture(scope="module")
def gaussian() -> Run:
    return fit("gaussian-blob", "gaussian", n=500, steps=5)


def test_a_gaussian_is_the_gaussian_of_its_data(gaussian: Run) -> None:
    x = gaussian.data.x_train
    points = np.random.default_rng(1).normal(size=(50, 2))
    expected = multivariate_normal(x.mean(axis=0), np.cov(x.T, bias=True)).logpdf(points)
    assert gaussian.log_prob(points) == pytest.approx(expected, abs=1e-4)
    assert gaussian.log_prob_kind == "exact"
    assert gaussian.log_prob_method


def test_the_same_call_gives_the_same_run() -> None:
    runs = [fit("rings", "gmm", n=100, steps=2, seed=3) for _ in range(2)]
    other = fit("rings", "gmm", n=100, steps=2, seed=4)
    points = np.zeros((1, 2))
    assert runs[0].log_prob(points) == runs[1].log_prob(points)
    assert runs[0].log_prob(points) != other.log_prob(points)
    assert np.array_equal(runs[0].sample(10, seed=1), runs[1].sample(10, seed=1))
    assert runs[0].steps == 2


def test_seconds_are_training_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) * 1e-3)
    run = fit("bimodal", "gaussian", objective="gradient", n=100, seconds=0.3)
    assert 0.3 <= run.trainer.seconds < 0.33
    assert run.steps > 10


def test_progress_and_interruption() -> None:
    seen: list[Progress] = []
    run = fit(
        "bimodal", "gaussian", objective="gradient", n=100, seconds=30,
        progress=seen.append, interrupted=lambda: len(seen) >= 2,
    )  # fmt: skip
    assert len(seen) == 2
    assert seen[-1].step == run.steps > 0
    assert 0 < seen[0].share < seen[1].share < 0.1


def test_knobs_are_the_models_or_the_recipes() -> None:
    data = data_of("two-moons", knobs={"noise": 0.2, "n": "50"})
    assert (data.spec.knobs, data.spec.settings.n) == ({"noise": 0.2}, 50)
    plan = plan_of(data, "gaussian", knobs={"covariance": "diagonal", "learning_rate": "0.5"})
    assert plan.model_knobs.covariance == "diagonal"
    assert plan.full_recipe.learning_rate == 0.5


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"data": "two-mons"}, "Did you mean 'two-moons'"),
        ({"model": "gausian"}, "Did you mean 'gaussian'"),
        ({"world": "plain"}, "Did you mean 'plane'"),
        ({"world": "digits"}, "not in the world"),
        ({"model": "ising"}, "does not work in the world"),
        ({"knobs": {"covarance": 1}}, "Did you mean 'covariance'"),
        ({"knobs": {"learning_rate": 0}}, "learning_rate cannot be"),
        ({"data_knobs": {"nois": 1}}, "Did you mean 'noise'"),
        ({"data_knobs": {"outliers": 2}}, "outliers cannot be"),
        ({"objective": "mll"}, "Did you mean 'mle'"),
        ({"steps": -1}, "steps cannot be"),
        ({"seconds": float("nan")}, "seconds cannot be"),
        ({"device": "gpu"}, "no device 'gpu'"),
        ({"columns": ("x", "y")}, "belong to a file"),
        ({"data": "none.csv"}, "no file"),
        ({"data": np.zeros((5, 3))}, "Rows need 2 columns"),
        ({"data": np.full((5, 2), np.nan)}, "finite"),
        ({"data": np.zeros((1, 2))}, "at least two"),
        ({"data": [["a", "b"]]}, "rows of numbers"),
        ({"data": np.full((5, 25), 0.5), "model": "made"}, "pixels 0 and 1"),
    ],
)
def test_bad_input_is_refused_in_one_line(call: dict, said: str) -> None:
    args = {"data": "two-moons", "model": "gaussian", "steps": 1, "n": 50, **call}
    with pytest.raises(BadInput, match=said) as caught:
        fit(**args)
    assert "\n" not in str(caught.value)


def test_rows_of_numbers_are_data() -> None:
    x = np.random.default_rng(0).normal([3, 1], [0.5, 2.0], size=(400, 2))
    run = fit(x, "gaussian", steps=1)
    images = fit(np.random.default_rng(0).integers(0, 2, (50, 25)), "made", steps=2)
    assert images.world == "digits"
    assert len(run.data.x_train) == 320


def test_a_file_is_answered_in_its_own_units(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal([1000, 50], [30.0, 7.0], size=(2000, 2))
    path = tmp_path / "far.csv"
    np.savetxt(path, x, delimiter=",", header="height,weight", comments="")
    run = fit(path, "gaussian", steps=1)
    assert run.units is not None
    grid = np.stack(np.meshgrid(np.linspace(850, 1150, 200), np.linspace(0, 100, 200)), -1).reshape(-1, 2)
    mass = np.exp(run.log_prob(grid)).sum() * (300 / 199) * (100 / 199)
    assert mass == pytest.approx(1.0, abs=0.01)
    drawn = run.sample(4000)
    assert drawn.mean(axis=0) == pytest.approx([1000, 50], abs=3)
    assert run.decode(run.encode(x[:5])) == pytest.approx(x[:5], rel=1e-4)
    assert run.box.contains(x).mean() > 0.99
    measured = run.evaluate(["nll"], data=on_file(run, path))["nll"]
    assert measured is not None
    inside = run.units.to_box(x)
    expected = multivariate_normal(inside.mean(axis=0), np.cov(inside.T, bias=True)).logpdf(inside)
    assert measured.value == pytest.approx(-expected.mean(), abs=0.02)


def test_points_are_checked(gaussian: Run) -> None:
    for bad in (np.zeros((2, 3)), np.zeros((2, 2, 2)), 1.0, [["a", "b"]], [[np.nan, 0.0]]):
        with pytest.raises(BadInput, match=r"rows of 2|Row 1"):
            gaussian.log_prob(bad)
    assert gaussian.log_prob([0.0, 0.0]).shape == (1,)
    with pytest.raises(BadInput, match="n cannot be 0"):
        gaussian.sample(0)
    with pytest.raises(BadInput, match="without labels"):
        gaussian.sample(1, label=2)


def test_images_are_zeros_and_ones() -> None:
    run = fit("glyphs", "made", n=50, steps=1)
    with pytest.raises(BadInput, match=r"Row 2 .* neither 0 nor 1"):
        run.log_prob(np.stack([np.zeros(25), np.full(25, 0.5)]))
    with pytest.raises(Failure, match="no latent code"):
        run.encode(np.zeros((1, 25)))


def test_summary_says_what_every_number_is(gaussian: Run) -> None:
    summary = gaussian.summary()
    wanted = {
        "model", "data", "world", "seed", "device", "steps", "seconds", "steps_per_second", "parameters", "losses",
        "nll_train", "nll_test", "log_z", "entropy", "kl",
    }  # fmt: skip
    assert wanted <= set(summary)
    assert summary["data"] == "gaussian-blob"
    for name in ("nll_train", "nll_test", "entropy", "kl"):
        assert summary[name]["kind"] == "exact"
    assert summary["log_z"] is None
    # Cross-entropy = entropy + KL; the test mean stands for the cross-entropy, up to its sampling error.
    assert summary["nll_test"]["value"] == pytest.approx(
        summary["entropy"]["value"] + summary["kl"]["value"], abs=0.15
    )


def test_save_and_open(gaussian: Run, tmp_path: Path) -> None:
    path = gaussian.save(tmp_path / "run")
    assert path.suffix == ".genplay"
    again = genplay.open(path)
    points = np.random.default_rng(0).normal(size=(20, 2))
    assert np.array_equal(again.log_prob(points), gaussian.log_prob(points))
    assert again.steps == gaussian.steps
    assert again.summary()["losses"] == gaussian.summary()["losses"]
    assert Run.open(path).data.spec == gaussian.data.spec


def test_a_file_without_a_run(tmp_path: Path) -> None:
    from genplay.lab.project import Project, write
    from tests.lab.fakes import small_desks

    path = write(Project("plane", small_desks()), tmp_path / "x.genplay")
    with pytest.raises(BadInput, match="no trained run"):
        genplay.open(path)


def test_a_spec_and_built_data_are_data() -> None:
    spec = DataSpec("rings")
    data = data_of(spec, knobs={"n": 30})
    assert len(data.x_train) == 30
    assert data_of(data) is data
