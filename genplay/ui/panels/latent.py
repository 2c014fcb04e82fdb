"""The latent panel: sliders for the code, its map, what it decodes to, and the way between two codes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from genplay.spaces.binary import SIDE
from genplay.spaces.plane import Box
from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.paint.points import Marker, class_groups
from genplay.ui.panels.cloud_picture import CloudPicture
from genplay.ui.panels.digit_pad import DigitPad
from genplay.ui.panels.fit import fitting_scroll_area
from genplay.ui.panels.latent_sliders import REACH, LatentSliders, dimension_name
from genplay.ui.panels.latent_walk import LatentWalkView
from genplay.ui.panels.without_code import WithoutCode
from genplay.ui.seen import seen
from genplay.ui.stage.image_card import log_p_text
from genplay.ui.stage.titled import Titled, let_wrap
from genplay.ui.theme import Theme

__all__ = ["LatentPanel"]

_PRIOR_MASSES = (0.5, 0.9, 0.99)
_CODES = 600
"""So many data points are encoded for the map."""

_CODES_EVERY = 1.0
_REFRESH_EVERY = 0.5
"""Seconds between renewals of the map's codes and of the path while the model trains."""

Place = tuple[int, int, int, int]
ARRANGEMENTS: dict[str, tuple[tuple[Place, ...], tuple[int, ...], tuple[int, ...]]] = {
    "row": (((0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1), (0, 3, 1, 1)), (3, 3, 3, 5), (1,)),
    "square": (((0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)), (1, 1), (1, 1)),
    "narrow": (((0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1), (2, 0, 1, 2)), (1, 1), (0, 1, 1)),
    "column": (((0, 0, 1, 1), (1, 0, 1, 1), (2, 0, 1, 1), (3, 0, 1, 1)), (1,), (0, 1, 1, 1)),
}
"""Where code, map, decode and the walk stand (row, column, rows, columns), and how columns and rows share the room."""


class LatentPanel(QWidget):
    """Everything about the latent code of the open model; a sentence where it has none."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Latent space")
        self._snapshot: Snapshot | None = None
        self._decoded: NDArray[np.float64] | None = None
        self._codes: NDArray[np.float64] | None = None
        self._codes_at = self._refreshed_at = -1e9
        self._codes_step = -1
        self._arrangement = ""

        self.sliders = LatentSliders(theme, self)
        self.centre = QPushButton("Centre", self)
        self.centre.setToolTip("Set every dimension to 0, the middle of the prior.")
        self.draw_one = QPushButton("Draw one", self)
        self.draw_one.setToolTip("Draw a code from the prior.")
        self.map = CloudPicture(theme, "Map of the latent space", self, drags=True)
        self.map.setToolTip(
            "Two dimensions of the code: training points by class, and the regions that hold 50, 90 and 99 % of the prior. "
            "Drag the point, or move it by arrow keys."
        )
        self.map.rings = tuple(float(np.sqrt(-2 * np.log(1 - m))) for m in _PRIOR_MASSES)
        self.across, self.up = QComboBox(self), QComboBox(self)
        self.plane = CloudPicture(theme, "What the code decodes to", self, drags=True)
        self.plane.setToolTip(
            "Where the code decodes to, among the data. Click or drag to encode another point."
        )
        self.pad = DigitPad(theme, self)
        self.words = QLabel("", self)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        let_wrap(self.words)
        self.words.setAccessibleName("The decode in numbers")
        self.walk = LatentWalkView(experiment, actions, theme, self)
        self._build()

        self._decoder, self._encoder = LatestAsk(self), LatestAsk(self)
        self._decoder.answered.connect(self._take_decode)
        self._encoder.answered.connect(self._take_codes)
        self._rng = np.random.default_rng(0)
        self._connect()
        self._restyle()
        self._open()

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.centre)
        buttons.addWidget(self.draw_one)
        buttons.addStretch(1)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sliders)
        column.addLayout(buttons)
        column.addStretch(1)
        self._axes_row = QWidget(self)
        axes = QHBoxLayout(self._axes_row)
        axes.setContentsMargins(0, 0, 0, 0)
        for box, name in ((self.across, "across"), (self.up, "up")):
            box.setAccessibleName(f"Dimension {name} on the map")
            box.setToolTip(f"The dimension that the map shows {name}.")
            axes.addWidget(QLabel(name, self._axes_row))
            axes.addWidget(box)
        axes.addStretch(1)
        self._map_part = Titled("Map", self.map, self._theme, self, wraps=False)
        self._map_part.add(self._axes_row)
        self._faces = QStackedWidget(self)
        self._faces.addWidget(self.plane)
        self._faces.addWidget(self.pad)
        self._decode_part = Titled("Decode", self._faces, self._theme, self, wraps=False)
        self._decode_part.say("In data space.")
        self._decode_part.add(self.words)
        self._parts = [
            Titled("Code", left, self._theme, self, wraps=False),
            self._map_part,
            self._decode_part,
            Titled("From A to B", self.walk, self._theme, self, wraps=False),
        ]
        content = QWidget(self)
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._scroll = fitting_scroll_area(content, self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._scroll)
        self.without = WithoutCode(self._experiment, self._actions, self)
        self._pages.addWidget(fitting_scroll_area(self.without, self))
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._pages)

    def _connect(self) -> None:
        run = self._actions.run
        self.sliders.moved.connect(lambda i, v: run("latent.set", index=i, value=v))
        self.centre.clicked.connect(lambda: self._set_all(np.zeros(self._experiment.latent.dim)))
        self.draw_one.clicked.connect(
            lambda: self._set_all(self._rng.standard_normal(self._experiment.latent.dim))
        )
        self.map.pointed.connect(self._map_pointed)
        self.map.stepped.connect(self._map_stepped)
        self.map.key_pressed.connect(self._anchor_here)
        self.plane.pointed.connect(lambda x, y: run("latent.encode", point=[[x, y]]))
        self.pad.drawn.connect(lambda pixels: run("latent.encode", pixels=pixels))
        self.walk.a.clicked.connect(lambda: self._anchor_here("a"))
        self.walk.b.clicked.connect(lambda: self._anchor_here("b"))
        for box in (self.across, self.up):
            box.activated.connect(self._draw_map)
        experiment = self._experiment
        experiment.latent_changed.connect(self._latent)
        experiment.run_changed.connect(self._new_run)
        for signal in (experiment.model_changed, experiment.world_changed, experiment.data_changed):
            signal.connect(self._open)
        self._theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._grid.setHorizontalSpacing(theme.space(5))
        self._grid.setVerticalSpacing(theme.space(4))
        self._arrange()
        self._draw_map()
        self._draw_decode()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._snapshot is not None:
            self.render(self._snapshot)
        self._ask_decode()

    def _arrange(self) -> None:
        """The four parts side by side, two by two, the two pictures beside each other, or all in one column."""
        width = self.width() / self._theme.scale
        name = "row" if width >= 860 else "square" if width >= 470 else "narrow" if width >= 220 else "column"
        if name == self._arrangement:
            return
        self._arrangement = name
        places, columns, rows = ARRANGEMENTS[name]
        for part, place in zip(self._parts, places, strict=True):
            self._grid.removeWidget(part)
            self._grid.addWidget(part, *place)
        for i in range(4):
            self._grid.setColumnStretch(i, columns[i] if i < len(columns) else 0)
            self._grid.setRowStretch(i, rows[i] if i < len(rows) else 0)

    # What is open

    def _open(self, *_: object) -> None:
        experiment = self._experiment
        has_code = "latent" in experiment.card.capabilities_in(experiment.world)
        self._pages.setCurrentIndex(0 if has_code else 1)
        if not has_code:
            self.without.offer()
        self._faces.setCurrentIndex(0 if experiment.world == "plane" else 1)
        self._latent()

    def _new_run(self, *_: object) -> None:
        self._snapshot, self._decoded, self._codes = None, None, None
        self._codes_step = -1
        self._decoder.forget()
        self._encoder.forget()
        self._open()

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Renew what depends on the model's parameters, at most a few times a second."""
        self._snapshot = snapshot
        latent = self._experiment.latent
        if not seen(self) or not latent.dim or snapshot.step == self._codes_step:
            return
        now = time.monotonic()
        if now - self._refreshed_at >= _REFRESH_EVERY or snapshot.state != "running":
            self._refreshed_at = now
            self.walk.refresh(snapshot.step)
            self._ask_decode()
        if now - self._codes_at >= _CODES_EVERY or snapshot.state != "running":
            self._codes_at, self._codes_step = now, snapshot.step
            x = np.asarray(self._experiment.data.x_train[:_CODES], np.float64)
            self._encoder.put(None, lambda: self._experiment.query("encode", x))

    def _latent(self, *_: object) -> None:
        latent = self._experiment.latent
        if len(self.sliders.sliders) != latent.dim:
            self.sliders.set_count(latent.dim)
            self._name_axes(latent.dim)
        self.sliders.show_code(latent.z)
        self.walk.show_state()
        self._mark_map()
        self._ask_decode()

    # The map

    def _name_axes(self, dim: int) -> None:
        names = [dimension_name(i) for i in range(dim)]
        for i, box in enumerate((self.across, self.up)):
            box.clear()
            box.addItems(names)
            box.setCurrentIndex(min(i, dim - 1))
        self._axes_row.setVisible(dim > 2)

    def _axes(self) -> tuple[int, int]:
        return max(self.across.currentIndex(), 0), max(self.up.currentIndex(), 0)

    def _draw_map(self, *_: object) -> None:
        latent = self._experiment.latent
        box = Box(-REACH, REACH, -REACH, REACH)
        if self._codes is None or self._codes.shape[1] != latent.dim or not latent.dim:
            self.map.show_groups((), box)
            self._map_part.say("The prior alone.")
        else:
            i, j = self._axes()
            codes = self._codes[:, [i, j]].copy()
            if i == j:
                codes[:, 1] = 0.0
            self.map.show_groups(self._by_class(codes), box)
            self._map_part.say("Encoded data.")
        self._mark_map()

    def _by_class(self, points: NDArray[np.floating]) -> list[tuple[NDArray[np.floating], Marker]]:
        data, size = self._experiment.data, 4.0 * self._theme.scale**0.5
        return class_groups(points, data.y_train[: len(points)], data.classes, size, self._theme.tokens)

    def _mark_map(self) -> None:
        latent = self._experiment.latent
        if not latent.dim or len(latent.z) != latent.dim:
            self.map.mark({})
            return
        i, j = self._axes()

        def flat(z: Any) -> NDArray[np.float64]:
            z = np.asarray(z, np.float64)
            return np.stack([z[..., i], z[..., j] if i != j else np.zeros_like(z[..., i])], axis=-1)

        marks = {"A": flat(latent.a.z)} if latent.a is not None else {}
        if latent.b is not None:
            marks["B"] = flat(latent.b.z)
        marks[""] = flat(latent.z)
        self.map.mark(marks, flat(latent.path.z) if latent.path is not None else None)

    def _map_pointed(self, x: float, y: float) -> None:
        if not self._experiment.latent.dim:
            return
        i, j = self._axes()
        self._actions.run("latent.set", index=i, value=round(x, 4))
        if i != j:
            self._actions.run("latent.set", index=j, value=round(y, 4))

    def _map_stepped(self, dx: int, dy: int) -> None:
        z = self._experiment.latent.z
        i, j = self._axes()
        axis, by = (i, dx) if dx else (j, dy)
        if axis < len(z):
            self._actions.run("latent.set", index=axis, value=round(z[axis] + 0.1 * by, 4))

    def _set_all(self, z: NDArray[np.float64]) -> None:
        for i, value in enumerate(z):
            self._actions.run("latent.set", index=i, value=round(float(value), 4))

    def _anchor_here(self, slot: str) -> None:
        """Make the decode of the current code an end of the path."""
        x = self._decoded
        if x is None or slot not in ("a", "b"):
            return
        if self._experiment.world == "plane":
            self._actions.run("latent.anchor", slot=slot, point=[[float(x[0]), float(x[1])]])
        else:
            self._actions.run("latent.anchor", slot=slot, pixels=[int(v > 0.5) for v in x])

    # Answers of the model

    def _ask_decode(self) -> None:
        latent, experiment = self._experiment.latent, self._experiment
        if not seen(self) or not latent.dim or len(latent.z) != latent.dim:
            return
        z = np.array([latent.z])
        self._decoder.put(latent.z, lambda: experiment.ask(lambda model: _decode(model, z)))

    def _take_decode(self, _z: object, answer: tuple[NDArray[np.float64], float | None]) -> None:
        self._decoded, self._log_p = answer[0], answer[1]
        self._draw_decode()

    _log_p: float | None = None

    def _draw_decode(self) -> None:
        x, data = self._decoded, self._experiment.data
        digits = self._experiment.world == "digits"
        if not digits:
            self.plane.show_groups(self._by_class(np.asarray(data.x_train[:_CODES])), data.box)
            self.plane.mark({"": x} if x is not None and len(x) == 2 else {})
        elif x is not None and len(x) == SIDE * SIDE:
            self.pad.show_pixels(x)
        if x is None:
            self.words.setText("Waiting for the model.")
            return
        where = "" if digits else f"({x[0]:.2f}, {x[1]:.2f})".replace("-", "−") + "<br>"
        density = self._experiment.card.density.get(self._experiment.world)
        if self._log_p is not None and density is not None:
            colour = self._theme.tokens.model
            where += f'<span style="color:{colour}">log p</span> {log_p_text(self._log_p, density)}'
        self.words.setText(where)

    def _take_codes(self, _tag: object, codes: NDArray[np.float64]) -> None:
        self._codes = codes
        self._draw_map()


def _decode(model: Any, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], float | None]:
    """The decode of one code and its log p, in the training thread; an image is rounded to what it stands for."""
    from genplay.models.base import HasDensity
    from genplay.training import queries

    x = queries.decode(model, z)
    known = isinstance(model, HasDensity)
    point = np.round(x) if model.world == "digits" else x
    return x[0], float(queries.log_prob(model, point)[0]) if known else None
