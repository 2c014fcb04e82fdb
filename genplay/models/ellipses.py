"""Gaussians as ellipses: all points at the same Mahalanobis distance from the mean, for the pictures of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.exhibits import Polyline, Role

__all__ = ["ellipse", "ellipses"]

POINTS = 72


def ellipse(mean: NDArray[np.float64], covariance: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """The points μ + r Σ^½ (cos t, sin t), (POINTS, 2)."""
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.asarray(mean + radius * circle @ root, np.float64)


def ellipses(
    means: Tensor, covariances: Tensor, role: Role = "model", radii: tuple[float, ...] = (1.0, 2.0)
) -> tuple[Polyline, ...]:
    """Ellipses of one and two standard deviations of Gaussians (K, 2), (K, 2, 2), and a dot at each mean."""
    m, s = means.detach().cpu().double().numpy(), covariances.detach().cpu().double().numpy()
    lines: list[Polyline] = []
    for k in range(len(m)):
        lines += [Polyline(ellipse(m[k], s[k], r), role, k, closed=True) for r in radii]
        lines.append(Polyline(m[k : k + 1], role, k, dots=True))
    return tuple(lines)
