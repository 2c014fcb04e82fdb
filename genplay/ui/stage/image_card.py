"""One image, large, with what is known of it: log p by the model, log p by the truth, its code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from genplay.quantity import Kind, Quantity
from genplay.spaces.binary import N_IMAGES, SIDE
from genplay.ui.paint.heat import Table
from genplay.ui.paint.tiles import digit_tiles
from genplay.ui.stage.titled import let_wrap
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
        self.numbers = QLabel(self)
        let_wrap(self.numbers)
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.numbers.setTextFormat(Qt.TextFormat.RichText)
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.numbers.setAccessibleName("Numbers of the image")
        self._learned = self._true = self._code = ""
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.image, 4)
        self._layout.addWidget(self.numbers, 5)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self._layout.setSpacing(self._theme.space(3))

    def show_image(self, image: NDArray[np.floating], ink: Table, code: int, true: float | None) -> None:
        """Show an image (25,), its code and its true log p (None: the data have no law)."""
        self.image.show_image(image, ink)
        sure = bool(np.all((image == 0) | (image == 1)))
        self._code = f"image {code:,} of {N_IMAGES:,}" + (
            "" if sure else ", each pixel at its likelier value"
        )
        colour = self._theme.tokens.truth
        if true is None:
            self._true = "true log p unknown: these data are a bare sample"
        elif np.isfinite(true):
            self._true = f'<span style="color:{colour}">true log p</span> {log_p_text(true, "exact")}'
        else:
            self._true = f'<span style="color:{colour}">true log p</span> = −∞: the data never show it'
        self._write()

    def show_learned(self, value: float | None, kind: Kind, model: str) -> None:
        """Show the model's log p of the image (None: the model has no density)."""
        if value is None:
            self._learned = f"{model} has no density"
        else:
            colour = self._theme.tokens.model
            self._learned = f'<span style="color:{colour}">log p</span> {log_p_text(value, kind)}'
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        """Write as many of the lines as the place has room for, the most important first."""
        hint = f'<span style="color:{self._theme.tokens.text_dim}">Point at any image; click to keep it here.</span>'
        lines = [line for line in (self._learned, self._true, self._code, hint) if line]
        for count in range(len(lines), 0, -1):
            self.numbers.setText("".join(f'<p style="margin:0 0 6px 0">{line}</p>' for line in lines[:count]))
            if self.numbers.heightForWidth(self.numbers.width()) <= self.height():
                break
