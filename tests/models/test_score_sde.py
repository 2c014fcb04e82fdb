"""The score-based model: its processes against their SDEs, densities and samplers of Gaussian data in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from genplay.models.score_sde import ScoreSDE
from tests.models.harness import build, slope_error, train
from tests.models.test_ddpm import TILT_FACTOR, TILT_MEAN, standard
from tests.models.test_image_ebm import batch_of

processes = pytest.mark.parametrize("process", ["VE", "VP"])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sde(x: torch.Tensor, **knobs: object) -> ScoreSDE:
    model = build("score-sde", x, knobs=knobs, law=None)
    assert isinstance(model, ScoreSDE)
    return model


def silent(**knobs: object) -> ScoreSDE:
    """The network says 0: the score is then that of noised data from N(0, I)."""
    model = sde(standard(), **{"width": 8, "depth": 1, **knobs})
    last = model.denoiser.network[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
    return model


@processes
def test_data_and_noise_obey_the_sde(process: str) -> None:
    """da/dt = f a and ds²/dt = 2 f s² + g², by central differences."""
    model = silent(process=process)
    for t in (0.1, 0.5, 0.9):
        h = 1e-4
        at = torch.tensor([t - h, t, t + h], dtype=torch.float64)
        a, s = model.signal(model.level(at))
        f, g2 = model.drift_and_diffusion(t)
        assert float(a[2] - a[0]) / (2 * h) == pytest.approx(f * float(a[1]), abs=1e-5, rel=1e-4)
        squares = s.square()
        growth = float(squares[2] - squares[0]) / (2 * h)
        assert growth == pytest.approx(2 * f * float(squares[1]) + g2, rel=1e-4)


@processes
def test_the_forward_marginal_is_where_the_sde_leads(process: str) -> None:
    """dx = f x dt + g dw in 2,000 steps of Euler and Maruyama, against one draw."""
    model = silent(process=process, sigma_max=2.0)
    n, steps, end = 20_000, 800, 0.6
    start = torch.tensor([[0.8, -1.1]])
    x = model.noised(start.expand(n, 2), 0.0, seeded(1))
    rng = seeded(2)
    for i in range(steps):
        f, g2 = model.drift_and_diffusion((i + 0.5) * end / steps)
        x = x + f * x * end / steps + math.sqrt(g2 * end / steps) * torch.randn(n, 2, generator=rng)
    at_once = model.noised(start.expand(n, 2), end, seeded(3))
    torch.testing.assert_close(at_once.mean(dim=0), x.mean(dim=0), atol=0.03, rtol=0)
    torch.testing.assert_close(at_once.T.cov(), x.T.cov(), atol=0.03, rtol=0.03)


@processes
@torch.no_grad()
def test_density_and_score_of_gaussian_data_in_closed_form(process: str) -> None:
    model = silent(process=process, ode_steps=40)
    x = standard(50, seed=1)
    spread = math.sqrt(1 + model.knobs.sigma_min**2)
    wanted = norm.logpdf(x.numpy(), scale=spread).sum(axis=1)
    np.testing.assert_allclose(model.log_prob(x).numpy(), wanted, atol=2e-3)
    np.testing.assert_allclose(model.score(x).numpy(), -x.numpy() / spread**2, atol=1e-3)
    a, s = model.signal(model.level(torch.tensor([0.5])))
    np.testing.assert_allclose(model.noised_score(x, 0.5).numpy(), -x.numpy() / float(a**2 + s**2), atol=1e-4)


@processes
@pytest.mark.parametrize("sampler", ["sde", "langevin", "ode"])
def test_samplers_give_gaussian_data_back(process: str, sampler: str) -> None:
    model = silent(process=process, sampler=sampler, sampling_steps=400, langevin_steps=5)
    samples = model.sample(10_000, seeded())
    np.testing.assert_allclose(samples.mean(dim=0).numpy(), 0, atol=0.05)
    np.testing.assert_allclose(np.cov(samples.numpy().T), np.eye(2), atol=0.09)


@processes
def test_the_gradient_agrees_with_finite_differences(process: str) -> None:
    x = standard(60)
    assert slope_error(sde(x, process=process, width=8, depth=2), batch_of(x)) < 1e-5


@processes
def test_training_finds_the_score_of_gaussian_data(process: str) -> None:
    x = TILT_MEAN + standard(1500) @ TILT_FACTOR.T
    model = sde(x, process=process, width=32, depth=2)
    train(model, x, 800)
    for t in (0.4, 0.7):
        noised = model.noised(TILT_MEAN + standard(400, seed=4) @ TILT_FACTOR.T, t, seeded(5))
        a, s = (float(v) for v in model.signal(model.level(torch.tensor(t))))
        centre = model.standardise.mean + a * (TILT_MEAN - model.standardise.mean)
        scale = float(model.standardise.scale)
        cov = a**2 * TILT_FACTOR @ TILT_FACTOR.T + s**2 * scale**2 * torch.eye(2)
        wanted = -(noised - centre) @ torch.linalg.inv(cov)
        with torch.no_grad():
            missed = (model.noised_score(noised, t) - wanted).square().mean()
            true = model.true_score(noised, t)
        assert float(missed / wanted.square().mean()) < 0.03
        # Without a law the truth is that of the training points, which loud noise blurs into one cloud.
        if t == 0.7:
            assert float((true - wanted).square().mean() / wanted.square().mean()) < 0.05


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["sde", "langevin", "ode"])
def test_a_trajectory_has_as_many_states_as_its_noise(sampler: str) -> None:
    model = silent(sampler=sampler, sampling_steps=11, ode_steps=7)
    noise = model.noise(6, seeded())
    way = model.trajectory(noise)
    assert way.shape == (8 if sampler == "ode" else 12, 6, 2)
    torch.testing.assert_close(way[-1], model.sample_from(noise))
    # Frozen noise serves a changed knob: it says by its width how many steps there are.
    model.configure(model.knobs.replace(sampling_steps=30))
    torch.testing.assert_close(model.sample_from(noise), way[-1])


def test_the_ode_runs_both_ways() -> None:
    model = sde(standard(300), width=16, depth=2, ode_steps=60)
    train(model, standard(300), 20)
    x = standard(30, seed=7)
    torch.testing.assert_close(model.decode(model.encode(x)), x, atol=1e-2, rtol=0)
