"""The picture of one lane among the 5×5 images: the model's samples and, where there is room, the most probable of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from genplay.models.card import Card
from genplay.training.snapshot import Gallery, Snapshot
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.stage.most_probable import log_p_captions, most_probable
from genplay.ui.stage.race.common import Common
from genplay.ui.stage.race.words import here
from genplay.ui.theme import Theme

__all__ = ["SAMPLES", "DigitsLane"]

SAMPLES = 48
_TOP = 12
_ROOM = 190
"""A picture with less room than a square of this side, at scale 1, shows the samples alone."""


class DigitsLane(QWidget):
    """``pointed`` carries an image under the mouse (25,), or None when it has left; ``said`` this model's log p of it, in words."""

    pointed = Signal(object)
    said = Signal(str)

    def __init__(self, theme: Theme, common: Common, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._common = theme, common
        self._gallery: Gallery | None = None
        self._best: NDArray[np.float64] = np.empty((0, 25))
        self._drawn: tuple[object, ...] = ()
        self._card: Card | None = None
        self.samples = TileGrid(theme, "Samples of this lane", self, largest=40, least=20)
        self.best = TileGrid(theme, "The most probable of the samples", self, largest=40, least=20)
        self.parts: dict[str, QWidget] = {"samples": self.samples, "density": self.best}
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in self.parts.values():
            self._row.addWidget(part, 1)
        self.samples.hovered.connect(lambda i: self._point("samples", i))
        self.best.hovered.connect(lambda i: self._point("density", i))
        self.samples.chosen.connect(lambda i: self._point("samples", i))
        self.best.chosen.connect(lambda i: self._point("density", i))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > self.height()
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._show_parts()

    def _show_parts(self) -> None:
        """The layers that are on; of two the samples alone where both would have room for a few images only."""
        layers, card = self._common.layers, self._card
        best = "density" in layers and card is not None and "digits" in card.density
        roomy = self.width() * self.height() >= self._theme.px(_ROOM) ** 2
        self.samples.setVisible("samples" in layers)
        self.best.setVisible(best and (roomy or "samples" not in layers))

    def render(self, snapshot: Snapshot | None, card: Card) -> None:  # type: ignore[override]
        """Draw what has changed since the last drawing."""
        self._card = card
        gallery = snapshot.gallery if snapshot is not None else None
        layers = self._common.layers
        tokens = self._theme.tokens
        key = (id(gallery), layers, tokens.name, self._theme.scale)
        if key == self._drawn:
            return
        self._drawn, self._gallery = key, gallery
        self._row.setSpacing(self._theme.space(3))
        best = most_probable(gallery, _TOP) if gallery is not None else None
        self._show_parts()
        ink = ink_table(tokens.sunken, tokens.model)
        self.samples.show_tiles(
            digit_tiles(gallery.images if gallery is not None else np.empty((0, 25)), ink)
        )
        self._best = best[0] if best is not None else np.empty((0, 25))
        self.best.show_tiles(
            digit_tiles(self._best, ink), log_p_captions(best[1]) if best is not None else ()
        )

    def _point(self, part: str, index: int) -> None:
        images: NDArray[np.floating] = self._best
        if part == "samples":
            images = self._gallery.images if self._gallery is not None else np.empty((0, 25))
        self.pointed.emit(np.asarray(images[index], np.float64) if 0 <= index < len(images) else None)

    def point_at(self, x: NDArray[np.float64] | None) -> None:
        """An image (25,) is pointed at in any lane, or none."""
        if x is None:
            self.said.emit("")

    def say_log_p(self, log_p: float) -> None:
        """Say this model's log p of that image."""
        if self._card is not None:
            self.said.emit(here(log_p, self._card.density.get("digits")))

    def forget(self) -> None:
        """Draw everything anew."""
        self._drawn = ()
