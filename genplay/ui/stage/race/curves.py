"""The test NLL of all lanes in one plot over its floor, by seconds of training or by steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from genplay.quantity import Quantity
from genplay.training.history import History
from genplay.ui.labels import ElidedLabel
from genplay.ui.panels.curve_plot import Curve, CurvePlot
from genplay.ui.stage.race.words import short
from genplay.ui.theme import Theme

__all__ = ["CurvesOf", "RaceCurves"]

_POINTS = 300
_WIDE = 2.0
_ROOMY = 420
"""From this width on, at scale 1, the values stand beside the axis switch."""

_HELP = (
    "The mean −log p of the test data for each lane; no model can get below the entropy of the data for long."
)

_BURST = 0.12
"""What happens in this first share of the axis may leave it at the top: the end is what a race is about."""

_AXES = {
    "seconds": ("by seconds", "Curves over seconds of training: who is better after equal time."),
    "steps": ("by steps", "Curves over steps: who is better after equally many steps."),
}


@dataclass(frozen=True)
class CurvesOf:
    """What is drawn of one lane: its number, title and colour, and its record."""

    run_id: int
    number: int
    title: str
    colour: str
    history: History | None


class RaceCurves(QFrame):
    """Title and axis switch, the plot, and what is read in it."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._lanes: tuple[CurvesOf, ...] = ()
        self._curves: dict[str, Curve] = {}
        self._at = -1.0
        self.setProperty("role", "card")
        self.setAccessibleName("Curves of the race")
        self._switch = QFrame(self)
        self._switch.setProperty("role", "sunken")
        self._switch.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        segments = QHBoxLayout(self._switch)
        segments.setContentsMargins(2, 2, 2, 2)
        segments.setSpacing(2)
        self.axes: dict[str, QToolButton] = {}
        for by, (text, tip) in _AXES.items():
            button = QToolButton(self._switch)
            button.setText(text)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setAccessibleName(f"Curves {text}")
            button.setToolTip(tip)
            button.clicked.connect(partial(self._choose, by))
            segments.addWidget(button)
            self.axes[by] = button
        self.plot = CurvePlot(theme, "Test NLL of the lanes", self)
        self.plot.unit = "test NLL, nats"
        self.plot.floor_above = True
        self.plot.setToolTip(_HELP)
        self.plot.burst = _BURST
        self.plot.read.connect(self._read)
        self.readout = ElidedLabel("", self)
        self.readout.setProperty("role", "small")
        self.readout.setAccessibleName("Values of the curves")
        self._foot = QBoxLayout(QBoxLayout.Direction.RightToLeft)
        self._foot.addWidget(self._switch)
        self._foot.addWidget(self.readout, 1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.plot, 1)
        self._column.addLayout(self._foot)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def by(self) -> str:
        return str(self._experiment.race.axis)

    def show_lanes(self, lanes: Sequence[CurvesOf], floor: Quantity | None) -> None:
        """Draw the curves of these lanes."""
        by = self.by
        self._check()
        self._lanes, self._curves = tuple(lanes), {}
        end = 0.0
        for lane in lanes:
            if lane.history is None:
                continue
            steps, values = lane.history.decimated("nll_test", _POINTS)
            last = np.array([lane.history.last_step])
            x = lane.history.seconds(steps) if by == "seconds" else steps.astype(np.float64)
            end = max(end, float(lane.history.seconds(last)[0]) if by == "seconds" else float(last[0]))
            self._curves[str(lane.run_id)] = Curve(x, values, lane.colour, badge=str(lane.number), wide=_WIDE)
        self.plot.name_x(by)
        self.plot.floor_text = f"entropy {short(floor)}" if floor is not None else ""
        self.plot.show_curves(self._curves, floor.value if floor is not None else None, (), end)
        self._tell()

    def _choose(self, by: str, _on: bool = False) -> None:
        self._actions.run("race.axis", by=by)
        self._check()

    def _check(self) -> None:
        # No button group: it would leave only one of them to the keyboard.
        for by, button in self.axes.items():
            button.setChecked(by == self.by)

    def _read(self, at: float) -> None:
        self._at = at
        self._tell()

    def _tell(self) -> None:
        """The values at the mouse, or the last ones."""
        known = {
            lane: self._curves[str(lane.run_id)] for lane in self._lanes if str(lane.run_id) in self._curves
        }
        parts, numbers = [], []
        for lane, curve in known.items():
            if not len(curve.steps):
                continue
            i = len(curve.steps) - 1 if self._at < 0 else int(np.searchsorted(curve.steps, self._at))
            value = curve.values[min(i, len(curve.steps) - 1)]
            said = f"{value:.3f}".replace("-", "−")
            parts.append(f"{lane.number} {lane.title} {said}")
            numbers.append(f"{lane.number}: {said}")
        unit = "s" if self.by == "seconds" else "steps"
        where = f"after {self._at:.3g} {unit}:  " if self._at >= 0 else ""
        whole = where + " · ".join(parts)
        fits = self.readout.fontMetrics().horizontalAdvance(whole) < self.readout.width()
        self.readout.setText(whole if fits else where + "   ".join(numbers))
        self.readout.set_tip(whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= self._theme.px(_ROOMY)
        way = QBoxLayout.Direction.RightToLeft if wide else QBoxLayout.Direction.BottomToTop
        self._foot.setDirection(way)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(80))

    def _dress(self) -> None:
        gap = self._theme.space(2)
        self._column.setContentsMargins(gap, gap, gap, self._theme.space(1))
        self._column.setSpacing(self._theme.space(1))
        self._foot.setSpacing(self._theme.space(1))
