"""Estimators of log Z beside closed forms and enumeration: values, error bars that hold the truth, and known faults."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.metrics.estimators import annealing, log_z
from genplay.metrics.estimators.base_law import around_images, around_points
from genplay.metrics.estimators.log_weights import log_mean_with_error, tail_index

CONSTANT = 3.7


def gaussian(x):
    """An unnormalised Gaussian about (1, −1) with deviations 0.5 and 1.5; its log Z is known."""
    z = (x - np.array([1.0, -1.0])) / np.array([0.5, 1.5])
    return CONSTANT - 0.5 * np.square(z).sum(axis=1)


TRUTH = CONSTANT + math.log(2 * math.pi * 0.5 * 1.5)


def draw_gaussian(n, rng):
    return np.array([1.0, -1.0]) + np.array([0.5, 1.5]) * rng.standard_normal((n, 2))


BASE = around_points(draw_gaussian(500, np.random.default_rng(0)) + 0.3)


def weights(x):
    return gaussian(x) - BASE.log_prob(x)


class Machine:
    """A small restricted Boltzmann machine whose log Z is a sum over its hidden states."""

    def __init__(self, scale):
        rng = np.random.default_rng(5)
        self.W = scale * rng.standard_normal((25, 6))
        self.b, self.c = 0.5 * rng.standard_normal(25), 0.5 * rng.standard_normal(6)
        h = ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype(float)
        self.log_z = float(
            np.logaddexp.reduce(h @ self.c + np.logaddexp(0, self.b + h @ self.W.T).sum(axis=1))
        )

    def draw(self, n, rng):
        h = ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype(float)
        pull = self.b + h @ self.W.T
        p = np.exp(h @ self.c + np.logaddexp(0, pull).sum(axis=1) - self.log_z)
        k = rng.choice(64, n, p=p / p.sum())
        return (rng.random((n, 25)) < 1 / (1 + np.exp(-pull[k]))).astype(float)

    def log_f(self, v):
        return v @ self.b + np.logaddexp(0, self.c + v @ self.W).sum(axis=1)


def test_the_base_laws_are_densities():
    side = np.linspace(-40, 40, 1600, endpoint=False) + 0.025
    gx, gy = np.meshgrid(side, side)
    mass = np.exp(BASE.log_prob(np.stack([gx.ravel(), gy.ravel()], axis=1))).sum() * 0.05**2
    assert mass == pytest.approx(1.0, abs=1e-4)
    images = ((np.arange(1 << 10)[:, None] >> np.arange(10)) & 1).astype(float)
    of_images = around_images(images[:300])
    assert np.exp(of_images.log_prob(images)).sum() == pytest.approx(1.0, abs=1e-9)
    drawn = of_images.draw(40_000, np.random.default_rng(1))
    expected = np.exp(of_images.log_prob(images)) @ images
    assert drawn.mean(axis=0) == pytest.approx(expected, abs=0.012)


def test_importance_and_contrast_hold_a_known_log_z_in_95_of_100():
    held = {"importance": 0, "contrast": 0}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        of_base, of_model = weights(BASE.draw(400, rng)), weights(draw_gaussian(400, rng))
        held["importance"] += log_z.importance(of_base, "q").covers(TRUTH)
        held["contrast"] += log_z.contrast(of_model, of_base, "q").covers(TRUTH)
    assert held["importance"] >= 90
    assert held["contrast"] >= 90


def test_the_bars_are_not_wider_than_the_scatter_asks_for():
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found.append(log_mean_with_error(weights(BASE.draw(400, rng))))
    value, error = np.array(found).T
    assert error.mean() == pytest.approx(value.std(), rel=0.25)


def test_the_harmonic_mean_says_that_its_variance_is_infinite_and_errs_upwards():
    values = []
    for seed in range(40):
        way = log_z.harmonic_mean(weights(draw_gaussian(2000, np.random.default_rng(seed))), "q")
        values.append(way.value[-1])
    assert "infinite variance" in way.final.method
    assert np.median(values) > TRUTH


def test_ais_holds_the_exact_log_z_of_a_boltzmann_machine_in_90_of_100():
    machine = Machine(0.7)
    climb = annealing.Annealing(
        machine.log_f, around_images(machine.draw(200, np.random.default_rng(9))), images=True
    )
    ways = [annealing.annealed(climb, (12,), 60, np.random.default_rng(seed)) for seed in range(100)]
    held = sum(way.covers(machine.log_z) for way in ways)
    scatter = np.std([way.value[-1] for way in ways])
    assert held >= 90
    assert np.mean([way.error[-1] for way in ways]) < 3 * scatter


def test_ais_from_both_sides_brackets_log_z_on_the_plane():
    climb = annealing.Annealing(gaussian, BASE, images=False, reach=1.0)
    up, down = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        up.append(climb.log_weights(BASE.draw(100, rng), 6, False, rng, annealing.Watch()).mean())
        down.append(-climb.log_weights(draw_gaussian(100, rng), 6, True, rng, annealing.Watch()).mean())
    assert np.mean(up) < TRUTH < np.mean(down)
    both = [
        annealing.annealed(climb, (2, 8, 32), 400, np.random.default_rng(3), draw)
        for draw in (None, draw_gaussian)
    ]
    assert both[0].covers(TRUTH)
    assert both[0].error[-1] < both[0].error[0]
    assert (both[0].final.kind, both[1].final.kind, both[1].final.direction) == ("estimate", "bound", "upper")
    assert both[1].low[-1] < both[1].value[-1] < both[1].value[0]
    assert both[1].high[-1] > TRUTH
    assert list(both[0].n) == [2, 8, 32]


def test_the_tail_index_tells_a_pareto_tail_from_a_bounded_one():
    rng = np.random.default_rng(0)
    assert tail_index(np.log1p(rng.pareto(1.0, 20_000))) == pytest.approx(1.0, abs=0.15)
    assert tail_index(np.log(rng.random(20_000))) < 0.1


def test_weights_that_are_all_nothing_have_no_logarithm_and_no_bar():
    assert log_mean_with_error(np.full(5, -np.inf)) == (-math.inf, math.inf)
    assert log_mean_with_error(np.array([1.5])) == (1.5, math.inf)
