"""Draws on the plane what is on its way between noise and data: paths with their heads, velocity arrows, the warped grid."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPen

from genplay.training.snapshot import Field
from genplay.ui.paint.arrows import ArrowsItem
from genplay.ui.paint.lines import LinesItem
from genplay.ui.paint.points import Marker, PointsItem
from genplay.ui.stage.moments import Moments
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.theme import Theme

__all__ = ["Moving"]

_HEAD = 7.0
"""Diameter of the head of a path, in pixels at scale 1."""


class Moving:
    """The graphics items of these layers and what they show at the moment t."""

    def __init__(self, canvas: PlaneCanvas, theme: Theme, moments: Moments) -> None:
        self._theme, self._moments = theme, moments
        self.ahead, self.trails = LinesItem(z=20.0), LinesItem(z=21.0)
        self.heads = PointsItem(z=22.0)
        self.warp = LinesItem(z=-35.0)
        self.velocity = ArrowsItem(z=-39.0)
        for item in (self.ahead, self.trails, self.heads, self.warp, self.velocity):
            canvas.view.addItem(item, ignoreBounds=True)

    def draw(self, layers: frozenset[str], velocity: Field | None, t: float) -> None:
        """Show these layers at this moment."""
        theme = self._theme
        if velocity is not None and "velocity" in layers:
            self.velocity.show_vectors(velocity.values, velocity.grid, QPen(theme.color("model"), 0))
        else:
            self.velocity.clear()
        grid = self._moments.warp_now() if "warp" in layers else None
        if grid is not None:
            self.warp.show_lines(grid, QPen(theme.color("text_dim"), 0))
        else:
            self.warp.clear()
        paths, heads = self._moments.paths, self._moments.samples_now()
        if "paths" not in layers or paths is None or heads is None:
            for item in (self.ahead, self.trails, self.heads):
                item.clear()
            return
        past = paths[: int(t * (len(paths) - 1)) + 1]
        way = np.concatenate([past, heads[None]]).transpose(1, 0, 2)
        faint = theme.color("text_dim")
        faint.setAlphaF(0.35)
        self.ahead.show_lines(paths.transpose(1, 0, 2), QPen(faint, 0))
        self.trails.show_lines(way, QPen(theme.color("text"), 0))
        marker = Marker("o", _HEAD * theme.scale**0.5, theme.tokens.model, theme.tokens.canvas)
        self.heads.show_points([(heads, marker)])
