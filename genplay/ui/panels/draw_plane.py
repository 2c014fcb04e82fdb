"""Drawing on the plane: the canvas with its tools, the brush's settings and the label."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from genplay.knobs import Knobs, Value, knob
from genplay.lab.experiment import Experiment
from genplay.ui.dispatch import Dispatch
from genplay.ui.forms import Form
from genplay.ui.panels.canvas_plane import PlaneCanvas, Tool
from genplay.ui.panels.labels import LabelPicker
from genplay.ui.section import Section
from genplay.ui.theme import Theme

__all__ = ["BrushKnobs", "DrawPlane"]


@dataclass(frozen=True)
class BrushKnobs(Knobs):
    """What a stroke is made with."""

    size: float = knob(
        0.25, "Width of the brush, spray, eraser or hand.", low=0.02, high=3.0, log=True, live=True
    )
    softness: float = knob(0.5, "0: a flat disc; 1: one soft Gaussian.", low=0.0, high=1.0, live=True)
    weight: float = knob(
        1.0,
        "Ink per length: how much of the data falls on this stroke.",
        low=0.02,
        high=50.0,
        log=True,
        live=True,
    )


_TOOLS: tuple[tuple[Tool, str, str, str], ...] = (
    ("brush", "paintbrush", "Brush", "Draw a stroke: a mixture of Gaussians along its path."),
    ("spray", "spray-can", "Spray", "Scatter droplets along the way."),
    ("eraser", "eraser", "Eraser", "Take away what was drawn under the pointer."),
    ("move", "move", "Move", "Drag what was drawn near the pointer."),
    ("pan", "hand", "Pan", "Move the view; the wheel zooms, the middle button always pans."),
)


class DrawPlane(QWidget):
    """The canvas of the plane and everything needed to draw on it."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self.canvas = PlaneCanvas(experiment, actions, theme)
        self.tools: dict[Tool, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._bar = QHBoxLayout()
        for tool, _icon, title, help in _TOOLS:
            button = self._button(title, help)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, tool=tool: self.canvas.use(tool))
            self._group.addButton(button)
            self.tools[tool] = button
            self._bar.addWidget(button)
        self.tools["brush"].setChecked(True)
        self._bar.addStretch(1)
        self.home = self._button("Whole view", "Show the whole data set again.")
        self.home.clicked.connect(self.canvas.home)
        self.clear = self._button("Clear the drawing", actions.tip("data.clear"))
        self.clear.clicked.connect(lambda: actions.run("data.clear"))
        self._bar.addWidget(self.home)
        self._bar.addWidget(self.clear)
        self.hint = QLabel()
        self.hint.setProperty("role", "small")
        self.hint.setWordWrap(True)
        self.picker = LabelPicker(theme)
        self.picker.picked.connect(self._label)
        self.form = Form(theme, self._set)
        self._values = BrushKnobs()
        self._label_title = QLabel("Label of what you draw")
        self._brush = Section("Brush", theme, opened=False)
        self._brush.add(self._label_title)
        self._brush.add(self.picker)
        self._brush.add(self.form)
        self._brush.toggled.connect(self._fill)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.canvas)
        self._column.addLayout(self._bar)
        self._column.addWidget(self.hint)
        self._column.addWidget(self._brush)
        self._set("size", self._values.size)
        theme.changed.connect(self._dress)
        self._dress()

    def show_data(self) -> None:
        """Take over the experiment's data."""
        self.canvas.show_data()
        drawing = self._experiment.data_spec.name == "strokes"
        self.clear.setVisible(drawing)
        for tool in ("eraser", "move"):
            self.tools[tool].setVisible(drawing)
        if not drawing and self.canvas.brush.tool in ("eraser", "move"):
            self.tools["brush"].click()
        self.hint.setText("" if drawing else "Drag on the canvas to draw a data set of your own.")
        self.hint.setVisible(not drawing)

    def _button(self, title: str, help: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setToolTip(help)
        button.setAccessibleName(title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _label(self, label: int) -> None:
        self.canvas.brush.label = label
        self._note()

    def _set(self, name: str, value: Value) -> None:
        self._values = self._values.replace(**{name: value})
        brush = self.canvas.brush
        brush.size, brush.softness, brush.weight = (
            self._values.size,
            self._values.softness,
            self._values.weight,
        )
        self.canvas.update()
        self._note()

    def _fill(self, opened: bool) -> None:
        if opened:
            self.form.show_knobs(BrushKnobs.infos(), self._values.as_dict())

    def _note(self) -> None:
        self._brush.set_note(f"label {self.canvas.brush.label}, width {self._values.size:g}")

    def _dress(self) -> None:
        theme = self._theme
        self._column.setSpacing(theme.space(2))
        self._bar.setSpacing(theme.space(0.5))
        for tool, icon, _title, _help in _TOOLS:
            self.tools[tool].setIcon(theme.icon(icon))
        self.home.setIcon(theme.icon("maximize"))
        self.clear.setIcon(theme.icon("trash-2"))
