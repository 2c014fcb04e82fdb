"""Laws along curves: a point runs along γ(t) at even speed, then Gaussian noise is added.

p(x) = Σ_c w_c ∫₀¹ N(x; γ_c(t), σ²I) |γ_c'(t)| dt / L_c. The integral is taken by Gauss–Legendre nodes (equally spaced
ones on a closed curve) closer than σ, which makes the law a fine mixture of Gaussians: exact, and equal to the
integral to about ten digits. With σ = 0 the law sits on a set of area 0 and has no density at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.plane_law import PlaneLaw, balanced_weights, pick
from genplay.datasets.quadrature import Nodes
from genplay.errors import Failure
from genplay.quantity import Quantity, exact
from genplay.spaces.plane import Box

__all__ = ["Curve", "ThinCurves", "along"]

Array = NDArray[np.float64]

_MOST_LENGTHS = 1200.0
"""Longest curve in units of σ that is resolved; a thinner one shows beads, and is still its own exact law."""


@dataclass(frozen=True)
class Curve:
    """γ: [0, 1] → plane with its speed |γ'(t)|, both vectorised; ``weight`` is its share of the points."""

    path: Callable[[Array], Array]
    speed: Callable[[Array], Array]
    length: float
    weight: float = 1.0
    label: int = 0
    closed: bool = False


def along(
    curves: Sequence[Curve], noise: float, class_names: tuple[str, ...] = ("all",)
) -> GaussianMixtureLaw | ThinCurves:
    """The law of points on the curves blurred by Gaussian noise of this standard deviation."""
    if noise == 0:
        return ThinCurves(tuple(curves), class_names)
    weights, means, labels = [], [], []
    for curve in curves:
        t, w = _nodes(curve, noise)
        mass = w * curve.speed(t)
        means.append(curve.path(t))
        weights.append(curve.weight * mass / mass.sum())
        labels.append(np.full(len(t), curve.label))
    return GaussianMixtureLaw(
        np.concatenate(weights),
        np.concatenate(means),
        noise,
        labels=np.concatenate(labels),
        class_names=class_names,
    )


def _nodes(curve: Curve, noise: float) -> tuple[Array, Array]:
    """Nodes and weights of ∫₀¹: 24 Gauss–Legendre nodes on every piece of 8 σ, or 2.5 equally spaced ones in each σ."""
    lengths = min(curve.length / noise, _MOST_LENGTHS)
    if curve.closed:
        n = int(24 + 2.5 * lengths)
        return np.arange(n) / n, np.full(n, 1 / n)
    pieces = max(1, int(np.ceil(lengths / 8)))
    t, w = np.polynomial.legendre.leggauss(24)
    nodes = (np.arange(pieces)[:, None] + (t + 1) / 2) / pieces
    return nodes.ravel(), np.tile(w / 2 / pieces, pieces)


class ThinCurves(PlaneLaw):
    """Points exactly on curves: a one-dimensional manifold. It can be sampled, but it has no density on the plane:
    ``log_prob`` raises ``Failure``, and the differential entropy is −∞."""

    singular = True

    def __init__(self, curves: tuple[Curve, ...], class_names: tuple[str, ...]) -> None:
        self.curves = curves
        self.class_names = class_names

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        chosen = pick(np.array([c.weight for c in self.curves]), n, rng)
        u = rng.random(n)
        x = np.empty((n, 2))
        grid = np.linspace(0.0, 1.0, 4097)
        for i, curve in enumerate(self.curves):
            mine = chosen == i
            speed = curve.speed(grid)
            travelled = np.r_[0.0, np.cumsum((speed[1:] + speed[:-1]) / 2)]
            x[mine] = curve.path(np.interp(u[mine] * travelled[-1], travelled, grid))
        return x, np.array([c.label for c in self.curves], dtype=np.int64)[chosen]

    def log_prob(self, x: Array) -> Array:
        raise Failure(
            f"Points on a curve without thickness have no density on the plane, so no log p at {len(x)} points. "
            "Give the curve some thickness."
        )

    def blurred(self, std: float) -> GaussianMixtureLaw:
        """The law of x + std · ξ, ξ ~ N(0, I), which has a density."""
        law = along(self.curves, std, self.class_names)
        assert isinstance(law, GaussianMixtureLaw)
        return law

    def entropy(self) -> Quantity:
        return exact(-np.inf, "a curve without thickness has no density: its differential entropy is −∞")

    def quadrature(self, box: Box) -> Nodes:  # noqa: ARG002 (there is no box in which it could work)
        raise Failure("A curve without thickness has area 0: there is nothing to integrate over.")

    def balanced(self, balance: float) -> ThinCurves:
        shares = np.bincount(
            [c.label for c in self.curves], [c.weight for c in self.curves], self.classes
        ).astype(np.float64)
        ratio = balanced_weights(shares, balance) / np.where(shares > 0, shares, 1.0)
        changed = tuple(
            Curve(c.path, c.speed, c.length, c.weight * float(ratio[c.label]), c.label, c.closed)
            for c in self.curves
        )
        return ThinCurves(changed, self.class_names)
