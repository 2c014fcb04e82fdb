"""Fréchet distance, kernel distance and inception score against torchmetrics, scipy and closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.special import softmax

from genplay.metrics.frechet import frechet_distance, inception
from genplay.metrics.kernels import mmd_of_kernel, polynomial_kernel
from genplay.metrics.registry import evaluate
from tests.metrics.fakes import Dressed, data_of, gaussian
from tests.metrics.references import clouds, torchmetrics


def test_all_three_are_those_of_torchmetrics(tmp_path: Path) -> None:
    x, y = clouds(300, 300, 8)
    logits = 2 * np.random.default_rng(5).standard_normal((500, 10))
    expected = torchmetrics(x, y, logits, tmp_path)
    assert frechet_distance(x, y) == pytest.approx(expected["fid"], rel=1e-6)
    kernel, n = polynomial_kernel(np.concatenate([x, y])), np.arange(300)
    assert mmd_of_kernel(kernel, n, n + 300) == pytest.approx(expected["kid"], rel=1e-5)
    assert inception(softmax(logits, axis=1)) == pytest.approx(expected["inception_score"], rel=1e-6)


def test_the_root_is_that_of_scipy() -> None:
    x, y = clouds(200, 100, 5)
    a, b = np.cov(x.T), np.cov(y.T)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-8)


def test_features_that_never_vary_are_no_trouble() -> None:
    x, y = clouds(100, 100, 4)
    x[:, 1:3] = y[:, 1:3] = 0.0
    expected = frechet_distance(x[:, [0, 3]], y[:, [0, 3]])
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-9)


def test_fid_of_gaussians_on_the_plane_is_its_closed_form_within_its_error() -> None:
    p, q = gaussian((0.0, 0.0), (0.5, 0.3)), gaussian((0.4, 0.1), (0.3, 0.4))
    found = evaluate(Dressed(q), data_of(p), ["fid"])["fid"]  # type: ignore[arg-type]
    assert found is not None
    assert found.stderr is not None
    truth = 0.4**2 + 0.1**2 + 0.2**2 + 0.1**2
    assert abs(found.value - truth) < 4 * found.stderr
    assert found.stderr < 0.1 * truth
    assert "the coordinates themselves" in found.method


def test_inception_score_goes_from_1_to_the_number_of_classes() -> None:
    assert inception(np.full((50, 4), 0.25)) == pytest.approx(1.0)
    assert inception(np.eye(4)[np.arange(200) % 4]) == pytest.approx(4.0)
    assert inception(np.eye(4)[np.zeros(200, int)]) == pytest.approx(1.0)
    half = np.array([[0.9, 0.1], [0.1, 0.9]])
    gain = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert inception(half) == pytest.approx(math.exp(gain))
