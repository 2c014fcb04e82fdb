"""The test NLL of all lanes in one plot over its floor, by seconds of training or by steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from genplay.quantity import Quantity
from genplay.training.history import History
from genplay.ui.labels import ElidedLabel
from genplay.ui.panels.curve_plot import Curve, CurvePlot
from genplay.ui.theme import Theme

__all__ = ["CurvesOf", "RaceCurves"]

_POINTS = 300
_WIDE = 2.0
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
        self._experiment, self._theme = experiment, theme
        self._lanes: tuple[CurvesOf, ...] = ()
        self._curves: dict[str, Curve] = {}
        self._at = -1.0
        self.setProperty("role", "card")
        self.setAccessibleName("Curves of the race")
        self.title = ElidedLabel("Test NLL", self)
        self.title.setProperty("role", "title")
        self.title.set_tip(
            "The mean −log p of the test data, for each lane. The floor is the entropy of the data."
        )
        self._switch = QFrame(self)
        self._switch.setProperty("role", "sunken")
        segments = QHBoxLayout(self._switch)
        segments.setContentsMargins(2, 2, 2, 2)
        segments.setSpacing(2)
        group = QButtonGroup(self)
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
            button.clicked.connect(lambda _on=False, by=by: actions.run("race.axis", by=by))
            group.addButton(button)
            segments.addWidget(button)
            self.axes[by] = button
        self.plot = CurvePlot(theme, "Test NLL of the lanes", self)
        self.plot.unit = "nats"
        self.plot.burst = _BURST
        self.plot.read.connect(self._read)
        self.readout = ElidedLabel("", self)
        self.readout.setProperty("role", "small")
        self.readout.setAccessibleName("Values of the curves")
        self._head = QHBoxLayout()
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self._switch)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._head)
        self._column.addWidget(self.plot, 1)
        self._column.addWidget(self.readout)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def by(self) -> str:
        return str(self._experiment.race.axis)

    def show_lanes(self, lanes: Sequence[CurvesOf], floor: Quantity | None) -> None:
        """Draw the curves of these lanes."""
        by = self.by
        self.axes[by].setChecked(True)
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
        over = f" over the entropy, H {floor}, {floor.kind}" if floor is not None else ""
        self.title.setText(f"Test NLL{over}")
        self.plot.floor_text = "H"
        self.plot.show_curves(self._curves, floor.value if floor is not None else None, (), end)
        self._tell()

    def _read(self, at: float) -> None:
        self._at = at
        self._tell()

    def _tell(self) -> None:
        """The values at the mouse, or the last ones."""
        known = {
            lane: self._curves[str(lane.run_id)] for lane in self._lanes if str(lane.run_id) in self._curves
        }
        parts = []
        for lane, curve in known.items():
            if not len(curve.steps):
                continue
            i = len(curve.steps) - 1 if self._at < 0 else int(np.searchsorted(curve.steps, self._at))
            value = curve.values[min(i, len(curve.steps) - 1)]
            parts.append(f"{lane.number} {lane.title} {value:.3f}".replace("-", "−"))
        unit = "s" if self.by == "seconds" else "steps"
        where = f"after {self._at:.3g} {unit}:  " if self._at >= 0 else ""
        self.readout.setText(where + " · ".join(parts))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(80))

    def _dress(self) -> None:
        gap = self._theme.space(2)
        self._column.setContentsMargins(gap, gap, gap, self._theme.space(1))
        self._column.setSpacing(self._theme.space(1))
