"""Noise laws against quadrature and enumeration, and the classifier's loss where its best is known."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import multivariate_normal

from genplay.models.noise_contrast import FlippedImages, GaussianNoise, contrast
from genplay.spaces import World
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import build, few_images, train, two_moons, world_data


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mixture", [True, False])
def test_noise_on_the_plane_integrates_to_one_and_is_what_is_drawn(mixture: bool) -> None:
    law = GaussianNoise(two_moons(500), mixture, seeded())
    grid = Grid(HOME.grown(3), 400)
    density = law.log_density(torch.tensor(grid.points(), dtype=torch.float32)).double().exp()
    assert float(density.sum()) * grid.cell_area == pytest.approx(1, abs=2e-3)
    drawn = law.draw(40_000, seeded(1))
    points = torch.tensor(grid.points())
    mean = (density[:, None] * points).sum(dim=0) * grid.cell_area
    spread = (density[:, None] * (points - mean).square()).sum(dim=0) * grid.cell_area
    torch.testing.assert_close(drawn.double().mean(dim=0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.double().var(dim=0), spread, atol=0.02, rtol=0)


def test_a_single_gaussian_is_the_fitted_one() -> None:
    x = two_moons(500)
    law = GaussianNoise(x, False, seeded())
    known = multivariate_normal(x.double().mean(dim=0).numpy(), x.double().T.cov(correction=0).numpy())
    torch.testing.assert_close(
        law.log_density(x).double(), torch.tensor(known.logpdf(x.numpy())), atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("mixture", [True, False])
def test_noise_images_follow_their_density(mixture: bool) -> None:
    """On four pixels the density sums to 1 over all 16 images, and draws fall on each as often as it says."""
    law = FlippedImages(few_images(200)[:, :4], mixture, seeded(), flip=0.1)
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)
    p = law.log_density(every).exp()
    assert float(p.sum()) == pytest.approx(1, abs=1e-5)
    drawn = law.draw(40_000, seeded(1)) @ torch.tensor([8.0, 4.0, 2.0, 1.0])
    share = torch.bincount(drawn.long(), minlength=16) / 40_000
    assert bool(((share - p).abs() < 4 * (p / 40_000).sqrt() + 1e-4).all())


def test_the_loss_is_least_at_the_true_normaliser() -> None:
    x = torch.randn(20_000, generator=seeded(), dtype=torch.float64)
    y = 2 * torch.randn(40_000, generator=seeded(1), dtype=torch.float64)

    def odds(t: torch.Tensor, log_z: float) -> torch.Tensor:
        return -0.5 * t.square() - log_z + t.square() / 8 + math.log(2 * math.sqrt(2 * math.pi))

    true = 0.5 * math.log(2 * math.pi)
    losses = {
        shift: float(contrast(odds(x, true + shift), odds(y, true + shift))) for shift in (-0.1, 0, 0.1)
    }
    assert losses[0] < min(losses[-0.1], losses[0.1])


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_a_small_batch_has_at_least_one_example_of_noise(world: World) -> None:
    x = world_data(world, 20)
    model = build("ebm", x, world=world, objective="nce", knobs={"ratio": 0.1, "width": 8})
    (terms,) = train(model, x, 1, batch_size=2)
    assert all(math.isfinite(value) for value in terms.values())
