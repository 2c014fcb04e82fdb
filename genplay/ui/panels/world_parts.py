"""The parts of the panel of all images: the order, the minima, a walk, and known pixels. Each shows what the census run holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genplay.lab.census_run import NOTHING_KNOWN, CensusRun
from genplay.ui.exhibits.view import plain
from genplay.ui.fields import PatientSlider
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.known_pad import KnownPad
from genplay.ui.panels.lines import Lines
from genplay.ui.panels.world_curve import Mark, WorldCurve
from genplay.ui.stage.image_card import BigImage
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["KnownPart", "MinimaPart", "OrderPart", "Part", "WalkPart"]

PLAY_MS = 450
_SHOWN = 36


class Part(QWidget):
    """Widgets in a column; ``show_run`` brings them in line with the run."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._run: CensusRun = experiment.census
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._rows: list[QHBoxLayout] = []
        theme.changed.connect(self._dress)

    def show_run(self) -> None:
        """Draw what the run holds now."""
        raise NotImplementedError

    def _dress(self) -> None:
        for layout in (self._column, *self._rows):
            layout.setSpacing(self._theme.space(2))
        if self._run.census is not None:
            self.show_run()

    @property
    def colour(self) -> str:
        """The token of what the census is of."""
        return "truth" if self._run.on == "truth" else "model"

    def tiles(self, images: Any) -> Any:
        """Images (n, 25) as tiles in the colour of what the census is of."""
        ink = str(getattr(self._theme.tokens, self.colour))
        return digit_tiles(np.asarray(images, np.float32), ink_table(self._theme.tokens.sunken, ink))

    def button(self, text: str, action: str, tip: str = "", **args: object) -> QPushButton:
        """A button that runs an action."""
        made = QPushButton(text, self)
        made.setToolTip(tip or self._actions.tip(action))
        made.setAccessibleName(text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: self._actions.run(action, **args))
        return made

    def row(self, *widgets: QWidget) -> QHBoxLayout:
        """Widgets side by side, at the end of the column."""
        row = QHBoxLayout()
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        self._column.addLayout(row)
        self._rows.append(row)
        return row

    def words(self, name: str, lines: int) -> Lines:
        """A sentence with room for some lines, at the end of the column."""
        made = Lines(self._theme, name, self)
        made.set_lines(lines)
        self._column.addWidget(made)
        return made


class OrderPart(Part):
    """log p against rank, with the image that is looked at, and where 90 % of the mass ends."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.curve = WorldCurve(
            self._theme, "log p of all images in their order", self, log_x=True, height=170
        )
        self._column.addWidget(self.curve)
        self.told = self.words("The image that is looked at", 4)
        self._dress()

    def show_run(self) -> None:
        census, place = self._run.census, self._run.place
        assert census is not None
        held = int(census.facts["held"].value)
        marks = [Mark(held, None, "90 % of the mass")]
        if place is None:
            self.told.setText("Looking for the image among all …")
        else:
            marks.append(Mark(place.rank, place.log_prob, f"rank {place.rank:,}"))
            name = (
                "The first training image"
                if self._experiment.subject.chosen is None
                else "The image you picked"
            )
            said = "is impossible" if place.log_prob == -math.inf else f"has log p = {plain(place.log_prob)}"
            self.told.setText(
                f"{name} {said}: rank {place.rank:,} of 33,554,432. {place.mass_above:.1%} of the mass lies on more "
                f"probable ones. Click any image to see its place."
            )
        ranks, values = census.profile
        self.curve.show_curve(
            ranks.astype(np.float64),
            values,
            self.colour,
            ("rank, the most probable first", "log p, nats"),
            tuple(marks),
        )


class MinimaPart(Part):
    """The deepest minima as pictures, and what is known of the chosen one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.grid = TileGrid(self._theme, "Local minima", self, largest=46, least=26)
        self.grid.framed = True
        self.grid.chosen.connect(lambda index: self._actions.run("world.minimum", index=index))
        self._column.addWidget(self.grid)
        self.told = self.words("The chosen minimum", 4)
        self.look = QPushButton("Look at it", self)
        self.look.setToolTip("Make it the image that the panels Inside and World are about.")
        self.look.setAccessibleName("Look at the chosen minimum")
        self.look.clicked.connect(self._look_at_it)
        self.cross = QPushButton("Cross to it", self)
        self.cross.setToolTip(
            "Walk to it from minimum 1 over the lowest saddle; the walk is shown under Rolling downhill."
        )
        self.cross.setAccessibleName("Cross from the deepest minimum to the chosen one")
        self.cross.clicked.connect(lambda: self._actions.run("world.cross", start=0, end=self._run.minimum))
        self.row(self.look, self.cross)
        self._dress()

    def _dress(self) -> None:
        self.grid.setFixedHeight(self._theme.px(162))
        super()._dress()

    def _look_at_it(self) -> None:
        census = self._run.census
        if census is not None:
            image = census.images(census.basins.minima[self._run.minimum : self._run.minimum + 1])[0]
            self._actions.run("inside.about", pixels=image.tolist())

    def show_run(self) -> None:
        census, chosen = self._run.census, self._run.minimum
        assert census is not None
        found = census.basins
        shown = min(_SHOWN, len(found))
        escape = census.escape()
        captions = tuple(f"{mass:.1%}" for mass in found.mass[:shown])
        self.grid.show_tiles(
            self.tiles(census.images(found.minima[:shown])), captions,
            tuple(f"Minimum {i + 1}: log p = {plain(float(found.log_p[i]))}, basin of {found.size[i]:,} images" for i in range(shown)),
        )  # fmt: skip
        self.grid.choose(chosen)
        climb = ""
        if np.isfinite(escape[chosen]):
            climb = f" To reach a deeper minimum {plain(float(escape[chosen]))} nats have to be climbed."
        elif chosen == 0:
            climb = " It is the deepest, and the most probable image."
        self.told.setText(
            f"Minimum {chosen + 1} of {len(found):,}: log p = {plain(float(found.log_p[chosen]))}. "
            f"{found.size[chosen]:,} images roll to it, with {found.mass[chosen]:.1%} of the mass.{climb}"
        )
        self.cross.setEnabled(chosen > 0 and census.saddles is not None)


class WalkPart(Part):
    """A walk from image to image: pictures, the energy on the way, and a slider along it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.random = self.button("Random", "world.walk", "Toss 25 coins and roll downhill from there.")
        self.from_image = QPushButton("From image", self)
        self.from_image.setToolTip("Roll downhill from the image that is looked at.")
        self.from_image.setAccessibleName("Roll downhill from the image that is looked at")
        self.from_image.clicked.connect(self._from_image)
        self.row(self.random, self.from_image)
        self.grid = TileGrid(self._theme, "The images of the walk", self, largest=40, least=20)
        self.grid.framed = True
        self.grid.chosen.connect(self._go)
        self._column.addWidget(self.grid)
        self.curve = WorldCurve(self._theme, "log p along the walk", self, dots=True, height=130)
        self.curve.picked.connect(self._go)
        self._column.addWidget(self.curve)
        self.play = QPushButton("Play", self)
        self.play.setToolTip("Walk step by step.")
        self.play.setAccessibleName("Play the walk")
        self.play.clicked.connect(self._toggle)
        self.slider = PatientSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName("Place on the walk")
        self.slider.setToolTip(self._actions.tip("world.step"))
        self.slider.valueChanged.connect(self._go)
        line = self.row(self.play)
        line.insertWidget(1, self.slider, 1)
        line.setStretch(2, 0)
        self.told = self.words("The walk", 2)
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._next)
        self._dress()

    def _dress(self) -> None:
        self.grid.setFixedHeight(self._theme.px(92))
        self.random.setIcon(self._theme.icon("dices"))
        self.play.setIcon(self._theme.icon("pause" if self._timer.isActive() else "play"))
        super()._dress()

    def _from_image(self) -> None:
        self._actions.run("world.walk", pixels=[int(v > 0.5) for v in self._experiment.subject.x[0]])

    def _go(self, index: int) -> None:
        if self._run.way is not None and index != self._run.at:
            self._actions.run("world.step", index=index)

    def _toggle(self) -> None:
        way = self._run.way
        if self._timer.isActive():
            self._stop()
        elif way is not None:
            if self._run.at == len(way.images) - 1:
                self._go(0)
            self._timer.start()
            self._dress_play()

    def _next(self) -> None:
        way = self._run.way
        if way is None or self._run.at >= len(way.images) - 1 or not self.isVisible():
            self._stop()
        else:
            self._go(self._run.at + 1)

    def _stop(self) -> None:
        self._timer.stop()
        self._dress_play()

    def _dress_play(self) -> None:
        running = self._timer.isActive()
        self.play.setText("Pause" if running else "Play")
        self.play.setIcon(self._theme.icon("pause" if running else "play"))

    def show_run(self) -> None:
        way, at = self._run.way, self._run.at
        for widget in (self.grid, self.curve, self.play, self.slider):
            widget.setVisible(way is not None)
        if way is None:
            self._stop()
            self.told.setText(
                "Any image rolls to a minimum: at each step the one pixel is flipped that lowers the energy most."
            )
            return
        self.grid.show_tiles(self.tiles(way.images))
        self.grid.choose(at)
        steps = np.arange(len(way.images), dtype=np.float64)
        value = float(way.log_p[at])
        self.curve.show_curve(
            steps, way.log_p, self.colour, ("flips", "log p, nats"), (Mark(float(at), value),)
        )
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(way.images) - 1)
        self.slider.setValue(at)
        self.slider.blockSignals(False)
        climb = f" It climbs {plain(way.climb)} nats, and no way climbs less." if way.start >= 0 else ""
        self.told.setText(
            f"{len(way.images) - 1} flips {way.title}.{climb} Step {at}: log p = {plain(value)}."
        )


class KnownPart(Part):
    """A pad to say what is known, the probabilities of the rest, and a completion."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pad = KnownPad(self._theme, self)
        self.pad.changed.connect(lambda known: self._actions.run("world.know", pixels=list(known)))
        self.picture = BigImage(self._theme, self, least=60)
        self.picture.setAccessibleName("The completion")
        self.caption = QLabel("", self)
        self.caption.setProperty("role", "small")
        let_wrap(self.caption)
        side = QVBoxLayout()
        side.addWidget(self.picture, 1)
        side.addWidget(self.caption)
        row = QHBoxLayout()
        row.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)
        self._column.addLayout(row)
        self._rows.append(row)
        self.told = self.words("What is known", 3)
        self.best = self.button(
            "Likeliest", "world.complete", "Fill in the most probable completion.", how="best"
        )
        self.draw = self.button(
            "Draw", "world.complete", "Draw a completion from P(x | known pixels).", how="sample"
        )
        self.clear = self.button("Forget", "world.know", "Nothing is known.", pixels=list(NOTHING_KNOWN))
        self.row(self.best, self.draw, self.clear)
        self._dress()

    def show_run(self) -> None:
        run = self._run
        cube = run.cube if run.cube is not None and run.cube.known == run.known else None
        nothing = all(k is None for k in run.known)
        lit = None if cube is None else cube.lit
        if cube is None and nothing and run.census is not None:
            lit = run.census.lit
        impossible = cube is not None and cube.log_mass == -math.inf
        self.pad.show_known(run.known, None if impossible else lit)
        self.picture.setVisible(run.completion is not None)
        self.caption.setVisible(run.completion is not None)
        if run.completion is not None:
            ink = str(getattr(self._theme.tokens, self.colour))
            self.picture.show_image(
                run.completion.astype(np.float64), ink_table(self._theme.tokens.sunken, ink)
            )
            assert run.census is not None
            share = "" if cube is None else self._share(cube)
            self.caption.setText(f"a completion{share}")
        if impossible:
            self.told.setText("No image with these pixels has a probability above 0.")
        elif nothing:
            self.told.setText(
                "Nothing is known: each pixel shows its probability of ink in %. Click a pixel: once for ink, again for none."
            )
        elif cube is None:
            self.told.setText("Summing over all images that agree …")
        else:
            self.told.setText(
                f"{cube.images:,} images agree. P(what is known) = {math.exp(cube.log_mass):.3g}, log P = {plain(cube.log_mass)} "
                f"nats. The other pixels show their exact probability of ink, in %."
            )
        for button in (self.best, self.draw):
            button.setEnabled(cube is not None and not impossible)
        self.clear.setEnabled(not nothing)

    def _share(self, cube: Any) -> str:
        census, image = self._run.census, self._run.completion
        assert census is not None
        assert image is not None
        share = math.exp(float(census.log_p[census.code(image)]) - cube.log_mass)
        return f" with probability {share:.2g} given what is known"
