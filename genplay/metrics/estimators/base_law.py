"""The broad law q that estimators of log Z begin from: easy to draw from, known density, reaching wherever p may be.

On the plane q = ½ N(m, 2S) + ½ N(m, 16S) with the mean and covariance of the data, or for images
½ Π_j Bernoulli(lit_j) + ½ Π_j Bernoulli(½), lit_j the share of the data in which pixel j is lit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BaseLaw", "around_images", "around_points"]

Array = NDArray[np.float64]
NARROW, WIDE = 2.0, 16.0


@dataclass(frozen=True)
class BaseLaw:
    """``draw(n, rng)`` gives (n, d), ``log_prob`` is normalised, in nats, (n, d) → (n,)."""

    draw: Callable[[int, np.random.Generator], Array]
    log_prob: Callable[[Array], Array]
    title: str


def around_points(x: Array) -> BaseLaw:
    """Two Gaussians about points of the plane x (n, 2)."""
    mean = x.mean(axis=0)
    covariance = np.cov(x.T) if len(x) > 2 else np.eye(2)
    spread = max(float(np.trace(covariance)) / 2, 1e-6)
    factor = np.linalg.cholesky(covariance + 1e-3 * spread * np.eye(2))
    inverse = np.linalg.inv(factor)
    log_det = float(np.log(np.diag(factor)).sum())

    def draw(n: int, rng: np.random.Generator) -> Array:
        scale = np.sqrt(np.where(rng.random(n) < 0.5, NARROW, WIDE))
        return np.asarray(mean + scale[:, None] * (rng.standard_normal((n, 2)) @ factor.T))

    def log_prob(points: Array) -> Array:
        squares = np.square((points - mean) @ inverse.T).sum(axis=1)
        parts = [-0.5 * squares / s - math.log(s) for s in (NARROW, WIDE)]
        return np.asarray(np.logaddexp(*parts) - math.log(2) - math.log(2 * math.pi) - log_det)

    return BaseLaw(draw, log_prob, "two broad Gaussians about the data")


def around_images(x: Array) -> BaseLaw:
    """Independent pixels as often lit as in images x (n, d), and coin tosses."""
    lit = np.clip(x.mean(axis=0), 0.02, 0.98)
    d = x.shape[1]

    def draw(n: int, rng: np.random.Generator) -> Array:
        chance = np.where(rng.random((n, 1)) < 0.5, lit, 0.5)
        return (rng.random((n, d)) < chance).astype(np.float64)

    def log_prob(images: Array) -> Array:
        fitted = images @ np.log(lit / (1 - lit)) + np.log1p(-lit).sum()
        return np.asarray(np.logaddexp(fitted, -d * math.log(2)) - math.log(2))

    return BaseLaw(draw, log_prob, "independent pixels and coin tosses")
