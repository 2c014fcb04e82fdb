"""A model's samples come from its own density: a χ² test, and the same test catching samplers that are wrong."""

from __future__ import annotations

import pytest
import torch

from genplay.models.base import Batch, HasDensity, Model
from genplay.spaces import World
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, few_images, slope_error, train, two_moons

CASES = {
    "gaussian": ("gaussian", {}, 1),
    "gaussian spherical": ("gaussian", {"covariance": "spherical"}, 1),
    "gmm": ("gmm", {"components": 6}, 10),
    "kde": ("kde", {"rule": "scott"}, 1),
    "kde uniform": ("kde", {"rule": "manual", "bandwidth": 0.15, "kernel": "uniform"}, 1),
    "nsf": ("nsf", {}, 150),
    "ddpm": ("ddpm", {"sampler": "ode", "width": 32, "depth": 2}, 300),
    "score-sde": ("score-sde", {"sampler": "ode", "width": 32, "depth": 2}, 300),
}


@pytest.fixture(scope="module", params=list(CASES), ids=list(CASES))
def learned(request: pytest.FixtureRequest) -> Model:
    name, knobs, steps = CASES[request.param]
    x = two_moons(800)
    model = build(name, x, knobs=knobs)
    train(model, x, steps)
    return model


@torch.no_grad()
def test_samples_follow_the_density(learned: Model) -> None:
    samples = learned.sample(4000, torch.Generator().manual_seed(1))
    box = HOME.grown(1.5)
    assert agreement(learned, samples, box) > 1e-3
    # The test has teeth: the same samples a little too wide, or with a part of them drawn elsewhere, do not pass.
    assert agreement(learned, samples * 1.15, box) < 1e-6
    spoilt = samples.clone()
    spoilt[::6] = torch.randn(667, 2, generator=torch.Generator().manual_seed(2)) * 0.2
    assert agreement(learned, spoilt, box) < 1e-6


@pytest.mark.parametrize(
    ("name", "objective", "knobs"),
    [
        ("gaussian", "gradient", {}),
        ("gaussian", "gradient", {"covariance": "spherical"}),
        ("gmm", "gradient", {"components": 4}),
        ("nsf", "likelihood", {"width": 8, "bins": 4, "layers": 2, "activation": "tanh"}),
        ("ddpm", "epsilon", {"width": 8, "depth": 2}),
        ("ddpm", "x0", {"width": 8, "depth": 2}),
        ("ddpm", "v", {"width": 8, "depth": 2, "schedule": "linear"}),
    ],
)
def test_gradients_agree_with_finite_differences(name: str, objective: str, knobs: dict[str, object]) -> None:
    x = two_moons(64)
    model = build(name, x, objective=objective, knobs=knobs)
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(64, dtype=torch.int64), torch.Generator())) < 1e-4


LIKELIHOODS: list[tuple[str, World, str | None, dict[str, object]]] = [
    ("gaussian", "plane", "gradient", {}),
    ("gmm", "plane", "gradient", {"components": 4}),
    ("bernoulli-mixture", "digits", "gradient", {"components": 4, "smoothing": 0.0}),
    ("rbm", "plane", "exact", {}),
    ("rbm", "digits", "exact", {"hidden_exact": 5}),
    ("ising", "digits", "exact", {}),
    ("made", "plane", None, {}),
    ("made", "plane", None, {"head": "logistic"}),
    ("made", "digits", None, {"dropout": 0.0}),
    ("rnn", "plane", None, {"unlabelled": 1.0}),
    ("rnn", "digits", None, {"unlabelled": 1.0, "hidden": 0.0}),
    ("transformer", "plane", None, {"unlabelled": 1.0}),
    ("transformer", "digits", None, {"unlabelled": 1.0, "hidden": 0.0}),
    ("pixelcnn", "digits", None, {"unlabelled": 1.0, "hidden": 0.0}),
    ("realnvp", "plane", None, {"jitter": 0.0}),
    ("glow", "plane", None, {"jitter": 0.0}),
    ("maf", "plane", None, {"jitter": 0.0}),
    ("nsf", "plane", None, {"jitter": 0.0}),
    ("flow-gan", "plane", None, {"likelihood": 1.0}),
    ("ensemble", "plane", "gradient", {}),
    ("ensemble", "digits", "gradient", {}),
]


@pytest.mark.parametrize(("name", "world", "objective", "knobs"), LIKELIHOODS)
def test_the_loss_of_maximum_likelihood_is_minus_log_p_in_data_units(
    name: str, world: World, objective: str | None, knobs: dict[str, object]
) -> None:
    """Whatever units a network sees: on data of another size and place, the loss is that of the density that is told."""
    x = 3 * two_moons(60) + 1 if world == "plane" else few_images(60)
    model = build(name, x, world=world, objective=objective, knobs=knobs)
    train(model, x, 2)
    batch = Batch(x, torch.zeros(60, dtype=torch.int64), torch.Generator().manual_seed(0))
    loss = float(model.phases()[-1].run(batch)["loss"].detach())
    with torch.no_grad():
        assert isinstance(model, HasDensity)
        assert loss == pytest.approx(-float(model.log_prob(x).double().mean()), abs=1e-3)
