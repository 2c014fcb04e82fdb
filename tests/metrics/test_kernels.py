"""Kernel distances against scikit-learn's kernels, torchmetrics and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel

from genplay.metrics import kernels
from genplay.metrics.registry import evaluate
from tests.metrics.fakes import Dressed, data_of, gaussian
from tests.metrics.references import clouds


def unbiased(k: np.ndarray, n: int) -> float:
    """MMD² by its definition over pairs of different points."""
    m = len(k) - n
    own = [
        sum(k[i, j] for i in r for j in r if i != j) / (len(r) * (len(r) - 1))
        for r in (range(n), range(n, n + m))
    ]
    return own[0] + own[1] - 2 * k[:n, n:].mean()


@pytest.mark.parametrize(("n", "m", "d"), [(40, 40, 2), (50, 30, 25)])
def test_mmd_is_the_sum_over_pairs_of_the_reference_kernels(n: int, m: int, d: int) -> None:
    x, y = clouds(n, m, d)
    both, a, b = np.concatenate([x, y]), np.arange(n), n + np.arange(m)
    width = 0.7
    ours = kernels.mmd_of_kernel(kernels.gaussian_kernel(both, width), a, b)
    assert ours == pytest.approx(unbiased(rbf_kernel(both, gamma=1 / (2 * width**2)), n), rel=1e-8)
    ours = kernels.mmd_of_kernel(kernels.polynomial_kernel(both), a, b)
    assert ours == pytest.approx(unbiased(polynomial_kernel(both, degree=3, coef0=1), n), rel=1e-8)


def test_mmd_of_gaussians_is_its_closed_form_within_its_error() -> None:
    """E k(x, y) of N(0, a² I) and N(m, b² I) is (s²/v) exp(−m²/2v), v = s² + a² + b², on the plane."""
    p, q = gaussian((0.0, 0.0), (0.5, 0.5)), gaussian((0.4, 0.0), (0.3, 0.3))
    found = evaluate(Dressed(q), data_of(p), ["mmd"])["mmd"]  # type: ignore[arg-type]
    assert found is not None
    assert found.stderr is not None
    width = float(found.method.split("width ")[1].split(" ")[0])

    def mean(a: float, b: float, m: float) -> float:
        v = width**2 + a**2 + b**2
        return width**2 / v * math.exp(-(m**2) / (2 * v))

    truth = mean(0.5, 0.5, 0) + mean(0.3, 0.3, 0) - 2 * mean(0.5, 0.3, 0.4)
    assert abs(found.value - truth) < 4 * found.stderr + 1e-3 * truth
    assert found.stderr < 0.2 * truth


def test_the_estimate_is_unbiased_and_so_falls_below_0_for_one_law() -> None:
    rng = np.random.default_rng(3)
    values = []
    for _ in range(300):
        kernel = kernels.gaussian_kernel(rng.standard_normal((60, 2)), 1.0)
        values.append(kernels.mmd_of_kernel(kernel, np.arange(30), 30 + np.arange(30)))
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(300)
    assert min(values) < 0
