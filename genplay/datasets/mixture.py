"""Mixture of Gaussians on the plane: p(x) = Σ_k w_k N(x; μ_k, Σ_k), each component with a label."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.log_mixture import Gaussians, log_mixture, log_mixture_slope
from genplay.datasets.plane_law import PlaneLaw, balanced_weights, pick
from genplay.datasets.quadrature import Nodes, tube_nodes
from genplay.spaces.plane import Box

__all__ = ["GaussianMixtureLaw"]

Array = NDArray[np.float64]

_REACH = 7.0
"""Standard deviations after which a Gaussian holds less than 2.3e-11 of its mass."""


class GaussianMixtureLaw(PlaneLaw):
    """A mixture with weights (k,), means (k, 2), ``std`` a number or (k,), or full ``cov`` (k, 2, 2), labels (k,).

    Weights need not sum to 1. Components without a label belong to class 0.
    """

    def __init__(
        self,
        weights: Array,
        means: Array,
        std: Array | float | None = None,
        *,
        cov: Array | None = None,
        labels: Labels | None = None,
        class_names: tuple[str, ...] = ("all",),
    ) -> None:
        if (std is None) == (cov is None):
            raise ValueError("give either std or cov")
        self.means = np.asarray(means, dtype=np.float64).reshape(-1, 2)
        k = len(self.means)
        weights = np.broadcast_to(np.asarray(weights, dtype=np.float64), (k,))
        if not (np.all(weights >= 0) and weights.sum() > 0):
            raise ValueError("weights must be at least 0 and not all 0")
        self.weights = weights / weights.sum()
        if cov is None:
            variance = np.broadcast_to(np.asarray(std, dtype=np.float64), (k,)) ** 2
            cov = variance[:, None, None] * np.eye(2)
        self.cov = np.asarray(cov, dtype=np.float64)
        self.labels = np.zeros(k, dtype=np.int64) if labels is None else np.asarray(labels, dtype=np.int64)
        self.class_names = class_names

    @cached_property
    def _gaussians(self) -> Gaussians:
        kept = self.weights > 0
        return Gaussians.of(self.weights[kept], self.means[kept], self.cov[kept])

    @cached_property
    def _factors(self) -> Array:
        return np.asarray(np.linalg.cholesky(self.cov), dtype=np.float64)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        component = pick(self.weights, n, rng)
        noise = rng.standard_normal((n, 2))
        x = self.means[component] + np.einsum("nij,nj->ni", self._factors[component], noise)
        return np.asarray(x), self.labels[component]

    def log_prob(self, x: Array) -> Array:
        return log_mixture(self._gaussians, x)

    def joint_log_prob(self, x: Array) -> Array:
        """log p(x, y) of every class, (n, 2) → (n, classes)."""
        shares = self.class_shares()
        out = np.full((len(x), self.classes), -np.inf)
        for y in np.flatnonzero(shares > 0):
            out[:, y] = np.log(shares[y]) + self.given(int(y)).log_prob(x)
        return out

    @property
    def upright(self) -> bool:
        """Whether every Gaussian is a product over the axes."""
        return not self.cov[:, 0, 1].any()

    def log_prob_grid(self, xs: Array, ys: Array) -> Array:
        """log p at every (x, y) of xs (nx,) and ys (ny,) → (ny, nx); −inf where p is below the least float. Upright only.

        A Gaussian that is a product over the axes makes the whole grid one product of (ny, k) and (k, nx).
        """
        if not self.upright:
            raise ValueError("the Gaussians are tilted: their density is no product over the axes")
        along = []
        for j, at in enumerate((xs, ys)):
            variance = self.cov[:, j, j]
            squares = (np.asarray(at, np.float64)[:, None] - self.means[:, j]) ** 2 / variance
            along.append(np.exp(-0.5 * squares) / np.sqrt(2 * np.pi * variance))
        with np.errstate(divide="ignore"):
            return np.asarray(np.log((along[1] * self.weights) @ along[0].T))

    def score(self, x: Array) -> Array:
        """∇ log p(x), (n, 2) → (n, 2)."""
        return log_mixture_slope(self._gaussians, x)

    def blurred(self, std: float) -> GaussianMixtureLaw:
        """The law of x + std · ξ, ξ ~ N(0, I): every Gaussian grows wider."""
        return GaussianMixtureLaw(
            self.weights,
            self.means,
            cov=self.cov + std**2 * np.eye(2),
            labels=self.labels,
            class_names=self.class_names,
        )

    def class_shares(self) -> Array:
        """P(y), (classes,)."""
        return np.bincount(self.labels, self.weights, minlength=self.classes).astype(np.float64)

    def with_class_shares(self, shares: Array) -> GaussianMixtureLaw:
        """The same classes in other proportions (classes,)."""
        now = self.class_shares()
        ratio = np.divide(shares, now, out=np.zeros_like(now), where=now > 0)
        return GaussianMixtureLaw(
            self.weights * ratio[self.labels],
            self.means,
            cov=self.cov,
            labels=self.labels,
            class_names=self.class_names,
        )

    def balanced(self, balance: float) -> GaussianMixtureLaw:
        if self.classes == 1:
            return self
        return self.with_class_shares(balanced_weights(self.class_shares(), balance))

    def given(self, label: int) -> GaussianMixtureLaw:
        """The class-conditional law p(x | y)."""
        return self.with_class_shares(np.eye(self.classes)[label])

    def quadrature(self, box: Box) -> Nodes:
        g = self._gaussians
        return tube_nodes(g.means, _REACH * g.widest, g.narrowest, box)
