"""Broad distributions q that are easy to draw from: where rejection and importance sampling and annealing begin.

On the plane q is flat on the box, or one wide Gaussian that reaches everywhere; for images every pixel is a coin toss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.sampling.target import Target
from genplay.spaces.plane import Box

__all__ = ["Broad"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Broad:
    """``kind`` is 'box', 'gaussian' (deviation a third of the box's width) or 'coins'."""

    kind: str
    dim: int
    box: Box

    @staticmethod
    def for_target(target: Target, kind: str) -> Broad:
        """The one of the target's world."""
        return Broad("coins" if target.world == "digits" else kind, target.dim, target.box)

    @property
    def _centre(self) -> Array:
        return np.array([(self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2])

    @property
    def _spread(self) -> Array:
        return np.array([self.box.width, self.box.height]) / 3

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """n draws (n, d)."""
        if self.kind == "coins":
            return rng.integers(0, 2, (n, self.dim)).astype(np.float64)
        if self.kind == "box":
            return rng.uniform((self.box.x0, self.box.y0), (self.box.x1, self.box.y1), (n, 2))
        return self._centre + self._spread * rng.standard_normal((n, 2))

    def log_prob(self, x: Array) -> Array:
        """log q(x), normalised, (n, d) → (n,)."""
        if self.kind == "coins":
            return np.full(len(x), -self.dim * math.log(2))
        if self.kind == "box":
            with np.errstate(divide="ignore"):
                return np.log(self.box.contains(x) / self.box.area)
        z = (x - self._centre) / self._spread
        return np.asarray(
            -0.5 * np.square(z).sum(axis=1) - math.log(2 * math.pi) - np.log(self._spread).sum()
        )

    def __str__(self) -> str:
        b = self.box
        if self.kind == "coins":
            return f"{self.dim} coin tosses"
        if self.kind == "box":
            return f"flat on [{b.x0:.3g}, {b.x1:.3g}] × [{b.y0:.3g}, {b.y1:.3g}]"
        return "a wide Gaussian"
