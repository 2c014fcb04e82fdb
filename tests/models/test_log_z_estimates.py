"""Estimators of log Z on a Gaussian whose log Z is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from genplay.models.log_z_estimates import annealed, from_weights, metropolis_path

SCALE = 0.5
"""The model is N(m, SCALE² I), the bowl N(0, I)."""
CENTRE = torch.tensor([0.6, -0.4], dtype=torch.float64)
LOG_Z0 = math.log(2 * math.pi)
LOG_Z = math.log(2 * math.pi * SCALE**2) + 1.5


def bowl(x: Tensor) -> Tensor:
    return 0.5 * x.square().sum(dim=1)


def net(x: Tensor) -> Tensor:
    return 0.5 / SCALE**2 * (x - CENTRE).square().sum(dim=1) - bowl(x) - 1.5


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normals(n: int, seed: int) -> Tensor:
    return torch.randn(n, 2, generator=seeded(seed), dtype=torch.float64)


def test_importance_weights_find_log_z_within_their_error() -> None:
    found = from_weights(-net(normals(40_000, 0)), LOG_Z0, "importance sampling")
    assert found.kind == "estimate"
    assert found.stderr is not None
    assert found.stderr < 0.02
    assert abs(found.value - LOG_Z) < 4 * found.stderr


def test_one_weight_has_no_error() -> None:
    assert from_weights(torch.zeros(1), 1.0, "importance sampling").stderr is None


@pytest.mark.parametrize("levels", [3, 400])
def test_annealing_forwards_is_below_and_backwards_above(levels: int) -> None:
    move = metropolis_path(net, bowl, 0.5, seeded(5))
    low = annealed(net, move, normals(1000, 1), levels, LOG_Z0, reverse=False)
    high = annealed(net, move, CENTRE + SCALE * normals(1000, 2), levels, LOG_Z0, reverse=True)
    assert (low.direction, high.direction) == ("lower", "upper")
    assert low.stderr is not None
    assert high.stderr is not None
    assert low.value < LOG_Z + 3 * low.stderr
    assert high.value > LOG_Z - 3 * high.stderr
    if levels == 3:
        assert low.value < LOG_Z - 0.2
        assert high.value > LOG_Z + 0.1
    else:
        assert high.value - low.value < 0.25


def test_annealing_has_the_right_mean_weight() -> None:
    """E exp(log w) = Z/Z₀ exactly, whatever the number of laws: a path of one chain each, averaged by hand."""
    move = metropolis_path(net, bowl, 0.5, seeded(7))
    weights = []
    for x in normals(1500, 3).split(1):
        found = annealed(net, move, x, 4, 0.0, reverse=False)
        weights.append(math.exp(found.value))
    mean = torch.tensor(weights)
    error = float(mean.std()) / math.sqrt(len(mean))
    assert float(mean.mean()) == pytest.approx(math.exp(LOG_Z - LOG_Z0), abs=4 * error)
    assert error < 0.1


def test_metropolis_keeps_its_law() -> None:
    move = metropolis_path(net, bowl, 0.8, seeded(8))
    x = CENTRE + SCALE * normals(20_000, 4)
    for _ in range(10):
        x = move(x, 1.0)
    torch.testing.assert_close(x.mean(dim=0), CENTRE, atol=0.02, rtol=0)
    torch.testing.assert_close(x.T.cov(), SCALE**2 * torch.eye(2, dtype=torch.float64), atol=0.02, rtol=0)
