"""One lane of a race: its number and colour, its picture, and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from genplay.models.card import Card
from genplay.training.snapshot import Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.labels import ElidedLabel, repolish
from genplay.ui.paint.badge import paint_badge
from genplay.ui.stage.race.common import Common
from genplay.ui.stage.race.digits_lane import DigitsLane
from genplay.ui.stage.race.figures import ACTS, Figures
from genplay.ui.stage.race.plane_lane import PlaneLane
from genplay.ui.stage.race.words import LEVEL_HELP, hue, place_text
from genplay.ui.theme import Theme

__all__ = ["HEAD", "LaneCard"]

HEAD = 22
"""Height of the head, in pixels at scale 1."""


class _Badge(QWidget):
    """The number of a lane in a disc of its colour."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.number, self.colour = 1, theme.tokens.text

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(20), self._theme.px(20))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = float(self._theme.px(20))
        disc = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        paint_badge(painter, disc, str(self.number), self.colour, self._theme)
        painter.end()


class LaneCard(QFrame):
    """A card. ``pointed`` carries what the mouse points at in its picture, or None."""

    pointed = Signal(object)

    def __init__(
        self, experiment: Any, actions: Any, theme: Theme, common: Common, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._actions = theme, actions
        self.setProperty("role", "card")
        self.run_id = -1
        self.card: Card | None = None
        self.number, self.slot = 0, -1
        self.asker = LatestAsk(self)
        self.badge = _Badge(theme, self)
        self.title = ElidedLabel("", self)
        self.title.setProperty("role", "title")
        self.place = QLabel("", self)
        self.place.setProperty("role", "small")
        self.place.setAccessibleName("Place")
        self._head = QHBoxLayout()
        self._head.addWidget(self.badge)
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self.place)
        self.world = experiment.world
        self.picture: PlaneLane | DigitsLane = (
            PlaneLane(experiment, actions, theme, common, self)
            if self.world == "plane"
            else DigitsLane(theme, common, self)
        )
        self.picture.pointed.connect(self.pointed)
        self.figures = Figures(theme, self._act, self)
        if isinstance(self.picture, DigitsLane):
            self.picture.said.connect(self.figures.say_here)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.addWidget(self.picture, 1)
        self._body.addWidget(self.figures)
        self._column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._column.addLayout(self._head)
        self._column.addLayout(self._body, 1)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def colour(self) -> str:
        """The colour of this lane, here and of its curve."""
        return hue(self.slot, self._theme.tokens.classes)

    @property
    def buttons(self) -> dict[str, QToolButton]:
        """Fork, take and remove."""
        return self.figures.buttons

    def show_lane(self, run_id: int, title: str, card: Card, number: int) -> None:
        """Be the card of this lane, in the colour of the card's ``slot``."""
        if run_id != self.run_id:
            self.picture.forget()
            self.asker.forget()
        self.run_id, self.card, self.number = run_id, card, number
        self.badge.number, self.badge.colour = number, self.colour
        self.badge.setAccessibleName(f"Lane {number}")
        self.badge.update()
        self.title.setText(title)
        self.title.set_tip(card.summary)
        self.setAccessibleName(f"Lane {number}: {title}")
        for id, button in self.buttons.items():
            button.setAccessibleName(f"{ACTS[id][0]} lane {number}: {title}")
            button.setToolTip(self._actions.tip(f"race.{id}"))

    def render(self, snapshot: Snapshot | None) -> None:  # type: ignore[override]
        """Draw the picture of a snapshot."""
        if self.card is not None:
            self.picture.render(snapshot, self.card)

    def tell(
        self, snapshot: Snapshot | None, standing: Any, lacks: str, *, racing: bool, rivals: bool
    ) -> None:
        """Write place and figures; ``lacks`` is the field in view that this model does not have.

        ``racing``: some lane still trains; ``rivals``: another lane has a likelihood, too.
        """
        if self.card is None:
            return
        place = standing.place if standing is not None else None
        role = "strong" if place == 1 else "small"
        if self.place.property("role") != role:
            self.place.setProperty("role", role)
            repolish(self.place)
        known = standing is not None and standing.nll is not None
        word = place_text(place, racing=racing, rivals=rivals and known)
        if self.place.text() != word:
            self.place.setText(word)
            self.place.setToolTip(LEVEL_HELP if place is None else "The place by test NLL.")
        self.figures.tell(snapshot, standing, self.world in self.card.density, lacks)

    def point_at(self, x: NDArray[np.float64] | None) -> None:
        """Mark what is pointed at in any lane; log p there is said when the model has answered."""
        self.picture.point_at(x)

    def arrange(self, beside: bool) -> None:
        """Put the figures beside the picture, or below it."""
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._body.setDirection(way)
        self.figures.arrange(beside)

    def _act(self, id: str) -> None:
        self._actions.run(f"race.{id}", lane=self.number)

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._column.setContentsMargins(gap, gap, gap, gap)
        self._column.setSpacing(theme.space(1.5))
        self._head.setSpacing(theme.space(1.5))
        self._body.setSpacing(theme.space(2))
        self.badge.colour = self.colour
