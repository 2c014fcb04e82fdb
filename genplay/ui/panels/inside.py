"""Inside: what the open model shows of itself, about one point or image that the user picked."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genplay.models.exhibits import Exhibit
from genplay.spaces.binary import SIDE
from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.columns import deal
from genplay.ui.exhibits.kinds import view_of
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.fit import upright_scroll_area
from genplay.ui.panels.small_table import SmallTableView
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["InsidePanel"]

_EVERY = 1.0
"""Seconds between questions while the model trains."""

_COLUMN = 264
_MOST_COLUMNS = 4

_BY_HAND = {"naive-bayes": ("Bayes' rule by hand", SmallTableView)}
"""What a model is explained on beside its exhibits, by its id."""

Key = tuple[type, str, int]


class InsidePanel(QWidget):
    """The exhibits as sections that fold, in as many columns as the width allows.

    ``about_shown`` carries the point the exhibits are about while they can be seen, else None.
    """

    about_shown = Signal(object)

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Inside the model")
        self._snapshot: Snapshot | None = None
        self._asked_at = -1e9
        self._asked_for: tuple[object, ...] = ()
        self.sections: dict[Key, tuple[Section, QWidget]] = {}
        self._columns: list[QVBoxLayout] = []
        self._folded: set[str] = set()
        self._told: NDArray[np.float64] | None = None
        self._hands_on = False
        self.by_hand: tuple[str, Section, QWidget] | None = None

        self.picture = TileGrid(theme, "The image that is looked at", self, largest=40, least=40)
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.subject = QLabel("", self)
        let_wrap(self.subject)
        self.subject.setAccessibleName("What the exhibits are about")
        self.back = QPushButton("Training point 1", self)
        self.back.setProperty("role", "link")
        self.back.setToolTip("Look at the first training point again.")
        self.back.setAccessibleName("Look at the first training point again")
        self.back.clicked.connect(lambda: actions.run("inside.about"))
        self.words = QLabel("", self)
        let_wrap(self.words)
        self.words.setAccessibleName("About this panel")
        self._build()

        self._asker = LatestAsk(self)
        self._asker.answered.connect(self._take)
        self._asker.failed.connect(self._tell_failure)
        experiment.subject.changed.connect(self._subject)
        experiment.run_changed.connect(self._new_run)
        for signal in (experiment.model_changed, experiment.world_changed, experiment.data_changed):
            signal.connect(self._changed)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._show_subject()
        self._offer_by_hand()
        self._say("The model is being made ready.")

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.picture)
        text = QVBoxLayout()
        text.setContentsMargins(0, 0, 0, 0)
        text.setSpacing(0)
        text.addWidget(self.subject)
        text.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        head.addLayout(text, 1)
        self._head = head
        content = QWidget(self)
        self._columns_row = QHBoxLayout(content)
        self._columns_row.setContentsMargins(0, 0, 0, 0)
        self._scroll = upright_scroll_area(content, self)
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(head)
        self._layout.addWidget(self.words)
        self._layout.addWidget(self._scroll, 1)

    def _restyle(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)
        self._head.setSpacing(theme.space(3))
        self._columns_row.setSpacing(theme.space(5))
        self.picture.setFixedSize(theme.px(42), theme.px(42))
        self._show_subject()
        self._arrange()

    # When to ask

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Take a snapshot; ask the model anew about once a second while it trains, and after every pause or step."""
        if snapshot.run_id != self._experiment.run_id:
            return
        self._snapshot = snapshot
        self._tell_about()
        resting = snapshot.state != "running"
        if not seen(self) or snapshot.state in ("building", "failed", "closed"):
            return
        stale = (snapshot.run_id, snapshot.step, snapshot.phase, resting) != self._asked_for
        if stale and (resting or time.monotonic() - self._asked_at >= _EVERY):
            self._ask()

    def _ask(self) -> None:
        snapshot, experiment = self._snapshot, self._experiment
        if snapshot is None or experiment.bench.opening or not seen(self):
            self._asked_for = ()  # asked when somebody looks again
            return
        self._asked_at = time.monotonic()
        self._asked_for = (snapshot.run_id, snapshot.step, snapshot.phase, snapshot.state != "running")
        x, data = experiment.subject.x, experiment.data
        self._asker.put(snapshot.run_id, lambda: experiment.query("exhibits", x, data.x_train, data.y_train))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell_about()
        if self._snapshot is not None:
            self.render(self._snapshot)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_about()

    def _new_run(self, *_: object) -> None:
        self._snapshot = None
        self._asked_for = ()
        self._asker.forget()
        self._clear()
        self._show_subject()
        self._offer_by_hand()
        self._say("The model is being made ready.")

    def _offer_by_hand(self) -> None:
        """What this model is explained on, whether or not it has been trained."""
        id = self._experiment.model_id
        if self.by_hand is not None and self.by_hand[0] != id:
            self.by_hand[1].hide()
            self.by_hand[1].deleteLater()
            self.by_hand = None
            self._arrange(anew=True)
        if self.by_hand is None and id in _BY_HAND:
            title, kind = _BY_HAND[id]
            section = Section(title, self._theme, opened=self._hands_on, parent=self)
            view = kind(self._experiment, self._actions, self._theme, section)
            section.add(view)
            section.toggled.connect(self._open_by_hand)
            view.asked_about.connect(lambda: self._come_to(section))
            self.by_hand = id, section, view
            self._arrange(anew=True)

    def _open_by_hand(self, opened: bool) -> None:
        self._hands_on = opened
        self._arrange(anew=True)

    def _come_to(self, section: Section) -> None:
        """Let a part be seen that an action was about."""
        section.open()
        self._scroll.ensureWidgetVisible(section.head)

    def _changed(self, *_: object) -> None:
        """Another model or world leaves the old exhibits behind; a live knob or other data only ask for new ones."""
        self._show_subject()
        if self._experiment.bench.opening:
            self._new_run()
        else:
            self._ask()

    def _subject(self) -> None:
        self._show_subject()
        self._ask()

    # What it is about

    def _show_subject(self) -> None:
        experiment = self._experiment
        subject = experiment.subject
        chosen, x = subject.chosen, subject.x[0]
        digits = experiment.world == "digits"
        what = "image" if digits else "point"
        name = f"training {what} 1" if chosen is None else f"the {what} you picked"
        where = "" if digits else f" at ({x[0]:.2f}, {x[1]:.2f})".replace("-", "−")
        hint = "Click an image to look at another." if digits else "Click the stage to look at another."
        self.subject.setText(f"About {name}{where}. {hint}")
        self.back.setText(f"Back to training {what} 1")
        self.back.setVisible(chosen is not None)
        self.picture.setVisible(digits)
        if digits and len(x) == SIDE * SIDE:
            tokens = self._theme.tokens
            ink = tokens.data if chosen is None else tokens.text
            self.picture.show_tiles(digit_tiles(x[None], ink_table(tokens.sunken, ink)))
        self._tell_about()

    def _tell_about(self) -> None:
        shown = seen(self) and self._experiment.world == "plane" and bool(self.sections)
        x = self._experiment.subject.x[0] if shown else None
        old = self._told
        same = x is old if x is None or old is None else np.array_equal(x, old)
        if not same:
            self._told = x
            self.about_shown.emit(x)

    # Answers

    def _take(self, run_id: object, found: tuple[Exhibit, ...] | None) -> None:
        if run_id != self._experiment.run_id or self._experiment.bench.opening:
            return
        if not found:
            self._clear()
            self._say(
                f"{self._experiment.card.title} has nothing more to show of its inside: all that it knows is on the stage."
            )
            return
        self._say("")
        keys: list[Key] = []
        for exhibit in found:
            same = sum(key[:2] == (type(exhibit), exhibit.title) for key in keys)
            keys.append((type(exhibit), exhibit.title, same))
        if keys != list(self.sections):
            self._clear()
            self.sections = {key: self._section(e) for key, e in zip(keys, found, strict=True)}
            self._arrange(anew=True)
            self._tell_about()
        for key, exhibit in zip(keys, found, strict=True):
            section, view = self.sections[key]
            section.set_help(exhibit.help)
            view.show_exhibit(exhibit)  # type: ignore[attr-defined]

    def _section(self, exhibit: Exhibit) -> tuple[Section, QWidget]:
        section = Section(exhibit.title, self._theme, opened=exhibit.title not in self._folded, parent=self)
        view = view_of(exhibit, self._theme, section)
        section.add(view)
        section.toggled.connect(lambda opened, title=exhibit.title: self._fold(title, opened))
        return section, view

    def _fold(self, title: str, opened: bool) -> None:
        (self._folded.discard if opened else self._folded.add)(title)

    def _tell_failure(self, _run_id: object, reason: str) -> None:
        self._clear()
        self._say(reason)

    def _say(self, text: str) -> None:
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def _clear(self) -> None:
        for section, _ in self.sections.values():
            section.hide()
            section.deleteLater()
        if self.sections:
            self.sections = {}
            self._tell_about()

    # Columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _all(self) -> list[tuple[Section, QWidget]]:
        by_hand = [] if self.by_hand is None else [self.by_hand[1:]]
        return [*by_hand, *self.sections.values()]

    def _arrange(self, anew: bool = False) -> None:
        """Deal the sections out, each to the column that is shortest so far."""
        room = max(self.width(), 1) // self._theme.px(_COLUMN)
        n = min(max(room, 1), _MOST_COLUMNS, max(len(self._all()), 1))
        if n == len(self._columns) and not anew:
            return
        width = self.width() // n - self._theme.space(6)

        def height(section: Section, view: QWidget) -> int:
            section.show()
            body = view.heightForWidth(width) if view.hasHeightForWidth() else view.sizeHint().height()
            return (body if section.opened else 0) + section.head.sizeHint().height()

        parts = ((section, partial(height, section, view)) for section, view in self._all())
        self._columns = deal(self._columns_row, self._columns, n, self._theme.space(2), parts)
