"""Diffusion of images: its map to ±1, its bound against whole simulated chains, its samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from genplay.models.pixel_diffusion import PixelDiffusion
from tests.models.harness import build, few_images, slope_error, train
from tests.models.test_image_ebm import batch_of


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def diffusion(x: torch.Tensor, objective: str = "epsilon", **knobs: object) -> PixelDiffusion:
    model = build("ddpm", x, world="digits", objective=objective, knobs=knobs)
    assert isinstance(model, PixelDiffusion)
    return model


def test_dark_is_minus_one_and_lit_is_one() -> None:
    model = diffusion(few_images(20))
    torch.testing.assert_close(
        model.standardise(torch.tensor([[0.0, 1.0] * 12 + [0.0]]))[0, :2], torch.tensor([-1.0, 1.0])
    )


@pytest.mark.parametrize("objective", ["epsilon", "x0", "v"])
def test_gradients_agree_with_finite_differences(objective: str) -> None:
    x = few_images(40)
    assert slope_error(diffusion(x, objective, width=8, depth=2), batch_of(x)) < 1e-5


def test_the_bound_is_the_expectation_over_whole_chains() -> None:
    """E_q [log p(x, x₁…x_T) − log q(x₁…x_T | x)], every factor written out in numpy, with a network that says 0."""
    model = diffusion(few_images(20), "epsilon", noise_steps=5, width=8, depth=1)
    with torch.no_grad():
        model.denoiser.network[-1].weight.zero_()
        model.denoiser.network[-1].bias.zero_()
    kept = model.schedule.alpha_bar.double().numpy()
    image = few_images(1, seed=3)
    u0 = 2 * image.numpy() - 1
    rng, n = np.random.default_rng(0), 40_000
    x, total = np.broadcast_to(u0, (n, 25)), np.zeros(n)
    for t in range(1, 6):
        keep = kept[t] / kept[t - 1]
        new = math.sqrt(keep) * x + math.sqrt(1 - keep) * rng.standard_normal((n, 25))
        guess = np.clip(math.sqrt(kept[t]) * new, -1, 1)
        if t == 1:
            total += norm.logcdf(u0 * guess / math.sqrt(1 - kept[1])).sum(axis=1)
            total -= norm.logpdf(new, math.sqrt(keep) * x, math.sqrt(1 - keep)).sum(axis=1)
        else:
            variance = (1 - kept[t - 1]) / (1 - kept[t]) * (1 - keep)
            mean = math.sqrt(kept[t - 1]) * (1 - keep) * guess + math.sqrt(keep) * (1 - kept[t - 1]) * new
            total += norm.logpdf(x, mean / (1 - kept[t]), math.sqrt(variance)).sum(axis=1)
            total -= norm.logpdf(new, math.sqrt(keep) * x, math.sqrt(1 - keep)).sum(axis=1)
        x = new
    total += norm.logpdf(x).sum(axis=1)
    with torch.no_grad():
        found = model.elbo(image.expand(n, -1), seeded()).double().numpy()
    error = math.hypot(total.std() / math.sqrt(n), found.std() / math.sqrt(n))
    assert abs(total.mean() - found.mean()) < 4 * error
    assert error < 0.3


@torch.no_grad()
def test_the_bound_is_below_how_often_an_image_is_drawn() -> None:
    x = torch.zeros(200, 25)
    x[:120, ::2] = 1
    model = diffusion(x, "x0", noise_steps=20, width=32, depth=2, sampler="ancestral", sampling_steps=20)
    with torch.enable_grad():
        train(model, x, 500, learning_rate=5e-3)
    drawn = model.sample(4000, seeded())
    share = float((drawn == x[:1]).all(dim=1).float().mean())
    assert share > 0.3
    bound = float(model.elbo(x[:1].expand(20_000, -1), seeded(1)).mean())
    assert math.log(share) - 3 < bound < math.log(share) + 0.15


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "ode"])
def test_a_trajectory_ends_at_its_thresholded_sample(sampler: str) -> None:
    model = diffusion(few_images(50), sampler=sampler)
    noise = model.noise(5, seeded())
    way = model.trajectory(noise)
    assert torch.equal(way[-1], model.sample_from(noise))
    assert bool(((way[-1] == 0) | (way[-1] == 1)).all())
    guess = model.noised_score(model.noised(few_images(5), 0.4, seeded()), 0.4)
    assert bool(((guess >= 0) & (guess <= 1)).all())
