"""Spread KL against closed forms: noised Gaussians, and images whose noise adds up."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.datasets.plane_law import WithOutliers
from genplay.datasets.registry import build
from genplay.metrics import spread
from genplay.metrics.divergence import divergences
from genplay.metrics.spread_images import flip_all, flip_matrix
from genplay.spaces.plane import HOME, Grid
from tests.metrics.fakes import Dressed, DressedBlocks, data_of, gaussian, on
from tests.metrics.test_plane import kl_of_gaussians

NOISE = spread.NOISE


class Draws(Dressed):
    """Only draws: no density."""

    log_prob = None  # type: ignore[assignment]


def noised(mean: tuple[float, float], std: tuple[float, float]) -> tuple:
    return mean, tuple(math.hypot(s, NOISE) for s in std)


@pytest.mark.parametrize("std", [(0.5, 0.3), (0.06, 0.2)])
def test_gaussians_stay_gaussian(std: tuple[float, float]) -> None:
    p, q = ((0.1, 0.0), std), ((0.0, -0.2), (0.4, 0.4))
    found = spread.spread_kl(on(Dressed(gaussian(*q)), data_of(gaussian(*p))))
    assert found.kind == "exact"
    assert found.value == pytest.approx(kl_of_gaussians(noised(*p), noised(*q)), rel=1e-4)


def test_a_mode_that_is_missing_costs_its_distance_and_is_not_infinite() -> None:
    p, q = ((1.2, 0.0), (0.1, 0.1)), ((-1.2, 0.0), (0.1, 0.1))
    found = spread.spread_kl(on(Dressed(gaussian(*q)), data_of(gaussian(*p))))
    assert found.value == pytest.approx(kl_of_gaussians(noised(*p), noised(*q)), rel=1e-3)
    assert found.value > 100


def test_from_samples_alone_it_is_bounded_from_above() -> None:
    p, q = ((0.1, 0.0), (0.5, 0.3)), ((0.0, -0.2), (0.4, 0.4))
    found = spread.spread_kl(on(Draws(gaussian(*q)), data_of(gaussian(*p))))
    truth = kl_of_gaussians(noised(*p), noised(*q))
    assert (found.kind, found.direction) == ("bound", "upper")
    assert found.stderr is not None
    assert truth - 4 * found.stderr < found.value < truth + 0.1


def test_a_law_without_thickness_or_closed_form_is_noised_too() -> None:
    thin = build(DataSpec("two-moons", {"noise": 0.0}, DataSettings(n=50, test=50)))
    blurred = build(DataSpec("two-moons", {"noise": NOISE}, DataSettings(n=50, test=50))).law
    assert thin.law is not None
    assert blurred is not None
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (100, 2))
    found = spread._noised_law(on(Dressed(blurred), thin), thin.law)(points)
    assert found == pytest.approx(blurred.log_prob(points), abs=1e-6)
    # Outliers have no closed form: they are noised on the grid.
    p = gaussian((0.0, 0.0), (0.5, 0.5))
    with_outliers = WithOutliers(p, 1e-6, HOME)
    inside = points[np.linalg.norm(points, axis=1) < 1]
    found = spread._noised_law(on(Dressed(p), data_of(p)), with_outliers)(inside)
    assert found == pytest.approx(p.blurred(NOISE).log_prob(inside), abs=1e-3)


def test_noise_on_the_grid_is_a_convolution() -> None:
    p, grid = gaussian((0.2, 0.1), (0.2, 0.3)), Grid(HOME.grown(1.5), 128)
    density = np.exp(p.log_prob(grid.points())).reshape(128, 128)
    expected = np.exp(p.blurred(0.15).log_prob(grid.points())).reshape(128, 128)
    assert spread.blurred_on_grid(density, 0.15, grid) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_flip_matrix_flips_each_pixel_by_itself() -> None:
    one = np.array([[0.9, 0.1], [0.1, 0.9]])
    # The first pixel is the lowest bit: it is the last factor of a Kronecker product.
    assert flip_matrix(3, 0.1) == pytest.approx(np.kron(one, np.kron(one, one)))


def test_flipping_the_whole_table_moves_one_image_to_all_by_its_distance() -> None:
    table = np.zeros(1 << 25, np.float32)
    start = 0b1010011100101101001100101
    table[start] = 1.0
    flip_all(table, 0.1)
    rng = np.random.default_rng(0)
    flips = [0, *(1 << a for a in range(25)), *(1 << a | 1 << b for a, b in itertools.combinations((0, 6, 13, 24), 2)), *rng.integers(0, 1 << 25, 50)]  # fmt: skip
    for mask in map(int, flips):
        distance = mask.bit_count()
        assert table[start ^ mask] == pytest.approx(0.1**distance * 0.9 ** (25 - distance), rel=1e-4)


def image_law(flip: float) -> ImageMixtureLaw:
    drawn = np.random.default_rng(0).integers(0, 2, (3, 25))
    return ImageMixtureLaw(drawn, np.array([1.0, 2.0, 3.0]), np.zeros(3), flip, ("all",))


def test_flipped_images_are_the_same_mixture_with_more_noise() -> None:
    p, q = image_law(0.1), image_law(0.2)
    data = data_of(p, "digits")
    found = spread.spread_kl(on(DressedBlocks(q), data))
    more = data_of(p.flipped(spread.FLIP), "digits")
    expected = divergences(DressedBlocks(q.flipped(spread.FLIP)), more, ("kl",))["kl"]  # type: ignore[arg-type]
    assert expected is not None
    assert found.kind == "exact"
    assert found.value == pytest.approx(expected.value, rel=1e-4)
    drawn = spread.spread_kl(on(Draws(q), data))
    assert drawn.kind == "bound"
    assert drawn.value > expected.value - 4 * (drawn.stderr or 0)


def test_flipping_twice_composes() -> None:
    x, _ = image_law(0.2).sample(50, np.random.default_rng(1))
    both = 0.2 * 0.95 + 0.8 * 0.05
    assert image_law(0.2).flipped(0.05).log_prob(x) == pytest.approx(image_law(both).log_prob(x))
