"""Contours of highest-density regions against the closed form of a Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from genplay.spaces.plane import Box, Grid
from genplay.ui.paint.contours import MASSES, ContoursItem, highest_density_levels, lines

GRID = Grid(Box(-5.0, 5.0, -5.0, 5.0), 256)


def gaussian() -> np.ndarray:
    x = GRID.points()
    return (np.exp(-(x**2).sum(1) / 2) / (2 * np.pi)).reshape(GRID.n, GRID.n)


def test_levels_of_a_gaussian() -> None:
    # The region of mass m is the disc of radius √(−2 ln(1 − m)), and the density at its edge is p(0)·(1 − m).
    levels = highest_density_levels(gaussian())
    assert levels == pytest.approx([(1 - m) / (2 * np.pi) for m in MASSES], rel=0.02)


@pytest.mark.parametrize("mass", MASSES)
def test_the_line_closes_around_the_peak(mass: float) -> None:
    level = highest_density_levels(gaussian(), [mass])[0]
    line = lines(gaussian(), GRID, level)
    radius = np.linalg.norm(line, axis=1)
    assert radius == pytest.approx(np.sqrt(-2 * np.log(1 - mass)), rel=0.02)
    assert line[0] == pytest.approx(line[-1])
    angles = np.sort(np.arctan2(line[:, 1], line[:, 0]))
    assert np.diff(angles).max() < 0.2


def test_two_hills_give_two_lines() -> None:
    x = GRID.points()
    hills = sum(np.exp(-((x - np.array([c, 0.0])) ** 2).sum(1) * 4) for c in (-2.0, 2.0)).reshape(256, 256)
    line = lines(hills, GRID, highest_density_levels(hills, [0.9])[0])
    assert np.isnan(line).all(axis=1).sum() == 1


def test_nothing_to_draw() -> None:
    assert highest_density_levels(np.zeros((8, 8))) == []
    assert len(lines(gaussian(), GRID, 9.0)) == 0
    item = ContoursItem()
    item.show_levels(gaussian(), GRID, [9.0], QColor("black"))
    assert not item.shown
    item.show_levels(gaussian(), GRID, [0.1], QColor("black"))
    assert item.shown
