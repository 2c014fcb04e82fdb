"""The page of a race: its legend, the lanes side by side, their curves, and what all of them share."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from genplay.models.registry import card as card_of
from genplay.spaces.plane import Box, Grid
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.ui.stage.colour_bar import ColourBar
from genplay.ui.stage.layers import background, missing, race_sentence
from genplay.ui.stage.race import digits_lane, plane_lane
from genplay.ui.stage.race.common import Common
from genplay.ui.stage.race.curves import CurvesOf, RaceCurves
from genplay.ui.stage.race.figures import HIGH, WIDE
from genplay.ui.stage.race.lane_card import HEAD, LaneCard
from genplay.ui.stage.race.places import Measures, places
from genplay.ui.stage.race.words import MOST
from genplay.ui.stage.sentence import Sentence
from genplay.ui.stage.switching import switch_layer
from genplay.ui.stage.titled import let_wrap
from genplay.ui.stage.wanted import fields_of
from genplay.ui.theme import Theme

__all__ = ["RacePage"]

_FRAME = 0.010
"""Seconds of one beat that may go into pictures; lanes that do not fit in are drawn at the next one."""

_FIGURES_EVERY, _CURVES_EVERY = 0.1, 0.2
_REFINE = 128
_BOOST = 3.0
"""A race is watched: its views may take nearly a third of the time of training, in every lane alike."""
_HINTS = {
    "plane": "Point at a place to read it in all lanes at once.",
    "digits": "Point at an image to read its log p in all lanes at once.",
}


class _Arena(QWidget):
    """Where lanes and curves are put by hand: no layout knows how to make pictures largest."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class RacePage(QWidget):
    """``drew`` carries the milliseconds that a drawing took; ``request_changed``: the race is to compute something else."""

    drew = Signal(float)
    request_changed = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Race")
        self.common = Common(experiment, theme, self)
        self.sentence = Sentence(theme, self)
        self.arena = _Arena(self)
        self.arena.resized.connect(self._arrange)
        self.cards: list[LaneCard] = []
        self.curves = RaceCurves(experiment, actions, theme, self.arena)
        self.bar = ColourBar(theme, self)
        self.readout = QLabel("", self)
        self.readout.setProperty("role", "small")
        let_wrap(self.readout)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.readout.setAccessibleName("What is pointed at")
        self.turn = QToolButton(self)
        self.turn.setText("Curves")
        self.turn.setCheckable(True)
        self.turn.setProperty("role", "quiet")
        self.turn.setAccessibleName("Curves in place of the lanes")
        self.turn.setToolTip("There is no room for both here: show the curves in place of the lanes.")
        self.turn.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.turn.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.turn.toggled.connect(self._arrange)
        self.turn.hide()
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.bar)
        self._foot.addWidget(self.turn)
        self._foot.addWidget(self.readout, 1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.sentence)
        self._column.addWidget(self.arena, 1)
        self._column.addLayout(self._foot)
        self._snapshots: dict[int, Snapshot] = {}
        self._drawn: dict[int, object] = {}
        self._next = 0
        self._figures_at = self._curves_at = 0.0
        self._pointed: NDArray[np.float64] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.redraw)
        self.sentence.switched.connect(self._switch)
        self.common.changed.connect(self._forget_drawn)
        race = experiment.race
        race.changed.connect(self.refresh)
        experiment.stage_changed.connect(self._stage_changed)
        experiment.data_changed.connect(self._soon_again)
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    # What is wanted

    def request(self) -> ViewRequest:
        """What every lane is to compute: the same functions on the same grid."""
        experiment = self._experiment
        if experiment.world != "plane":
            # Where no field is wanted, views have half the share of the time.
            return ViewRequest((), digits_lane.SAMPLES, True, boost=2 * _BOOST)
        stage, box = experiment.stage, self.box()
        layers = stage.layers - self._absent()
        fields = fields_of(layers, box, stage.resolution, 1.0)
        samples = plane_lane.SAMPLES if "samples" in layers else 0
        return ViewRequest(fields, samples, True, _REFINE, boost=_BOOST)

    def _absent(self) -> set[str]:
        """The layers that no lane has."""
        experiment = self._experiment
        cards = [card.card for card in self.cards if card.card is not None]
        absents = [set(missing(card, experiment.world, experiment.data)) for card in cards]
        return set.intersection(*absents) if absents else set()

    def box(self) -> Box:
        """The part of the plane that all lanes show."""
        first = self.cards[0].picture if self.cards else None
        seen = first.canvas.seen() if isinstance(first, plane_lane.PlaneLane) else None
        box: Box = self._experiment.stage.box
        return seen or box

    # Lanes

    def refresh(self) -> None:
        """Bring the cards in line with the lanes of the race."""
        experiment, race = self._experiment, self._experiment.race
        lanes = race.lanes if race.opened else ()
        plane = experiment.world == "plane"
        if [card.run_id for card in self.cards] != [lane.run_id for lane in lanes]:
            self._make(lanes)
        self._name(lanes)
        shown = [card.card for card in self.cards if card.card is not None]
        self.sentence.say(race_sentence(shown, experiment.world, experiment.data) if shown else [])
        self.sentence.set_on(experiment.stage.layers)
        self.bar.setVisible(plane and self.bar.caption is not None)
        self._say_pointed(None)
        self._figures_at = self._curves_at = 0.0
        if race.opened:
            self.request_changed.emit()

    def _make(self, lanes: Any) -> None:
        """A card for each lane; one whose lane has gone serves a new lane, so that a rewind changes nothing but figures."""
        experiment = self._experiment
        fitting = [c for c in self.cards if c.world == experiment.world]
        kept = {card.run_id: card for card in fitting}
        found = [kept.pop(lane.run_id, None) for lane in lanes]
        spare = list(kept.values())
        cards = [card or (spare.pop(0) if spare else self._card()) for card in found]
        for gone in [card for card in self.cards if card not in cards]:
            gone.hide()
            gone.deleteLater()
        self.cards, self._drawn = cards, {}
        before: QWidget = self.sentence
        for card in self.cards:
            for button in card.buttons.values():
                QWidget.setTabOrder(before, button)
                before = button
        self._arrange()

    def _card(self) -> LaneCard:
        card = LaneCard(self._experiment, self._actions, self._theme, self.common, self.arena)
        card.pointed.connect(self._point)
        if isinstance(card.picture, plane_lane.PlaneLane):
            card.picture.show_box(self._experiment.stage.box)
            card.picture.canvas.box_settled.connect(self._box_settled)
        card.asker.answered.connect(partial(self._answered, card))
        return card

    def _name(self, lanes: Any) -> None:
        free = [slot for slot in range(MOST) if slot not in [card.slot for card in self.cards]]
        for number, (card, lane) in enumerate(zip(self.cards, lanes, strict=True), 1):
            if card.slot < 0:
                card.slot = free.pop(0)
            card.show_lane(lane.run_id, lane.title, card_of(lane.plan.model), number)

    # Drawing

    def beat(self) -> None:
        """Draw what is new, as far as one frame has time for it."""
        race = self._experiment.race
        if not race.opened or not self.isVisible() or not self.cards:
            return
        begin = time.perf_counter()
        self._snapshots = {snapshot.run_id: snapshot for snapshot in race.snapshots()}
        self.common.follow(self._snapshots.values())
        drawn = self._draw_pictures(begin)
        now = time.monotonic()
        if now - self._figures_at >= _FIGURES_EVERY:
            self._figures_at = now
            self._tell()
        elif now - self._curves_at >= _CURVES_EVERY:
            # Figures and curves at different beats: neither makes a frame long.
            self._curves_at = now
            self._draw_curves()
        if drawn:
            self.drew.emit((time.perf_counter() - begin) * 1000)

    def _draw_pictures(self, begin: float) -> bool:
        """The lanes take turns, so that where a beat has no time for all of them each one comes to be drawn."""
        count, drawn = len(self.cards), False
        for k in range(count):
            at = (self._next + k) % count
            card = self.cards[at]
            snapshot = self._snapshots.get(card.run_id)
            if self._drawn.get(card.run_id, self) is snapshot:
                continue
            self._drawn[card.run_id] = snapshot
            card.render(snapshot)
            drawn = True
            if time.perf_counter() - begin > _FRAME:
                self._next = at + 1
                break
        if drawn:
            self._caption()
        return drawn

    def _caption(self) -> None:
        captions = [
            card.picture.caption
            for card in self.cards
            if isinstance(card.picture, plane_lane.PlaneLane) and card.picture.caption is not None
        ]
        self.bar.explain(captions[0] if captions else None)

    def _tell(self) -> None:
        standings = {standing.run_id: standing for standing in self._experiment.race.standings()}
        world, data = self._experiment.world, self._experiment.data
        racing = self._experiment.race.running
        rivals = sum(standing.nll is not None for standing in standings.values()) > 1
        field = background(self.common.layers) if world == "plane" else None
        for card in self.cards:
            lacks = field if card.card is not None and field in missing(card.card, world, data) else None
            standing = standings.get(card.run_id)
            card.tell(self._snapshots.get(card.run_id), standing, lacks or "", racing=racing, rivals=rivals)

    def _draw_curves(self) -> None:
        shown, floor = [], None
        for card in self.cards:
            snapshot = self._snapshots.get(card.run_id)
            floor = floor or (snapshot.entropy if snapshot is not None else None)
            history = snapshot.history if snapshot is not None else None
            shown.append(CurvesOf(card.run_id, card.number, card.title.text(), card.colour, history))
        self.curves.show_lanes(shown, floor)

    def redraw(self) -> None:
        """Draw everything anew, at once (for pictures, another theme, other data)."""
        if not self._experiment.race.opened or not self.cards:
            return
        self._snapshots = {s.run_id: s for s in self._experiment.race.snapshots()}
        self.common.follow(self._snapshots.values())
        for card in self.cards:
            card.picture.forget()
            card.render(self._snapshots.get(card.run_id))
        self._caption()
        self._tell()
        self._draw_curves()

    def _forget_drawn(self) -> None:
        self._drawn = {}

    def _soon_again(self, *_: object) -> None:
        self._soon.start()

    # Layers and the part of the plane in view

    def _switch(self, layer: str, on: bool) -> None:
        switch_layer(self._experiment, self._actions, layer, on)
        self.sentence.set_on(self._experiment.stage.layers)

    def _stage_changed(self) -> None:
        if not self._experiment.race.opened:
            return
        self.sentence.set_on(self._experiment.stage.layers)
        for card in self.cards:
            if isinstance(card.picture, plane_lane.PlaneLane):
                card.picture.show_box(self._experiment.stage.box)
        self._forget_drawn()
        self.request_changed.emit()

    def _box_settled(self, moved: Box | None) -> None:
        """One lane was moved: all of them show the same part of the plane."""
        if moved is not None:
            self._actions.run("stage.box", x0=moved.x0, x1=moved.x1, y0=moved.y0, y1=moved.y1)
        self.common.grid = Grid(self.box(), self.common.grid.n)
        self._forget_drawn()
        self.request_changed.emit()

    # Pointing

    def _point(self, x: NDArray[np.float64] | None) -> None:
        """Follow what is pointed at in all lanes at once."""
        self._pointed = x
        world = self._experiment.world
        for card in self.cards:
            card.point_at(x)
            if x is None or card.card is None or world not in card.card.density:
                card.asker.forget()
                continue
            card.asker.put(x, partial(self._log_p, card.run_id, x))
        self._say_pointed(x)

    def _log_p(self, run_id: int, x: NDArray[np.float64]) -> Any:
        def ask(model: Any) -> float:
            from genplay.training import queries

            return float(queries.log_prob(model, x[None])[0])

        return self._experiment.race.ask(run_id, ask)

    def _answered(self, card: LaneCard, _x: object, log_p: float) -> None:
        if self._pointed is not None:
            card.picture.say_log_p(log_p)

    def _say_pointed(self, x: NDArray[np.float64] | None) -> None:
        if x is None:
            self.readout.setText(_HINTS[self._experiment.world])
            return
        law = self._experiment.data.law
        true = f"true log p = {float(law.log_prob(x[None])[0]):.3f} nats, exact" if law is not None else ""
        where = f"({x[0]:.2f}, {x[1]:.2f})" if len(x) == 2 else "The image there"
        self.readout.setText(" · ".join(part for part in (where, true) if part).replace("-", "−"))

    # The page itself

    def _arrange(self, *_: object) -> None:
        if not self.cards:
            return
        theme, size = self._theme, self.arena.size()
        gap = theme.space(2)
        measures = Measures(
            gap, theme.px(HEAD) + theme.space(1.5), gap, theme.px(WIDE) + gap, theme.px(HIGH) + gap,
            theme.px(250), theme.px(176), theme.px(150), theme.px(112),
        )  # fmt: skip
        found = places(size.width(), size.height(), len(self.cards), measures)
        for card, place in zip(self.cards, found.lanes, strict=True):
            card.setGeometry(*place)
            card.arrange(found.figures_beside)
        in_turn = found.curves is None
        self.turn.setVisible(in_turn)
        curves = in_turn and self.turn.isChecked()
        for card in self.cards:
            card.setVisible(not curves)
        self.curves.setVisible(curves or not in_turn)
        self.curves.setGeometry(*(found.curves or (0, 0, size.width(), size.height())))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(3)
        self._column.setContentsMargins(gap, theme.space(2), gap, theme.space(2))
        self._column.setSpacing(theme.space(2))
        self._foot.setSpacing(theme.space(4))
        self.readout.setMinimumHeight(theme.px(32))
        self.turn.setIcon(theme.icon("chart-spline"))
        self._arrange()
        self._soon.start()

    def close_threads(self) -> None:
        """End the background threads of the page."""
        self.common.close()
