"""The DATA panel: the canvas, what is known of the data set, its knobs, and how much of it there is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from genplay.datasets.base import DataSettings
from genplay.knobs import Value
from genplay.lab.experiment import Experiment
from genplay.ui.dispatch import Dispatch
from genplay.ui.forms import Form
from genplay.ui.panels.draw_digits import DrawDigits
from genplay.ui.panels.draw_plane import DrawPlane
from genplay.ui.section import Section
from genplay.ui.theme import Theme

__all__ = ["DataPanel"]


class DataPanel(QScrollArea):
    """Everything about the data, from top to bottom; scrolls where the window is low."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.plane = DrawPlane(experiment, actions, theme)
        self.digits = DrawDigits(experiment, actions, theme)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.summary = QLabel()
        self.summary.setProperty("role", "small")
        self.notes = QLabel()
        self.notes.setProperty("role", "small")
        for label in (self.title, self.summary, self.notes):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.knobs = Form(theme, self._set)
        self.settings = Form(theme, self._set)
        self._amount = Section("Amount and noise", theme, opened=False)
        self._amount.add(self.settings)
        self._amount.toggled.connect(self.refresh)
        self.file = QPushButton("Open a data file …")
        self.file.setToolTip(f"{actions.tip('data.open')}\nOr drop a file anywhere on the window.")
        self.file.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.file.clicked.connect(lambda: actions.request("data.open"))
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.addWidget(self.title)
        self._column.addWidget(self.plane)
        self._column.addWidget(self.digits)
        for widget in (self.summary, self.notes, self.knobs, self._amount, self.file):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self.setWidget(inner)
        experiment.data_changed.connect(self.refresh)
        experiment.world_changed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()

    def render(self, snapshot: object) -> None:  # type: ignore[override]
        """The data do not depend on the run."""

    def refresh(self, *_: object) -> None:
        """Show the experiment's data."""
        from genplay.datasets.registry import card

        experiment = self._experiment
        spec = experiment.data_spec
        found = card(spec.name)
        plane = experiment.world == "plane"
        self.plane.setVisible(plane)
        self.digits.setVisible(not plane)
        (self.plane if plane else self.digits).show_data()
        data = experiment.data
        self.title.setText(found.title)
        self.summary.setText(found.summary)
        self.notes.setText("\n".join(data.notes))
        self.notes.setVisible(bool(data.notes))
        own = {info.name: info.default for info in found.knobs.infos()} | dict(spec.knobs)
        self.knobs.show_knobs(found.knobs.infos(), own)
        self.knobs.setVisible(bool(own))
        labelled = data.classes > 1
        infos = [i for i in DataSettings.infos() if labelled or i.name not in ("label_noise", "balance")]
        if self._amount.opened:
            self.settings.show_knobs(infos, spec.settings.as_dict())
        self._amount.set_note(f"{len(data.x_train):,} + {len(data.x_test):,}".replace(",", "\u202f"))

    def _set(self, name: str, value: Value) -> None:
        if not self._actions.run("data.set", name=name, value=value):
            self.refresh()

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(3)
        self._column.setContentsMargins(gap, theme.space(2), gap, gap)
        self._column.setSpacing(theme.space(2))
        self.file.setIcon(theme.icon("folder-open"))
