"""Many polylines of the plane in one path."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath, QPen

from genplay.ui.paint.path_item import PathItem

__all__ = ["LinesItem"]


class LinesItem(PathItem):
    """Lines in one colour; points that are not finite part a line."""

    def __init__(self, z: float = -30.0) -> None:
        super().__init__(z)

    def show_lines(self, lines: NDArray[np.floating], pen: QPen) -> None:
        """Draw m lines of k points each, (m, k, 2)."""
        m = len(lines)
        # A row of NaN after each line parts it from the next.
        parted = np.concatenate([np.asarray(lines, np.float64), np.full((m, 1, 2), np.nan)], axis=1).reshape(
            -1, 2
        )
        finite = parted[np.isfinite(parted).all(axis=1)]
        path, rect = QPainterPath(), QRectF()
        if len(finite) > 1:
            x, y = np.ascontiguousarray(parted[:, 0]), np.ascontiguousarray(parted[:, 1])
            path = pg.arrayToQPath(x, y, connect="finite")
            low, high = finite.min(axis=0), finite.max(axis=0)
            wide, tall = np.maximum(high - low, 1e-9)
            rect = QRectF(float(low[0]), float(low[1]), float(wide), float(tall))
        self.show_path(path, rect, pen)
