"""Transport against POT and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.metrics import transport
from genplay.metrics.registry import evaluate
from tests.metrics.fakes import Dressed, data_of, gaussian, on
from tests.metrics.references import clouds


@pytest.mark.parametrize(("n", "d"), [(60, 2), (200, 2), (150, 25)])
def test_wasserstein_is_that_of_pot(n: int, d: int) -> None:
    ot = pytest.importorskip("ot")
    x, y = clouds(n, n, d, seed=n)
    weights = np.full(n, 1 / n)
    first = ot.emd2(weights, weights, ot.dist(x, y, "euclidean"))
    second = math.sqrt(ot.emd2(weights, weights, ot.dist(x, y)))
    assert transport.wasserstein(x, y, 1) == pytest.approx(first, rel=1e-6)
    assert transport.wasserstein(x, y, 2) == pytest.approx(second, rel=1e-6)


@pytest.mark.parametrize("d", [2, 25])
def test_sliced_wasserstein_is_that_of_pot_along_the_same_directions(d: int) -> None:
    ot = pytest.importorskip("ot")
    x, y = clouds(300, 300, d)
    directions = np.random.default_rng(1).standard_normal((40, d))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = ot.sliced_wasserstein_distance(x, y, projections=directions.T)
    assert transport.sliced(x, y, directions) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("n", "m", "epsilon"), [(60, 60, 0.3), (60, 40, 0.5)])
def test_sinkhorn_divergence_is_that_of_plans_by_pot(n: int, m: int, epsilon: float) -> None:
    ot = pytest.importorskip("ot")

    def cost(x: np.ndarray, y: np.ndarray) -> float:
        a, b, c = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)), 0.5 * ot.dist(x, y)
        plan = ot.sinkhorn(a, b, c, epsilon, method="sinkhorn_log", numItermax=5000, stopThr=1e-10)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(plan > 0, plan * np.log(plan / np.outer(a, b)), 0.0)
        return float((plan * c).sum() + epsilon * relative.sum())

    x, y = clouds(n, m, 2)
    expected = cost(x, y) - 0.5 * cost(x, x) - 0.5 * cost(y, y)
    assert transport.sinkhorn_divergence(x, y, epsilon)[0] == pytest.approx(expected, rel=1e-4)


def test_the_standard_error_of_sinkhorn_is_its_spread() -> None:
    rng = np.random.default_rng(0)
    found = [
        transport.sinkhorn_divergence(rng.standard_normal((120, 2)), 1 + rng.standard_normal((120, 2)), 0.2)
        for _ in range(40)
    ]
    values, errors = zip(*found, strict=True)
    assert np.std(values, ddof=1) == pytest.approx(np.mean(errors), rel=0.4)


def test_moving_a_law_by_a_step_costs_that_step() -> None:
    """W_1 = W_2 = SW_2 · √2 = the step for a law moved as it is, up to the noise of finite samples."""
    p, q = gaussian((0.0, 0.0), (0.5, 0.3)), gaussian((2.0, 0.0), (0.5, 0.3))
    found = evaluate(Dressed(q), data_of(p), ["wasserstein_1", "wasserstein_2", "sliced_wasserstein"])  # type: ignore[arg-type]
    expected = {"wasserstein_1": 2.0, "wasserstein_2": 2.0, "sliced_wasserstein": 2 / math.sqrt(2)}
    for name, value in expected.items():
        quantity = found[name]
        assert quantity is not None
        assert quantity.stderr is not None
        # One hundred directions are even to about 5 %.
        tolerance = 0.1 * value if name == "sliced_wasserstein" else 5 * quantity.stderr + 0.02
        assert abs(quantity.value - value) < tolerance
        assert quantity.kind == "estimate"
        assert "two sets of true draws are" in quantity.method


def test_a_perfect_model_is_as_far_as_two_sets_of_true_draws() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    examined = on(Dressed(law), data_of(law))
    for measure in (transport.wasserstein_1, transport.sliced_wasserstein, transport.sinkhorn):
        quantity = measure(examined)
        floor = float(quantity.method.split("draws are ")[1].split(" apart")[0])
        assert abs(quantity.value - floor) < 0.03


def test_a_model_that_stays_at_one_point_is_measured() -> None:
    point, law = gaussian((0.1, 0.2), (1e-9, 1e-9)), gaussian((0.0, 0.0), (0.5, 0.5))
    found = evaluate(Dressed(point), data_of(law), ["wasserstein_2", "sinkhorn", "sliced_wasserstein"])  # type: ignore[arg-type]
    expected = math.sqrt(0.05 + 0.5)
    assert found["wasserstein_2"].value == pytest.approx(expected, rel=0.05)  # type: ignore[union-attr]
    assert all(q is not None and math.isfinite(q.value) for q in found.values())
