"""How the things of a snapshot get onto a canvas: points, a field's colours, contours, arrows. The stage and the lanes of a race draw by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPen

from genplay.datasets.base import Data
from genplay.spaces.plane import Box, Grid
from genplay.training.snapshot import Field, FieldName
from genplay.ui.paint.contours import highest_density_levels
from genplay.ui.paint.points import Marker, class_groups
from genplay.ui.stage.layers import background
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.stage.scales import Picture
from genplay.ui.theme import Theme

__all__ = ["PlanePaint", "field_shown"]

_SHARE_SEEN = 0.95
_POINT, _SAMPLE = 4.4, 3.4
"""Diameters in pixels at scale 1."""

_HANDFULS = 8

_FIELDS: dict[str | None, FieldName] = {
    "error": "density", "density": "density", "energy": "energy", "discriminator": "discriminator",
    "posterior": "posterior",
}  # fmt: skip


def field_shown(layers: frozenset[str]) -> FieldName | None:
    """The function of the model whose colours fill the plane, if one is switched on."""
    return _FIELDS.get(background(layers))


class PlanePaint:
    """Puts things on one canvas. ``grain``: the size of points, 1 for a large picture."""

    def __init__(self, canvas: PlaneCanvas, theme: Theme) -> None:
        self._canvas, self._theme = canvas, theme
        self.grain = 1.0
        self.levels: list[float] = []

    def forget(self) -> None:
        """Another run: its contours have levels of their own."""
        self.levels = []

    def points(
        self,
        data: Data,
        x: NDArray[np.floating] | None,
        samples: NDArray[np.floating] | None,
    ) -> None:
        """Training points at x (n, 2), coloured by the classes of the first n, and samples (m, 2); None: neither.

        They take turns, a handful of each, so that where they agree neither hides the other.
        """
        tokens, size = self._theme.tokens, self.grain * self._theme.scale**0.5
        groups: list[tuple[NDArray[np.floating], Marker]] = []
        if x is not None:
            groups = class_groups(x, data.y_train[: len(x)], data.classes, _POINT * size, tokens)
        if samples is not None:
            groups.append((samples, Marker("o", _SAMPLE * size, tokens.model, tokens.canvas)))
        handfuls = _HANDFULS if samples is not None and len(groups) > 1 else 1
        self._canvas.points.show_points(groups, handfuls)

    def background(self, picture: Picture | None, box: Box) -> None:
        """Fill the plane with the colours of a field, or with nothing."""
        if picture is None:
            self._canvas.heat.clear()
            return
        self._canvas.heat.show_values(
            picture.values, box, picture.colours, picture.low, picture.high, picture.scale
        )

    def contours(self, field: Field | None, layers: frozenset[str], smooth: bool) -> None:
        """Borders of the regions that hold 50, 90 and 99 % of the learned density."""
        if field is None or "contours" not in layers:
            self._canvas.contours.clear()
            return
        with np.errstate(over="ignore"):
            q = np.exp(field.values.astype(np.float64))
        seen = float(np.nansum(q[np.isfinite(q)])) * field.grid.cell_area
        # Levels are shares of the whole mass: a view that shows only a part of it keeps those of the last whole one.
        if seen > _SHARE_SEEN or not self.levels:
            self.levels = highest_density_levels(q)
        colour = self._theme.color("text" if background(layers) == "density" else "model")
        self._canvas.contours.smooth = smooth
        self._canvas.contours.show_levels(np.nan_to_num(q), field.grid, self.levels, colour)

    def truth_lines(self, grid: Grid | None, log_p: NDArray[np.floating] | None) -> None:
        """The same borders of the true density, dashed; None: none."""
        if grid is None or log_p is None:
            self._canvas.truth_contours.clear()
            return
        p = np.exp(log_p.astype(np.float64))
        self._canvas.truth_contours.show_levels(
            p, grid, highest_density_levels(p), self._theme.color("truth"), dashed=True
        )

    def arrows(self, field: Field | None) -> None:
        """A vector field, or none."""
        if field is None:
            self._canvas.arrows.clear()
        else:
            self._canvas.arrows.show_vectors(field.values, field.grid, QPen(self._theme.color("text"), 0))
