from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from genplay.models.energy_grid import energy_grid, settled_grid
from genplay.spaces.plane import HOME, Grid


def gaussian(centre: tuple[float, float], sigma: tuple[float, float], offset: float = 0.0):
    def energy(x: np.ndarray) -> np.ndarray:
        return (0.5 * ((x - np.array(centre)) / np.array(sigma)) ** 2).sum(axis=1) + offset

    return energy, math.log(2 * math.pi * sigma[0] * sigma[1]) - offset


@pytest.mark.parametrize(
    ("centre", "sigma", "offset"),
    [
        ((0.0, 0.0), (0.5, 0.3), 0.0),
        ((0.3, -0.2), (0.02, 0.04), 700.0),
        ((1.9, -1.5), (0.6, 0.2), -900.0),
        ((5.0, 0.5), (2.0, 3.0), 0.0),
    ],
)
def test_log_z_of_a_gaussian_is_the_known_one(
    centre: tuple[float, float], sigma: tuple[float, float], offset: float
) -> None:
    energy, known = gaussian(centre, sigma, offset)
    assert settled_grid(energy, Grid(HOME, 64)).log_z == pytest.approx(known, abs=1e-6)


def test_the_box_and_the_cells_change_only_where_needed() -> None:
    broad, _ = gaussian((0.0, 0.0), (0.3, 0.3))
    assert settled_grid(broad, Grid(HOME, 64)).trouble == ""
    assert settled_grid(broad, Grid(HOME, 64)).grid == Grid(HOME, 64)
    sharp, _ = gaussian((0.0, 0.0), (0.01, 0.01))
    found = settled_grid(sharp, Grid(HOME, 64)).grid
    assert found.n > 256
    assert found.box == HOME
    wide, _ = gaussian((0.0, 0.0), (2.0, 2.0))
    assert settled_grid(wide, Grid(HOME, 64)).grid.box.width > 3 * HOME.width


def test_an_energy_that_is_never_integrable_ends_at_the_limits() -> None:
    found = settled_grid(lambda x: np.zeros(len(x)), Grid(HOME, 16))
    assert "border of the largest box" in found.trouble
    grid = found.grid
    assert grid.n <= 1024
    assert grid.box.width > 40 * HOME.width


def test_inverting_gives_samples_of_the_density() -> None:
    def energy(x: np.ndarray) -> np.ndarray:
        left, _ = gaussian((-1.0, 0.0), (0.2, 0.1))
        right, _ = gaussian((1.0, 0.5), (0.1, 0.4))
        return -np.log(0.3 * np.exp(-left(x)) / 0.02 + 0.7 * np.exp(-right(x)) / 0.04 + 1e-300)

    grid = energy_grid(energy, Grid(HOME, 256))
    u = np.random.default_rng(0).random((20_000, 2))
    x = grid.invert(u)
    right = x[:, 0] > 0
    assert right.mean() == pytest.approx(0.7, abs=0.015)
    assert kstest(x[right][:, 0], "norm", args=(1.0, 0.1)).pvalue > 1e-3
    assert kstest(x[right][:, 1], "norm", args=(0.5, 0.4)).pvalue > 1e-3
    assert kstest(x[~right][:, 1], "norm", args=(0.0, 0.1)).pvalue > 1e-3
    assert kstest(x[~right][:, 1], "norm", args=(0.0, 0.13)).pvalue < 1e-6


def test_inverting_stays_in_the_box_and_follows_the_noise_without_jumps() -> None:
    energy, _ = gaussian((0.2, 0.1), (0.5, 0.4))
    grid = energy_grid(energy, Grid(HOME, 64))
    corners = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [np.nextafter(1, 0), 0.5]])
    assert HOME.contains(grid.invert(corners)).all()
    line = np.stack([np.full(1000, 0.4), np.linspace(0.05, 0.95, 1000)], axis=1)
    assert np.abs(np.diff(grid.invert(line)[:, 0])).max() < 0.02


def test_the_crop_leaves_out_only_what_holds_next_to_nothing() -> None:
    energy, _ = gaussian((0.5, -0.5), (0.1, 0.1))
    box = energy_grid(energy, Grid(HOME, 128)).crop(1e-7)
    assert 0.8 < box.width < 1.3
    assert box.contains(np.array([[0.5 + 0.4, -0.5 - 0.4]])).all()
