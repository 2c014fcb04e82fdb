"""The stage of the digit world: samples, the most probable images, data, and one image large with its numbers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from genplay.spaces.binary import codes
from genplay.training.snapshot import FieldRequest, Snapshot
from genplay.ui.ask import LatestAsk
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.stage.digit_words import samples_title, samples_words, top_words
from genplay.ui.stage.image_card import ImageCard
from genplay.ui.stage.layers import missing
from genplay.ui.stage.moments import Moments
from genplay.ui.stage.most_probable import log_p_captions, most_probable
from genplay.ui.stage.search import ImageSearch, SearchRow
from genplay.ui.stage.titled import Titled
from genplay.ui.theme import Theme

__all__ = ["SAMPLES", "DigitsView"]

SAMPLES = 48
DATA_SHOWN = 48
TOP = 24
_ASK_EVERY = 0.3
"""Seconds between questions about the shown image while the model trains."""

_REST_MS = 400
"""The search starts when training has rested for so long."""


class DigitsView(QWidget):
    """Three grids of images and one large image. ``sample_marked`` tells which sample was clicked (−1: none)."""

    sample_marked = Signal(int)

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._snapshot: Snapshot | None = None
        self._data: object = None
        self._gallery: object = None
        self._top: tuple[NDArray[np.float64], NDArray[np.float64] | None] | None = None
        self._exact_for: tuple[int, int] | None = None
        self._refused: tuple[int, int] | None = None
        self._data_images: NDArray[np.float64] = np.empty((0, 25))

        self.samples = TileGrid(theme, "The model's samples", self, drag_prefix="genplay/sample:")
        self.top = TileGrid(theme, "The most probable images", self)
        self.data = TileGrid(theme, "Training images", self)
        self._sections = {
            "samples": Titled("Samples", self.samples, theme, self),
            "density": Titled("Most probable images", self.top, theme, self),
            "data": Titled("Data", self.data, theme, self),
        }
        self.card = ImageCard(theme, self)
        self._search_row = SearchRow(self)
        self._bar, self._stop = self._search_row.bar, self._search_row.stop
        self._stop.clicked.connect(self._stop_search)
        self._sections["density"].add(self._search_row)
        self._search_row.hide()

        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._places: tuple[str, ...] = ()
        self._image_section = Titled("One image", self.card, theme, self)

        self.moments = Moments(experiment, SAMPLES, DATA_SHOWN, self)
        self.moments.changed.connect(self.show_time)
        self._asker = LatestAsk(self)
        self._asker.answered.connect(self._asked)
        self.search = ImageSearch(self)
        self.search.progressed.connect(self._bar.show_share)
        self.search.found.connect(self._found)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._start_search)
        self._asked_at = 0.0
        self._shown_image: tuple[str, NDArray[np.float64]] | None = None
        self._decode: NDArray[np.float64] | None = None
        self._picked: tuple[str, int] | None = None
        for name, grid in (("samples", self.samples), ("density", self.top), ("data", self.data)):
            grid.hovered.connect(lambda i, name=name: self._point(name, i))
            grid.chosen.connect(lambda i, name=name: self._choose(name, i))
        theme.changed.connect(self._recolour)
        self._recolour()

    # What is wanted

    def fields(self) -> tuple[FieldRequest, ...]:
        return ()

    def samples_wanted(self) -> int:
        """How many frozen-noise samples are shown."""
        return SAMPLES

    # Drawing

    def open(self) -> None:
        """Show the experiment as it is."""
        layers = self._experiment.stage.layers
        if "sample" not in self._experiment.card.capabilities_in("digits"):
            layers = frozenset({"data"})
        self._arrange(tuple(name for name in ("samples", "density", "data") if name in layers))
        self._data = None
        self._draw_data()
        self.show_time()
        self._say_captions()
        if "density" not in layers:
            self.search.cancel()
            self._search_row.hide()
        else:
            self._rest.start()

    def new_run(self) -> None:
        """Forget what belongs to the run before."""
        self._snapshot = None
        self._gallery = None
        self._top = self._exact_for = self._refused = None
        self.search.cancel()
        self._asker.forget()
        self.moments.forget()
        self._search_row.hide()
        self.samples.show_tiles(np.empty((0, 5, 5), np.uint32))
        self.top.show_tiles(np.empty((0, 5, 5), np.uint32))
        self._say_captions()

    def _arrange(self, shown: tuple[str, ...]) -> None:
        if shown == self._places:
            return
        self._places = shown
        for section in self._sections.values():
            self._grid.removeWidget(section)
            section.setVisible(False)
        self._grid.removeWidget(self._image_section)
        wanted = [self._sections[name] for name in shown] + [self._image_section]
        for i, section in enumerate(wanted):
            self._grid.addWidget(section, i // 2, i % 2)
            section.setVisible(True)
        for i in (0, 1):
            self._grid.setRowStretch(i, 1 if len(wanted) > 2 * i else 0)
            self._grid.setColumnStretch(i, 1 if len(wanted) > i else 0)

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Draw a snapshot; unchanged parts are left alone."""
        before, self._snapshot = self._snapshot, snapshot
        self.moments.keep(self._layers(), snapshot)
        if snapshot.gallery is not self._gallery:
            self._gallery = snapshot.gallery
            self._draw_samples()
            self._say_captions()
        moved = before is None or before.step != snapshot.step or before.state != snapshot.state
        if moved:
            if snapshot.state == "running" or self._exact_for != (snapshot.run_id, snapshot.step):
                self._among_samples()
            resting = snapshot.state in ("ready", "paused", "finished")
            if resting and "density" in self._places:
                self._rest.start()
            else:
                self._rest.stop()
                if self.search.running:
                    self.search.cancel()
                    self._search_row.hide()
            self._say_captions()
            now = time.monotonic()
            if self._shown_image is not None and (resting or now - self._asked_at >= _ASK_EVERY):
                self._ask(*self._shown_image)

    def _recolour(self) -> None:
        tokens = self._theme.tokens
        self._model_ink = ink_table(tokens.sunken, tokens.model)
        self._data_ink = ink_table(tokens.sunken, tokens.data)
        self._grid.setHorizontalSpacing(self._theme.space(5))
        self._grid.setVerticalSpacing(self._theme.space(4))
        self._data = None
        self._draw_data()
        self._draw_samples()
        self._draw_top()
        if self._shown_image is not None:
            self._show(*self._shown_image)

    def _draw_data(self) -> None:
        data, noised = self._experiment.data, self.moments.noised
        if data.world != "digits" or (data is self._data and noised is None):
            return
        other, self._data = data is not self._data, data
        self._data_images = np.asarray(data.x_train[:DATA_SHOWN], np.float64)
        if noised is not None and len(noised) == len(self._data_images):
            self._data_images = noised
        self.data.show_tiles(
            digit_tiles(self._data_images, self._data_ink),
            tips=tuple(f"class {data.class_names[k]}" for k in data.y_train[:DATA_SHOWN])
            if data.classes > 1
            else (),
        )
        self._sections["data"].say(f"The first of {len(data.x_train):,} training images.")
        if other and len(self._data_images):
            self._show(*self._of_other_data())

    def _of_other_data(self) -> tuple[str, NDArray[np.float64]]:
        """What is shown large once the data have changed: the training image in the same place, or what it was."""
        if self._shown_image is not None and not self._shown_image[0].startswith("Training"):
            return self._shown_image
        place = self._picked[1] if self._picked is not None and self._picked[0] == "data" else 0
        return self._named("data", min(place, len(self._data_images) - 1))

    def _draw_samples(self) -> None:
        gallery = self._snapshot.gallery if self._snapshot is not None else None
        if gallery is None:
            return
        on_their_way = self.moments.samples_now()
        images = gallery.images if on_their_way is None else on_their_way
        self.samples.show_tiles(digit_tiles(images, self._model_ink))
        if self._picked is not None and self._picked[0] == "samples" and self.samples.current >= 0:
            self._show(*self._named("samples", self.samples.current))

    def _layers(self) -> frozenset[str]:
        """The layers switched on that this model has."""
        experiment = self._experiment
        layers: frozenset[str] = experiment.stage.layers
        return layers - set(missing(experiment.card, "digits", experiment.data))

    def show_time(self) -> None:
        """Draw samples and data at the moment between noise and data that was gone to."""
        if self._experiment.world == "digits":
            self.moments.keep(self._layers(), self._snapshot)
            self._draw_samples()
            self._draw_data()

    def _among_samples(self) -> None:
        """While training: the most probable of the samples, each image once."""
        gallery = self._snapshot.gallery if self._snapshot is not None else None
        if gallery is None:
            return
        self._top = most_probable(gallery, TOP)
        self._exact_for = None
        self._draw_top()

    def _draw_top(self) -> None:
        if self._top is None:
            self.top.show_tiles(np.empty((0, 5, 5), np.uint32))
            return
        pictures, log_p = self._top
        shown = log_p_captions(log_p) if log_p is not None else ()
        tips = tuple(f"log p = {v} nats" for v in shown)
        self.top.show_tiles(digit_tiles(pictures, self._model_ink), captions=shown, tips=tips)

    def _say_captions(self) -> None:
        snapshot, experiment = self._snapshot, self._experiment
        samples = self._sections["samples"]
        samples.title(samples_title(snapshot, experiment.data.class_names))
        samples.say(samples_words(snapshot))
        found = snapshot is not None and self._exact_for == (snapshot.run_id, snapshot.step)
        log_p = self._top[1] if self._top is not None else None
        self._sections["density"].say(
            top_words(snapshot, experiment.card, log_p, found=found, searching=self.search.running)
        )

    # The search through all images

    def _start_search(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or snapshot.state not in ("ready", "paused", "finished") or not self.isVisible():
            return
        at = (snapshot.run_id, snapshot.step)
        if self._exact_for == at or self._refused == at or "digits" not in self._experiment.card.density:
            return
        self._bar.show_share(0.0)
        self._search_row.show()
        self.search.start(at, self._experiment.ask, TOP)
        self._say_captions()

    def _stop_search(self) -> None:
        if self._snapshot is not None:
            self._refused = (self._snapshot.run_id, self._snapshot.step)
        self.search.cancel()
        self._search_row.hide()
        self._say_captions()

    def _found(self, at: tuple[int, int], result: Any) -> None:
        self._search_row.hide()
        snapshot = self._snapshot
        if snapshot is None or at != (snapshot.run_id, snapshot.step):
            return
        if result is not None:
            self._top = (result.images.astype(np.float64), result.log_prob)
            self._exact_for = at
            self._draw_top()
        else:
            self._refused = at
        self._say_captions()

    # One image

    def _named(self, name: str, index: int) -> tuple[str, NDArray[np.float64]]:
        if name == "samples":
            gallery = self._snapshot.gallery if self._snapshot is not None else None
            assert gallery is not None
            moving = self.moments.samples_now()
            images = gallery.images if moving is None else moving
            return f"Sample {index + 1}", np.asarray(images[index], np.float64)
        if name == "density":
            assert self._top is not None
            return f"Most probable, place {index + 1}", self._top[0][index]
        return f"Training image {index + 1}", self._data_images[index]

    def _point(self, name: str, index: int) -> None:
        if index >= 0:
            self._show(*self._named(name, index))
        elif self._picked is not None and self._grid_of(self._picked[0]).count > self._picked[1]:
            self._show(*self._named(*self._picked))
        elif self._decode is not None:
            self._show("Decode of the latent code", self._decode)

    def _choose(self, name: str, index: int) -> None:
        self._picked = (name, index)
        for other in ("samples", "density", "data"):
            if other != name:
                self._grid_of(other).choose(-1)
        title, image = self._named(name, index)
        self._show(title, image)
        self._actions.run("inside.about", pixels=[int(value > 0.5) for value in image])
        if name == "samples":
            self.sample_marked.emit(index)

    def _grid_of(self, name: str) -> TileGrid:
        return {"samples": self.samples, "density": self.top, "data": self.data}[name]

    def mark(self, sample: int) -> None:
        """Choose a sample without telling (another view chose it)."""
        self.samples.choose(sample)
        if 0 <= sample < self.samples.count:
            self._picked = ("samples", sample)
            self._show(*self._named("samples", sample))

    def show_latent(self) -> None:
        """Nothing of the latent path is drawn here: the latent panel shows its strip."""

    def show_decode(self, x: NDArray[np.float64] | None) -> None:
        """Show the decode of the current latent code large, (25,)."""
        self._decode = x
        if x is not None:
            self._picked = None
            self._show("Decode of the latent code", x)

    def _show(self, title: str, image: NDArray[np.float64]) -> None:
        self._shown_image = (title, image)
        ink = self._data_ink if title.startswith("Training") else self._model_ink
        rounded = np.round(image)
        self._image_section.title(title)
        data = self._experiment.data
        law = data.law
        true = float(law.log_prob(rounded[None])[0]) if law is not None and data.world == "digits" else None
        self.card.show_image(image, ink, int(codes(rounded[None])[0]), true)
        self._ask(title, image)

    def _ask(self, _title: str, image: NDArray[np.float64]) -> None:
        """Ask the model for log p of the image that is shown; it changes as the model learns."""
        self._asked_at = time.monotonic()
        rounded = np.round(image)
        card = self._experiment.card
        if "digits" in card.density:
            self._asker.put(
                (card.id, image.tobytes()),
                lambda: self._experiment.query("log_prob", rounded[None].astype(np.float64)),
            )
        else:
            self.card.show_learned(None, "exact", self._experiment.card.title)

    def _asked(self, tag: object, answer: NDArray[np.float64]) -> None:
        card = self._experiment.card
        # Another model may have been chosen meanwhile.
        if self._shown_image is not None and tag == (card.id, self._shown_image[1].tobytes()):
            self.card.show_learned(float(answer[0]), card.density["digits"], card.title)

    def close_search(self) -> None:
        """End the search's thread."""
        self.search.close()
