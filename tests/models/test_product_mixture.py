from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm

from genplay.models.product_mixture import (
    bernoulli_blocks,
    log_bernoullis,
    log_gaussians,
    log_gaussians_on_lattice,
)
from genplay.spaces.binary import codes, images, log_sum_exp


def gaussians(k: int = 40, sigma: float = 0.07) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    log_weight = torch.randn(k, generator=generator).log_softmax(dim=0)
    return log_weight, torch.randn(k, 2, generator=generator), torch.tensor(sigma)


def by_hand(x: np.ndarray, log_weight: torch.Tensor, mean: torch.Tensor, sigma: torch.Tensor) -> np.ndarray:
    each = norm.logpdf(x[:, None, :], mean.numpy(), float(sigma)).sum(axis=2)
    return np.asarray(logsumexp(each + log_weight.numpy(), axis=1))


def test_scattered_points_agree_with_scipy() -> None:
    mixture = gaussians()
    x = torch.randn(300, 2, generator=torch.Generator().manual_seed(1))
    found = log_gaussians(x, *mixture)
    np.testing.assert_allclose(found, by_hand(x.double().numpy(), *mixture), atol=2e-3, rtol=2e-4)


def test_many_components_of_very_different_weight_agree_with_scipy_near_and_far() -> None:
    generator = torch.Generator().manual_seed(2)
    log_weight = (8 * torch.randn(3000, generator=generator, dtype=torch.float64)).log_softmax(dim=0)
    mean = torch.randn(3000, 2, generator=generator, dtype=torch.float64)
    x = torch.cat([mean[::3] + 0.01, 20 * torch.randn(200, 2, generator=generator, dtype=torch.float64)])
    found = log_gaussians(x, log_weight, mean, torch.tensor(0.03, dtype=torch.float64))
    known = by_hand(x.numpy(), log_weight, mean, torch.tensor(0.03, dtype=torch.float64))
    np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-9)


def test_a_lattice_agrees_with_scipy_even_where_a_product_underflows() -> None:
    mixture = gaussians(sigma=0.01)
    xs, ys = torch.linspace(-2, 2, 31), torch.linspace(-1, 6, 17)
    found = log_gaussians_on_lattice(xs, ys, *mixture)
    gy, gx = np.meshgrid(ys.double().numpy(), xs.double().numpy(), indexing="ij")
    known = by_hand(np.stack([gx.ravel(), gy.ravel()], axis=1), *mixture).reshape(17, 31)
    assert known.min() < -1e5
    np.testing.assert_allclose(found, known, rtol=1e-4, atol=1e-2)


def test_the_rows_of_a_picture_take_the_fast_way_to_the_same_numbers() -> None:
    mixture = gaussians()
    xs = torch.linspace(-2, 2, 40)
    picture = torch.cartesian_prod(torch.linspace(-1, 1, 3), xs).flip(1)
    scattered = picture + torch.randn(picture.shape, generator=torch.Generator().manual_seed(3)) * 1e-7
    assert len(scattered[:, 0].unique()) > 40
    torch.testing.assert_close(
        log_gaussians(picture, *mixture), log_gaussians(scattered, *mixture), atol=2e-3, rtol=1e-4
    )


@pytest.fixture(scope="module")
def bernoullis() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    log_weight = torch.randn(30, generator=generator).log_softmax(dim=0)
    return log_weight, torch.randn(30, 25, generator=generator) * 6


def test_blocks_agree_with_images_one_by_one(bernoullis: tuple[torch.Tensor, torch.Tensor]) -> None:
    rng = np.random.default_rng(0)
    x = images(rng.integers(0, 1 << 25, 40))
    block = bernoulli_blocks(*bernoullis)
    code = codes(x)
    found = [block(c // 4096, c // 4096 + 1)[0, c % 4096] for c in code]
    direct = log_bernoullis(torch.tensor(x, dtype=torch.float32), *bernoullis)
    p = torch.sigmoid(bernoullis[1].double()).numpy()
    pixels = np.where(x[:, None] == 1, p, 1 - p)
    known = np.log(np.prod(pixels, axis=2) @ bernoullis[0].double().exp().numpy())
    np.testing.assert_allclose(found, known, atol=1e-6)
    np.testing.assert_allclose(direct, known, atol=1e-3)


def test_all_images_sum_to_one(bernoullis: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert log_sum_exp(bernoulli_blocks(*bernoullis)) == pytest.approx(0, abs=1e-7)
