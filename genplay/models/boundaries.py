"""Where a classifier on the plane changes its mind: the lines on which the two likeliest classes are equally likely."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genplay.models.exhibits import Polyline, Role
from genplay.spaces.plane import Box, Grid

__all__ = ["class_boundaries"]

CELLS = 72
LEAST_LOG = -60.0


@torch.no_grad()
def class_boundaries(
    log_posterior: Callable[[Tensor], Tensor], box: Box, like: Tensor, label: str, role: Role = "model"
) -> tuple[Polyline, ...]:
    """Lines log P(y|x) = max over the other classes, from log posteriors (n, d) → (n, C) known up to a constant a row."""
    import contourpy

    grid = Grid(box, CELLS)
    points = torch.as_tensor(grid.points(), dtype=like.dtype, device=like.device)
    scores = torch.log_softmax(log_posterior(points), dim=1).clamp(min=LEAST_LOG)
    margins = scores.double().cpu().numpy().reshape(CELLS, CELLS, -1)
    classes = margins.shape[2]
    lines: list[Polyline] = []
    # Two classes share one line; with more, each class has its own border, and shared parts are drawn twice.
    for k in range(1 if classes == 2 else classes if classes > 2 else 0):
        others = np.delete(margins, k, axis=2).max(axis=2)
        found = contourpy.contour_generator(grid.xs, grid.ys, margins[:, :, k] - others).lines(0.0)
        lines += [Polyline(np.asarray(line, np.float64), role, k, label=label) for line in found]
    return tuple(lines)
