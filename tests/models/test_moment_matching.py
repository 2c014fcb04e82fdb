"""The generator without an adversary: that each distance is lowered, what it learns, and its transport plan."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genplay.models.base import About, Batch
from genplay.models.exhibits import Facts, PlanePicture
from genplay.models.moment_matching import MomentMatching
from genplay.models.transport import directions, sliced_wasserstein
from tests.models.harness import build, few_images, slope_error, train, two_moons, world_data

OBJECTIVES = ("sliced-wasserstein", "mmd", "sinkhorn")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def matching(x: Tensor, objective: str, world: str = "plane", **knobs: object) -> MomentMatching:
    model = build("moment-matching", x, world=world, objective=objective, knobs=knobs)  # type: ignore[arg-type]
    assert isinstance(model, MomentMatching)
    return model


def sw2(a: Tensor, b: Tensor) -> float:
    """Sliced Wasserstein-2 distance."""
    along = directions(torch.randn(200, a.shape[1], generator=seeded(9)))
    return float(sliced_wasserstein(a, b, along)) ** 0.5


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_agree_with_finite_differences(objective: str) -> None:
    x = two_moons(40)
    model = matching(x, objective, width=8, depth=2, activation="tanh", blur=0.5, iterations=200, slices=8)
    assert slope_error(model, Batch(x, torch.zeros(40, dtype=torch.int64), seeded())) < 1e-3


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_linear_generator_finds_mean_and_covariance_of_a_gaussian(objective: str) -> None:
    shape = torch.tensor([[1.0, 0.0], [0.6, 0.5]])
    x = torch.randn(4000, 2, generator=seeded(1)) @ shape.T + torch.tensor([0.5, -0.3])
    model = matching(x, objective, latent=2, blur=0.2)
    model.net = nn.Sequential(nn.Linear(2, 2))
    with torch.no_grad():
        model.net[0].weight.copy_(torch.eye(2))
        model.net[0].bias.zero_()
    for rate in (3e-2, 3e-3):
        train(model, x, 80, learning_rate=rate, batch_size=128)
    samples = model.sample(20_000, seeded(2))
    torch.testing.assert_close(samples.mean(dim=0), x.mean(dim=0), atol=0.08, rtol=0)
    torch.testing.assert_close(samples.T.cov(), x.T.cov(), atol=0.12, rtol=0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_two_moons_are_learned(objective: str) -> None:
    x = two_moons(1000)
    model = matching(x, objective, width=32, blur=0.2, iterations=20)
    before = sw2(model.sample(4000, seeded(1)), two_moons(4000, 5))
    train(model, x, 150, learning_rate=4e-3, batch_size=128)
    after = sw2(model.sample(4000, seeded(1)), two_moons(4000, 5))
    assert after < 0.5 * before
    assert after < 0.2


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_images_are_learned(objective: str) -> None:
    x = few_images(500)
    model = matching(x, objective, "digits", width=32, depth=2, blur=0.2, iterations=20)
    train(model, x, 300 if objective != "sliced-wasserstein" else 900, learning_rate=5e-3, batch_size=64)
    samples = model.sample(1000, seeded(1))
    wrong = (samples[:, None] - x[None, :200]).abs().sum(dim=2).min(dim=1).values
    random = (torch.rand(1000, 25, generator=seeded(2)) < 0.5).float()
    base = (random[:, None] - x[None, :200]).abs().sum(dim=2).min(dim=1).values
    assert float(wrong.mean()) < 0.6 * float(base.mean())


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_the_transport_plan_is_shown(world: str) -> None:
    x = world_data(world, 300)  # type: ignore[arg-type]
    model = matching(x, "sliced-wasserstein", world, width=16)
    shown = model.exhibits(About(x[:1], x, torch.zeros(300, dtype=torch.int64), seeded()))
    assert isinstance(shown[-1], Facts)
    if world == "plane":
        (picture, _) = shown
        assert isinstance(picture, PlanePicture)
        lines = [line.points for line in picture.lines if not line.dots]
        assert len(lines) >= 40
        data = {tuple(p) for p in np.round(x.double().numpy(), 6)}
        assert all(tuple(np.round(line[1], 6)) in data for line in lines)


def test_a_code_is_found_for_what_the_generator_makes() -> None:
    x = two_moons(300)
    model = matching(x, "sliced-wasserstein")
    train(model, x, 50)
    goal = model.decode(torch.randn(20, model.latent_dim, generator=seeded(1)))
    assert float((model.decode(model.encode(goal)) - goal).norm(dim=1).max()) < 0.05
