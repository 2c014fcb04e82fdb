"""Do samples come from a density? Chi-square tests, with the expected counts taken by a fine grid of midpoints."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from genplay.spaces.plane import Box, Grid


def cell_probabilities(log_prob, box: Box, cells: int, fine: int = 16) -> np.ndarray:
    """P(cell) for cells × cells cells of the box, and last of all that lies outside."""
    grid = Grid(box, cells * fine)
    p = np.exp(log_prob(grid.points())).reshape(cells, fine, cells, fine).sum(axis=(1, 3)) * grid.cell_area
    return np.append(p.ravel(), max(0.0, 1 - p.sum()))


def chi_square_p(counts: np.ndarray, probabilities: np.ndarray) -> float:
    """The p-value of counts under probabilities; rare cells are put together."""
    expected = probabilities * counts.sum()
    rare = expected < 8
    expected = np.append(expected[~rare], expected[rare].sum())
    counts = np.append(counts[~rare], counts[rare].sum())
    used = expected > 1e-9
    if counts[~used].sum() > 0:
        return 0.0
    statistic = ((counts[used] - expected[used]) ** 2 / expected[used]).sum()
    return float(chi2.sf(statistic, max(1, used.sum() - 1)))


def plane_p(log_prob, x: np.ndarray, box: Box, cells: int = 24) -> float:
    """How well points x (n, 2) fit a density of the plane."""
    column = np.floor((x[:, 0] - box.x0) / box.width * cells).astype(int)
    row = np.floor((x[:, 1] - box.y0) / box.height * cells).astype(int)
    outside = (column < 0) | (column >= cells) | (row < 0) | (row >= cells)
    index = np.where(outside, cells * cells, row * cells + column)
    counts = np.bincount(index, minlength=cells * cells + 1)
    return chi_square_p(counts, cell_probabilities(log_prob, box, cells))


def off_by(law, x: np.ndarray) -> float:
    """How many standard errors the entropy lies from the mean of −log p over samples."""
    surprise = -law.log_prob(x)
    return abs(surprise.mean() - law.entropy().value) / (surprise.std() / np.sqrt(len(x)) + 1e-9)
