"""The picture of one lane on the plane: what the stage shows of a run, small, on the scale that all lanes share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genplay.models.card import Card
from genplay.spaces.plane import HOME, Box
from genplay.training.snapshot import Snapshot
from genplay.ui.stage.colour_bar import Caption
from genplay.ui.stage.layers import background, missing
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.stage.plane_paint import PlanePaint, field_shown
from genplay.ui.stage.race.common import Common
from genplay.ui.stage.race.words import here
from genplay.ui.theme import Theme

__all__ = ["POINTS", "SAMPLES", "PlaneLane"]

POINTS, SAMPLES = 800, 800
"""So many training points and samples are drawn in a small picture."""

_LARGE = 420
"""From this width on, in pixels at scale 1, points have their full size."""


class PlaneLane(QWidget):
    """``pointed`` carries a place under the mouse (2,), or None when it has left."""

    pointed = Signal(object)

    def __init__(
        self, experiment: Any, actions: Any, theme: Theme, common: Common, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment, self._theme, self._common = experiment, theme, common
        self.canvas = PlaneCanvas(theme, self, bare=True)
        self.paint = PlanePaint(self.canvas, theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.caption: Caption | None = None
        self._snapshot: Snapshot | None = None
        self._card: Card | None = None
        self._drawn: dict[str, tuple[object, ...]] = {}
        self._held: tuple[object, ...] = ()
        self.canvas.hovered.connect(lambda x, y: self.pointed.emit(np.array([x, y])))
        self.canvas.left.connect(lambda: self.pointed.emit(None))
        self.canvas.home_asked.connect(lambda: actions.run("stage.home"))

    def show_box(self, box: Box) -> None:
        """Look at this part of the plane."""
        self.canvas.show_box(box)

    def render(self, snapshot: Snapshot | None, card: Card) -> None:  # type: ignore[override]
        """Draw what has changed since the last drawing; None: nothing of a model yet."""
        self._snapshot, self._card = snapshot, card
        common, theme = self._common, self._theme
        data = common.data
        layers = common.layers - set(missing(card, "plane", data))
        fields = snapshot.fields if snapshot is not None else {}
        samples = snapshot.samples if snapshot is not None and "samples" in layers else None
        shown = field_shown(layers)
        field = fields.get(shown) if shown is not None else None
        resting = snapshot is None or snapshot.state != "running"
        grain = min(1.0, 0.55 + 0.45 * self.width() / theme.px(_LARGE))
        look = (layers, theme.tokens.name, theme.scale, id(data))
        grid = field.grid if field is not None else common.grid
        lined = "truth" in layers and background(layers) != "truth"
        true = common.true(grid) if lined or background(layers) in ("truth", "error") else None
        wanted = {
            "points": (look, id(samples), grain),
            "background": (look, id(field), common.top, common.span, id(true), common.grid),
            "contours": (look, id(fields.get("density")), resting),
            "truth": (look, lined, id(true)),
            "arrows": (look, id(fields.get("score"))),
        }
        new = {name for name, key in wanted.items() if self._drawn.get(name) != key}
        self._drawn = dict(wanted)
        # Held until the next drawing, so that no new array can have the id of one that was drawn.
        self._held = (snapshot, data, true, field)
        if "points" in new:
            self.paint.grain = grain
            x = data.x_train[:POINTS] if "data" in layers else None
            self.paint.points(data, x, samples[:SAMPLES] if samples is not None else None)
        if "background" in new:
            picture = common.picture(field) if background(layers) else None
            self.paint.background(*(picture if picture is not None else (None, HOME)))
            self.caption = picture[0].caption if picture is not None else None
        if "contours" in new:
            self.paint.contours(fields.get("density"), layers, resting)
        if "truth" in new:
            self.paint.truth_lines(grid if lined else None, true)
        if "arrows" in new:
            self.paint.arrows(fields.get("score") if "score" in layers else None)
        if {"contours", "truth"} & new:
            self.canvas.overlay.refresh()

    def point_at(self, x: NDArray[np.float64] | None) -> None:
        """Mark a place (2,) that is pointed at in any lane."""
        overlay = self.canvas.overlay
        overlay.crosshair = x
        if x is None:
            overlay.said = ""
        overlay.refresh()

    def say_log_p(self, log_p: float) -> None:
        """Write this model's log p beside the mark; it stays while the mark moves, until the next one is known."""
        if self._card is not None:
            self.canvas.overlay.said = here(log_p, self._card.density.get("plane"))
            self.canvas.overlay.refresh()

    def forget(self) -> None:
        """Draw everything anew."""
        self._drawn = {}
        self.paint.forget()
