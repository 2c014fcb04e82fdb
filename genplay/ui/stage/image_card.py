"""One image, large, with what is known of it: log p by the model, log p by the truth, its code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from genplay.quantity import Kind, Quantity
from genplay.spaces.binary import N_IMAGES, SIDE
from genplay.ui.paint.heat import Table
from genplay.ui.paint.tiles import digit_tiles
from genplay.ui.theme import Theme

__all__ = ["BigImage", "ImageCard", "log_p_text"]

KIND_WORDS: dict[Kind, str] = {"exact": "exact", "bound": "a lower bound", "estimate": "an estimate"}


def log_p_text(value: float, kind: Kind) -> str:
    """``= −8.312 nats, exact``: sign, number, unit, and the kind in words."""
    quantity = Quantity(value, kind, direction="lower" if kind == "bound" else None)
    return f"{quantity}, {KIND_WORDS[kind]}"


class BigImage(QWidget):
    """A 5×5 image as large as its place allows, pixels crisp."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, least: int = 60) -> None:
        super().__init__(parent)
        self._theme = theme
        self._least = least
        self._tile: Table | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The image, large")

    def show_image(self, image: NDArray[np.floating], ink: Table) -> None:
        """Show an image (25,) with values in [0, 1]."""
        self._tile = np.ascontiguousarray(digit_tiles(image[None], ink)[0])
        rows = ["".join("█" if v > 0.5 else "·" for v in row) for row in np.reshape(image, (SIDE, SIDE))]
        self.setAccessibleDescription(" / ".join(rows))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(140), self._theme.px(140))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(self._least), self._theme.px(self._least))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._tile is None:
            return
        side = min(self.width(), self.height(), self._theme.px(240)) // SIDE * SIDE
        painter = QPainter(self)
        target = QRect(0, 0, side, side)
        painter.drawImage(target, QImage(self._tile.data, SIDE, SIDE, SIDE * 4, QImage.Format.Format_RGB32))
        painter.setPen(self._theme.color("border"))
        painter.drawRect(target.adjusted(0, 0, -1, -1))
        painter.end()


class ImageCard(QWidget):
    """The image on the left, its numbers on the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.image = BigImage(theme, self)
        self.learned = QLabel("", self)
        self.true = QLabel("", self)
        self.code = QLabel("", self)
        self.hint = QLabel("Point at any image; click to keep it here.", self)
        self.hint.setProperty("role", "small")
        lines = QVBoxLayout()
        for label in (self.learned, self.true, self.code, self.hint):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            lines.addWidget(label)
        lines.addStretch(1)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.image, 4)
        self._layout.addLayout(lines, 5)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self._layout.setSpacing(self._theme.space(3))

    def show_image(self, image: NDArray[np.floating], ink: Table, code: int, true: float | None) -> None:
        """Show an image (25,), its code and its true log p (None: the data have no law)."""
        self.image.show_image(image, ink)
        sure = bool(np.all((image == 0) | (image == 1)))
        self.code.setText(f"image {code:,} of {N_IMAGES:,}" + ("" if sure else ", each pixel at its likelier value"))
        colour = self._theme.color("truth").name()
        if true is None:
            self.true.setText("true log p unknown: these data are a bare sample")
        elif np.isfinite(true):
            self.true.setText(f'<span style="color:{colour}">true log p</span> {log_p_text(true, "exact")}')
        else:
            self.true.setText(f'<span style="color:{colour}">true log p</span> = −∞: the data never show it')

    def show_learned(self, value: float | None, kind: Kind, model: str) -> None:
        """Show the model's log p of the image (None: the model has no density)."""
        colour = self._theme.color("model").name()
        if value is None:
            self.learned.setText(f"{model} has no density")
        else:
            self.learned.setText(f'<span style="color:{colour}">log p</span> {log_p_text(value, kind)}')
