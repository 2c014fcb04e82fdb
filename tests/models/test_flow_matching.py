from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from genplay.models.base import About, Batch
from genplay.models.coupling_pairs import transported
from genplay.models.exhibits import Pictures, PlanePicture
from genplay.models.flow_matching import DigitFlowMatching, FlowMatching
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, few_images, slope_error, train, two_moons

OBJECTIVES = ["independent", "transport"]
MEAN = torch.tensor([0.4, -0.2])
FACTOR = torch.tensor([[0.6, 0.0], [0.3, 0.25]])


def normal(n: int, seed: int = 0, d: int = 2) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def silent(x: torch.Tensor) -> FlowMatching:
    """A model whose network says nothing: exact for round Gaussian data."""
    model = build("flow-matching", x, knobs={"width": 8, "depth": 1, "ode_steps": 40})
    assert isinstance(model, FlowMatching)
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
    return model


def test_without_a_network_it_is_the_gaussian_of_the_data() -> None:
    model = silent(0.7 * normal(500) + 0.2)
    scale, mean = float(model.standardise.scale), model.standardise.mean
    x = mean + 1.5 * scale * normal(40, seed=1)
    wanted = torch.distributions.Normal(mean, scale).log_prob(x).sum(dim=1)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(x), wanted, atol=1e-3, rtol=0)
        torch.testing.assert_close(model.score(x), (mean - x) / scale**2, atol=1e-2, rtol=0)
    samples = model.sample(20_000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(samples.std(dim=0), torch.full((2,), scale), rtol=0.03, atol=0)


def test_the_velocity_is_the_mean_of_the_lines_through_a_point() -> None:
    """For one Gaussian both are known: E[x₁ − x₀ | x_t] by regression over many lines."""
    model = silent(normal(4000))
    x1, x0 = normal(400_000, seed=2), normal(400_000, seed=3)
    t = 0.7
    at = (1 - t) * x0 + t * x1
    slope = float((at * (x1 - x0)).mean() / at.square().mean())
    u = normal(5, seed=4)
    x = model.standardise.inverse(u)
    found = model.velocity(x, torch.full((5,), t)) / model.standardise.scale
    torch.testing.assert_close(found, slope * u, atol=0.01, rtol=0)


@pytest.fixture(scope="module", params=OBJECTIVES)
def learned(request: pytest.FixtureRequest) -> FlowMatching:
    """Trained on a tilted Gaussian."""
    x = MEAN + normal(2000) @ FACTOR.T
    model = build("flow-matching", x, objective=request.param, knobs={"width": 32, "depth": 2, "jitter": 0.0})
    assert isinstance(model, FlowMatching)
    train(model, x, 500, learning_rate=4e-3)
    return model


def test_its_ode_likelihood_is_that_of_the_gaussian_it_was_shown(learned: FlowMatching) -> None:
    truth = torch.distributions.MultivariateNormal(MEAN, scale_tril=FACTOR)
    fresh = MEAN + normal(3000, seed=9) @ FACTOR.T
    with torch.no_grad():
        gap = truth.log_prob(fresh) - learned.log_prob(fresh)
    assert abs(float(gap.mean())) < 0.06
    assert float(gap.abs().mean()) < 0.25


def test_samples_follow_its_own_density_along_paths_that_can_be_watched(learned: FlowMatching) -> None:
    noise = learned.noise(4000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        way = learned.trajectory(noise)
        assert way.shape == (21, 4000, 2)
        torch.testing.assert_close(learned.standardise(way[0]), noise, atol=1e-5, rtol=0)
        assert agreement(learned, way[-1], HOME.grown(1.5)) > 1e-3
        assert agreement(learned, way[-1] * 1.15, HOME.grown(1.5)) < 1e-6


def test_the_density_is_the_change_of_variables_and_the_ode_runs_both_ways() -> None:
    model = build("flow-matching", two_moons(200), knobs={"width": 16, "depth": 2, "ode_steps": 80})
    assert isinstance(model, FlowMatching)
    train(model, two_moons(200), 30)
    model.double()
    x = two_moons(6).double()
    z, log_det = model.warp(x)
    for i in range(6):
        jacobian = torch.autograd.functional.jacobian(lambda a: model.encode(a[None])[0], x[i])
        assert float(torch.linalg.slogdet(jacobian).logabsdet) == pytest.approx(
            float(log_det[i].detach()), abs=1e-3
        )
    with torch.no_grad():
        torch.testing.assert_close(model.decode(z), x, atol=1e-4, rtol=0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_agree_with_finite_differences(objective: str) -> None:
    x = two_moons(32)
    model = build("flow-matching", x, objective=objective, knobs={"width": 8, "depth": 2, "group": 16})
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(32, dtype=torch.int64), torch.Generator())) < 1e-4


def test_pairs_are_the_cheapest_within_each_group() -> None:
    z, x = normal(60, seed=1), normal(60, seed=2)
    found = transported(z, x, 60)
    cost = torch.cdist(x, z).square().numpy()
    rows, columns = linear_sum_assignment(cost)
    assert float((found - x).square().sum()) == pytest.approx(float(cost[rows, columns].sum()), rel=1e-5)
    # The same noise, in another order.
    assert torch.equal(found.sort(dim=0).values, z.sort(dim=0).values)
    grouped = transported(z, x, 20)
    assert torch.equal(grouped[:20].sort(dim=0).values, z[:20].sort(dim=0).values)
    costs = [float((pair - x).square().sum()) for pair in (found, grouped, z)]
    assert costs[0] < costs[1] < costs[2]
    assert len(transported(z[:50], x[:50], 20)) == 50


def test_transport_makes_paths_straighter() -> None:
    x = two_moons(1000)
    bends = []
    for objective in OBJECTIVES:
        model = build("flow-matching", x, objective=objective, knobs={"width": 32, "depth": 2})
        assert isinstance(model, FlowMatching)
        train(model, x, 200)
        with torch.no_grad():
            way = model.trajectory(normal(300))
        length = way.diff(dim=0).norm(dim=2).sum(dim=0)
        bends.append(float((length / (way[-1] - way[0]).norm(dim=1)).median()))
    assert bends[1] - 1 < 0.7 * (bends[0] - 1)


def test_exhibits_show_paths_velocities_and_pairs() -> None:
    x = two_moons(200)
    model = build("flow-matching", x, objective="transport", knobs={"width": 8, "depth": 1})
    assert isinstance(model, FlowMatching)
    about = About(x[:1], x, torch.zeros(200, dtype=torch.int64), torch.Generator().manual_seed(0))
    shown = {e.title: e for e in model.exhibits(about)}
    pairs = shown["Pairs of noise and data in a batch"]
    assert isinstance(pairs, PlanePicture)
    assert sum(len(line.points) == 2 for line in pairs.lines) == 64
    strokes = shown["Velocity at t = 0.5"]
    assert isinstance(strokes, PlanePicture)
    first = strokes.lines[0].points
    with torch.no_grad():
        v = model.velocity(torch.tensor(first[:1]).float(), torch.tensor([0.5])).numpy()[0]
    direction = first[1] - first[0]
    assert direction @ v / (np.linalg.norm(direction) * np.linalg.norm(v)) == pytest.approx(1, abs=1e-4)


def test_of_images_it_learns_the_patterns() -> None:
    x = few_images(600)
    model = build("flow-matching", x, world="digits", knobs={"width": 64, "depth": 2, "ode_steps": 10})
    assert isinstance(model, DigitFlowMatching)

    def nearest(images: torch.Tensor) -> float:
        return float(torch.cdist(images, x, p=1).min(dim=1).values.mean())

    before = nearest(model.sample(200, torch.Generator().manual_seed(0)))
    train(model, x, 400)
    with torch.no_grad():
        assert nearest(model.sample(200, torch.Generator().manual_seed(0))) < 1.5 < 4 < before
        assert torch.equal(model.decode(model.encode(x[:50])).round(), x[:50])
        about = About(x[:1], x, torch.zeros(600, dtype=torch.int64), torch.Generator().manual_seed(0))
        shown = model.exhibits(about)
    assert isinstance(shown[0], Pictures)
    assert math.isclose(float(shown[0].values.min()), 0, abs_tol=0.2)


@pytest.mark.parametrize(("norm", "dropout"), [("layer", 0.0), ("batch", 0.0), ("layer", 0.3)])
def test_norm_and_dropout_belong_to_training_and_the_flow_stays_exact(norm: str, dropout: float) -> None:
    x = two_moons(200)
    model = build("flow-matching", x, knobs={"width": 16, "depth": 2, "norm": norm, "dropout": dropout})
    assert isinstance(model, FlowMatching)
    history = train(model, x, 20)
    assert all(math.isfinite(terms["loss"]) for terms in history)
    model.eval().double()
    field, points = model.transform.field, normal(4, seed=7).double()
    times = torch.tensor([0.3, 0.8], dtype=torch.float64)
    ready = field.ready(times, traced=True)  # type: ignore[operator, union-attr]
    for i in range(2):
        torch.testing.assert_close(ready.velocity(points, i), field(points, times[i : i + 1].expand(4)))
    for i, row in enumerate(ready.divergences()):
        for j in range(4):
            jacobian = torch.autograd.functional.jacobian(
                lambda a, i=i: field(a[None], times[i : i + 1])[0], points[j]
            )
            assert float(row[j].detach()) == pytest.approx(float(jacobian.trace()), abs=1e-9)
    with torch.no_grad():
        assert torch.equal(model.log_prob(points), model.log_prob(points))
