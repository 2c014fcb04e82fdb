"""What all lanes of a race share: the layers in view, the true density, and one scale of colours, so that pictures can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from genplay.datasets.base import Data
from genplay.spaces.plane import Box, Grid
from genplay.training.snapshot import Field, Snapshot
from genplay.ui.stage.layers import background
from genplay.ui.stage.plane_paint import field_shown
from genplay.ui.stage.scales import (
    Picture,
    density_picture,
    energy_span,
    field_picture,
    picture_of,
    round_up,
    top_of,
)
from genplay.ui.stage.truth import TruthField
from genplay.ui.theme import Theme

__all__ = ["Common"]

_TRUTH_CELLS = 128


class Common(QObject):
    """``changed``: the same field would now be drawn in other colours, or the true density has been computed."""

    changed = Signal()

    def __init__(self, experiment: Any, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._theme = experiment, theme
        self.truth = TruthField(self)
        self.truth.ready.connect(self.changed)
        self.top, self.span = 1.0, 1.0
        self._true_top: tuple[object, float] | None = None
        self._ends: dict[int, tuple[Field, float]] = {}
        self.grid = Grid(experiment.stage.box, _TRUTH_CELLS)

    @property
    def data(self) -> Data:
        data: Data = self._experiment.data
        return data

    @property
    def layers(self) -> frozenset[str]:
        layers: frozenset[str] = self._experiment.stage.layers
        return layers if self.data.law is not None else layers - {"truth", "error"}

    # The scale

    def follow(self, snapshots: Iterable[Snapshot | None]) -> None:
        """Take the ends of the common scale from the truth, or where nobody knows it from all lanes together."""
        if self.data.world != "plane":
            return
        shown = field_shown(self.layers)
        fields = [s.fields.get(shown) for s in snapshots if s is not None and shown is not None]
        known = [field for field in fields if field is not None]
        self._ends = {id(field): (field, self._end(field)) for field in known}
        ends = [end for _, end in self._ends.values()]
        top = self._top(known, ends) if shown == "density" else self.top
        span = max(ends, default=self.span) if shown == "energy" else self.span
        if (top, span) != (self.top, self.span):
            self.top, self.span = top, span
            self.changed.emit()

    def _end(self, field: Field) -> float:
        kept = self._ends.get(id(field))
        if kept is not None and kept[0] is field:
            return kept[1]
        if field.name == "density":
            with np.errstate(over="ignore"):
                return top_of(np.exp(field.values))
        return energy_span(field.values) if field.name == "energy" else 1.0

    def _top(self, fields: list[Field], ends: list[float]) -> float:
        law = self.data.law
        if law is not None:
            if self._true_top is None or self._true_top[0] is not law:
                log_p = self.true(fields[0].grid if fields else self.grid)
                if log_p is None:
                    return round_up(max(ends, default=self.top))
                self._true_top = (law, top_of(np.exp(log_p)))
            return self._true_top[1]
        return round_up(max(ends, default=self.top))

    # The truth

    def true(self, grid: Grid) -> NDArray[np.float32] | None:
        """The data's log p on a grid; None as long as it is not known. One grid at a time is worked on."""
        law = self.data.law
        return self.truth.on(law, grid, patient=True) if law is not None else None

    # Pictures

    def picture(self, field: Field | None) -> tuple[Picture, Box] | None:
        """The background of a lane on the common scale, and the part of the plane that it fills."""
        made: Picture | None
        shown, tokens = background(self.layers), self._theme.tokens
        if shown == "truth":
            log_p = self.true(self.grid)
            if log_p is None:
                return None
            true = np.exp(log_p)
            made = density_picture("truth", true, top_of(true), "exact", "the law of the data", tokens)
            return made, self.grid.box
        if field is None or shown is None:
            return None
        if shown == "energy":
            low = float(np.nanmin(field.values))
            made = field_picture("energy", field.values - low, field.kind, field.method, tokens, self.span)
        else:
            log_p = self.true(field.grid) if shown == "error" else None
            p = np.exp(log_p) if log_p is not None else None
            made = picture_of(shown, field, tokens, self.data.class_names, p, self.top)
        return (made, field.grid.box) if made is not None else None

    def close(self) -> None:
        """End the thread of the true density."""
        self.truth.close()
