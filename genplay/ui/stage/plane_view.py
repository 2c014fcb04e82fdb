"""The stage of the plane: data, samples, and the fields of the model and of the truth, drawn from a snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genplay.spaces.plane import HOME, Box, Grid
from genplay.training.snapshot import Field, FieldName, FieldRequest, Snapshot
from genplay.ui.stage.colour_bar import Caption
from genplay.ui.stage.components import Components
from genplay.ui.stage.layers import background, missing
from genplay.ui.stage.moments import Moments
from genplay.ui.stage.moving import Moving
from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.stage.plane_paint import PlanePaint, field_shown
from genplay.ui.stage.region_tool import RegionTool
from genplay.ui.stage.scales import Picture, density_picture, picture_of, top_of
from genplay.ui.stage.truth import TruthField
from genplay.ui.stage.wanted import fields_of
from genplay.ui.theme import Theme

__all__ = ["MOST_POINTS", "SAMPLES", "PlaneView"]

MOST_POINTS = 5000
SAMPLES = 2000
_TRAIL = 200
_REACH = 12
"""A click marks the nearest sample within so many pixels."""

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
        self.paint = PlanePaint(self.canvas, theme)
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
        self._asked_desk: object = None
        self._layers: frozenset[str] = frozenset()
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
        desk = experiment.desk()
        # Asked for several times a beat; every change makes another desk.
        if desk is not self._asked_desk:
            self._asked_desk = desk
            self._layers = desk.stage.layers - set(missing(experiment.card, "plane", experiment.data))
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
        self.paint.forget()
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
        shown = field_shown(layers)
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

    def _field(self, name: FieldName) -> Field | None:
        return self._snapshot.fields.get(name) if self._snapshot is not None else None

    def _draw_points(self) -> None:
        snapshot, layers = self._snapshot, self.layers
        samples = snapshot.samples if snapshot is not None and "samples" in layers else None
        data = self._experiment.data
        self.paint.points(data, self._data_points() if layers & {"data", "noised"} else None, samples)
        self._mark_ring(samples)

    def _data_points(self) -> NDArray[np.floating]:
        """Where the training points are shown: as they are, or on their way to noise."""
        x: NDArray[np.floating] = self._experiment.data.x_train[:MOST_POINTS]
        noised = self.moments.noised if "noised" in self.layers else None
        return noised if noised is not None and len(noised) == len(x) else x

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
        shown, box = picture if picture is not None else (None, HOME)
        self.paint.background(shown, box)
        self.captioned.emit(shown.caption if shown is not None else None)

    def _picture(self, shown: str | None) -> tuple[Picture, Box] | None:
        data, tokens = self._experiment.data, self._theme.tokens
        grid, log_true = self._truth() if shown in ("truth", "density", "error") else (None, None)
        p = np.exp(log_true) if log_true is not None else None
        top = self._top(p) if p is not None else None
        if shown == "truth":
            if grid is None or p is None or top is None:
                return None
            return density_picture("truth", p, top, "exact", "the law of the data", tokens), grid.box
        name = field_shown(frozenset({shown} if shown else ()))
        field = self._field(name) if name is not None else None
        if field is None or shown is None:
            return None
        made = picture_of(shown, field, tokens, data.class_names, p, top)
        return (made, field.grid.box) if made is not None else None

    def _top(self, truth: NDArray[np.floating]) -> float:
        """The end of the density scale: that of the truth, for all of training and wherever one looks."""
        law = self._experiment.data.law
        if self._truth_top is None or self._truth_top[0] is not law:
            self._truth_top = (law, top_of(truth))
        return self._truth_top[1]

    def _draw_contours(self) -> None:
        resting = self._snapshot is None or self._snapshot.state != "running"
        self.paint.contours(self._field("density"), self.layers, resting)

    def _draw_truth_lines(self) -> None:
        layers = self.layers
        grid, log_p = self._truth() if "truth" in layers and background(layers) != "truth" else (None, None)
        self.paint.truth_lines(grid, log_p)

    def _draw_arrows(self) -> None:
        self.paint.arrows(self._field("score") if "score" in self.layers else None)

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
