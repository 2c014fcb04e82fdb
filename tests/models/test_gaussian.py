from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from genplay.models.base import Batch
from genplay.models.gaussian import FLOOR, Gaussian
from tests.models.harness import build, train, two_moons

LABELS = torch.zeros(300, dtype=torch.int64)


def tilted(n: int = 300, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.tensor(
        rng.multivariate_normal([0.3, -0.5], [[0.4, 0.25], [0.25, 0.3]], n), dtype=torch.float32
    )


def fitted(covariance: str, x: torch.Tensor) -> Gaussian:
    model = build("gaussian", x, knobs={"covariance": covariance})
    assert isinstance(model, Gaussian)
    train(model, x, 5)
    return model


def expected(covariance: str, x: torch.Tensor) -> np.ndarray:
    full = np.cov(x.double().numpy().T, bias=True)
    if covariance == "full":
        return full
    return np.diag(np.diag(full)) if covariance == "diagonal" else np.eye(2) * np.trace(full) / 2


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical"])
def test_the_closed_form_is_the_mean_and_covariance_of_the_data(covariance: str) -> None:
    x = tilted()
    model = fitted(covariance, x)
    mean = model.normal.means[0].detach().numpy()
    np.testing.assert_allclose(mean, x.double().numpy().mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(
        model.normal.covariances()[0].detach().numpy(), expected(covariance, x), atol=1e-6
    )


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical"])
def test_log_prob_agrees_with_scipy(covariance: str) -> None:
    x = tilted()
    model = fitted(covariance, x)
    reference = multivariate_normal(x.double().numpy().mean(axis=0), expected(covariance, x))
    points = two_moons(50)
    np.testing.assert_allclose(
        model.log_prob(points).detach().numpy(), reference.logpdf(points.numpy()), atol=1e-4
    )


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical"])
def test_the_likelihood_has_no_slope_at_the_closed_form(covariance: str) -> None:
    x = tilted()
    ascending = build("gaussian", x, objective="gradient", knobs={"covariance": covariance})
    ascending.load_state_dict(fitted(covariance, x).state_dict())
    (phase,) = ascending.phases()
    assert phase.parameters is not None
    loss = phase.run(Batch(x, LABELS, torch.Generator()))["loss"]
    slopes = torch.autograd.grad(loss, list(phase.parameters))
    assert max(float(g.abs().max()) for g in slopes) < 1e-5


def test_the_closed_form_finishes_after_one_step_until_the_data_change() -> None:
    x, moved = tilted(), tilted() + 1
    model = build("gaussian", x)
    assert not model.finished
    assert len(train(model, x, 10)) == 1
    assert model.finished
    model.data_changed()
    train(model, moved, 10)
    np.testing.assert_allclose(model.normal.means[0].detach(), moved.mean(dim=0), atol=1e-5)


def test_gradient_ascent_reaches_the_closed_form() -> None:
    x = tilted()
    model = build("gaussian", x, objective="gradient")
    train(model, x, 400, learning_rate=0.02)
    best = fitted("full", x)
    with torch.no_grad():
        assert float(best.log_prob(x).mean() - model.log_prob(x).mean()) < 0.01


def test_encode_whitens_and_decode_undoes_it() -> None:
    x = tilted()
    model = fitted("full", x)
    with torch.no_grad():
        z = model.encode(x)
        np.testing.assert_allclose(np.cov(z.numpy().T, bias=True), np.eye(2), atol=1e-5)
        torch.testing.assert_close(model.decode(z), x)


def test_the_score_is_the_gradient_of_log_prob() -> None:
    model = fitted("full", tilted())
    x = two_moons(20).requires_grad_()
    (slope,) = torch.autograd.grad(model.log_prob(x).sum(), x)
    torch.testing.assert_close(model.score(x), slope, atol=1e-4, rtol=1e-4)


def test_points_on_one_spot_get_the_least_spread() -> None:
    x = torch.ones(5, 2)
    model = fitted("full", x)
    np.testing.assert_allclose(
        model.normal.covariances()[0].detach().numpy(), np.eye(2) * FLOOR**2, rtol=1e-3
    )
