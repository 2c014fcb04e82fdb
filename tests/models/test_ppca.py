"""Probabilistic PCA: the closed form against scikit-learn and scipy, EM on its way there, and the probability of images."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal, norm
from sklearn.decomposition import PCA

from genplay.models.base import About
from genplay.models.exhibits import Bars, Pictures, PlanePicture
from genplay.models.ppca import PPCA, PlanePPCA
from genplay.models.ppca_images import ImagePPCA
from genplay.spaces import World
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, few_images, train, two_moons, world_data


def fitted(x: torch.Tensor, world: World, objective: str = "mle", steps: int = 400, **knobs: object) -> PPCA:
    model = build("ppca", x, world=world, objective=objective, knobs=knobs)
    assert isinstance(model, PPCA)
    train(model, x, steps)
    return model


def covariance(model: PPCA) -> np.ndarray:
    w = model.weight.detach().double().numpy()
    return w @ w.T + float(model.sigma.detach()) ** 2 * np.eye(len(w))


def test_the_closed_form_is_scikit_learns() -> None:
    x = few_images(200)
    reference = PCA(3).fit(x.double().numpy())
    model = fitted(x, "digits", latent=3)
    # scikit-learn divides by n − 1, the maximum of the likelihood by n.
    np.testing.assert_allclose(covariance(model), reference.get_covariance() * 199 / 200, atol=1e-5)


def test_the_density_of_the_plane_is_scipys() -> None:
    x = two_moons(200)
    model = fitted(x, "plane")
    assert isinstance(model, PlanePPCA)
    points = two_moons(50, seed=1)
    # On the plane one code and one blur can be any Gaussian.
    reference = multivariate_normal(x.double().mean(dim=0).numpy(), np.cov(x.double().numpy().T, bias=True))
    np.testing.assert_allclose(model.log_prob(points).detach().numpy(), reference.logpdf(points.numpy()), atol=1e-4)  # fmt: skip
    probe = points.clone().requires_grad_()
    (slope,) = torch.autograd.grad(model.log_prob(probe).sum(), probe)
    torch.testing.assert_close(model.score(points), slope, atol=1e-4, rtol=1e-4)


def test_a_line_of_no_thickness_costs_no_digits() -> None:
    along = torch.linspace(-2, 2, 300)[:, None]
    x = along * torch.tensor([1.0, 0.5]) + torch.tensor([0.7, -0.4])
    model = fitted(x, "plane")
    found = model.log_density(x).detach().double()
    reference = multivariate_normal(model.mean.detach().double().numpy(), covariance(model))
    np.testing.assert_allclose(found.numpy(), reference.logpdf(x.double().numpy()), atol=2e-3)


def test_the_density_of_real_pixels_is_scipys() -> None:
    x = few_images(100)
    model = fitted(x, "digits", latent=4)
    reference = multivariate_normal(model.mean.detach().double().numpy(), covariance(model))
    np.testing.assert_allclose(
        model.log_density(x).detach().numpy(), reference.logpdf(x.double().numpy()), atol=2e-3
    )


@pytest.mark.parametrize(("world", "latent"), [("plane", 1), ("digits", 2), ("digits", 5)])
def test_em_climbs_to_the_closed_form(world: World, latent: int) -> None:
    x = world_data(world, 200)
    knobs = {"latent": latent} if world == "digits" else {}
    best = fitted(x, world, **knobs)
    climbing = build("ppca", x, world=world, objective="em", knobs={**knobs, "tolerance": 0.0})
    assert isinstance(climbing, PPCA)
    seen: list[str] = []
    losses = [t["loss"] for t in train(climbing, x, 300, watch=lambda phase, _: seen.append(phase))]
    assert seen[:2] == ["E", "M"]
    assert np.diff(losses).max() < 2e-5
    assert losses[0] > losses[-1] + 0.05
    np.testing.assert_allclose(covariance(climbing), covariance(best), atol=5e-3)


def test_em_stops_when_it_has_arrived_and_goes_on_with_new_data() -> None:
    x = two_moons(200)
    model = fitted(x, "plane", "em")
    assert model.finished
    model.data_changed()
    train(model, x + 1, 400)
    torch.testing.assert_close(model.mean.detach(), (x + 1).mean(dim=0), atol=1e-5, rtol=0)


def test_the_code_is_the_mean_of_its_posterior() -> None:
    x = few_images(100)
    model = fitted(x, "digits", latent=2)
    # The joint of z and x is Gaussian: regress z on x in a large sample of it.
    noise = model.noise(40_000, torch.Generator().manual_seed(0)).double()
    model.double()
    z = noise[:, :2]
    real = (model.project(z) + model.sigma * noise[:, 2:]).detach()
    ones = torch.cat([real, torch.ones(len(real), 1)], dim=1)
    slope = torch.linalg.lstsq(ones, z).solution
    expected = torch.cat([x.double(), torch.ones(100, 1)], dim=1) @ slope
    assert float((model.encode(x.double()).detach() - expected).abs().max()) < 0.05


def test_the_probability_of_an_image_by_a_fine_lattice_of_codes() -> None:
    x = few_images(150)
    for latent in (1, 2):
        model = fitted(x, "digits", latent=latent)
        assert isinstance(model, ImagePPCA)
        line = np.linspace(-6, 6, 401)
        z = line[:, None] if latent == 1 else np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        weight = norm.pdf(z).prod(axis=1) * (line[1] - line[0]) ** latent
        t = (
            z @ model.weight.detach().double().numpy().T + model.mean.detach().double().numpy() - 0.5
        ) / float(model.sigma.detach())
        one, zero = norm.logcdf(t), norm.logcdf(-t)
        for row in (*x[:6].double().numpy(), *(1 - x[:2].double().numpy())):
            logs = one @ row + zero @ (1 - row)
            expected = math.log(np.exp(logs - logs.max()) @ weight) + logs.max()
            found = float(model.log_prob(torch.tensor(row)[None]).detach())
            assert found == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("latent", [1, 2, 6])
def test_all_images_sum_to_one_and_agree_with_log_prob(latent: int) -> None:
    x = few_images(100)
    model = fitted(x, "digits", latent=latent)
    assert isinstance(model, ImagePPCA)
    assert model.density_kind == ("exact" if latent <= 2 else "estimate")
    block = model.log_prob_blocks()
    if latent == 1:
        assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-9)
    some = torch.tensor(images(np.arange(41 * 4096, 42 * 4096)), dtype=torch.float64)
    np.testing.assert_allclose(block(41, 42).ravel(), model.log_prob(some).detach().numpy(), atol=1e-6)


def test_samples_of_images_have_the_pixels_and_pairs_of_the_model() -> None:
    x = few_images(200)
    model = fitted(x, "digits", latent=2)
    with torch.no_grad():
        drawn = model.sample(20_000, torch.Generator().manual_seed(0))
        codes = model.decode(torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1)))  # type: ignore[operator]
    assert float((drawn.mean(dim=0) - codes.mean(dim=0)).abs().max()) < 0.02
    off = ~torch.eye(25, dtype=torch.bool)
    pairs = (drawn.T @ drawn - codes.T @ codes)[off] / 20_000
    assert float(pairs.abs().max()) < 0.025


def test_samples_of_the_plane_follow_the_density() -> None:
    model = fitted(two_moons(400), "plane")
    with torch.no_grad():
        drawn = model.sample(4000, torch.Generator().manual_seed(1))
    assert agreement(model, drawn, HOME.grown(1.5)) > 1e-3
    assert agreement(model, drawn * 1.15, HOME.grown(1.5)) < 1e-6


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_directions_and_variances_are_shown(world: World) -> None:
    x = world_data(world, 100)
    model = fitted(x, world)
    shown = model.exhibits(About(x[:1], x, torch.zeros(100, dtype=torch.int64), torch.Generator()))  # type: ignore[operator]
    variances = next(e for e in shown if isinstance(e, Bars)).values
    expected = np.linalg.eigvalsh(np.cov(x.double().numpy().T, bias=True))[::-1]
    np.testing.assert_allclose(variances, np.maximum(expected, 0), atol=1e-9)
    if world == "plane":
        assert any(isinstance(e, PlanePicture) for e in shown)
    else:
        directions = next(e for e in shown if isinstance(e, Pictures) and e.scale == "signed").values
        np.testing.assert_allclose(directions[1:], model.weight.detach().numpy().T, atol=1e-6)
