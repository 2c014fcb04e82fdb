"""Two-sample tests keep their level over 500 repetitions and find what is different."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from genplay.metrics import kernels
from genplay.metrics.registry import evaluate
from genplay.metrics.two_sample import TestResult, classifier_test, permutation_test
from tests.metrics.fakes import Dressed, data_of, gaussian

Test = Callable[[np.ndarray, np.ndarray, np.random.Generator], TestResult]
REPEATS, ALPHA = 500, 0.05

TESTS: dict[str, Test] = {
    "classifier": classifier_test,
    "permutation": lambda x, y, rng: permutation_test(x, y, rng, permutations=99),
}


def plane(rng: np.random.Generator, n: int, shift: float = 0.0) -> np.ndarray:
    return rng.standard_normal((n, 2)) + np.array([shift, 0.0])


def pixels(rng: np.random.Generator, n: int, shift: float = 0.0) -> np.ndarray:
    """Images with many equal ones among them."""
    return (rng.random((n, 25)) < np.linspace(0.02 + shift, 0.1 + shift, 25)).astype(float)


@pytest.mark.parametrize("draw", [plane, pixels])
@pytest.mark.parametrize("name", TESTS)
def test_false_alarms_come_as_often_as_allowed(name: str, draw: Callable) -> None:
    """Rejections of a true hypothesis are Binomial(500, ≤ α): more than its 99.99 % point refute the level."""
    rng = np.random.default_rng(11)
    results = [TESTS[name](draw(rng, 40), draw(rng, 40), rng) for _ in range(REPEATS)]
    alarms = sum(r.p_value <= ALPHA for r in results)
    assert alarms <= binom.ppf(0.9999, REPEATS, ALPHA)
    # Answers of a classifier are whole numbers: its level is the nearest share below α that they allow.
    least = ALPHA if name == "permutation" else 0.02
    assert alarms >= binom.ppf(0.0001, REPEATS, least)
    # Not only at α: half of all p-values are at most a half, up to ties.
    assert sum(r.p_value <= 0.5 for r in results) <= binom.ppf(0.9999, REPEATS, 0.5)


@pytest.mark.parametrize("name", TESTS)
def test_what_is_different_is_found(name: str) -> None:
    rng = np.random.default_rng(12)
    for draw, shift in ((plane, 1.3), (pixels, 0.15)):
        power = np.mean(
            [TESTS[name](draw(rng, 80), draw(rng, 80, shift), rng).p_value <= ALPHA for _ in range(30)]
        )
        assert power > 0.8
    # A wider law with the same mean: no linear look would see it.
    wide = [TESTS[name](plane(rng, 150), 2 * plane(rng, 150), rng).p_value <= ALPHA for _ in range(40)]
    assert np.mean(wide) > 0.8


def test_the_permutation_statistic_is_mmd_with_its_diagonal() -> None:
    rng = np.random.default_rng(2)
    x, y = plane(rng, 30), plane(rng, 30, 1.0)
    k = kernels.gaussian_kernel(np.concatenate([x, y]), kernels.median_distance(x, y))
    biased = k[:30, :30].mean() + k[30:, 30:].mean() - 2 * k[:30, 30:].mean()
    assert permutation_test(x, y, rng).statistic == pytest.approx(biased, rel=1e-9)


def test_the_p_value_counts_every_deal_of_a_tiny_set() -> None:
    """Two and two far apart: of 6 deals, these 2 are the largest, so p is about 1/3."""
    x, y = np.array([[0.0, 0.0], [0.1, 0.0]]), np.array([[5.0, 0.0], [5.1, 0.0]])
    found = permutation_test(x, y, np.random.default_rng(0), permutations=3000)
    assert found.p_value == pytest.approx(1 / 3, abs=0.035)


def test_both_say_their_verdict_at_the_chosen_level() -> None:
    p, q = gaussian((0.0, 0.0), (0.5, 0.3)), gaussian((0.5, 0.0), (0.5, 0.3))
    far = evaluate(Dressed(q), data_of(p), ["c2st", "mmd_test"], alpha=0.01)  # type: ignore[arg-type]
    same = evaluate(Dressed(p), data_of(p), ["c2st", "mmd_test"], alpha=0.01)  # type: ignore[arg-type]
    for name in ("c2st", "mmd_test"):
        assert ": told apart at α = 0.01" in far[name].method  # type: ignore[union-attr]
        assert ": not told apart at α = 0.01" in same[name].method  # type: ignore[union-attr]
    assert far["c2st"].value > 0.55  # type: ignore[union-attr]
    assert far["mmd_test"].value < 0.01 < same["mmd_test"].value  # type: ignore[union-attr]
