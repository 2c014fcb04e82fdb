"""A checkerboard: even density on the dark squares, blurred by Gaussian noise.

The dark squares are (even columns × even rows) ∪ (odd × odd), so p(x, y) = Σ_s m_s A_s(x) A_s(y), with A_s the even mix of
the even or odd stripes and a stripe [a, b] blurred to (Φ((x − a)/σ) − Φ((x − b)/σ)) / (b − a): two numbers an axis.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.plane_law import PlaneLaw, pick
from genplay.datasets.quadrature import Nodes, product_nodes, refined_edges
from genplay.quantity import Quantity, exact
from genplay.spaces.plane import Box

__all__ = ["CheckerboardLaw"]

Array = NDArray[np.float64]


class CheckerboardLaw(PlaneLaw):
    """``squares`` × ``squares`` cells on [−half, half]²; ``blur`` is the noise's standard deviation, 0 for sharp edges."""

    def __init__(self, squares: int, half: float, blur: float) -> None:
        self.squares, self.half, self.blur = squares, half, blur
        self.edges = np.linspace(-half, half, squares + 1)
        self.side = 2 * half / squares
        stripes = np.array([(squares + 1) // 2, squares // 2])
        self.dark = int((stripes**2).sum())
        self.parity_weights = stripes**2 / self.dark

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        parity = pick(self.parity_weights, n, rng)
        count = np.where(parity == 0, (self.squares + 1) // 2, self.squares // 2)
        cell = 2 * np.floor(rng.random((n, 2)) * count[:, None]) + parity[:, None]
        corner = -self.half + self.side * cell
        x = corner + self.side * rng.random((n, 2)) + self.blur * rng.standard_normal((n, 2))
        return x, np.zeros(n, dtype=np.int64)

    def log_prob(self, x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        log_stripes = self._log_stripes(x.ravel()).reshape(2, -1, 2).sum(axis=2)
        with np.errstate(divide="ignore"):
            return np.asarray(np.logaddexp(*(log_stripes + np.log(self.parity_weights)[:, None])))

    def _log_stripes(self, t: Array) -> Array:
        """log of the even mix of the even stripes, and of the odd ones, at positions t (m,): (2, m)."""
        if self.blur == 0:
            index = np.floor((t + self.half) / self.side)
            inside = (index >= 0) & (index < self.squares)
            each = np.stack([inside & (index % 2 == s) for s in (0, 1)]).astype(np.float64)
            with np.errstate(divide="ignore"):
                out = np.log(each)
        else:
            piece = _log_interval(t[None], self.edges[:-1, None], self.edges[1:, None], self.blur)
            out = np.stack([np.logaddexp.reduce(piece[s::2], axis=0) for s in (0, 1)])
        counts = np.array([(self.squares + 1) // 2, self.squares // 2])
        return np.asarray(out - np.log(counts * self.side)[:, None])

    def blurred(self, std: float) -> CheckerboardLaw:
        """The law of x + std · ξ, ξ ~ N(0, I)."""
        return CheckerboardLaw(self.squares, self.half, math.hypot(self.blur, std))

    def quadrature(self, box: Box) -> Nodes:
        if self.blur == 0:
            return self._lattice(box, 1.0, 4)
        return self._lattice(box, 4 * self.blur, 8)

    def _lattice(self, box: Box, widest: float, order: int) -> Nodes:
        far = self.half + 8 * self.blur
        own = np.r_[self.edges, -far, far]
        x_edges = refined_edges(np.r_[own, box.x0, box.x1], widest)
        y_edges = refined_edges(np.r_[own, box.y0, box.y1], widest)
        return product_nodes(x_edges, y_edges, order)

    def _integrate_entropy(self) -> Quantity:
        if self.blur == 0:
            return exact(math.log(self.dark * self.side**2), "log of the area of the dark squares")
        return super()._integrate_entropy()


def _log_interval(t: Array, a: Array, b: Array, std: float) -> Array:
    """log(Φ((t − a)/σ) − Φ((t − b)/σ)), exact far out in both tails: mirrored so that both Φ are small."""
    from scipy.special import log_ndtr

    mirrored = t > (a + b) / 2
    upper = log_ndtr(np.where(mirrored, b - t, t - a) / std)
    lower = log_ndtr(np.where(mirrored, a - t, t - b) / std)
    return np.asarray(upper + np.log1p(-np.exp(lower - upper)))
