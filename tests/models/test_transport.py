"""Distances between clouds against sorting, linear programming, double sums and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance
from torch import Tensor

from genplay.models.transport import (
    directions,
    mmd,
    sinkhorn_divergence,
    sinkhorn_plan,
    sliced_wasserstein,
    squared_distances,
    wasserstein_1d,
)


def cloud(n: int, d: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def test_on_a_line_the_distance_is_that_of_scipy() -> None:
    a, b = cloud(200, 3, 0), 2 * cloud(200, 3, 1, 0.5)
    found = wasserstein_1d(a, b, p=1)
    for j in range(3):
        assert float(found[j]) == pytest.approx(wasserstein_distance(a[:, j].numpy(), b[:, j].numpy()))
    matched = linear_sum_assignment(squared_distances(a[:, :1], b[:, :1]).numpy())
    known = squared_distances(a[:, :1], b[:, :1])[matched].mean()
    assert float(wasserstein_1d(a, b)[0]) == pytest.approx(float(known))


def test_slices_of_a_shift_are_its_mean_square_over_directions() -> None:
    a = cloud(50, 2, 0)
    shift = torch.tensor([0.6, -0.8], dtype=torch.float64)
    along = directions(cloud(20_000, 2, 1))
    torch.testing.assert_close(along.norm(dim=1), torch.ones(20_000, dtype=torch.float64))
    # E cos² = ½ in two dimensions, and the shift has length 1.
    assert float(sliced_wasserstein(a, a + shift, along)) == pytest.approx(0.5, abs=0.01)
    assert float(sliced_wasserstein(a, a.flip(0), along)) == pytest.approx(0, abs=1e-12)


def test_mmd_is_the_double_sum_over_pairs() -> None:
    a, b, widths = cloud(13, 2, 0), cloud(9, 2, 1, 0.4), (0.5, 1.5)

    def kernel(x: Tensor, y: Tensor) -> float:
        square = float((x - y).square().sum())
        return sum(math.exp(-square / (2 * w * w)) for w in widths) / len(widths)

    within_a = np.mean([kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j])
    within_b = np.mean([kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert float(mmd(a, b, widths)) == pytest.approx(within_a + within_b - 2 * across, abs=1e-12)


def test_mmd_of_gaussians_is_known_and_its_estimate_is_unbiased() -> None:
    # E k(x, y) for x − y ~ N(δ, s² I) in two dimensions: w²/(w² + s²) exp(−|δ|²/(2 (w² + s²))).
    def mean_kernel(delta: float, s2: float, w: float = 1.0) -> float:
        return w * w / (w * w + s2) * math.exp(-(delta**2) / (2 * (w * w + s2)))

    known = 2 * mean_kernel(0, 2) - 2 * mean_kernel(1.0, 2)
    shift = torch.tensor([1.0, 0.0], dtype=torch.float64)
    found = [float(mmd(cloud(60, 2, s), cloud(60, 2, 1000 + s) + shift, (1.0,))) for s in range(300)]
    assert np.mean(found) == pytest.approx(known, abs=4 * np.std(found) / math.sqrt(300))
    null = [float(mmd(cloud(30, 2, s), cloud(30, 2, 1000 + s), (1.0,))) for s in range(300)]
    assert np.mean(null) == pytest.approx(0, abs=4 * np.std(null) / math.sqrt(300))
    assert min(null) < 0


def test_the_plan_has_equal_margins_and_for_little_blur_is_the_best_assignment() -> None:
    a, b = cloud(25, 2, 0), cloud(25, 2, 1, 1.0)
    plan = sinkhorn_plan(a, b, 1e-3, 400)
    torch.testing.assert_close(plan.sum(dim=0), torch.full((25,), 1 / 25, dtype=torch.float64))
    torch.testing.assert_close(
        plan.sum(dim=1), torch.full((25,), 1 / 25, dtype=torch.float64), atol=2e-3, rtol=0
    )
    rows, columns = linear_sum_assignment(squared_distances(a, b).numpy())
    best = float(squared_distances(a, b)[rows, columns].mean())
    assert float((plan * squared_distances(a, b)).sum()) == pytest.approx(best, rel=0.02)
    assert (plan.argmax(dim=1).numpy() == columns).mean() > 0.85


def test_the_divergence_is_zero_at_home_positive_elsewhere_and_near_half_the_squared_distance() -> None:
    a, b = cloud(40, 2, 0), cloud(40, 2, 1, 1.0)
    assert float(sinkhorn_divergence(a, a, 0.1, 200)) == pytest.approx(0, abs=1e-9)
    assert float(sinkhorn_divergence(a, b, 0.1, 200)) > 0.1
    shift = torch.tensor([0.3, 0.4], dtype=torch.float64)
    # A shift costs ½ |shift|², whatever the blur.
    for epsilon in (0.01, 0.1, 1.0):
        assert float(sinkhorn_divergence(a, a + shift, epsilon, 400)) == pytest.approx(0.125, abs=2e-3)
    matched = linear_sum_assignment(squared_distances(a, b).numpy())
    half = 0.5 * float(squared_distances(a, b)[matched].mean())
    assert float(sinkhorn_divergence(a, b, 0.003, 600)) == pytest.approx(half, rel=0.03)


def test_the_slope_of_the_divergence_agrees_with_finite_differences() -> None:
    a, b = cloud(12, 2, 0).requires_grad_(), cloud(15, 2, 1, 0.5)
    (slope,) = torch.autograd.grad(sinkhorn_divergence(a, b, 0.2, 400), a)
    for i in range(3):
        for j in range(2):
            step = torch.zeros(12, 2, dtype=torch.float64)
            step[i, j] = 1e-4
            up, down = (float(sinkhorn_divergence(a.detach() + s * step, b, 0.2, 400)) for s in (1, -1))
            assert float(slope[i, j]) == pytest.approx((up - down) / 2e-4, rel=1e-3, abs=1e-6)


def test_sinkhorn_refuses_what_would_take_minutes() -> None:
    with pytest.raises(ValueError, match="500"):
        sinkhorn_divergence(cloud(501, 2, 0), cloud(5, 2, 1), 0.1)


def test_single_and_equal_points_give_numbers() -> None:
    for n in (1, 2, 3):
        a = cloud(1, 2, 0).expand(n, 2)
        for value in (mmd(a, a, (1.0,)), sinkhorn_divergence(a, a, 0.01), sliced_wasserstein(a, a, a)):
            assert float(value) == pytest.approx(0, abs=1e-9)
