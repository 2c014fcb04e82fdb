"""A vector field as arrows on a sparse grid, all in one path."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath, QPen

from genplay.spaces.plane import Grid
from genplay.ui.paint.path_item import PathItem

__all__ = ["ArrowsItem", "arrow_segments"]


def arrow_segments(vectors: NDArray[np.floating], grid: Grid, across: int = 24) -> NDArray[np.float64]:
    """Shafts and heads as segments (m, 2, 2) from vectors (n, n, 2).

    The length of an arrow grows with the vector as |v| / (|v| + median |v|), so that a few huge vectors do not shrink
    all others to dots; the longest is one spacing of the arrows.
    """
    step = max(1, grid.n // across)
    start = step // 2
    v = np.nan_to_num(np.asarray(vectors, np.float64)[start::step, start::step])
    gx, gy = np.meshgrid(grid.xs[start::step], grid.ys[start::step])
    origin = np.stack([gx, gy], axis=-1).reshape(-1, 2)
    v = v.reshape(-1, 2)
    norm = np.linalg.norm(v, axis=1)
    typical = float(np.median(norm))
    if not typical > 0:
        return np.empty((0, 2, 2))
    spacing = step * min(grid.box.width, grid.box.height) / grid.n
    length = 0.95 * spacing * norm / (norm + typical)
    shown = length > 0.08 * spacing
    origin, length = origin[shown], length[shown]
    direction = v[shown] / norm[shown, None]
    tip = origin + direction * length[:, None] / 2
    tail = origin - direction * length[:, None] / 2
    side = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    back = tip - direction * (0.36 * length)[:, None]
    barb = side * (0.2 * length)[:, None]
    return np.concatenate(
        [np.stack([tail, tip], 1), np.stack([back + barb, tip], 1), np.stack([back - barb, tip], 1)]
    )


class ArrowsItem(PathItem):
    """Arrows in one colour."""

    def __init__(self, z: float = -40.0) -> None:
        super().__init__(z)

    def show_vectors(self, vectors: NDArray[np.floating], grid: Grid, pen: QPen) -> None:
        """Draw a field (n, n, 2) on its grid."""
        ends = arrow_segments(vectors, grid).reshape(-1, 2)
        path = QPainterPath()
        if len(ends):
            path = pg.arrayToQPath(
                np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1]), connect="pairs"
            )
        self.show_path(path, QRectF(grid.box.x0, grid.box.y0, grid.box.width, grid.box.height), pen)
