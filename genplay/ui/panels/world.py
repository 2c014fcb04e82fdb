"""The panel World: all 2^25 images at once, found in a job beside training; absent on the plane."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genplay.models.exhibits import Facts
from genplay.training.snapshot import Snapshot
from genplay.ui.columns import deal
from genplay.ui.exhibits.facts import FactsView
from genplay.ui.fields import Combo
from genplay.ui.panels.fit import upright_scroll_area
from genplay.ui.panels.world_parts import KnownPart, MinimaPart, OrderPart, Part, WalkPart
from genplay.ui.panels.world_tree import WorldTree
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.share_bar import ShareBar
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["WorldPanel"]

_LOOK_MS = 100
_COLUMN, _MOST_COLUMNS = 300, 4
_OF = (("model", "The model"), ("truth", "The truth"))
_EVERY = 0.5


class WorldPanel(QWidget):
    """What is found, in as many columns as the width allows; a bar and a Stop button while it is being found."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._run = experiment.census
        self._told_at = 0.0
        self._shown: object = None
        self._columns: list[QVBoxLayout] = []
        self.setAccessibleName("World: all images")
        self._build_head()
        self._build_sections()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._run.changed.connect(self._changed)
        experiment.world_changed.connect(self._changed)
        theme.changed.connect(self._dress)
        self._dress()
        self._changed()

    def _build_head(self) -> None:
        self.of = Combo(self)
        self.of.setAccessibleName("Whose images")
        self.of.setToolTip("The images of the model as it is now, or of the true law of the data.")
        for id, title in _OF:
            self.of.addItem(title, id)
        self.go = QPushButton("", self)
        self.go.setProperty("role", "primary")
        self.go.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.go.clicked.connect(self._press)
        self.bar = ShareBar("How far the look through all images is", self)
        self.words = QLabel("", self)
        self.words.setProperty("role", "small")
        self.words.setAccessibleName("State of the look through all images")
        let_wrap(self.words)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.addWidget(self.of, 1)
        self._row.addWidget(self.go)
        self._row.addStretch(0)

    def _build_sections(self) -> None:
        experiment, actions, theme = self._experiment, self._actions, self._theme
        self.facts = FactsView(theme)
        self.order = OrderPart(experiment, actions, theme)
        self.minima = MinimaPart(experiment, actions, theme)
        self.tree = WorldTree(theme)
        self.tree.chosen.connect(lambda index: actions.run("world.minimum", index=index))
        self.walk = WalkPart(experiment, actions, theme)
        self.known = KnownPart(experiment, actions, theme)
        self.parts: tuple[Part, ...] = (self.order, self.minima, self.walk, self.known)
        parts: tuple[tuple[str, QWidget, str], ...] = (
            ("In numbers", self.facts, "Sums over every one of the 33,554,432 images."),
            ("From the most to the least probable", self.order, "All images in the order of their probability."),
            (
                "Known pixels", self.known,
                "The exact probability of every pixel given some of them: a sum over all images that agree.",
            ),
            (
                "Local minima", self.minima,
                "Images that no flip of one pixel makes more probable, the deepest first, with the mass of their basins.",
            ),
            (
                "How the minima join", self.tree,
                "Two branches meet at the lowest saddle between them: what a walk of single flips must climb. Drawn are the "
                "minima with the heaviest basins.",
            ),
            ("Rolling downhill", self.walk, "From noise to a digit: always the flip that lowers the energy most."),
        )  # fmt: skip
        content = QWidget(self)
        self._across = QHBoxLayout(content)
        self._across.setContentsMargins(0, 0, 0, 0)
        self._scroll = upright_scroll_area(content, self)
        self.sections: dict[str, Section] = {}
        for title, body, help in parts:
            section = Section(title, theme, parent=content)
            section.set_help(help)
            section.add(body)
            self.sections[title] = section
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(self._row)
        self._layout.addWidget(self.bar)
        self._layout.addWidget(self.words)
        self._layout.addWidget(self._scroll, 1)
        self._layout.addStretch()

    # Doing

    def _press(self) -> None:
        if self._run.state == "running":
            self._actions.run("world.stop")
        else:
            self._actions.run("world.compute", of=self.of.currentData())

    # Showing

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Say now and then how far training has gone on since."""
        now = time.monotonic()
        if seen(self) and (snapshot.state != "running" or now - self._told_at >= _EVERY):
            self._told_at = now
            self._say()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _look(self) -> None:
        """While the job goes on: draw how far it is, and let what has ended be taken."""
        self._experiment.poll()
        self._say()
        if self._run.state != "running":
            self._timer.stop()

    def _changed(self, *_: object) -> None:
        run = self._run
        if run.census is None:
            self._scroll.hide()
        if not self.isVisible():
            return
        if run.state == "running" and not self._timer.isActive():
            self._timer.start()
        self._say()
        if run.census is not None:
            if run.census is not self._shown:
                from genplay.metrics.census import FACTS

                self._shown = run.census
                rows = tuple((FACTS[name], q) for name, q in run.census.facts.items())
                self.facts.show_exhibit(Facts("All images in numbers", rows))
                # Rows that were added while nothing was shown do not ask for their height by themselves.
                QTimer.singleShot(0, self, self._make_room)
            self.tree.show_census(run.census, run.minimum, "truth" if run.on == "truth" else "model")
            for part in self.parts:
                part.show_run()
            self._scroll.show()
        else:
            self._shown = None
            self.tree.show_census(None, 0, "model")
        self._arrange()

    def _make_room(self) -> None:
        for widget in (self.facts, self.sections["In numbers"].body, self.sections["In numbers"]):
            layout = widget.layout()
            if layout is not None:
                layout.invalidate()
            widget.updateGeometry()

    def _say(self) -> None:
        run = self._run
        running = run.state == "running"
        self.bar.setVisible(running)
        self.of.setEnabled(not running)
        behind = run.behind
        title = "Stop" if running else "Look through all images"
        if run.census is not None and not running:
            title = "Renew" if behind else "Look again"
        if self.go.text() != title:
            self.go.setText(title)
            self.go.setAccessibleName(title)
            self.go.setToolTip(self._actions.tip("world.stop" if running else "world.compute"))
            self._arrange()
        text = self._state_words(running, behind)
        if self.words.text() != text:
            self.words.setText(text)

    def _state_words(self, running: bool, behind: int) -> str:
        run = self._run
        if running:
            share, doing = run.progress
            self.bar.show_share(share)
            return f"{doing[:1].upper()}{doing[1:]} … {share:.0%}. Training goes on meanwhile."
        if run.state == "failed":
            return str(run.message)
        if run.census is None:
            stopped = "Stopped. " if run.state == "stopped" else ""
            return (
                f"{stopped}The world of 5×5 images has 33,554,432 members: few enough to visit every one, some seconds of work. "
                "Then everything about the model is known exactly."
            )
        if run.on == "truth":
            return "All images of the true law of the data."
        later = f" Training has gone on by {behind:,} steps: renew to see it as it is now." if behind else ""
        return f"{run.census.of} as it was at step {run.step:,}.{later}"

    # Looks

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)
        self._row.setSpacing(gap)
        self._across.setSpacing(theme.space(4))
        self.of.setMaximumWidth(theme.px(200))
        self.bar.setFixedHeight(theme.px(6))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """The width with the choice above the button: beside each other, they may not keep the panel from being narrow."""
        margins = self._layout.contentsMargins()
        widest = max(self.of.minimumSizeHint().width(), self.go.minimumSizeHint().width())
        width = min(widest + margins.left() + margins.right(), super().minimumSizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        """Deal the sections out to the columns, in order, so that they are about as high as each other."""
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        margins = self._layout.contentsMargins()
        room = self.width() - margins.left() - margins.right() - self._row.spacing()
        both = self.of.minimumSizeHint().width() + self.go.sizeHint().width()
        self._row.setDirection(below if both > room else beside)
        n = min(max(self.width() // self._theme.px(_COLUMN), 1), _MOST_COLUMNS)
        if n == len(self._columns):
            return
        parts = ((section, partial(_height, section)) for section in self.sections.values())
        self._columns = deal(self._across, self._columns, n, self._theme.space(2), parts)


def _height(section: QWidget) -> int:
    return section.sizeHint().height()
