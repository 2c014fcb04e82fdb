from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import gaussian_kde, kstest
from sklearn.neighbors import KernelDensity as Reference

from genplay.models.base import About
from genplay.models.exhibits import Curves
from genplay.models.kde import KernelDensity
from genplay.models.kernel_sums import leave_one_out, scott, silverman
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import build, kl_from_two_moons, train, two_moons


def estimate(x: torch.Tensor, **knobs: object) -> KernelDensity:
    model = build("kde", x, knobs=knobs)
    assert isinstance(model, KernelDensity)
    return model


@pytest.mark.parametrize(
    ("kernel", "theirs", "width"), [("gaussian", "gaussian", 1), ("uniform", "tophat", 2)]
)
def test_log_prob_agrees_with_scikit_learn(kernel: str, theirs: str, width: float) -> None:
    x, points = two_moons(300), two_moons(100, seed=1)
    model = estimate(x, kernel=kernel, rule="manual", bandwidth=0.2)
    reference = Reference(kernel=theirs, bandwidth=0.2 * width).fit(x.double().numpy())
    np.testing.assert_allclose(
        model.log_prob(points).numpy(), reference.score_samples(points.double().numpy()), atol=1e-4
    )


@pytest.mark.parametrize("kernel", ["gaussian", "uniform"])
def test_leave_one_out_by_brute_force(kernel: str) -> None:
    x = two_moons(40)
    values = []
    for i in range(40):
        others = torch.cat([x[:i], x[i + 1 :]])
        values.append(
            float(estimate(others, kernel=kernel, rule="manual", bandwidth=0.3).log_prob(x[i : i + 1]))
        )
    assert leave_one_out(x, torch.arange(40), 0.3, kernel) == pytest.approx(np.mean(values), abs=1e-5)


def test_the_search_ends_at_the_best_bandwidth() -> None:
    x = two_moons(500)
    model = estimate(x)
    history = train(model, x, 100)
    assert model.finished
    assert 5 < len(history) < 30
    everyone = torch.arange(500)
    best = leave_one_out(x, everyone, model.bandwidth, "gaussian")
    assert history[-1]["loss"] == pytest.approx(-best, abs=1e-4)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert leave_one_out(x, everyone, model.bandwidth * factor, "gaussian") < best
    losses = [terms["loss"] for terms in history]
    assert losses == sorted(losses, reverse=True)


def test_two_moons_are_learned_with_no_knob_touched() -> None:
    x = two_moons(2000)
    model = estimate(x)
    train(model, x, 100)
    assert kl_from_two_moons(model, 160) < 0.06


def test_the_rules_of_thumb() -> None:
    x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    factor = gaussian_kde(x.double().numpy().T).factor
    assert scott(x) == pytest.approx(factor * float(x.var(dim=0, correction=0).mean().sqrt()), rel=1e-5)
    # On the plane the two factors are equal; outliers move only Scott's spread.
    assert silverman(x) == pytest.approx(scott(x), rel=0.1)
    spoilt = torch.cat([x, torch.full((20, 2), 30.0)])
    assert silverman(spoilt) < 1.2 * silverman(x)
    assert scott(spoilt) > 3 * scott(x)


@pytest.mark.parametrize("kernel", ["gaussian", "uniform"])
def test_a_grid_equals_point_by_point(kernel: str) -> None:
    x = two_moons(200)
    model = estimate(x, kernel=kernel, rule="manual", bandwidth=0.07)
    grid = Grid(HOME, 40)
    fast = model.log_prob_grid(torch.tensor(grid.xs), torch.tensor(grid.ys))
    slow = model.log_prob(torch.tensor(grid.points(), dtype=torch.float32)).view(40, 40)
    np.testing.assert_allclose(fast.exp().numpy(), slow.exp().numpy(), atol=1e-4)
    near = slow > -100
    np.testing.assert_allclose(fast[near].numpy(), slow[near].numpy(), atol=1e-3)


def test_the_score_is_the_gradient_of_log_prob() -> None:
    x = two_moons(200)
    model = estimate(x, rule="manual", bandwidth=0.2)
    points = two_moons(20, seed=3).requires_grad_()
    (slope,) = torch.autograd.grad(model.log_prob(points).sum(), points)
    torch.testing.assert_close(model.score(points.detach()), slope, atol=1e-3, rtol=1e-3)


def test_all_knobs_apply_at_once() -> None:
    x = two_moons(300)
    model = estimate(x)
    train(model, x, 100)
    searched = model.bandwidth
    model.configure(model.knobs.replace(rule="manual", bandwidth=0.4))
    assert model.bandwidth == 0.4
    assert not model.finished
    model.configure(model.knobs.replace(bandwidth=0.01))
    assert float(model.log_prob(x).mean()) > -math.log(2 * math.pi * 0.01**2 * 300) - 0.5
    model.configure(model.knobs.replace(rule="scott"))
    assert model.bandwidth == pytest.approx(scott(x))
    model.configure(model.knobs.replace(rule="likelihood"))
    train(model, x, 100)
    assert model.bandwidth == pytest.approx(searched)


def test_new_data_replace_the_old_ones() -> None:
    x = two_moons(100)
    model = estimate(x)
    train(model, x, 100)
    model.data_changed()
    more = two_moons(150, seed=9)
    train(model, more, 100)
    assert torch.equal(model.points, more)


def test_towards_no_bandwidth_only_the_data_are_drawn() -> None:
    x = two_moons(50)
    model = estimate(x, rule="manual", bandwidth=1e-3)
    samples = model.sample(200, torch.Generator().manual_seed(0))
    assert float(torch.cdist(samples, x).min(dim=1).values.max()) < 0.01


def test_a_uniform_kernel_fills_its_disc_evenly() -> None:
    """On a disc of radius R the squared distance from the centre is uniform on [0, R²]; R is twice the bandwidth."""
    model = estimate(torch.zeros(1, 2), rule="manual", bandwidth=0.5, kernel="uniform")
    squares = model.sample(5000, torch.Generator().manual_seed(0)).square().sum(dim=1).numpy()
    assert kstest(squares, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("kernel", ["gaussian", "uniform"])
def test_the_memorising_curve_agrees_with_the_likelihoods(kernel: str) -> None:
    x = two_moons(100)
    model = estimate(x, kernel=kernel)
    shown = model.exhibits(About(x[:1], x, torch.zeros(100, dtype=torch.int64), torch.Generator()))
    lines = next(e for e in shown if isinstance(e, Curves)).lines
    everyone = torch.arange(100)
    for h, loss in zip(*lines["the data themselves"], strict=True):
        whole = estimate(x, kernel=kernel, rule="manual", bandwidth=h)
        assert loss == pytest.approx(-float(whole.log_prob(x).mean()), abs=1e-4)
    for h, loss in zip(*lines["each point judged by the others"], strict=True):
        assert loss == pytest.approx(-leave_one_out(x, everyone, h, kernel), abs=1e-4)
    losses = lines["the data themselves"][1]
    assert np.all(np.diff(losses) > 0)
