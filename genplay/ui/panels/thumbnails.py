"""Small pictures of data: a cloud of points, or a few 5×5 images as tiles, in the theme's colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPixmap

from genplay.spaces.binary import SIDE
from genplay.spaces.plane import Box
from genplay.ui.paint.points import Marker, cloud
from genplay.ui.theme import Theme

__all__ = ["cloud_pixmap", "digit_pixmap", "digits_pixmap", "groups_of"]


def groups_of(
    x: NDArray[np.floating], y: NDArray[np.integer], classes: int, theme: Theme, size: float
) -> list[tuple[NDArray[np.floating], Marker]]:
    """Points (n, 2) in one group per class, with the class's colour and shape."""
    tokens = theme.tokens
    if classes <= 1:
        return [(x, Marker("o", size, tokens.data))]
    return [
        (x[y == label], Marker(tokens.markers[label % 10], size, tokens.classes[label % 10]))
        for label in range(classes)
    ]


def _pixmap(pixels: NDArray[np.uint32], ratio: float) -> QPixmap:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
    pixmap = QPixmap.fromImage(image.copy())
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def cloud_pixmap(
    x: NDArray[np.floating],
    y: NDArray[np.integer],
    classes: int,
    box: Box,
    side: int,
    theme: Theme,
    ratio: float = 1.0,
) -> QPixmap:
    """A square picture of points (n, 2); ``side`` in logical pixels."""
    # Two pixels are the smallest dot whose colour can still be told.
    groups = groups_of(x, y, classes, theme, max(2.0, side / 28))
    return _pixmap(cloud(groups, box, round(side * ratio), theme.tokens.canvas, ratio), ratio)


def digits_pixmap(images: NDArray[np.generic], side: int, theme: Theme, ratio: float = 1.0) -> QPixmap:
    """Up to four images (n, 25) as tiles of a square picture."""
    tokens = theme.tokens
    paper, ink = (np.uint32(QColor(c).rgba()) for c in (tokens.canvas, tokens.data))
    per_row = 1 if len(images) < 4 else 2
    cells = per_row * (SIDE + 1) + 1
    grid = np.full((cells, cells), paper, dtype=np.uint32)
    for index, image in enumerate(images[: per_row**2]):
        row, column = divmod(index, per_row)
        top, left = 1 + row * (SIDE + 1), 1 + column * (SIDE + 1)
        grid[top : top + SIDE, left : left + SIDE] = np.where(
            np.asarray(image).reshape(SIDE, SIDE) > 0.5, ink, paper
        )
    size = round(side * ratio)
    scaled = _pixmap(grid, 1.0).scaled(
        size, size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
    )
    scaled.setDevicePixelRatio(ratio)
    return scaled


def digit_pixmap(pixels: Sequence[int], side: int, theme: Theme, ratio: float = 1.0) -> QPixmap:
    """One image of 25 pixels."""
    return digits_pixmap(np.asarray(pixels)[None], side, theme, ratio)
