"""Discrete diffusion: marginals step by step, steps back by Bayes' rule, the bound by visiting every path."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from genplay.models.d3pm import D3PM, kept_shares, step_back
from tests.models.harness import build, few_images, slope_error, train
from tests.models.test_image_ebm import batch_of

schedules = pytest.mark.parametrize("schedule", ["linear", "cosine"])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def d3pm(x: Tensor, objective: str = "bound", **knobs: object) -> D3PM:
    model = build("d3pm", x, world="digits", objective=objective, knobs={"dropout": 0.0, **knobs})
    assert isinstance(model, D3PM)
    return model


@schedules
def test_the_marginal_is_the_product_of_all_single_steps(schedule: str) -> None:
    """Each step keeps a pixel with α_t = κ_t/κ_{t−1} and else tosses a coin: the 2×2 matrices multiplied."""
    kept = kept_shares(12, schedule)
    assert float(kept[0]) == 1
    assert float(kept[-1]) == 0
    assert bool((kept.diff() < 0).all())
    product = torch.eye(2, dtype=torch.float64)
    for t in range(1, 13):
        alpha = kept[t] / kept[t - 1]
        product = product @ (alpha * torch.eye(2, dtype=torch.float64) + (1 - alpha) / 2)
        assert float(product[0, 0]) == pytest.approx(float((1 + kept[t]) / 2), abs=1e-12)


@schedules
def test_draws_flip_as_often_as_the_marginal_says(schedule: str) -> None:
    model = d3pm(few_images(20), schedule=schedule, noise_steps=10)
    x = few_images(1).expand(20_000, 25)
    for t in (0.0, 0.3, 0.7, 1.0):
        flipped = float((model.noised(x, t, seeded()) != x).float().mean())
        assert flipped == pytest.approx((1 - float(model.kept[round(10 * t)])) / 2, abs=0.005)


@schedules
def test_a_step_back_is_bayes_rule(schedule: str) -> None:
    kept = kept_shares(6, schedule)
    for s, t in ((0, 1), (2, 3), (1, 4), (5, 6)):
        for c, a in itertools.product((0.0, 1.0), repeat=2):
            sign = lambda bit: 2 * bit - 1  # noqa: E731
            joint = [
                float((1 + kept[t] / kept[s] * sign(c) * sign(b)) / 2 * (1 + kept[s] * sign(b) * sign(a)) / 2)
                for b in (0, 1)
            ]
            found = step_back(torch.tensor(c).double(), torch.tensor(a).double(), kept[t], kept[s])
            assert float(found) == pytest.approx(joint[1] / sum(joint), abs=1e-12)


@pytest.mark.parametrize("objective", ["bound", "cross-entropy"])
def test_gradients_agree_with_finite_differences(objective: str) -> None:
    x = few_images(40)
    assert slope_error(d3pm(x, objective, width=8, depth=2), batch_of(x)) < 1e-5


def small() -> D3PM:
    """Three pixels and three steps: 2^9 paths can be visited one by one."""
    model = d3pm(few_images(200)[:, :3], noise_steps=3, width=8, depth=1)
    with torch.no_grad():
        for p in model.parameters():
            p *= 1.5
    return model


@pytest.fixture
def three_pixels(monkeypatch: pytest.MonkeyPatch) -> D3PM:
    import tests.models.harness as harness

    monkeypatch.setitem(harness.DIMENSIONS, "digits", 3)
    return small()


def bits(n: int) -> Tensor:
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * n)


@torch.no_grad()
def transitions(model: D3PM) -> list[Tensor]:
    """p(x_{t−1} | x_t) for t = 1, 2, 3 as tables (8 from, 8 to)."""
    every, tables = bits(3), []
    for t in range(1, 4):
        step = torch.full((8,), t)
        lit = model._guess_back(every, model._log_odds(every, step), model.kept[t], model.kept[t - 1])
        tables.append(torch.stack([torch.where(y > 0, lit, 1 - lit).prod(dim=1) for y in every], dim=1))
    return tables


@torch.no_grad()
def test_the_bound_is_the_sum_over_all_paths_and_below_the_truth(three_pixels: D3PM) -> None:
    model, every = three_pixels, bits(3)
    tables = transitions(model)
    exact = (torch.full((8,), 1 / 8) @ tables[2] @ tables[1] @ tables[0]).log()
    kept = model.kept

    def q(x: Tensor, y: Tensor, keep: Tensor) -> float:
        return float(((1 + keep * (2 * x - 1) * (2 * y - 1)) / 2).prod())

    for i in (0, 5):
        wanted = 0.0
        for a, b, c in itertools.product(range(8), repeat=3):
            weight = q(every[a], every[i], kept[1]) * q(every[b], every[a], kept[2] / kept[1])
            weight *= q(every[c], every[b], kept[3] / kept[2])
            log_p = math.log(1 / 8) + sum(
                float(table[x, y].log())
                for table, x, y in ((tables[2], c, b), (tables[1], b, a), (tables[0], a, i))
            )
            wanted += weight * (log_p - math.log(weight))
        drawn = model.elbo(every[i].expand(40_000, 3), seeded()).double()
        error = float(drawn.std()) / 200
        assert float(drawn.mean()) == pytest.approx(wanted, abs=4 * error + 1e-5)
        assert wanted < float(exact[i]) + 1e-6


@torch.no_grad()
def test_samples_follow_the_chain(three_pixels: D3PM) -> None:
    model = three_pixels
    tables = transitions(model)
    wanted = torch.full((8,), 1 / 8) @ tables[2] @ tables[1] @ tables[0]
    x = model.sample(40_000, seeded(1))
    share = torch.bincount((x @ torch.tensor([4.0, 2.0, 1.0])).long(), minlength=8) / 40_000
    assert bool(((share - wanted).abs() < 4 * (wanted / 40_000).sqrt() + 1e-4).all())
    # One leap over all steps draws from another law: the test would see it.
    model.configure(model.knobs.replace(sampling_steps=1))
    leap = model.sample(40_000, seeded(1))
    other = torch.bincount((leap @ torch.tensor([4.0, 2.0, 1.0])).long(), minlength=8) / 40_000
    assert float((other - share).abs().sum()) > 0.02


@torch.no_grad()
def test_training_finds_a_few_patterns() -> None:
    x = few_images(400)
    model = d3pm(x, noise_steps=10, width=64)
    with torch.enable_grad():
        train(model, x, 400, learning_rate=4e-3)
    # Entropy about 6.3 nats; even pixels cost 17.3.
    assert -float(model.elbo(x, seeded()).mean()) < 9
    way = model.trajectory(model.noise(4, seeded()))
    assert way.shape == (11, 4, 25)
    assert bool(((way == 0) | (way == 1)).all())
