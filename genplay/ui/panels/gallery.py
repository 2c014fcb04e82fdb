"""The gallery: samples to look at closely, to follow, and to carry into the latent space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from genplay.training.snapshot import Snapshot
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.points import Marker, cloud
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.class_choice import ClassChoice
from genplay.ui.panels.cloud_picture import CloudPicture
from genplay.ui.seen import seen
from genplay.ui.stage.titled import Titled, let_wrap
from genplay.ui.theme import Theme

__all__ = ["DIGITS", "POINTS", "GalleryPanel"]

DIGITS = 64
POINTS = 2000
_MOMENTS = (0, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
_LEAST, _LARGEST = 64, 160
"""Sides of the pictures of the cloud, at scale 1."""
_ROOMY, _HIGH = 440, 340
"""Below this width, at scale 1, what is chosen is said above the controls; the cloud stands above its moments if there is height."""


class GalleryPanel(QWidget):
    """Digits: a grid of samples. The plane: the sample cloud at some moments of training, and single samples of it.

    ``sample_marked``: the user chose a sample (−1: none); ``mark(i)`` is the way back. ``request_changed``:
    ``samples_wanted()`` gives something else now.
    """

    sample_marked = Signal(int)
    request_changed = Signal()

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Gallery")
        self._snapshot: Snapshot | None = None
        self._drawn: object = None
        self._moments: list[tuple[int, NDArray[np.float32]]] = []
        self._looking_at = -1
        self._marked = -1

        self.tiles = TileGrid(theme, "Samples", self, drag_prefix="genplay/sample:", largest=64)
        self.moments = TileGrid(
            theme, "The sample cloud at moments of training", self, largest=_LARGEST, least=_LEAST
        )
        self.moments.framed = True
        self.cloud = CloudPicture(theme, "The sample cloud", self)
        self.cloud.setToolTip("Click a sample to follow it; arrow keys go on to others.")
        self.setTabOrder(self.cloud, self.moments)
        self._grid_part = Titled("Samples", self.tiles, theme, self)
        self._moments_part = Titled("As it was", self.moments, theme, self)
        self._cloud_part = Titled("Now", self.cloud, theme, self)
        self._moments_part.say("The same noise each time. Choose one to look closer.")
        plane = QWidget(self)
        self._plane_row = QBoxLayout(QBoxLayout.Direction.LeftToRight, plane)
        self._plane_row.setContentsMargins(0, 0, 0, 0)
        self._plane_row.addWidget(self._cloud_part, 1)
        self._plane_row.addWidget(self._moments_part, 3)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(plane)
        self._pages.addWidget(self._grid_part)

        self.readout = QLabel("", self)
        let_wrap(self.readout)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setAccessibleName("The chosen sample")
        self.label = ClassChoice(experiment, actions, theme, self)
        self.to_a = self._button("Set as A", "a")
        self.to_b = self._button("Set as B", "b")
        self._foot = QGridLayout()
        self._foot.setContentsMargins(0, 0, 0, 0)
        self._foot.setColumnStretch(1, 1)
        for column, widget in ((0, self.label), (2, self.to_a), (3, self.to_b)):
            self._foot.addWidget(widget, 1, column)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._pages, 1)
        self._layout.addLayout(self._foot)

        self._resized = QTimer(self, singleShot=True, interval=50)
        self._resized.timeout.connect(self._draw_moments)
        self.tiles.chosen.connect(self._choose)
        self.tiles.hovered.connect(lambda i: self._read(i if i >= 0 else self._marked))
        self.tiles.key_pressed.connect(self._key)
        self.moments.chosen.connect(self._look_at)
        self.cloud.pointed.connect(self._point)
        self.cloud.stepped.connect(lambda dx, dy: self._step(dx + dy))
        self.cloud.key_pressed.connect(lambda text: self._key(text, self._marked))
        experiment.world_changed.connect(self._open)
        experiment.model_changed.connect(self._open)
        experiment.run_changed.connect(self._new_run)
        experiment.latent_changed.connect(self._latent)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._open()

    def _place_readout(self) -> None:
        """What is chosen, between the controls; where there is no room for that, above them."""
        if self.width() < self._theme.px(_ROOMY):
            self._foot.addWidget(self.readout, 0, 0, 1, 4)
        else:
            self._foot.addWidget(self.readout, 1, 1)

    def _place_clouds(self) -> None:
        """The cloud beside its moments, or above them where the panel is narrow and high."""
        theme = self._theme
        narrow = self.width() < theme.px(_ROOMY)
        above = narrow and self.height() > theme.px(_HIGH)
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._plane_row.setDirection(below if above else beside)
        for i, stretch in enumerate((3, 2) if above else (2, 3) if narrow else (1, 3)):
            self._plane_row.setStretch(i, stretch)
        self._plane_row.setSpacing(theme.space(2 if above else 4))

    def _button(self, text: str, slot: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(
            f"Make the chosen sample end {slot.upper()} of the latent path (key {slot.upper()})."
        )
        button.setAccessibleName(text)
        button.clicked.connect(lambda: self._anchor(slot))
        return button

    def _restyle(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(theme.space(2))
        self._place_clouds()
        self._foot.setSpacing(theme.space(2))
        self._place_readout()
        self._drawn = None
        if self._snapshot is not None:
            self._draw()
        self._draw_moments()

    # What is wanted

    def samples_wanted(self) -> int:
        """How many frozen-noise samples are shown."""
        if not seen(self):
            return 0
        return POINTS if self._experiment.world == "plane" else DIGITS

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.request_changed.emit()
        if self._snapshot is not None:
            self.render(self._snapshot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized.start()
        self._place_readout()
        self._place_clouds()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.request_changed.emit()

    # Drawing

    def _open(self, *_: object) -> None:
        self._pages.setCurrentIndex(0 if self._experiment.world == "plane" else 1)
        has_code = "latent" in self._experiment.card.capabilities_in(self._experiment.world)
        self.to_a.setVisible(has_code)
        self.to_b.setVisible(has_code)
        self._say()
        self._read(self._marked)
        self.request_changed.emit()

    def _new_run(self, *_: object) -> None:
        self._snapshot, self._drawn = None, None
        self.label.offer(None)
        self._moments = []
        self._marked = self._looking_at = -1
        self.tiles.show_tiles(np.empty((0, 5, 5), np.uint32))
        self.cloud.show_groups((), self._experiment.data.box)
        self._draw_moments()
        self._open()

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Take a snapshot: moments are kept in any case, the rest is drawn when it can be seen."""
        if snapshot.world != self._experiment.world or snapshot.run_id != (
            self._experiment.run_id or snapshot.run_id
        ):
            return
        before = self._snapshot
        other = before is not None and snapshot.samples_label != before.samples_label
        if other or (before is not None and snapshot.samples_step < before.samples_step):
            self._moments, self._looking_at = [], -1
        self._snapshot = snapshot
        self.label.offer(snapshot)
        self._keep_moment(snapshot)
        if seen(self):
            self._draw()

    def _keep_moment(self, snapshot: Snapshot) -> None:
        if snapshot.samples is None or snapshot.world != "plane":
            return
        last = self._moments[-1][0] if self._moments else -1
        due = next((m for m in _MOMENTS if m > last), None)
        if due is not None and snapshot.samples_step >= due:
            self._moments.append((snapshot.samples_step, snapshot.samples))
            self._draw_moments()

    def _draw(self) -> None:
        snapshot = self._snapshot
        assert snapshot is not None
        shown = snapshot.gallery if snapshot.world == "digits" else snapshot.samples
        if shown is self._drawn:
            return
        self._drawn = shown
        if snapshot.world == "digits" and snapshot.gallery is not None:
            gallery = snapshot.gallery
            tokens = self._theme.tokens
            tips: tuple[str, ...] = ()
            if gallery.log_prob is not None:
                tips = tuple(f"sample {i + 1}: log p = {v:.2f} nats" for i, v in enumerate(gallery.log_prob))
            self.tiles.show_tiles(
                digit_tiles(gallery.images, ink_table(tokens.sunken, tokens.model)), tips=tips
            )
            self.tiles.choose(self._marked)
        elif snapshot.world == "plane":
            self._draw_cloud()
        self._say()
        self._read(self._marked)

    def _cloud_shown(self) -> tuple[int, NDArray[np.float32]] | None:
        """The cloud that is looked at: a kept moment, else the newest."""
        if 0 <= self._looking_at < len(self._moments):
            return self._moments[self._looking_at]
        snapshot = self._snapshot
        if snapshot is None or snapshot.samples is None:
            return None
        return snapshot.samples_step, snapshot.samples

    def _marker(self, size: float) -> Marker:
        tokens = self._theme.tokens
        return Marker("o", size * self._theme.scale**0.5, tokens.model, tokens.canvas)

    def _draw_cloud(self) -> None:
        shown = self._cloud_shown()
        if shown is None:
            return
        step, samples = shown
        now = not 0 <= self._looking_at < len(self._moments)
        of_class = "" if (name := self._class_shown()) is None else f", class {name}"
        self._cloud_part.title(f"Now, step {step:,}{of_class}" if now else f"Step {step:,}{of_class}")
        self.cloud.show_groups([(samples, self._marker(3.2))], self._experiment.data.box)
        inside = 0 <= self._marked < len(samples)
        self.cloud.mark({"": samples[self._marked].astype(np.float64)} if inside else {})

    def _class_shown(self) -> str | None:
        """The name of the class that the samples are of; None for all."""
        label = self._snapshot.samples_label if self._snapshot is not None else None
        names = self._experiment.data.class_names
        return None if label is None or label >= len(names) else str(names[label])

    def _draw_moments(self) -> None:
        if not self._moments:
            self.moments.show_tiles(np.empty((0, 8, 8), np.uint32))
            return
        room = self.moments.height() - self._theme.px(28)
        room = min(room, self.moments.width() // len(self._moments) - self._theme.px(8))
        side = min(max(room, self._theme.px(_LEAST)), self._theme.px(_LARGEST))
        box = self._experiment.data.box
        marker = self._marker(2.0)
        paper = self._theme.tokens.canvas
        tiles = np.stack([cloud([(x, marker)], box, side, paper) for _, x in self._moments])
        names = tuple(f"step {step:,}" for step, _ in self._moments)
        self.moments.show_tiles(tiles, captions=names)

    def _say(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            self._grid_part.say("The model is being made ready.")
            self._cloud_part.say("The model is being made ready.")
            return
        hint = "Drag one onto an end of the latent path, or choose it and press A or B."
        code = "latent" in self._experiment.card.capabilities_in(self._experiment.world)
        untrained = snapshot.step == 0
        begin = (
            "Not trained yet: this is how the model begins." if untrained else "The same noise every time."
        )
        name = self._class_shown()
        self._grid_part.title("Samples" if name is None else f"Samples of class {name}")
        self._grid_part.say(f"{begin} {hint}" if code else begin)
        self._cloud_part.say(
            "Click a sample to follow it." if not untrained else "Not trained yet: this is how it begins."
        )

    # Choosing

    def _look_at(self, index: int) -> None:
        """Look closer at a moment; the same one again, or the newest, goes back to now."""
        self._looking_at = -1 if index == self._looking_at else index
        if self._looking_at < 0:
            self.moments.choose(-1)
        self._draw_cloud()

    def _choose(self, index: int) -> None:
        self.mark(index)
        self._look_inside(index)
        self.sample_marked.emit(index)

    def _look_inside(self, index: int) -> None:
        """Let the panel Inside be about this sample."""
        snapshot = self._snapshot
        if snapshot is not None and snapshot.world == "digits" and snapshot.gallery is not None:
            pixels = [int(value > 0.5) for value in snapshot.gallery.images[index]]
            self._actions.run("inside.about", pixels=pixels)
        elif (shown := self._cloud_shown()) is not None and np.isfinite(shown[1][index]).all():
            self._actions.run("inside.about", point=[shown[1][index].tolist()])

    def mark(self, sample: int) -> None:
        """Show which sample is followed (−1: none), without telling."""
        self._marked = sample
        if self._experiment.world == "digits":
            self.tiles.choose(sample)
        else:
            self._draw_cloud()
        self._read(sample)

    def _point(self, x: float, y: float) -> None:
        shown = self._cloud_shown()
        if shown is not None and len(shown[1]):
            distance = np.hypot(*(shown[1] - np.array([x, y], np.float32)).T)
            self._choose(int(np.nanargmin(distance)))

    def _step(self, by: int) -> None:
        shown = self._cloud_shown()
        if shown is not None and len(shown[1]):
            self._choose((self._marked + by) % len(shown[1]))

    def _key(self, text: str, index: int) -> None:
        if not self.label.press(text) and text in ("a", "b"):
            self._anchor(text, index)

    def _anchor(self, slot: str, index: int | None = None) -> None:
        sample = self._marked if index is None else index
        if sample >= 0 and "latent" in self._experiment.card.capabilities_in(self._experiment.world):
            self._actions.run("latent.anchor", slot=slot, sample=sample)

    def _latent(self, *_: object) -> None:
        """Write A and B on the samples that are the ends of the path."""
        snapshot, latent = self._snapshot, self._experiment.latent
        if snapshot is None or snapshot.gallery is None:
            return
        badges = {}
        for letter, end in (("A", latent.a), ("B", latent.b)):
            if end is not None and end.x.shape == (25,):
                same = np.flatnonzero((snapshot.gallery.images == end.x).all(axis=1))
                if len(same):
                    badges[int(same[0])] = letter
        self.tiles.badge(badges)

    def _read(self, index: int) -> None:
        chosen = self._words(index)
        self.readout.setText(chosen or "No sample chosen.")
        for button in (self.to_a, self.to_b):
            button.setEnabled(self._marked >= 0)

    def _words(self, index: int) -> str:
        snapshot = self._snapshot
        if snapshot is None or index < 0:
            return ""
        if snapshot.world == "digits":
            gallery = snapshot.gallery
            if gallery is None or index >= len(gallery.images):
                return ""
            words = f"Sample {index + 1}"
            if gallery.log_prob is not None:
                kind = self._experiment.card.density.get("digits", "estimate")
                words += f": log p = {gallery.log_prob[index]:.2f} nats, {kind}"
            return words.replace("-", "−")
        shown = self._cloud_shown()
        if shown is None or index >= len(shown[1]):
            return ""
        x, y = shown[1][index]
        return f"Sample {index + 1} at ({x:.2f}, {y:.2f})".replace("-", "−")
