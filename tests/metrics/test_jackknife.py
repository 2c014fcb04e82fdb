"""The jackknife against the standard error of a mean, and the spread of a statistic that is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.metrics.jackknife import jackknife


def test_of_a_mean_of_two_sets_it_is_near_the_usual_one() -> None:
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal(200), 2 * rng.standard_normal(100)
        found.append(jackknife(lambda a, b, x=x, y=y: float(x[a].mean() - y[b].mean()), 200, 100))
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(math.sqrt(1 / 200 + 4 / 100), rel=0.1)


def test_of_a_curved_statistic_it_is_its_spread() -> None:
    rng = np.random.default_rng(0)
    values, errors = [], []
    for _ in range(300):
        x = rng.standard_normal(300)
        values.append(x.std())
        errors.append(jackknife(lambda a, _, x=x: float(x[a].std()), 300, 300))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.15)


def test_too_few_points_have_none() -> None:
    assert jackknife(lambda a, b: 0.0, 19, 100) is None
    assert jackknife(lambda a, b: math.nan, 50, 50) is None
