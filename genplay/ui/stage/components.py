"""The Gaussians of a model as ellipses on the plane, one and two standard deviations wide; their means can be dragged."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QPen

from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.paint.lines import LinesItem
from genplay.ui.paint.points import Marker, PointsItem
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.theme import Theme

__all__ = ["Components", "ellipses"]

Array = NDArray[np.float64]
WIDTHS = (1.0, 2.0)
_POINTS = 61
_REACH = 12.0
"""Pixels at scale 1 within which a mean is taken hold of."""
_HEAD = 9.0
_EVERY = 0.1


def ellipses(means: Array, factors: Array) -> Array:
    """The points μ + w L u, |u| = 1, for each width w, (widths · K, points, 2)."""
    angle = np.linspace(0.0, 2 * np.pi, _POINTS)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    rings = [means[:, :, None] + width * factors @ circle for width in WIDTHS]
    return np.concatenate(rings).transpose(0, 2, 1)


class Components(QObject):
    """Asks for the Gaussians while they are shown, draws them, and lets the mouse drag one."""

    def __init__(self, canvas: PlaneCanvas, experiment: Any, actions: Any, theme: Theme) -> None:
        super().__init__(canvas)
        self._canvas, self._experiment, self._actions, self._theme = canvas, experiment, actions, theme
        self.lines, self.heads = LinesItem(z=30.0), PointsItem(z=31.0)
        for item in (self.lines, self.heads):
            canvas.view.addItem(item, ignoreBounds=True)
        self.means: Array = np.empty((0, 2))
        self._factors: Array = np.empty((0, 2, 2))
        self._held = -1
        self._asked: tuple[object, ...] = ()
        self._asked_at = 0.0
        self._ask = LatestAsk(self)
        self._ask.answered.connect(self._take)
        canvas.grab_at = self.grab
        canvas.dragged.connect(self._drag)
        canvas.dropped.connect(self._drop)

    def keep(self, shown: bool, snapshot: Snapshot | None) -> None:
        """Ask for what is no longer fresh, ten times a second at most while the model trains; clear what is not shown."""
        if not shown or snapshot is None:
            self.forget()
            return
        if snapshot.run_id != self._experiment.run_id or snapshot.state in ("building", "failed", "closed"):
            return
        now, resting = time.monotonic(), snapshot.state != "running"
        tag = (snapshot.run_id, snapshot.step, snapshot.phase, len(snapshot.history.marks))
        if tag != self._asked and (resting or now - self._asked_at >= _EVERY):
            self._asked, self._asked_at = tag, now
            self._ask.put(tag, lambda: self._experiment.query("components"))

    def forget(self) -> None:
        """Show nothing, and hold nothing."""
        self._ask.forget()
        self._asked, self._held = (), -1
        self.means = np.empty((0, 2))
        self.lines.clear()
        self.heads.clear()

    def restyle(self) -> None:
        """Draw again in the present theme."""
        if len(self.means):
            self._draw()

    def _take(self, tag: tuple[object, ...], answer: tuple[Array, Array]) -> None:
        if not self._asked or tag[0] != self._experiment.run_id or self._held >= 0:
            return
        self.means, self._factors = answer
        self._draw()

    def _draw(self) -> None:
        theme = self._theme
        self.lines.show_lines(ellipses(self.means, self._factors), QPen(theme.color("text"), 0))
        marker = Marker("o", _HEAD * theme.scale**0.5, theme.tokens.text, theme.tokens.canvas)
        self.heads.show_points([(self.means, marker)])

    # The mouse

    def grab(self, x: float, y: float) -> bool:
        """Take hold of the mean that lies here; False if there is none."""
        if not len(self.means):
            return False
        distance = np.hypot(*(self.means - np.array([x, y])).T)
        nearest = int(np.argmin(distance))
        if distance[nearest] > _REACH * self._theme.scale * self._canvas.pixel():
            return False
        self._held = nearest
        return True

    def _drag(self, x: float, y: float) -> None:
        if not 0 <= self._held < len(self.means):
            return
        self.means = self.means.copy()
        self.means[self._held] = x, y
        self._draw()
        self._actions.run("model.move_component", index=self._held, x=x, y=y)

    def _drop(self) -> None:
        self._held = -1
        self._asked = (None,)
