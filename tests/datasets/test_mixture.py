import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from genplay.datasets.log_mixture import Gaussians, log_mixture
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.quadrature import product_nodes, refined_edges, tube_nodes
from genplay.spaces.plane import HOME


def direct(weights, means, cov, x):
    terms = [
        np.log(w) + multivariate_normal.logpdf(x, m, c) for w, m, c in zip(weights, means, cov, strict=True)
    ]
    return logsumexp(terms, axis=0)


def random_mixture(rng, k, smallest, largest):
    weights = rng.dirichlet(np.full(k, 0.3)) + 1e-9
    angle = rng.uniform(0, np.pi, k)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(k, 2, 2)
    spread = np.exp(rng.uniform(np.log(smallest), np.log(largest), (k, 2)))
    cov = turn @ (spread[:, :, None] ** 2 * np.eye(2)) @ turn.transpose(0, 2, 1)
    return weights, rng.uniform(-2, 2, (k, 2)), cov


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(0.05, 0.05), (0.01, 0.5), (0.3, 0.3)]))
def test_log_prob_is_the_plain_sum_whether_few_points_or_many(seed, spread):
    rng = np.random.default_rng(seed)
    weights, means, cov = random_mixture(rng, 80, *spread)
    law = GaussianMixtureLaw(weights, means, cov=cov)
    x = np.vstack([rng.uniform(-3, 3, (2900, 2)), rng.normal(0, 30, (100, 2))])
    expected = direct(weights / weights.sum(), means, cov, x)
    np.testing.assert_allclose(law.log_prob(x), expected, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(law.log_prob(x[:50]), expected[:50], rtol=1e-11, atol=1e-10)


def test_weights_need_not_sum_to_one_and_may_be_zero():
    law = GaussianMixtureLaw(
        np.array([3.0, 0.0, 1.0]), np.zeros((3, 2)), 1.0, labels=np.arange(3), class_names=("a", "b", "c")
    )
    np.testing.assert_allclose(law.class_shares(), [0.75, 0, 0.25])
    assert law.log_prob(np.zeros((1, 2)))[0] == pytest.approx(-np.log(2 * np.pi))
    assert set(law.sample(1000, np.random.default_rng(0))[1]) == {0, 2}


@pytest.mark.parametrize("arguments", [{}, {"std": 1.0, "cov": np.eye(2)[None]}])
def test_either_std_or_cov(arguments):
    with pytest.raises(ValueError, match="either"):
        GaussianMixtureLaw(np.ones(1), np.zeros((1, 2)), **arguments)


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="weights"):
        GaussianMixtureLaw(np.array([1.0, -1.0]), np.zeros((2, 2)), 1.0)


def test_a_gaussians_entropy_is_the_closed_form():
    cov = np.array([[0.5, 0.3], [0.3, 0.4]])
    law = GaussianMixtureLaw(np.ones(1), np.ones((1, 2)), cov=cov[None])
    closed = 0.5 * np.log((2 * np.pi * np.e) ** 2 * np.linalg.det(cov))
    assert law.entropy().value == pytest.approx(closed, abs=1e-7)


def test_classes_mix_to_the_whole():
    rng = np.random.default_rng(0)
    law = GaussianMixtureLaw(
        rng.random(6), rng.uniform(-1, 1, (6, 2)), 0.3, labels=np.arange(6) % 3, class_names=tuple("abc")
    )
    x = rng.uniform(-2, 2, (100, 2))
    parts = sum(share * np.exp(law.given(c).log_prob(x)) for c, share in enumerate(law.class_shares()))
    np.testing.assert_allclose(parts, np.exp(law.log_prob(x)), rtol=1e-12)


def test_covariance_of_samples():
    cov = np.array([[0.5, 0.3], [0.3, 0.4]])
    x, _ = GaussianMixtureLaw(np.ones(1), np.ones((1, 2)), cov=cov[None]).sample(
        200_000, np.random.default_rng(0)
    )
    np.testing.assert_allclose(np.cov(x.T), cov, atol=0.006)


def test_a_thin_long_mixture_keeps_its_digits():
    means = np.stack([np.linspace(-2, 2, 4000), np.zeros(4000)], axis=1)
    g = Gaussians.of(np.full(4000, 1 / 4000), means, np.tile(0.002**2 * np.eye(2), (4000, 1, 1)))
    x = np.stack([np.linspace(-1.9, 1.9, 3000), np.linspace(-0.01, 0.01, 3000)], axis=1)
    expected = np.log(0.25) - 0.5 * (x[:, 1] / 0.002) ** 2 - np.log(0.002 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(log_mixture(g, x), expected, atol=5e-3)


def test_tube_nodes_cover_the_box_and_the_tube_once():
    means = np.array([[0.0, 0.0], [1.9, 1.9], [5.0, 0.0]])
    x, w = tube_nodes(means, np.array([0.3, 0.5, 0.4]), np.array([0.05, 0.1, 0.07]), HOME)
    assert w[HOME.contains(x)].sum() == pytest.approx(16, rel=1e-12)
    inside = np.hypot(*(x - means[2]).T) < 0.4
    assert w[inside].sum() == pytest.approx(np.pi * 0.16, rel=0.05)


def test_product_nodes_integrate_polynomials_exactly():
    x, w = product_nodes(np.array([0.0, 0.3, 1.0]), np.array([-1.0, 2.0]), 4)
    assert w @ (x[:, 0] ** 3 * x[:, 1] ** 4) == pytest.approx(1 / 4 * 33 / 5)
    edges = refined_edges(np.array([0.0, 1.0, 1.0, 0.25]), 0.2)
    assert np.diff(edges).max() <= 0.2
    assert {0.0, 0.25, 1.0} <= set(edges)


def test_a_whole_grid_is_the_same_as_point_by_point_and_needs_upright_gaussians():
    rng = np.random.default_rng(2)
    weights, means, cov = random_mixture(rng, 30, 0.05, 0.5)
    upright = cov * np.eye(2)
    law = GaussianMixtureLaw(weights, means, cov=upright)
    xs, ys = np.linspace(-3, 2, 17), np.linspace(-1, 4, 9)
    points = np.stack(np.meshgrid(xs, ys), axis=2).reshape(-1, 2)
    found, expected = law.log_prob_grid(xs, ys).reshape(-1), law.log_prob(points)
    near = expected > -600
    assert near.sum() > 100
    np.testing.assert_allclose(found[near], expected[near], rtol=1e-10, atol=1e-10)
    assert (found[~near] < -600).all()
    tilted = GaussianMixtureLaw(weights, means, cov=cov)
    assert law.upright
    assert not tilted.upright
    with pytest.raises(ValueError, match="tilted"):
        tilted.log_prob_grid(xs, ys)
