"""The true density of the plane on a fixed grid, and three divergences of a density q from it that can be differentiated.

    KL(p‖q) = Σ p (log p − log q) h²        large where p has mass and q has none: q covers all modes
    KL(q‖p) = Σ q (log q − log p) h²        large where q has mass and p has none: q seeks one mode
    JS = ½ KL(p‖m) + ½ KL(q‖m),  m = (p + q)/2

Below e^−100 the truth counts as e^−100, inside the grid and everywhere outside it, so that mass which q sends out of the
picture is not forgotten.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from genplay.datasets.base import Law, has_density
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.errors import BadInput
from genplay.spaces.plane import Box, Grid

__all__ = ["TruthGrid"]

CELLS = 160
MARGIN = 1.5
LEAST_LOG = -100.0


class TruthGrid(nn.Module):
    """log p at the cells' centres (m,), summing to 1; ``points`` (m, 2) are where log q is asked for."""

    points: Tensor
    log_p: Tensor

    def __init__(self, law: Law | None, box: Box) -> None:
        """Raises ``BadInput`` where the truth is not known as a density."""
        super().__init__()
        if law is None or not has_density(law):
            raise BadInput(
                "This objective measures the distance to the true density, which is not known for these data. Choose "
                "a data set with a law, or train by the likelihood."
            )
        self.grid = Grid(box.grown(MARGIN), CELLS)
        points = self.grid.points()
        if isinstance(law, GaussianMixtureLaw) and law.upright:
            log_p = law.log_prob_grid(self.grid.xs, self.grid.ys).reshape(-1)
        else:
            log_p = law.log_prob(points)
        log_p = np.maximum(log_p, LEAST_LOG)
        log_p -= math.log(np.exp(log_p).sum() * self.grid.cell_area)
        # Not saved with a run: the law makes them again.
        self.register_buffer("points", torch.tensor(points, dtype=torch.float32), persistent=False)
        self.register_buffer("log_p", torch.tensor(log_p, dtype=torch.float32), persistent=False)

    @property
    def cell(self) -> float:
        """The side of a cell: q must not be much finer than this."""
        return max(self.grid.box.width, self.grid.box.height) / CELLS

    def forward_kl(self, log_q: Tensor) -> Tensor:
        """KL(p‖q) in nats, log q (m,) → 0-dim."""
        return (self.log_p.exp() * (self.log_p - log_q)).sum() * self.grid.cell_area

    def reverse_kl(self, log_q: Tensor) -> Tensor:
        """KL(q‖p) in nats."""
        q = log_q.exp() * self.grid.cell_area
        return (q * (log_q - self.log_p)).sum() + self._lost(q) * -LEAST_LOG

    def js(self, log_q: Tensor) -> Tensor:
        """The Jensen–Shannon divergence in nats, at most ln 2."""
        middle = torch.logaddexp(self.log_p, log_q) - math.log(2)
        p, q = self.log_p.exp() * self.grid.cell_area, log_q.exp() * self.grid.cell_area
        inside = (p * (self.log_p - middle)).sum() + (q * (log_q - middle)).sum()
        return 0.5 * inside + 0.5 * self._lost(q) * math.log(2)

    @staticmethod
    def _lost(q: Tensor) -> Tensor:
        """The mass of q outside the grid."""
        return (1 - q.sum()).clamp(min=0)
