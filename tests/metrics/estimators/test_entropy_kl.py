"""Entropy and KL from samples beside closed forms of Gaussians and uniform laws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.metrics.estimators import entropy, kl

LOG_2PI = math.log(2 * math.pi)


def test_neighbours_find_the_entropy_of_a_gaussian_with_a_fair_bar():
    deviations = np.array([0.5, 2.0])
    truth = 1 + LOG_2PI + float(np.log(deviations).sum())
    found = np.array([
        entropy.neighbour_entropy(deviations * np.random.default_rng(s).standard_normal((1500, 2)))
        for s in range(60)
    ])  # fmt: skip
    value, error = found.T
    assert value.mean() == pytest.approx(truth, abs=0.03)
    assert value.std() * 0.9 < error.mean() < 2 * value.std()
    assert (np.abs(value - truth) < 1.96 * error).mean() >= 0.9


def test_neighbours_scale_as_an_entropy_does_and_repeated_points_have_none():
    x = np.random.default_rng(0).random((300, 2))
    one, _ = entropy.neighbour_entropy(x)
    three, _ = entropy.neighbour_entropy(3 * x)
    assert three - one == pytest.approx(2 * math.log(3))
    assert entropy.neighbour_entropy(np.zeros((20, 2)))[0] == -math.inf
    assert entropy.by_neighbours(np.zeros((100, 2))).final.stderr is None


def test_counting_is_too_low_until_there_are_enough_images():
    rng = np.random.default_rng(1)
    images = ((rng.integers(0, 64, 20_000)[:, None] >> np.arange(25)) & 1).astype(float)
    way = entropy.by_counting(images)
    assert way.value[-1] == pytest.approx(math.log(64), abs=0.01)
    assert way.covers(math.log(64))
    assert way.value[0] < way.value[-1]


def test_monte_carlo_entropy_and_kl_of_gaussians():
    shift, held = 0.8, np.zeros(3)
    for seed in range(200):
        x = np.random.default_rng(seed).standard_normal(500)
        log_p, log_q = -0.5 * x**2 - LOG_2PI / 2, -0.5 * (x - shift) ** 2 - LOG_2PI / 2
        held[0] += entropy.by_samples(log_p).covers((1 + LOG_2PI) / 2)
        held[1] += kl.plain(log_p - log_q).covers(shift**2 / 2)
        held[2] += kl.with_control(log_p - log_q).covers(shift**2 / 2)
    assert (held >= 180).all()
    assert kl.with_control(log_p - log_q).value.min() >= 0


def test_a_truth_outside_the_model_is_infinitely_far_without_a_bar():
    way = kl.plain(np.array([0.1] * 60 + [np.inf] * 10))
    assert way.final.value == np.inf
    assert way.final.stderr is None
