"""The figures of a lane and what can be done with it: in a column beside its picture, or in three lines below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from genplay.training.snapshot import Snapshot
from genplay.ui.labels import ElidedLabel, repolish
from genplay.ui.stage.race.words import gap_text, lacking, nll_text, progress, state_text
from genplay.ui.theme import Theme

__all__ = ["ACTS", "HIGH", "WIDE", "Figures"]

WIDE = 132
"""Width beside a picture, in pixels at scale 1."""
HIGH = 62
"""Height below a picture."""

_ROW = 22
"""Height of a line in the column."""

ACTS = {"fork": ("Fork", "git-fork"), "take": ("Take", "check"), "remove": ("Remove", "x")}
"""What can be done with a lane: the action ``race.<id>``, its word and its icon."""

_GAP_HELP = (
    "How far the test NLL lies above the entropy of the data: an estimate of KL(p‖q), or a bound on it."
)
_NO_MAXIMUM = 16777215


class Figures(QWidget):
    """Test NLL, the gap to its floor, how far the lane is, what is amiss, and three buttons."""

    def __init__(self, theme: Theme, act: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._beside: bool | None = None
        names = ("nll", "gap", "note", "step", "seconds", "rate", "progress")
        self.texts = {name: ElidedLabel("", self) for name in names}
        for name, label in self.texts.items():
            label.setProperty("role", "strong" if name == "nll" else "small")
        self.buttons: dict[str, QToolButton] = {}
        self._acts = QHBoxLayout()
        for id, (word, _) in ACTS.items():
            button = QToolButton(self)
            button.setProperty("role", "title-button")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setText(word)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.clicked.connect(partial(self._pressed, act, id))
            self._acts.addWidget(button)
            self.buttons[id] = button
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._troubled = False
        self._gap = self._here = ""
        self.arrange(True)
        theme.changed.connect(self._dress)
        self._dress()

    @staticmethod
    def _pressed(act: Callable[[str], object], id: str, _on: bool = False) -> None:
        act(id)

    def tell(self, snapshot: Snapshot | None, standing: Any, has_density: bool, lacks: str) -> None:
        """Write everything; ``lacks`` is the field in view that this model does not have."""
        nll = standing.nll if standing is not None else None
        gap = standing.gap if standing is not None else None
        texts = self.texts
        texts["nll"].setText(nll_text(nll, has_density))
        texts["nll"].set_tip(f"Mean −log p of the test data: {nll.method}." if nll is not None else "")
        self._gap = gap_text(gap)
        texts["gap"].setText(self._here or self._gap)
        texts["gap"].set_tip(f"{_GAP_HELP} {gap.method}." if gap is not None else "")
        parts = progress(snapshot)
        for name, text in zip(("step", "seconds", "rate"), parts, strict=True):
            texts[name].setText(text)
        texts["progress"].setText(" · ".join(part for part in parts if part))
        self._say(state_text(snapshot) or lacking(lacks), snapshot is not None and snapshot.state == "failed")

    def say_here(self, text: str) -> None:
        """Say something of what is pointed at, in place of the gap; an empty text brings the gap back."""
        self._here = text
        self.texts["gap"].setText(text or self._gap)

    def _say(self, trouble: str, failed: bool) -> None:
        note, role = self.texts["note"], "error" if failed else "small"
        if note.property("role") != role:
            note.setProperty("role", role)
            repolish(note)
        note.setText(trouble)
        if bool(trouble) != self._troubled:
            self._troubled = bool(trouble)
            self._show_parts()

    def arrange(self, beside: bool) -> None:
        """In a column, or in three lines."""
        if beside == self._beside:
            return
        self._beside = beside
        for label in self.texts.values():
            self._grid.removeWidget(label)
        self._grid.removeItem(self._acts)
        self._acts.setParent(None)
        rows = (
            ("nll", "gap", "note", "step", "seconds", "rate")
            if beside
            else ("nll", "gap", "note", "progress")
        )
        for i, name in enumerate(rows):
            self._grid.addWidget(self.texts[name], i, 0, 1, 1 if name == "nll" or beside else 2)
        if beside:
            self._grid.addLayout(self._acts, len(rows) + 1, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addLayout(self._acts, 0, 1, Qt.AlignmentFlag.AlignRight)
        self._grid.setRowStretch(6, 1 if beside else 0)
        self._grid.setColumnStretch(0, 1)
        self._show_parts()
        self._dress()

    def _show_parts(self) -> None:
        """Of what there is to say, the most important that has room."""
        beside = bool(self._beside)
        # Below a picture there is one line for the gap or for what is amiss.
        rows = [
            "nll",
            *(("note",) if self._troubled else ()),
            *(("gap",) if beside or not self._troubled else ()),
        ]
        rows += ["step", "seconds", "rate"] if beside else ["progress"]
        if beside:
            rows = rows[: max(1, self.height() // self._theme.px(_ROW) - 1)]
        for name, label in self.texts.items():
            label.setVisible(name in rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_parts()

    def _dress(self) -> None:
        theme, beside = self._theme, bool(self._beside)
        self.setMinimumSize(theme.px(WIDE) if beside else 0, 0 if beside else theme.px(HIGH))
        self.setMaximumSize(
            theme.px(WIDE) if beside else _NO_MAXIMUM, _NO_MAXIMUM if beside else theme.px(HIGH)
        )
        self._grid.setHorizontalSpacing(theme.space(1))
        self._grid.setVerticalSpacing(theme.space(1) if beside else 0)
        self._acts.setSpacing(theme.space(0.5))
        for id, (_, icon) in ACTS.items():
            self.buttons[id].setIcon(theme.icon(icon, "text_dim"))
        self._show_parts()
