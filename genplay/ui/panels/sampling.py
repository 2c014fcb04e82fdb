"""The sampling panel: a sampler on the model or on the truth, event by event or at full speed, and how well it mixes."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.knobs import KnobInfo
from genplay.lab.sampling_session import SamplingView
from genplay.lab.sampling_words import figures, state_words, told_words
from genplay.sampling.cards import cards
from genplay.sampling.events import Draw, Flip, Propose
from genplay.ui.fields import Combo, NumberBox
from genplay.ui.forms import Form
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.chains_picture import ChainsPicture
from genplay.ui.panels.correlation import CorrelationCurve
from genplay.ui.panels.fit import fitting_scroll_area
from genplay.ui.panels.lines import Lines
from genplay.ui.section import Section
from genplay.ui.seen import seen
from genplay.ui.stage.titled import Titled, let_wrap
from genplay.ui.theme import Theme

__all__ = ["SPEEDS", "SamplingPanel"]

SPEEDS = ((2.0, "2 events a second"), (10.0, "10 events a second"), (0.0, "Full speed"))
_TARGETS = (("truth", "The truth"), ("model", "The model"))
_TILES = 64
_WIDE, _MEDIUM, _NARROWEST = 760, 460, 200
"""Widths, at scale 1, from which three or two parts stand side by side, and the least that one needs."""
_LEAST = 76
"""The least height of the controls, which scroll, at scale 1."""
_PICTURE = (120, 220)
"""The height of the picture of the chains where all stands in one column that scrolls, at scale 1."""
_CHAIN = KnobInfo(
    name="chain", type="int", default=1, low=1, high=None, choices=(), log=False, live=True, label="Chain", help="",
    unit="", worlds=None, objectives=None,
)  # fmt: skip


class SamplingPanel(QWidget):
    """``awake`` is emitted while something is going on: whoever beats should beat quickly."""

    awake = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._sampling = experiment.sampling
        self._shown: SamplingView | None = None
        self._arrangement = ""
        self._offered: tuple[object, ...] = ()
        self.setAccessibleName("Sampling")
        self._build_controls()
        self._build_picture()
        self._build_figures()
        self._side, self._far = QWidget(self), QWidget(self)
        self._side_column, self._far_column = QVBoxLayout(self._side), QVBoxLayout(self._far)
        for column in (self._side_column, self._far_column):
            column.setContentsMargins(0, 0, 0, 0)
        self._side_column.addWidget(self.controls)
        side = QWidget(self)
        self._side_slot = QVBoxLayout(side)
        self._side_slot.setContentsMargins(0, 0, 0, 0)
        self._side_scroll = fitting_scroll_area(side, self)
        self._far_scroll = fitting_scroll_area(self._far, self)
        # Side by side each column scrolls for itself; below each other all scroll as one.
        self._pages = QStackedWidget(self)
        beside, below = QWidget(self), QWidget(self)
        self._grid, self._one_column = QGridLayout(beside), QVBoxLayout(below)
        for layout in (self._grid, self._one_column):
            layout.setContentsMargins(0, 0, 0, 0)
        self._pages.addWidget(beside)
        self._pages.addWidget(fitting_scroll_area(below, self))
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._pages)
        self._sampling.changed.connect(self._changed)
        experiment.world_changed.connect(self._changed)
        theme.changed.connect(self._dress)
        self._dress()
        self._changed()

    def _build_controls(self) -> None:
        self.controls = QWidget(self)
        self.on = self._combo("What is sampled", "sampler.target")
        for id, title in _TARGETS:
            self.on.addItem(title, id)
        self.on.activated.connect(lambda i: self._run("sampler.target", name=self.on.itemData(i)))
        self.choice = self._combo("Sampler", "sampler.choose")
        self.choice.activated.connect(lambda i: self._run("sampler.choose", name=self.choice.itemData(i)))
        self.speed = self._combo("Speed of sampling", "sampler.speed")
        for value, title in SPEEDS:
            self.speed.addItem(title, value)
        self.speed.activated.connect(
            lambda i: self._run("sampler.speed", events_per_second=self.speed.itemData(i))
        )
        self.chain = NumberBox(_CHAIN, self)
        self.chain.setAccessibleName("Watched chain")
        self.chain.setToolTip(self._actions.tip("sampler.chain"))
        self.chain.entered.connect(lambda raw: self._watch(raw))
        self.play = self._button("Sample", "sampler.toggle")
        self.play.setProperty("role", "primary")
        self.next = self._button("Next event", "sampler.step")
        self.reset = self._icon_button("Begin again", "sampler.reset")
        self.summary = self._words("What the sampler does")
        self.form = Form(self._theme, self._set, parts=True)
        self.others = Section("Why not the others", self._theme, opened=False)
        self._why = self._words("Why other samplers do not fit")
        self.others.add(self._why)
        self._rows = QGridLayout()
        for row, (name, box) in enumerate(
            (("Target", self.on), ("Sampler", self.choice), ("Speed", self.speed), ("Chain", self.chain))
        ):
            label = QLabel(name)
            label.setBuddy(box)
            self._rows.addWidget(label, row, 0)
            self._rows.addWidget(box, row, 1)
        self._rows.setColumnStretch(1, 1)
        self._column = QVBoxLayout(self.controls)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._rows)
        for widget in (self.summary, self.form, self.others):
            self._column.addWidget(widget)
        self._column.addStretch(1)

    def _build_picture(self) -> None:
        self.picture = ChainsPicture(self._theme, self)
        self.tiles = TileGrid(self._theme, "The images of the chains", self, largest=72)
        self.tiles.setToolTip(
            "One image a chain. The framed one's events are told, the pixel in question has a colour of its own. Choose "
            "another to watch it."
        )
        self.picture.picked.connect(lambda chain: self._watch(chain + 1))
        self.tiles.chosen.connect(lambda tile: self._watch(self._first_tile() + tile + 1))
        self._faces = QStackedWidget(self)
        self._faces.addWidget(self.picture)
        self._faces.addWidget(self.tiles)
        self._picture_part = Titled("Chains", self._faces, self._theme, self, wraps=False)
        self.told = Lines(self._theme, "The last event", self)
        self.strip = QWidget(self)
        self._strip_column = QVBoxLayout(self.strip)
        self._strip_column.setContentsMargins(0, 0, 0, 0)
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self.play)
        self._buttons.addWidget(self.next)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self.reset)
        self._strip_column.addWidget(self.told)
        self._strip_column.addLayout(self._buttons)

    def _build_figures(self) -> None:
        self.figures = QLabel("", self)
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        let_wrap(self.figures)
        self.figures.setAccessibleName("Figures of the sampler")
        self.curve = CorrelationCurve(self._theme, self)
        body = QWidget(self)
        self._figure_column = QVBoxLayout(body)
        self._figure_column.setContentsMargins(0, 0, 0, 0)
        self._figure_column.addWidget(self.figures)
        self._figure_column.addWidget(self.curve)
        self._figure_column.addStretch(1)
        self._figures_part = Titled("How it goes", body, self._theme, self)

    def _combo(self, name: str, action: str) -> Combo:
        box = Combo(self)
        box.setAccessibleName(name)
        box.setToolTip(self._actions.tip(action))
        return box

    def _button(self, text: str, action: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setToolTip(self._actions.tip(action))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._run(action))
        return button

    def _icon_button(self, name: str, action: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(name)
        button.setToolTip(self._actions.tip(action))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._run(action))
        return button

    def _words(self, name: str) -> QLabel:
        label = QLabel("", self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("role", "small")
        let_wrap(label)
        label.setAccessibleName(name)
        return label

    # Doing

    def _run(self, action: str, **args: object) -> None:
        if not self._actions.run(action, **args):
            self._changed()
        self.awake.emit()

    def _watch(self, chain: object) -> None:
        """Tell the events of a chain, counted from 1."""
        self._run("sampler.chain", chain=chain)

    def _first_tile(self) -> int:
        """The chain of the first image shown: as many as fit, the watched one among them."""
        watched = self._shown.watched if self._shown is not None else 0
        return watched // _TILES * _TILES

    def _set(self, name: str, value: object) -> None:
        self._run("sampler.set", name=name, value=value)

    # Showing

    def render(self, snapshot: object) -> None:  # type: ignore[override]
        """Training does not change what is sampled: the model was copied when sampling began."""

    def beat(self) -> None:
        """Draw the newest view, if it can be seen and is new."""
        if not seen(self):
            return
        if self._sampling.view.state == "empty":
            self._sampling.prepare()
        view = self._sampling.view
        if self._sampling.running or view.state == "preparing":
            self.awake.emit()
        if view is not self._shown:
            self._show(view)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed()
        self.beat()

    def _changed(self, *_: object) -> None:
        """Something was chosen, or the target has become known."""
        sampling, world = self._sampling, self._experiment.world
        reasons = sampling.reasons
        offered = (sampling.sampler, world, tuple(reasons.items()))
        if offered != self._offered:
            self._offered = offered
            self.choice.clear()
            for card in cards().values():
                if not reasons.get(card.id) or card.id == sampling.sampler:
                    self.choice.addItem(card.title, card.id)
                    self.choice.setItemData(
                        self.choice.count() - 1, card.summary, Qt.ItemDataRole.ToolTipRole
                    )
            missing = [
                f"{card.title}: {reasons[card.id]}" for card in cards().values() if reasons.get(card.id)
            ]
            self._why.setText("\n\n".join(missing))
            self.others.setVisible(bool(missing))
        self.choice.setCurrentIndex(self.choice.findData(sampling.sampler))
        self.on.setCurrentIndex(self.on.findData(sampling.on))
        self.speed.setCurrentIndex(max(0, self.speed.findData(sampling.speed)))
        card = sampling.card
        self.summary.setText(f"{card.summary} Gives {card.exact}.")
        infos = [info for info in sampling.knobs.infos() if info.applies(world)]
        self.form.show_knobs(infos, sampling.knobs.as_dict())
        self.form.mark_pending(sampling.waiting_knobs)
        self._faces.setCurrentIndex(0 if world == "plane" else 1)
        self._show(sampling.view)

    def _show(self, view: SamplingView) -> None:
        self._shown = view
        running = self._sampling.running
        self.play.setText("Pause" if running else "Sample")
        self.play.setIcon(self._theme.icon("pause" if running else "play", "text_on_accent"))
        self._picture_part.say(state_words(view))
        self.chain.show_value(min(view.watched, max(self._sampling.chains - 1, 0)) + 1)
        words = told_words(view)
        self.told.setText(words or "At full speed events are not told: slow down, or press Next event.")
        if view.world == "plane":
            self.picture.show_view(view)
        else:
            self.tiles.show_tiles(self._images(view))
            self.tiles.choose(view.watched - self._first_tile() if len(view.chains) else -1)
        rows = figures(view)
        self.figures.setText(
            "".join(
                f"<p style='margin:0 0 {self._theme.space(1)}px 0'><b>{escape(title)}</b> {escape(str(q))}<br>"
                f"<span style='color:{self._theme.tokens.text_dim}'>{escape(help)}</span></p>"
                for title, q, help in rows.values()
            )
            or "Nothing is known yet: sample first."
        )
        self.curve.setVisible(bool(view.diagnostics) or not view.results)
        self.curve.show_curve(view.correlation)

    def _images(self, view: SamplingView) -> NDArray[np.uint32]:
        """The chains' images; the pixel that the last event is about has a colour of its own."""
        tokens = self._theme.tokens
        first = self._first_tile()
        images, own = view.chains[first : first + _TILES], view.watched - first
        tiles = digit_tiles(images, ink_table(tokens.sunken, tokens.model)).copy()
        marks: list[tuple[int, bool]] = []
        match view.event:
            case Flip(_, pixel, lit, _, _):
                marks = [(pixel, lit)]
            case Draw(_, _, pixel, _) if pixel >= 0:
                marks = [(pixel, bool(images[own, pixel]))]
            case Propose(_, at, to, _):
                marks = [(j, bool(b)) for j, (a, b) in enumerate(zip(at, to, strict=True)) if a != b]
        for pixel, lit in marks:
            colour = self._theme.color("accent" if lit else "accent_soft").rgb()
            tiles[own, pixel // 5, pixel % 5] = colour
        return tiles

    # Looks

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._grid.setSpacing(theme.space(3))
        self._one_column.setSpacing(theme.space(3))
        self._side_column.setSpacing(theme.space(3))
        self._side_scroll.setMinimumHeight(theme.px(_LEAST))
        self._column.setSpacing(theme.space(2))
        self._figure_column.setSpacing(theme.space(2))
        self._rows.setSpacing(theme.space(2))
        self._buttons.setSpacing(theme.space(2))
        self._strip_column.setSpacing(theme.space(1))
        self.next.setIcon(theme.icon("chevron-right"))
        self.reset.setIcon(theme.icon("rotate-ccw"))
        self._arrange(anew=True)
        if self._shown is not None:
            self._show(self._shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """The width of one column: standing side by side, the parts may not keep the panel from being narrow."""
        return QSize(self._theme.px(_NARROWEST), super().minimumSizeHint().height())

    def _arrange(self, anew: bool = False) -> None:
        """Wide: controls, picture, figures. Less wide: the figures below the controls. Narrow: all below the picture."""
        width = self.width() / self._theme.scale
        name = "wide" if width >= _WIDE else "medium" if width >= _MEDIUM else "narrow"
        wide, narrow = name == "wide", name == "narrow"
        least, most = map(self._theme.px, _PICTURE)
        self._faces.setMinimumHeight(min(max(round(0.45 * self.height()), least), most) if narrow else 0)
        if name == self._arrangement and not anew:
            return
        self._arrangement = name
        (self._far_column if wide else self._side_column).addWidget(self._figures_part)
        self._far_scroll.setVisible(wide)
        self.told.set_lines(3 if narrow else 2)
        self._pages.setCurrentIndex(1 if narrow else 0)
        if narrow:
            for part in (self._picture_part, self.strip, self._side):
                self._one_column.addWidget(part)
            self._order_tabs()
            return
        self._side_slot.addWidget(self._side)
        self._grid.addWidget(self.strip, 0, 0)
        self._grid.addWidget(self._side_scroll, 1, 0)
        self._grid.addWidget(self._picture_part, 0, 1, 2, 1)
        self._grid.addWidget(self._far_scroll, 0, 2, 2, 1)
        for i, stretch in enumerate((3, 4, 3) if wide else (1, 1, 0)):
            self._grid.setColumnStretch(i, stretch)
        self._grid.setRowStretch(1, 1)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """By Tab as they stand: the picture, the buttons below it, the choices. Parts that moved have come last."""
        pictures, buttons = (self.picture, self.tiles), (self.play, self.next, self.reset)
        choices = (self.on, self.choice, self.speed, self.chain)
        for one, other in pairwise((*pictures, *buttons, *choices)):
            self.setTabOrder(one, other)
