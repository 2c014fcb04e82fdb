from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as Reference

from genplay.models.base import About
from genplay.models.exhibits import Bars, PlanePicture
from genplay.models.gmm import GaussianMixture, scattered_centres
from tests.models.harness import build, kl_from_two_moons, train, two_moons


def mixture(x: torch.Tensor, seed: int = 0, **knobs: object) -> GaussianMixture:
    model = build("gmm", x, knobs=knobs, seed=seed)
    assert isinstance(model, GaussianMixture)
    return model


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical"])
@pytest.mark.parametrize("floor", [1e-4, 0.1])
def test_em_never_loses_likelihood(covariance: str, floor: float) -> None:
    x = two_moons(300)
    losses = [
        terms["loss"]
        for terms in train(mixture(x, components=8, covariance=covariance, floor=floor, tolerance=0), x, 60)
    ]
    assert len(losses) > 10
    assert np.diff(losses).max() < 1e-6
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize(("covariance", "theirs"), [("full", "full"), ("diagonal", "diag")])
def test_em_goes_the_way_of_scikit_learn_from_the_same_start(covariance: str, theirs: str) -> None:
    x = two_moons(400)
    model = mixture(x, components=5, covariance=covariance, floor=1e-4, tolerance=0)
    precisions = torch.linalg.inv(model.normals.covariances().double()).detach().numpy()
    reference = Reference(
        5,
        covariance_type=theirs,
        reg_covar=0,
        max_iter=15,
        tol=0,
        weights_init=np.full(5, 0.2),
        means_init=model.normals.means.detach().double().numpy(),
        precisions_init=precisions if theirs == "full" else np.diagonal(precisions, axis1=1, axis2=2),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        reference.fit(x.double().numpy())
    assert len(train(model, x, 15)) == 15
    np.testing.assert_allclose(model.weights.detach().numpy(), reference.weights_, atol=1e-4)
    np.testing.assert_allclose(model.normals.means.detach().numpy(), reference.means_, atol=1e-3)
    found = model.normals.covariances().detach().numpy()
    wanted = reference.covariances_ if theirs == "full" else [np.diag(c) for c in reference.covariances_]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_each_step_of_em_has_the_likelihood_of_scikit_learns() -> None:
    x = two_moons(300)
    model = mixture(x, components=6, floor=1e-4, tolerance=0)
    start = {
        "weights_init": np.full(6, 1 / 6),
        "means_init": model.normals.means.detach().double().numpy(),
        "precisions_init": torch.linalg.inv(model.normals.covariances().double()).detach().numpy(),
    }
    losses = [terms["loss"] for terms in train(model, x, 8)]
    for steps in range(1, 9):
        reference = Reference(6, reg_covar=0, max_iter=steps, tol=0, **start)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            reference.fit(x.double().numpy())
        assert losses[steps - 1] == pytest.approx(-reference.lower_bound_, abs=1e-5)


def test_components_and_responsibilities_are_shown() -> None:
    x = two_moons(300)
    model = mixture(x, components=5)
    train(model, x, 30)
    shown = model.exhibits(About(x[:1], x, torch.zeros(300, dtype=torch.int64), torch.Generator()))
    bars = {e.title.split(":")[0]: e.values for e in shown if isinstance(e, Bars)}
    np.testing.assert_allclose(
        bars["Responsibilities"], model.responsibilities(x[:1])[0].detach().numpy(), atol=1e-6
    )
    np.testing.assert_allclose(bars["Mixing weights"].sum(), 1, atol=1e-6)
    picture = next(e for e in shown if isinstance(e, PlanePicture))
    assert len([line for line in picture.lines if line.closed]) == 10
    dots = {line.index: line.points for line in picture.lines if line.dots and len(line.points) > 1}
    assert sum(map(len, dots.values())) > 250
    for k, points in dots.items():
        owner = model.responsibilities(torch.tensor(points, dtype=torch.float32)).argmax(dim=1)
        assert bool((owner == k).all())


def test_density_and_responsibilities_by_brute_force() -> None:
    x = two_moons(200)
    model = mixture(x, components=3)
    train(model, x, 5)
    weights = model.weights.detach().numpy()
    means = model.normals.means.detach().double().numpy()
    covariances = model.normals.covariances().detach().double().numpy()
    joint = np.stack(
        [
            w * multivariate_normal(m, c).pdf(x.numpy())
            for w, m, c in zip(weights, means, covariances, strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(model.log_prob(x).detach().numpy(), np.log(joint.sum(axis=1)), atol=1e-3)
    np.testing.assert_allclose(
        model.responsibilities(x).detach().numpy(), joint / joint.sum(axis=1, keepdims=True), atol=1e-3
    )


def test_the_score_is_the_gradient_of_log_prob() -> None:
    x = two_moons(200)
    model = mixture(x, components=4)
    train(model, x, 10)
    points = two_moons(20, seed=3).requires_grad_()
    (slope,) = torch.autograd.grad(model.log_prob(points).sum(), points)
    torch.testing.assert_close(model.score(points), slope, atol=1e-3, rtol=1e-3)


def test_e_and_m_are_separate_steps() -> None:
    x = two_moons(200)
    model = mixture(x, components=4)
    before = model.log_prob(x).mean().item()
    seen: list[str] = []
    train(model, x, 1, watch=lambda phase, _: seen.append(phase))
    assert seen == ["E", "M"]
    assert model.log_prob(x).mean().item() > before


def test_two_moons_are_learned_with_no_knob_touched() -> None:
    x = two_moons(2000)
    model = mixture(x)
    train(model, x, 200)
    assert model.finished
    assert kl_from_two_moons(model, 160) < 0.04


def test_new_data_and_a_finer_tolerance_wake_a_model_that_has_converged() -> None:
    x = two_moons(300)
    model = mixture(x, components=4)
    train(model, x, 300)
    assert model.finished
    model.configure(model.knobs.replace(tolerance=0.0))
    assert not model.finished
    moved = x + 1
    model.data_changed()
    train(model, moved, 300)
    assert torch.allclose(
        (model.weights[:, None] * model.normals.means).sum(dim=0), moved.mean(dim=0), atol=1e-3
    )


def test_no_component_is_thinner_than_the_floor() -> None:
    x = torch.cat([two_moons(50), torch.ones(50, 2)])
    model = mixture(x, components=4, floor=0.05)
    train(model, x, 50)
    spreads = torch.linalg.eigvalsh(model.normals.covariances().detach()).sqrt()
    assert float(spreads.min()) > 0.05 * (1 - 1e-3)


def test_centres_are_far_apart() -> None:
    x = torch.cat([torch.randn(100, 2) * 0.01 + c for c in torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]])])
    for seed in range(5):
        centres = scattered_centres(x, 4, torch.Generator().manual_seed(seed))
        assert float(torch.pdist(centres).min()) > 0.8


def test_a_component_moved_by_hand_stays_there_and_em_goes_on_from_it() -> None:
    x = two_moons(300)
    model = build("gmm", x, knobs={"components": 3})
    train(model, x, 5)
    with torch.no_grad():
        means, factors = model.components()  # type: ignore[operator]
        torch.testing.assert_close(factors @ factors.mT, model.normals.covariances())  # type: ignore[union-attr, operator]
        others = means[[0, 2]].clone()
        model.move_component(1, torch.tensor([0.7, -0.4]))  # type: ignore[operator]
    assert model.normals.means[1].tolist() == pytest.approx([0.7, -0.4])  # type: ignore[union-attr, index]
    torch.testing.assert_close(model.normals.means[[0, 2]], others)  # type: ignore[union-attr, index]
    model.data_changed()
    assert not model.finished
    first, *_, last = train(model, x, 30)
    assert last["loss"] < first["loss"]
