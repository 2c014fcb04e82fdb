"""What all laws of the plane share: entropy by quadrature, classes that can be reweighted, outliers mixed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.quadrature import Nodes
from genplay.quantity import Quantity, exact
from genplay.spaces.plane import HOME, Box

__all__ = ["PlaneLaw", "WithOutliers", "balanced_weights", "pick"]

Array = NDArray[np.float64]


def balanced_weights(shares: Array, balance: float) -> Array:
    """Class shares (c,) moved towards the first class that has any mass: (1 − b) w + b·[first]."""
    first = int(np.flatnonzero(shares > 0)[0])
    out = (1 - balance) * shares
    out[first] += balance * shares.sum()
    return np.asarray(out)


def pick(weights: Array, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """n indices drawn with the given probabilities (k,), from one uniform number each."""
    edges = np.cumsum(weights)
    index = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    return np.asarray(np.minimum(index, len(weights) - 1), dtype=np.int64)


class PlaneLaw(ABC):
    """A density p(x) on the plane, known exactly, with labels y.

    ``singular`` is True for laws that sit on a curve of no thickness and have no density.
    """

    singular: bool = False
    class_names: tuple[str, ...] = ("all",)
    _entropy: Quantity | None = None

    @property
    def classes(self) -> int:
        return len(self.class_names)

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        """n independent draws (n, 2) and their labels (n,)."""

    @abstractmethod
    def log_prob(self, x: Array) -> Array:
        """log p(x) in nats, (n, 2) → (n,)."""

    def joint_log_prob(self, x: Array) -> Array:
        """log p(x, y) in nats of every class y, (n, 2) → (n, classes); rows of exponentials sum to p(x)."""
        if self.classes > 1:
            raise NotImplementedError(f"{type(self).__name__} has classes and no densities of them")
        return self.log_prob(x)[:, None]

    @abstractmethod
    def quadrature(self, box: Box) -> Nodes:
        """Nodes (m, 2) and weights (m,), fine enough for p log p, on all that holds mass and on the square box."""

    def balanced(self, balance: float) -> Self:  # noqa: ARG002 (laws with classes use it)
        """The same law with the first class outweighing the others; itself where there are no classes."""
        return self

    def entropy(self) -> Quantity:
        """H(p) = −∫ p log p in nats by quadrature; kept after the first call."""
        if self._entropy is None:
            self._entropy = self._integrate_entropy()
        return self._entropy

    def _integrate_entropy(self) -> Quantity:
        x, w = self.quadrature(HOME)
        return _entropy_on(self, x, w)


def _entropy_on(law: PlaneLaw, x: Array, w: Array) -> Quantity:
    log_p = law.log_prob(x)
    p = np.exp(log_p)
    value = -float(w @ (p * np.where(p > 0, log_p, 0.0)))
    return exact(value, f"−∫ p log p by Gauss–Legendre quadrature over {len(x):,} nodes")


class WithOutliers(PlaneLaw):
    """(1 − ε) p(x) + ε / area on a box: a share ε of the points is spread evenly; their labels are drawn evenly too."""

    def __init__(self, law: PlaneLaw, share: float, box: Box) -> None:
        self.law, self.share, self.box = law, share, box
        self.class_names = law.class_names
        self.singular = law.singular

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        x, y = self.law.sample(n, rng)
        low, high = (self.box.x0, self.box.y0), (self.box.x1, self.box.y1)
        spread = rng.uniform(low, high, (n, 2))
        out = rng.random(n) < self.share
        return np.where(out[:, None], spread, x), np.where(out, rng.integers(0, self.classes, n), y)

    def log_prob(self, x: Array) -> Array:
        with np.errstate(divide="ignore"):
            even = np.where(self.box.contains(x), np.log(self.share / self.box.area), -np.inf)
        return np.asarray(np.logaddexp(self.law.log_prob(x) + np.log1p(-self.share), even))

    def joint_log_prob(self, x: Array) -> Array:
        with np.errstate(divide="ignore"):
            each = np.where(self.box.contains(x), np.log(self.share / self.box.area / self.classes), -np.inf)
        return np.asarray(np.logaddexp(self.law.joint_log_prob(x) + np.log1p(-self.share), each[:, None]))

    def quadrature(self, box: Box) -> Nodes:  # noqa: ARG002 (its own box is where the density jumps)
        return self.law.quadrature(self.box)

    def balanced(self, balance: float) -> WithOutliers:
        return WithOutliers(self.law.balanced(balance), self.share, self.box)

    def _integrate_entropy(self) -> Quantity:
        if self.singular:
            return self.law.entropy()
        x, w = self.quadrature(self.box)
        return _entropy_on(self, x, w)
