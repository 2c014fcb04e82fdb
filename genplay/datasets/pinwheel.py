"""A pinwheel: blades twisted by an angle that grows with the distance from the centre.

A blade is N((ρ, 0), diag(s², t²)) turned to its place. The twist T(x) = R(ω(‖x‖ − ρ)) x turns every circle about the
centre rigidly, so it keeps areas, |det ∂T| = 1, and the density is exact: p(x) = Σ_c w_c N_c(T⁻¹ x).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.plane_law import PlaneLaw
from genplay.datasets.quadrature import Nodes, product_nodes, refined_edges
from genplay.spaces.plane import Box

__all__ = ["PinwheelLaw"]

Array = NDArray[np.float64]


class PinwheelLaw(PlaneLaw):
    """``blades`` is the untwisted mixture, one component a blade; ``twist`` ω in radians per unit of radius."""

    def __init__(self, blades: GaussianMixtureLaw, radius: float, twist: float) -> None:
        self.blades, self.radius, self.twist = blades, radius, twist
        self.class_names = blades.class_names

    @staticmethod
    def of(arms: int, radius: float, length: float, thickness: float, twist: float) -> PinwheelLaw:
        """Blades at even angles, ``length`` and ``thickness`` being standard deviations along and across."""
        angle = 2 * np.pi * np.arange(arms) / arms
        along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        across = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
        cov = (
            length**2 * along[:, :, None] * along[:, None]
            + thickness**2 * across[:, :, None] * across[:, None]
        )
        names = tuple(f"blade {i + 1}" for i in range(arms))
        blades = GaussianMixtureLaw(
            np.ones(arms), radius * along, cov=cov, labels=np.arange(arms), class_names=names
        )
        return PinwheelLaw(blades, radius, twist)

    def _turned(self, x: Array, sign: float) -> Array:
        angle = sign * self.twist * (np.hypot(x[:, 0], x[:, 1]) - self.radius)
        c, s = np.cos(angle), np.sin(angle)
        return np.stack([c * x[:, 0] - s * x[:, 1], s * x[:, 0] + c * x[:, 1]], axis=1)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        x, y = self.blades.sample(n, rng)
        return self._turned(x, 1.0), y

    def log_prob(self, x: Array) -> Array:
        return self.blades.log_prob(self._turned(np.asarray(x, dtype=np.float64), -1.0))

    def joint_log_prob(self, x: Array) -> Array:
        return self.blades.joint_log_prob(self._turned(np.asarray(x, dtype=np.float64), -1.0))

    def balanced(self, balance: float) -> PinwheelLaw:
        return PinwheelLaw(self.blades.balanced(balance), self.radius, self.twist)

    def quadrature(self, box: Box) -> Nodes:
        spread = np.sqrt(np.linalg.eigvalsh(self.blades.cov[0]))
        far = self.radius + 7 * float(spread.max())
        # At the blades' radius the twist shears by ω·ρ, which makes them thinner by this factor.
        widest = 3 * float(spread.min()) / np.sqrt(1 + (self.twist * self.radius) ** 2)
        x_edges = refined_edges(np.array([-far, far, box.x0, box.x1]), widest)
        y_edges = refined_edges(np.array([-far, far, box.y0, box.y1]), widest)
        return product_nodes(x_edges, y_edges)
