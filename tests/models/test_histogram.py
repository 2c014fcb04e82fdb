"""Counting in bins: against numpy's histogram, leave-one-out by brute force, and points outside the box."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genplay.models.base import About
from genplay.models.exhibits import Curves
from genplay.models.histogram import TRIED, Histogram
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, build, kl_from_two_moons, log_prob_on, train, two_moons


def counted(x: torch.Tensor, **knobs: object) -> Histogram:
    model = build("histogram", x, knobs=knobs)
    assert isinstance(model, Histogram)
    train(model, x, 5)
    return model


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_densities_are_those_of_numpy(smoothing: float) -> None:
    x = two_moons(300)
    model = counted(x, bins=10, smoothing=smoothing)
    counts, _, _ = np.histogram2d(
        x[:, 1].double(), x[:, 0].double(), bins=10, range=[[HOME.y0, HOME.y1], [HOME.x0, HOME.x1]]
    )
    with np.errstate(divide="ignore"):
        expected = np.log((counts + smoothing) / ((300 + 100 * smoothing) * 0.4**2))
    np.testing.assert_allclose(log_prob_on(model, Grid(HOME, 10)), expected, rtol=1e-5)


def test_before_counting_it_is_even_over_the_box() -> None:
    x = two_moons(10)
    for smoothing in (0.0, 1.0):
        model = build("histogram", x, knobs={"smoothing": smoothing})
        assert float(model.log_prob(x)[0]) == pytest.approx(-math.log(16))  # type: ignore[operator]
        drawn = model.sample(2000, torch.Generator().manual_seed(0))
        assert float(drawn.abs().max()) <= 2
        assert float(drawn.var()) == pytest.approx(16 / 12, rel=0.1)


def test_points_outside_the_box_are_counted_too() -> None:
    x = torch.tensor([[3.05, -7.05], [0.05, 0.05]])
    model = counted(x, bins=40, smoothing=0.0)
    assert float(model.log_prob(x[:1])) == pytest.approx(math.log(0.5 / 0.01), rel=1e-4)
    drawn = model.sample(500, torch.Generator().manual_seed(0))
    far = drawn[drawn[:, 0] > 2]
    assert 200 < len(far) < 300
    assert bool(((far - torch.tensor([3.05, -7.05])).abs() <= 0.0501).all())


def test_each_point_judged_by_the_others_by_brute_force() -> None:
    x = two_moons(40)
    model = counted(x, bins=8, smoothing=0.2)
    values = []
    for i in range(40):
        others = counted(torch.cat([x[:i], x[i + 1 :]]), bins=8, smoothing=0.2)
        values.append(float(others.log_prob(x[i : i + 1])))
    assert model.judged(8)[1] == pytest.approx(-np.mean(values), rel=1e-5)
    assert model.judged(8)[0] == pytest.approx(-float(model.log_prob(x).mean()), rel=1e-5)


def test_more_bins_remember_the_data_and_surprise_themselves() -> None:
    x = two_moons(400)
    model = counted(x)
    shown = model.exhibits(About(x[:1], x, torch.zeros(400, dtype=torch.int64), torch.Generator()))
    lines = next(e for e in shown if isinstance(e, Curves)).lines
    data, others = lines["the data themselves"][1], lines["each point judged by the others"][1]
    assert data[-1] == data.min()
    assert 4 < TRIED[int(np.argmin(others))] < 60


def test_the_number_of_bins_applies_at_once() -> None:
    x = two_moons(300)
    model = counted(x)
    model.configure(model.knobs.replace(bins=1, smoothing=0.0))
    assert float(model.log_prob(x)[0]) == pytest.approx(-math.log(16))


def test_two_moons_are_learned_with_no_knob_touched() -> None:
    x = two_moons(2000)
    assert kl_from_two_moons(counted(x), 256) < 0.3


def test_new_data_replace_the_old_ones() -> None:
    x = two_moons(100)
    model = counted(x)
    assert model.finished
    model.data_changed()
    assert not model.finished
    train(model, x + 0.5, 5)
    assert torch.equal(model.points, x + 0.5)


def test_samples_follow_the_density() -> None:
    # Bins of the model and cells of the test share their edges, where the density jumps.
    model = counted(two_moons(800), bins=32)
    drawn = model.sample(4000, torch.Generator().manual_seed(1))
    assert agreement(model, drawn, HOME) > 1e-3
    assert agreement(model, drawn * 1.15, HOME) < 1e-6
