from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from genplay.models.ddpm import Diffusion
from tests.models.harness import build, train, two_moons

every_objective = pytest.mark.parametrize("objective", ["epsilon", "x0", "v"])


def standard(n: int = 4000, seed: int = 0) -> torch.Tensor:
    """Points of mean 0 and mean variance 1 exactly, so that standardising changes nothing."""
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    x = x - x.mean(dim=0)
    return x / x.var(dim=0, correction=0).mean().sqrt()


def silent(objective: str, **knobs: object) -> Diffusion:
    """A diffusion whose network says 0: then its guess is the best one for data from N(0, I)."""
    model = build("ddpm", standard(), objective=objective, knobs={"width": 8, "depth": 1, **knobs})
    assert isinstance(model, Diffusion)
    last = model.denoiser.network[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
    return model


@every_objective
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_density_and_score_of_gaussian_data_in_closed_form(objective: str, schedule: str) -> None:
    model = silent(objective, schedule=schedule)
    x = standard(50, seed=1)
    least = model.noise_level(1)
    spread = math.sqrt(1 + least**2)
    wanted = norm.logpdf(x.numpy(), scale=spread).sum(axis=1)
    np.testing.assert_allclose(model.log_prob(x).numpy(), wanted, atol=2e-3)
    np.testing.assert_allclose(model.score(x).detach().numpy(), -x.numpy() / spread**2, atol=1e-4)
    t = 60
    blurred = 1 + model.noise_level(t) ** 2
    np.testing.assert_allclose(model.score_at(x, t).detach().numpy(), -x.numpy() / blurred, atol=1e-4)


@every_objective
def test_the_bound_is_the_expectation_over_whole_chains(objective: str) -> None:
    """E_q [log p(x₀…x_T) − log q(x₁…x_T | x₀)], every factor written out, simulated in numpy."""
    model = silent(objective, noise_steps=6)
    kept = model.schedule.alpha_bar.double().numpy()
    x0 = np.array([0.4, -1.1])
    rng = np.random.default_rng(0)
    n = 40_000
    x, total = np.broadcast_to(x0, (n, 2)), np.zeros(n)
    for t in range(1, 7):
        keep = kept[t] / kept[t - 1]
        new = math.sqrt(keep) * x + math.sqrt(1 - keep) * rng.standard_normal((n, 2))
        total -= norm.logpdf(new, math.sqrt(keep) * x, math.sqrt(1 - keep)).sum(axis=1)
        variance = (1 - kept[t - 1]) / (1 - kept[t]) * (1 - keep) if t > 1 else 1 - kept[1]
        guess = math.sqrt(kept[t]) * new  # E[x₀ | x_t] for data from N(0, I)
        mean = (math.sqrt(kept[t - 1]) * (1 - keep) * guess + math.sqrt(keep) * (1 - kept[t - 1]) * new) / (
            1 - kept[t]
        )
        total += norm.logpdf(x, mean, math.sqrt(variance)).sum(axis=1)
        x = new
    total += norm.logpdf(x).sum(axis=1)
    point = torch.tensor(x0, dtype=torch.float32).expand(n, 2)
    with torch.no_grad():
        found = model.elbo(point, torch.Generator().manual_seed(0)).double().numpy()
    error = math.hypot(total.std() / math.sqrt(n), found.std() / math.sqrt(n))
    assert abs(total.mean() - found.mean()) < 4 * error
    assert error < 0.05


def test_the_bound_is_below_the_density_it_bounds() -> None:
    """With a silent network ancestral sampling is a chain of linear maps: p(x₀) is Gaussian, its variance by recursion."""
    model = silent("epsilon", noise_steps=20)
    kept = model.schedule.alpha_bar.double().numpy()
    variance = 1.0
    for t in range(20, 0, -1):
        keep = kept[t] / kept[t - 1]
        step = (math.sqrt(kept[t - 1] * kept[t]) * (1 - keep) + math.sqrt(keep) * (1 - kept[t - 1])) / (
            1 - kept[t]
        )
        fresh = (1 - kept[t - 1]) / (1 - kept[t]) * (1 - keep) if t > 1 else 1 - kept[1]
        variance = step**2 * variance + fresh
    x = standard(20, seed=2)
    exact = norm.logpdf(x.numpy(), scale=math.sqrt(variance)).sum(axis=1)
    with torch.no_grad():
        many = model.elbo(x.repeat(2000, 1), torch.Generator().manual_seed(0)).view(2000, 20).mean(dim=0)
    assert bool((many.numpy() < exact + 0.02).all())
    # The sampler is that chain.
    model.configure(model.knobs.replace(sampler="ancestral", sampling_steps=20))
    samples = model.sample(20_000, torch.Generator().manual_seed(0))
    assert float(samples.var()) == pytest.approx(variance * float(model.standardise.scale) ** 2, rel=0.03)


@pytest.mark.parametrize("sampler", ["ddim", "ode"])
def test_samplers_without_fresh_noise_give_gaussian_data_back(sampler: str) -> None:
    model = silent("v", sampler=sampler, sampling_steps=100)
    samples = model.sample(20_000, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(np.cov(samples.numpy().T), np.eye(2), atol=0.06)


def test_sampling_knobs_are_live_and_share_one_noise() -> None:
    model = silent("epsilon")
    noise = model.noise(20, torch.Generator().manual_seed(0))
    seen = []
    for sampler, steps in (("ancestral", 40), ("ancestral", 1000), ("ddim", 1), ("ddim", 40), ("ode", 40)):
        model.configure(model.knobs.replace(sampler=sampler, sampling_steps=steps))
        seen.append(model.sample_from(noise))
    assert all(s.shape == (20, 2) for s in seen)
    torch.testing.assert_close(seen[3], seen[4], atol=0.2, rtol=0)


@pytest.fixture(scope="module")
def learned() -> Diffusion:
    """Trained on a tilted Gaussian, whose blurred score is known."""
    x = TILT_MEAN + standard(2000) @ TILT_FACTOR.T
    model = build("ddpm", x, knobs={"width": 32, "depth": 2})
    assert isinstance(model, Diffusion)
    train(model, x, 1200)
    return model


TILT_MEAN = torch.tensor([0.4, -0.2])
TILT_FACTOR = torch.tensor([[0.6, 0.0], [0.3, 0.25]])


@pytest.mark.parametrize("t", [20, 50, 80])
def test_training_finds_the_score_of_gaussian_data(learned: Diffusion, t: int) -> None:
    z = standard(500, seed=4)
    level = learned.noise_level(t)
    blurred = TILT_FACTOR @ TILT_FACTOR.T + level**2 * torch.eye(2)
    x = TILT_MEAN + z @ torch.linalg.cholesky(blurred).T
    wanted = -(x - TILT_MEAN) @ torch.linalg.inv(blurred)
    with torch.no_grad():
        missed = (learned.score_at(x, t) - wanted).square().mean()
    assert float(missed / wanted.square().mean()) < 0.02


def test_the_ode_has_converged_and_runs_both_ways(learned: Diffusion) -> None:
    x = TILT_MEAN + standard(100, seed=5) @ TILT_FACTOR.T
    usual = learned.log_prob(x)
    back = learned.decode(learned.encode(x))
    assert "16 RK4 steps" in learned.density_method
    learned.configure(learned.knobs.replace(ode_steps=120))
    fine = learned.log_prob(x)
    learned.configure(learned.knobs.replace(ode_steps=16))
    torch.testing.assert_close(usual, fine, atol=0.03, rtol=0)
    torch.testing.assert_close(back, x, atol=0.01, rtol=0)


def test_the_density_is_the_change_of_variables_along_the_ode() -> None:
    """log|det| of the whole ODE map against the Jacobian of ``encode`` by finite differences."""
    model = build("ddpm", two_moons(200), knobs={"width": 16, "depth": 2, "noise_steps": 10})
    assert isinstance(model, Diffusion)
    model.double()
    model.configure(model.knobs.replace(ode_steps=60))
    x = two_moons(5).double()
    step = 1e-5
    columns = []
    for j in range(2):
        shift = torch.zeros(2, dtype=torch.float64)
        shift[j] = step
        columns.append((model.encode(x + shift) - model.encode(x - shift)) / (2 * step))
    log_det = torch.linalg.slogdet(torch.stack(columns, dim=2)).logabsdet
    z = model.encode(x)
    wanted = -0.5 * (z.square().sum(dim=1) + 2 * math.log(2 * math.pi)) + log_det
    torch.testing.assert_close(model.log_prob(x), wanted, atol=1e-3, rtol=0)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_forward_marginal_is_that_of_all_single_steps(schedule: str) -> None:
    """x_t = √(1−β_t) x_{t−1} + √β_t ε, step by step, against one draw."""
    model = silent("epsilon", schedule=schedule, noise_steps=20)
    kept = model.schedule.alpha_bar.double()
    rng = torch.Generator().manual_seed(0)
    start = torch.tensor([[0.8, -1.1]])
    x = start.double().expand(40_000, 2)
    for t in range(1, 13):
        beta = 1 - kept[t] / kept[t - 1]
        x = (1 - beta).sqrt() * x + beta.sqrt() * torch.randn(x.shape, generator=rng, dtype=torch.float64)
    at_once = model.noised(start.expand(40_000, 2), 12 / 20, rng).double()
    torch.testing.assert_close(at_once.mean(dim=0), x.mean(dim=0), atol=0.03, rtol=0)
    torch.testing.assert_close(at_once.T.cov(), x.T.cov(), atol=0.03, rtol=0)
    assert torch.equal(model.noised(start, 0.0, rng), start)


@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
def test_the_noised_score_of_gaussian_data_is_the_analytic_one(learned: Diffusion, t: float) -> None:
    x = TILT_MEAN + standard(400, seed=6) @ TILT_FACTOR.T
    x = learned.noised(x, t, torch.Generator().manual_seed(1))
    kept = float(learned.schedule.alpha_bar[learned.step_of(t)])
    scale = float(learned.standardise.scale)
    centre = learned.standardise.mean + math.sqrt(kept) * (TILT_MEAN - learned.standardise.mean)
    cov = kept * TILT_FACTOR @ TILT_FACTOR.T + (1 - kept) * scale**2 * torch.eye(2)
    wanted = -(x - centre) @ torch.linalg.inv(cov)
    with torch.no_grad():
        missed = (learned.noised_score(x, t) - wanted).square().mean()
    assert float(missed / wanted.square().mean()) < 0.02


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "ode"])
def test_a_trajectory_begins_at_its_noise_and_ends_at_its_sample(learned: Diffusion, sampler: str) -> None:
    learned.configure(learned.knobs.replace(sampler=sampler))
    try:
        noise = learned.noise(7, torch.Generator().manual_seed(2))
        way = learned.trajectory(noise)
        assert len(way) == 1 + (learned.knobs.ode_steps if sampler == "ode" else learned.knobs.sampling_steps)
        torch.testing.assert_close(way[0], learned.standardise.inverse(noise[:, :2]))
        torch.testing.assert_close(way[-1], learned.sample_from(noise))
    finally:
        learned.configure(learned.knobs.replace(sampler="ddim"))


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_norms_and_dropout_have_their_place_in_the_density(kind: str) -> None:
    """In evaluation the divergence carried forward is that of the network with norms, by autograd."""
    model = build("ddpm", two_moons(200), knobs={"width": 12, "depth": 2, "norm": kind, "dropout": 0.2})
    assert isinstance(model, Diffusion)
    train(model, two_moons(200), 3)
    model.eval().double()
    x = two_moons(6, seed=3).double()
    features = model.denoiser.features(torch.tensor([0.3], dtype=torch.float64))
    value, divergence = model.denoiser.with_divergence(x, features)
    torch.testing.assert_close(value, model.denoiser(x, features))
    # Points do not see each other in evaluation: the Jacobian of the batch is block diagonal.
    slope = torch.autograd.functional.jacobian(lambda p: model.denoiser(p, features).sum(dim=0), x)
    torch.testing.assert_close(divergence, slope[0, :, 0] + slope[1, :, 1])


@pytest.mark.parametrize("objective", ["epsilon", "x0", "v"])
@torch.no_grad()
def test_an_error_counts_as_one_in_what_is_predicted(objective: str) -> None:
    """ε: as it is; u: at least as much as the noise is large, max(1, ᾱ/(1 − ᾱ)) ‖Δu‖²; v: ‖Δv‖² with Δv = Δε/√ᾱ."""
    model = build("ddpm", two_moons(50), objective=objective, knobs={"width": 8, "depth": 1})
    assert isinstance(model, Diffusion)
    t = torch.tensor([1, 30, 60, 90, 100])
    a, s = model._signal(t)
    x, zero, out = standard(5, seed=1), torch.zeros(5, 2), standard(5, seed=2)
    by_epsilon = model._epsilon(out, x, a, s) - model._epsilon(zero, x, a, s)
    by_clean = model._clean(x, out, a, s) - model._clean(x, zero, a, s)
    wanted = {
        "epsilon": by_epsilon.square(),
        "x0": (a / s).square().clamp(min=1) * by_clean.square(),
        "v": (by_epsilon / a).square(),
    }[objective]
    torch.testing.assert_close(model._weight(a, s) * by_epsilon.square(), wanted, rtol=1e-3, atol=1e-5)
    # What the network gives is the prediction itself, but for the guess that is right for Gaussian data.
    own = {"epsilon": by_epsilon, "x0": by_clean, "v": by_epsilon / a}[objective]
    torch.testing.assert_close(own, out, rtol=1e-3, atol=1e-3)
