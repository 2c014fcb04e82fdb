"""Contours: every level set of a function on a grid as one path with a one-pixel pen.

For a density the levels are those of the *highest-density regions* [1]: the 90 % region is the smallest set that holds
90 % of the probability, and its edge is {x : p(x) = c} with c such that ∫ p(x) 1[p(x) ≥ c] dx = 0.9.

[1] Hyndman 1996, Computing and Graphing Highest Density Regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from contourpy import LineType, contour_generator
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from genplay.spaces.plane import Grid

__all__ = ["MASSES", "ContoursItem", "LevelName", "highest_density_levels", "lines"]

MASSES = (0.5, 0.9, 0.99)


def highest_density_levels(density: NDArray[np.floating], masses: Sequence[float] = MASSES) -> list[float]:
    """The levels of a density on a grid (any shape) whose upper sets hold these shares of the mass on the grid."""
    flat = np.sort(np.nan_to_num(density, nan=0.0, posinf=0.0).ravel())[::-1]
    mass = np.cumsum(flat, dtype=np.float64)
    if not mass[-1] > 0:
        return []
    # The cell that reaches the share belongs to the region; the level lies between it and the next one.
    at = np.minimum(np.searchsorted(mass, np.asarray(masses) * mass[-1]), flat.size - 1)
    after = np.minimum(at + 1, flat.size - 1)
    return [float(level) for level in (flat[at] + flat[after]) / 2 if level > 0]


def lines(values: NDArray[np.floating], grid: Grid, level: float) -> NDArray[np.float64]:
    """The level set as points (k, 2); a row of NaN parts one line from the next."""
    generator = contour_generator(grid.xs, grid.ys, values, line_type=LineType.ChunkCombinedNan)
    points = generator.lines(level)[0][0]
    return np.empty((0, 2)) if points is None else np.asarray(points)


class LevelName(NamedTuple):
    """What a level set is called, and where on it that can be written."""

    at: QPointF
    text: str
    colour: QColor


class ContoursItem(pg.GraphicsObject):  # type: ignore[misc]
    """Level sets of one function, the innermost level strongest; ``smooth`` costs more, for pictures that rest."""

    def __init__(self, z: float = -50.0) -> None:
        super().__init__()
        self._rect = QRectF()
        self._paths: list[tuple[QPainterPath, QPen]] = []
        self.names: list[LevelName] = []
        self.smooth = False
        self.setZValue(z)

    def show_levels(
        self,
        values: NDArray[np.floating],
        grid: Grid,
        levels: Sequence[float],
        colour: QColor,
        dashed: bool = False,
        masses: Sequence[float] = MASSES,
    ) -> None:
        """Draw these levels; the first is the innermost (strongest line), later ones fade. ``masses`` are what they are called."""
        self._paths, self.names = [], []
        for i, level in enumerate(levels):
            points = lines(values, grid, level)
            if not len(points):
                continue
            path = pg.arrayToQPath(
                np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]), connect="finite"
            )
            self._paths.append((path, _pen(colour, i, len(levels), dashed)))
            if i < len(masses):
                self.names.append(
                    LevelName(_farthest(points, i, dashed), f"{round(100 * masses[i])} %", colour)
                )
        box = grid.box
        rect = QRectF(box.x0, box.y0, box.width, box.height)
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if self._paths:
            self._paths, self.names = [], []
            self.update()

    @property
    def shown(self) -> bool:
        return bool(self._paths)

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.smooth)
        for path, pen in self._paths:
            painter.setPen(pen)
            painter.drawPath(path)


def _farthest(points: NDArray[np.float64], i: int, dashed: bool) -> QPointF:
    """The place of a line farthest towards one side, for each level and look another, so that names lie apart."""
    angle = np.pi * (0.25 + i / 2 + (0.25 if dashed else 0.0))
    along = points @ np.array([np.cos(angle), np.sin(angle)])
    x, y = points[int(np.nanargmax(along))]
    return QPointF(float(x), float(y))


def _pen(colour: QColor, i: int, n: int, dashed: bool) -> QPen:
    faded = QColor(colour)
    faded.setAlphaF(1.0 - 0.55 * i / max(n - 1, 1))
    # Width 0 is Qt's cosmetic one-pixel pen: the only kind that stays cheap at any zoom.
    return QPen(faded, 0, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
