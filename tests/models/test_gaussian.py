from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from genplay.datasets.base import DataSpec
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.registry import build as build_data
from genplay.errors import BadInput
from genplay.metrics.plane import over_the_plane
from genplay.models.base import About, Batch
from genplay.models.exhibits import Facts, PlanePicture
from genplay.models.gaussian import FLOOR, Gaussian
from genplay.quantity import Quantity
from genplay.spaces.plane import HOME
from genplay.training.plan import RunPlan
from genplay.training.trainer import Trainer
from tests.models.harness import build, slope_error, train, two_moons

LABELS = torch.zeros(300, dtype=torch.int64)


DIVERGENCES = ("forward-kl", "reverse-kl", "js")


def law_of(name: str) -> GaussianMixtureLaw:
    law = build_data(DataSpec(name)).law
    assert isinstance(law, GaussianMixtureLaw)
    return law


def moments(law: GaussianMixtureLaw) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of a mixture, by the law of total variance."""
    mean = law.weights @ law.means
    away = law.means - mean
    return mean, np.einsum("k,kij->ij", law.weights, law.cov + away[:, :, None] * away[:, None, :])


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


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical"])
@pytest.mark.parametrize("name", ["two-moons", "bimodal"])
def test_the_least_forward_kl_has_the_mean_and_covariance_of_the_truth(name: str, covariance: str) -> None:
    law = law_of(name)
    mean, full = moments(law)
    model = build("gaussian", tilted(), objective="forward-kl", knobs={"covariance": covariance}, law=law)
    assert isinstance(model, Gaussian)
    best = {"full": full, "diagonal": np.diag(np.diag(full)), "spherical": np.eye(2) * np.trace(full) / 2}
    # Four points with exactly these moments, fitted in closed form: the moment-matched Gaussian.
    root = np.linalg.cholesky(best[covariance]) * np.sqrt(2)
    points = np.concatenate([mean + root.T, mean - root.T])
    model.normal.fit(torch.tensor(points), torch.ones(4, 1))
    (phase,) = model.phases()
    assert phase.parameters is not None
    loss = phase.run(Batch(tilted(), LABELS, torch.Generator()))["loss"]
    slopes = torch.autograd.grad(loss, list(phase.parameters))
    assert max(float(g.abs().max()) for g in slopes) < 1e-3


def settled(objective: str, name: str = "bimodal") -> Gaussian:
    model = build("gaussian", tilted(), objective=objective, law=law_of(name))
    assert isinstance(model, Gaussian)
    train(model, tilted(), 300, learning_rate=0.05)
    train(model, tilted(), 100, learning_rate=0.005)
    return model


def test_forward_kl_covers_both_modes_and_reverse_kl_seeks_one() -> None:
    covering, seeking, between = (settled(objective) for objective in DIVERGENCES)
    mean, covariance = moments(law_of("bimodal"))
    np.testing.assert_allclose(covering.normal.means[0].detach(), mean, atol=0.02)
    np.testing.assert_allclose(covering.normal.covariances()[0].detach(), covariance, atol=0.02)
    # The bimodal law: blobs of standard deviation 0.3 at (±1, 0).
    np.testing.assert_allclose(np.abs(seeking.normal.means[0].detach().numpy()), [1, 0], atol=0.05)
    np.testing.assert_allclose(seeking.normal.covariances()[0].detach(), 0.09 * np.eye(2), atol=0.02)
    width = [float(m.normal.covariances()[0, 0, 0].detach()) for m in (seeking, between, covering)]
    assert width[0] <= width[1] + 0.01
    assert width[1] < width[2] + 0.01


@pytest.mark.parametrize(
    ("objective", "name"), list(zip(DIVERGENCES, ("kl", "reverse_kl", "js"), strict=True))
)
def test_the_losses_are_the_divergences_that_are_measured(objective: str, name: str) -> None:
    law = law_of("bimodal")
    model = build("gaussian", tilted(), objective=objective, law=law)
    assert isinstance(model, Gaussian)
    # Narrow enough to keep all but 10^−9 of its mass on the grid.
    model.normal.fit(0.7 * tilted(), torch.ones(300, 1))
    (phase,) = model.phases()
    loss = float(phase.run(Batch(tilted(), LABELS, torch.Generator()))["loss"].detach())
    measured = over_the_plane(law, model, torch.device("cpu"), HOME, (name,))[name]
    assert measured.kind == "exact"
    assert loss == pytest.approx(measured.value, abs=1e-3)
    shown = model.exhibits(About(two_moons(1), tilted(), LABELS, torch.Generator()))
    facts = dict(next(e for e in shown if isinstance(e, Facts)).rows)
    told = [q.value for q in facts.values() if isinstance(q, Quantity)]
    assert any(value == pytest.approx(measured.value, abs=1e-3) for value in told)


@pytest.mark.parametrize("objective", DIVERGENCES)
def test_gradients_of_the_divergences_agree_with_finite_differences(objective: str) -> None:
    model = build("gaussian", tilted(), objective=objective, law=law_of("two-moons"))
    assert slope_error(model, Batch(tilted(), LABELS, torch.Generator())) < 1e-4


@pytest.mark.parametrize("objective", DIVERGENCES)
def test_without_a_known_truth_it_is_refused_in_one_plain_sentence(objective: str) -> None:
    with pytest.raises(BadInput, match="true density"):
        build("gaussian", tilted(), objective=objective, law=None)
    thin = build_data(DataSpec("two-moons", {"noise": 0.0}))
    with pytest.raises(BadInput, match="true density, which is not known for the data 'two-moons'"):
        Trainer(RunPlan("gaussian", "plane", thin, objective=objective))
    trainer = Trainer(RunPlan("gaussian", "plane", build_data(DataSpec("bimodal")), objective=objective))
    with pytest.raises(BadInput, match="true density"):
        trainer.set_data(thin)


def test_new_data_bring_their_own_truth() -> None:
    plan = RunPlan(
        "gaussian",
        "plane",
        build_data(DataSpec("two-moons")),
        objective="forward-kl",
        recipe={"learning_rate": 0.1},
    )
    trainer = Trainer(plan)
    trainer.set_data(build_data(DataSpec("bimodal", {"distance": 3.0})))
    trainer.advance(200)
    with trainer.viewing() as model:
        assert isinstance(model, Gaussian)
        assert float(model.normal.covariances()[0, 0, 0]) == pytest.approx(1.5**2 + 0.09, abs=0.1)


def test_the_ellipse_is_shown_over_the_truth() -> None:
    model = settled("reverse-kl")
    shown = model.exhibits(About(two_moons(1), tilted(), LABELS, torch.Generator()))
    picture = next(e for e in shown if isinstance(e, PlanePicture))
    assert picture.field is not None
    law = law_of("bimodal")
    at = picture.field.shape[0] // 2
    assert picture.field.max() == pytest.approx(
        float(np.exp(law.log_prob(np.array([[1.0, 0.0]]))[0])), rel=0.02
    )
    assert picture.field[at, at] < 0.05 * picture.field.max()
    bare = build("gaussian", tilted(), law=None)
    picture = next(
        e
        for e in bare.exhibits(About(two_moons(1), tilted(), LABELS, torch.Generator()))
        if isinstance(e, PlanePicture)
    )  # type: ignore[operator]
    assert picture.field is None
