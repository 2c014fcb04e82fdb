"""The laws of one dimension: closed forms by scipy, mass, and draws against the density."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest, logistic, norm

from genplay.models.coordinate_heads import BernoulliHead, DiscretisedLogisticHead, GaussianMixtureHead, Head


def parameters(head: GaussianMixtureHead | DiscretisedLogisticHead, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return head.start().double() + torch.randn(head.size, generator=generator, dtype=torch.float64)


def parts(p: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weights, middles, widths = p.numpy().reshape(3, -1)
    return np.exp(weights) / np.exp(weights).sum(), middles, np.exp(-2.5 + 2.5 * np.tanh(widths))


def draws(head: Head, p: torch.Tensor, n: int = 20_000, temperature: float = 1.0) -> np.ndarray:
    noise = head.noise(n, 1, torch.Generator().manual_seed(1))[:, 0].double()
    return head.draw(p.expand(n, -1), noise, temperature).numpy()


def test_the_mixture_of_gaussians_is_that_of_scipy() -> None:
    head = GaussianMixtureHead(4)
    p = parameters(head)
    u = np.linspace(-3, 3, 11)
    weights, middles, widths = parts(p)
    direct = np.log((weights * norm.pdf(u[:, None], middles, widths)).sum(axis=1))
    found = head.log_prob(p.expand(11, -1), torch.tensor(u)).numpy()
    np.testing.assert_allclose(found, direct, rtol=1e-9)


def test_the_bins_of_the_logistic_are_those_of_scipy_and_sum_to_one() -> None:
    head = DiscretisedLogisticHead(3, 0.2)
    p = parameters(head)
    edges = 0.2 * np.arange(-400, 401)
    weights, middles, widths = parts(p)
    direct = (weights * np.diff(logistic.cdf(edges[:, None], middles, widths), axis=0)).sum(axis=1)
    inside = torch.tensor(edges[:-1] + 0.2 * np.random.default_rng(0).uniform(0.01, 0.99, 800))
    found = head.log_prob(p.expand(800, -1), inside).exp().numpy() * 0.2
    np.testing.assert_allclose(found, direct, atol=1e-12)
    assert found.sum() == pytest.approx(1, abs=1e-9)


def test_far_tails_of_the_logistic_stay_finite() -> None:
    head = DiscretisedLogisticHead(3, 0.01)
    far = torch.tensor([1e3, -1e3, 1e6])
    assert bool(torch.isfinite(head.log_prob(head.start().expand(3, -1), far)).all())


@pytest.mark.parametrize("head", [GaussianMixtureHead(4), DiscretisedLogisticHead(4, 0.02)])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_draws_have_the_law_of_the_density(
    head: GaussianMixtureHead | DiscretisedLogisticHead, temperature: float
) -> None:
    p = parameters(head)
    found = draws(head, p, temperature=temperature)
    weights, middles, widths = parts(p)
    weights = weights ** (1 / temperature) / (weights ** (1 / temperature)).sum()
    law = norm if isinstance(head, GaussianMixtureHead) else logistic
    scales = widths * temperature**0.5

    def cdf(u: np.ndarray) -> np.ndarray:
        return np.asarray((weights * law.cdf(u[:, None], middles, scales)).sum(axis=1))

    assert kstest(found, cdf).pvalue > 1e-3
    assert kstest(found + 0.05, cdf).pvalue < 1e-3


def test_a_draw_fills_its_bin_evenly_whatever_the_bin() -> None:
    head = DiscretisedLogisticHead(4, 0.5)
    drawn = draws(head, parameters(head))
    bins = np.floor(drawn / 0.5)
    busiest = [b for b in np.unique(bins) if (bins == b).sum() > 500]
    assert len(busiest) > 3
    for b in busiest:
        assert kstest(drawn[bins == b] / 0.5 - b, "uniform").pvalue > 1e-4


def test_the_pixel_is_lit_as_often_as_its_odds_say() -> None:
    head = BernoulliHead()
    odds = torch.tensor([1.5], dtype=torch.float64)
    for temperature in (1.0, 0.5, 2.0):
        share = draws(head, odds, temperature=temperature).mean()
        assert share == pytest.approx(1 / (1 + np.exp(-1.5 / temperature)), abs=0.015)
    logs = head.log_prob(odds.expand(2, -1), torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert float(logs.exp().sum()) == pytest.approx(1)
