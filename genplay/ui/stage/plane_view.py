"""The stage of the plane: data, samples, and the fields of the model and of the truth, drawn from a snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genplay.spaces.plane import Box, Grid
from genplay.training.snapshot import Field, FieldName, FieldRequest, Snapshot
from genplay.ui.paint.contours import highest_density_levels
from genplay.ui.paint.points import Marker, class_groups
from genplay.ui.stage.colour_bar import Caption
from genplay.ui.stage.components import Components
from genplay.ui.stage.layers import background, missing
from genplay.ui.stage.moments import Moments
from genplay.ui.stage.moving import Moving
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.stage.region_tool import RegionTool
from genplay.ui.stage.scales import (
    Picture,
    density_picture,
    error_picture,
    field_picture,
    posterior_picture,
    round_up,
    top_of,
)
from genplay.ui.stage.truth import TruthField
from genplay.ui.stage.wanted import fields_of
from genplay.ui.theme import Theme

__all__ = ["MOST_POINTS", "SAMPLES", "PlaneView"]

MOST_POINTS = 5000
SAMPLES = 2000
_TRAIL = 200
_REACH = 12
"""A click marks the nearest sample within so many pixels."""

_SHARE_SEEN = 0.95
_POINT, _SAMPLE = 4.4, 3.4
"""Diameters in pixels at scale 1."""

_HANDFULS = 8
_FOLLOWED = 48
"""So many samples are shown on their way."""


class PlaneView(QWidget):
    """The canvas and what it shows. ``captioned`` carries the caption of the field, ``sample_marked`` a sample or −1."""

    captioned = Signal(object)
    sample_marked = Signal(int)
    request_changed = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.canvas = PlaneCanvas(theme, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.truth = TruthField(self)
        self.truth.ready.connect(self._truth_ready)
        self.moments = Moments(experiment, _FOLLOWED, MOST_POINTS, self)
        self.moments.changed.connect(self._draw)
        self.moving = Moving(self.canvas, theme, self.moments)
        self.region = RegionTool(self.canvas, experiment, actions, self)
        self.components = Components(self.canvas, experiment, actions, theme)
        self._snapshot: Snapshot | None = None
        self._drawn: dict[str, tuple[object, ...]] = {}
        self._held: tuple[object, ...] = ()
        self._asked_layers: tuple[object, object, object] = (None, None, None)
        self._layers: frozenset[str] = frozenset()
        self._levels: list[float] = []
        self._truth_top: tuple[object, float] | None = None
        self._marked = -1
        self._trail: list[NDArray[np.float64]] = []
        self.canvas.box_settled.connect(self._box_settled)
        self.canvas.home_asked.connect(lambda: self._actions.run("stage.home"))
        self.canvas.clicked.connect(self._clicked)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._draw)
        theme.changed.connect(self._soon.start)

    # What is wanted

    @property
    def layers(self) -> frozenset[str]:
        """The layers switched on that this model and these data have."""
        experiment = self._experiment
        asked = (experiment.stage.layers, experiment.card, experiment.data)
        # Asked for several times a beat, and hardly ever another answer.
        if any(new is not old for new, old in zip(asked, self._asked_layers, strict=True)):
            self._asked_layers = asked
            self._layers = asked[0] - set(missing(experiment.card, "plane", experiment.data))
        return self._layers

    def fields(self) -> tuple[FieldRequest, ...]:
        """The functions of the plane that the layers in view need from the model."""
        box = self.canvas.seen()
        if box is None:
            return ()
        stage = self._experiment.stage
        return fields_of(self.layers, box, stage.resolution, self._experiment.subject.t)

    def samples_wanted(self) -> int:
        """How many frozen-noise samples are drawn."""
        return SAMPLES if "samples" in self.layers else 0

    # Drawing

    def open(self) -> None:
        """Show the experiment as it is: after another data set, model, run or stage setting."""
        self.canvas.show_box(self._experiment.stage.box)
        self._draw()

    def new_run(self) -> None:
        """Forget what the run before has left: contour levels, the marked sample's trail."""
        self._snapshot = None
        self._levels = []
        self._trail = []
        self.moments.forget()
        self.components.forget()
        self._draw()

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Draw a snapshot; what has not changed since the last one is not touched."""
        before = self._snapshot
        if before is not None and snapshot.step < before.step:
            self._trail = []
        self._snapshot = snapshot
        self._experiment.region.follow(snapshot)
        self._draw()

    def _draw(self) -> None:
        snapshot, data = self._snapshot, self._experiment.data
        if data.world != "plane":
            return
        layers = self.layers
        fields = snapshot.fields if snapshot is not None else {}
        samples = snapshot.samples if snapshot is not None else None
        look = (layers, self._theme.tokens.name, self._theme.scale, id(data))
        self.moments.keep(layers, snapshot)
        self.components.keep("components" in layers, snapshot)
        noised, paths, t = self.moments.noised, self.moments.paths, self._experiment.subject.t
        truth, truth_key = self._truth_seen()
        shown = self._field_shown(layers)
        parts = {
            "points": (self._draw_points, (look, id(samples), id(noised))),
            "background": (
                self._draw_background,
                (look, id(fields.get(shown) if shown else None), truth_key),
            ),
            "contours": (
                self._draw_contours,
                (look, id(fields.get("density")), snapshot is not None and snapshot.state),
            ),
            "truth": (self._draw_truth_lines, (look, truth_key)),
            "components": (self.components.restyle, (look,)),
            "arrows": (self._draw_arrows, (look, id(fields.get("score")))),
            "moving": (
                self._draw_moving,
                (look, t, id(paths), id(self.moments.warp), id(fields.get("velocity"))),
            ),
        }
        for name, (draw, key) in parts.items():
            if self._drawn.get(name) != key:
                draw()
                self._drawn[name] = key
                if name in ("contours", "truth"):
                    self.canvas.overlay.refresh()
        # Held until the next drawing, so that no new array can have the id of one that was drawn.
        self._held = (snapshot, data, truth, noised, paths, self.moments.warp)

    @staticmethod
    def _field_shown(layers: frozenset[str]) -> FieldName | None:
        shown = background(layers)
        names: dict[str | None, FieldName] = {
            "error": "density", "density": "density", "energy": "energy", "discriminator": "discriminator",
            "posterior": "posterior",
        }  # fmt: skip
        return names.get(shown)

    def _field(self, name: FieldName) -> Field | None:
        return self._snapshot.fields.get(name) if self._snapshot is not None else None

    def _draw_points(self) -> None:
        """Data and samples in alternating handfuls, so that where they agree neither hides the other."""
        snapshot, layers = self._snapshot, self.layers
        samples = snapshot.samples if snapshot is not None and "samples" in layers else None
        groups = self._data_groups() if layers & {"data", "noised"} else []
        if samples is not None:
            tokens = self._theme.tokens
            groups.append(
                (samples, Marker("o", _SAMPLE * self._theme.scale**0.5, tokens.model, tokens.canvas))
            )
        handfuls = _HANDFULS if samples is not None and len(groups) > 1 else 1
        self.canvas.points.show_points(groups, handfuls)
        self._mark_ring(samples)

    def _data_groups(self) -> list[tuple[NDArray[np.floating], Marker]]:
        data, size = self._experiment.data, _POINT * self._theme.scale**0.5
        x, y = data.x_train[:MOST_POINTS], data.y_train[:MOST_POINTS]
        noised = self.moments.noised if "noised" in self.layers else None
        if noised is not None and len(noised) == len(x):
            x = noised
        return class_groups(x, y, data.classes, size, self._theme.tokens)

    def _mark_ring(self, samples: NDArray[np.float32] | None) -> None:
        overlay = self.canvas.overlay
        if samples is None or not 0 <= self._marked < len(samples):
            if overlay.marked is not None:
                overlay.marked = None
                overlay.refresh()
            return
        at = samples[self._marked].astype(np.float64)
        if not self._trail or not np.array_equal(self._trail[-1], at):
            self._trail = [*self._trail[-_TRAIL:], at]
        overlay.marked, overlay.trail = at, np.array(self._trail)
        overlay.refresh()

    def _draw_background(self) -> None:
        picture = self._picture(background(self.layers))
        if picture is None:
            self.canvas.heat.clear()
            self.captioned.emit(None)
            return
        shown, box = picture
        self.canvas.heat.show_values(shown.values, box, shown.colours, shown.low, shown.high, shown.scale)
        self.captioned.emit(shown.caption)

    def _picture(self, shown: str | None) -> tuple[Picture, Box] | None:
        tokens = self._theme.tokens
        if shown == "truth":
            grid, log_p = self._truth()
            if log_p is None:
                return None
            true = np.exp(log_p)
            return density_picture(
                "truth", true, self._top(true), "exact", "the law of the data", tokens
            ), grid.box
        name = self._field_shown(frozenset({shown} if shown else ()))
        field = self._field(name) if name is not None else None
        if field is None or shown is None:
            return None
        if shown == "posterior":
            names = self._experiment.data.class_names
            return posterior_picture(field.values, names, field.kind, field.method, tokens), field.grid.box
        if shown in ("energy", "discriminator"):
            return field_picture(shown, field.values, field.kind, field.method, tokens), field.grid.box
        with np.errstate(over="ignore"):
            q = np.exp(field.values)
        _, log_true = self._truth()
        p = np.exp(log_true) if log_true is not None else None
        top = self._top(p) if p is not None else top_of(q)
        if shown == "density":
            return density_picture("density", q, top, field.kind, field.method, tokens), field.grid.box
        if p is None or p.shape != q.shape:
            return None
        error = np.clip(q, 0.0, 1e30) - np.clip(p, 0.0, 1e30)
        return error_picture(error, round_up(top / 2), field.kind, field.method, tokens), field.grid.box

    def _top(self, truth: NDArray[np.floating]) -> float:
        """The end of the density scale: that of the truth, for all of training and wherever one looks."""
        law = self._experiment.data.law
        if self._truth_top is None or self._truth_top[0] is not law:
            self._truth_top = (law, top_of(truth))
        return self._truth_top[1]

    def _draw_contours(self) -> None:
        field = self._field("density")
        if field is None or "contours" not in self.layers:
            self.canvas.contours.clear()
            return
        with np.errstate(over="ignore"):
            q = np.exp(field.values.astype(np.float64))
        seen = float(np.nansum(q[np.isfinite(q)])) * field.grid.cell_area
        # Levels are shares of the whole mass: a view that shows only a part of it keeps those of the last whole one.
        if seen > _SHARE_SEEN or not self._levels:
            self._levels = highest_density_levels(q)
        heat_below = background(self.layers) == "density"
        colour = self._theme.color("text" if heat_below else "model")
        self.canvas.contours.smooth = self._snapshot is None or self._snapshot.state != "running"
        self.canvas.contours.show_levels(np.nan_to_num(q), field.grid, self._levels, colour)

    def _draw_truth_lines(self) -> None:
        layers = self.layers
        if "truth" not in layers or background(layers) == "truth":
            self.canvas.truth_contours.clear()
            return
        grid, log_p = self._truth()
        if log_p is None:
            self.canvas.truth_contours.clear()
            return
        p = np.exp(log_p.astype(np.float64))
        self.canvas.truth_contours.show_levels(
            p, grid, highest_density_levels(p), self._theme.color("truth"), dashed=True
        )

    def _draw_arrows(self) -> None:
        field = self._field("score")
        if field is None or "score" not in self.layers:
            self.canvas.arrows.clear()
            return
        self.canvas.arrows.show_vectors(field.values, field.grid, QPen(self._theme.color("text"), 0))

    def _draw_moving(self) -> None:
        self.moving.draw(self.layers, self._field("velocity"), self._experiment.subject.t)

    def show_time(self) -> None:
        """Draw the moment between noise and data that was gone to."""
        if "velocity" in self.layers:
            self.request_changed.emit()
        self._draw()

    # The truth

    def _truth_grid(self) -> Grid:
        shown = background(self.layers)
        field = self._field("density") if shown in ("density", "error") else None
        if field is not None:
            return field.grid
        return Grid(
            self.canvas.seen() or self._experiment.stage.box, max(160, self._experiment.stage.resolution)
        )

    def _truth(self) -> tuple[Grid, NDArray[np.float32] | None]:
        grid, law = self._truth_grid(), self._experiment.data.law
        return grid, self.truth.on(law, grid) if law is not None else None

    def _truth_seen(self) -> tuple[object, tuple[object, ...]]:
        """The true density that is drawn, and what changes when it does."""
        if not self.layers & {"truth", "error", "density"}:
            return None, ()
        grid, values = self._truth()
        return values, (grid, id(values))

    def _truth_ready(self) -> None:
        self._soon.start()

    # The mouse

    def _box_settled(self, moved: Box | None) -> None:
        if moved is not None:
            self._actions.run("stage.box", x0=moved.x0, x1=moved.x1, y0=moved.y0, y1=moved.y1)
        self.request_changed.emit()
        self._soon.start()

    def _clicked(self, x: float, y: float) -> None:
        """Look inside the model there; a sample near by is followed, too."""
        self._actions.run("inside.about", point=[[x, y]])
        snapshot = self._snapshot
        if snapshot is None or snapshot.samples is None or "samples" not in self.layers:
            return
        distance = np.hypot(*(snapshot.samples - np.array([x, y], np.float32)).T)
        nearest = int(np.argmin(distance))
        within = distance[nearest] <= _REACH * self._theme.scale * self.canvas.pixel()
        self.mark(nearest if within and nearest != self._marked else -1)
        self.sample_marked.emit(self._marked)

    def show_subject(self, x: NDArray[np.float64] | None) -> None:
        """Mark the point that the panel Inside is about, (2,)."""
        self.canvas.overlay.subject = x if x is not None and len(x) == 2 else None
        self.canvas.overlay.refresh()

    def mark(self, sample: int) -> None:
        """Follow one sample with a ring and its trail (−1: none)."""
        if sample != self._marked:
            self._marked, self._trail = sample, []
            self._mark_ring(self._snapshot.samples if self._snapshot is not None else None)

    @property
    def marked(self) -> int:
        return self._marked

    def show_latent(self) -> None:
        """Draw the latent path, its ends and the decode of the current code, in the data space."""
        latent, overlay = self._experiment.latent, self.canvas.overlay
        overlay.path = latent.path.x if latent.path is not None else None
        overlay.ends = {name: end.x for name, end in (("A", latent.a), ("B", latent.b)) if end is not None}
        overlay.refresh()

    def show_decode(self, x: NDArray[np.float64] | None) -> None:
        """Mark where the current latent code decodes to, (2,)."""
        self.canvas.overlay.decode = x
        self.canvas.overlay.refresh()

    @property
    def caption(self) -> Caption | None:
        picture = self._picture(background(self.layers))
        return picture[0].caption if picture is not None else None

    def close_truth(self) -> None:
        """End the thread of the true density."""
        self.truth.close()
