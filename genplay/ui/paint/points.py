"""Points: marker shapes stamped by numpy into one picture of the view's own resolution, drawn by one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QWidget

from genplay.spaces.plane import Box
from genplay.ui.tokens import Tokens

__all__ = ["Marker", "PointsItem", "class_groups", "cloud", "marker_path", "sprite", "stamp"]

_PAD = 32
"""Pixels kept around the picture, so that a marker half outside needs no special case."""

Pixels = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Marker:
    """How one group of points looks: pyqtgraph's symbol name, diameter in logical pixels, fill, outline."""

    shape: str
    size: float
    fill: str
    outline: str | None = None
    opacity: float = 1.0


def class_groups(
    x: NDArray[np.floating], y: NDArray[np.int64], classes: int, size: float, tokens: Tokens
) -> list[tuple[NDArray[np.floating], Marker]]:
    """Data points (n, 2) with labels (n,) in groups: a hue and a shape for each class, the data's own colour for one."""
    if classes <= 1:
        return [(x, Marker("o", size, tokens.data, tokens.canvas))]
    shapes, hues = tokens.markers, tokens.classes
    return [
        (x[y == k], Marker(shapes[k % len(shapes)], size, hues[k % len(hues)], tokens.canvas))
        for k in range(classes)
    ]


def marker_path(shape: str) -> QPainterPath:
    """The shape in the unit square about 0 (a circle of diameter 1 for shapes that are not known)."""
    path = QPainterPath()
    polygons = {
        "s": [(-0.44, -0.44), (0.44, -0.44), (0.44, 0.44), (-0.44, 0.44)],
        "d": [(0, -0.58), (0.5, 0), (0, 0.58), (-0.5, 0)],
        "t": [(-0.52, -0.42), (0.52, -0.42), (0, 0.52)],
        "t1": [(-0.52, 0.42), (0.52, 0.42), (0, -0.52)],
        "+": _cross(0.0),
        "x": _cross(np.pi / 4),
        "p": _regular(5, 0.54),
        "h": _regular(6, 0.52),
        "star": _star(),
    }
    if shape in polygons:
        points = polygons[shape]
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.closeSubpath()
    else:
        path.addEllipse(QRectF(-0.5, -0.5, 1, 1))
    return path


def _regular(n: int, radius: float) -> list[tuple[float, float]]:
    angles = 2 * np.pi * np.arange(n) / n - np.pi / 2
    return [(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in angles]


def _star() -> list[tuple[float, float]]:
    angles = np.pi * np.arange(10) / 5 - np.pi / 2
    radii = np.where(np.arange(10) % 2 == 0, 0.6, 0.26)
    return [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(radii, angles, strict=True)]


def _cross(turn: float) -> list[tuple[float, float]]:
    arm, half = 0.56, 0.16
    corners = [
        (-half, -arm), (half, -arm), (half, -half), (arm, -half), (arm, half), (half, half),
        (half, arm), (-half, arm), (-half, half), (-arm, half), (-arm, -half), (-half, -half),
    ]  # fmt: skip
    c, s = float(np.cos(turn)), float(np.sin(turn))
    return [(c * x - s * y, s * x + c * y) for x, y in corners]


@lru_cache(maxsize=256)
def sprite(marker: Marker, ratio: float = 1.0) -> tuple[NDArray[np.int64], NDArray[np.int64], Pixels]:
    """Rows, columns (about the centre) and premultiplied colours of a marker's pixels, faintest first.

    Painted in this order by plain assignment, no faint edge of one point eats into the body of another.
    """
    size = marker.size * ratio
    radius = int(np.ceil(size * 0.62 + ratio)) + 1
    side = 2 * radius + 1
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(marker.opacity)
    path = QTransform.fromTranslate(side / 2, side / 2).scale(size, size).map(marker_path(marker.shape))
    if marker.outline is not None:
        pen = QPen(QColor(marker.outline), 1.2 * ratio)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)
    painter.fillPath(path, QColor(marker.fill))
    painter.end()
    pixels = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(side, -1)[:, :side].copy()
    rows, columns = np.nonzero(pixels >> 24)
    values = pixels[rows, columns]
    middle = np.hypot(rows - radius, columns - radius)
    order = np.lexsort((-middle, values >> 24))
    return rows[order] - radius, columns[order] - radius, values[order]


Places = tuple[NDArray[np.floating], NDArray[np.floating], Marker]
"""Columns (n,), rows (n,) and the look of one group of points."""


def stamp(picture: Pixels, groups: Sequence[Places], ratio: float, handfuls: int = 1) -> None:
    """Put markers on a picture (height + 64, width + 64) that has 32 spare pixels on each side, the last group on top.

    Coordinates are pixels of the part without the border; pixel centres lie at whole numbers plus one half. With several
    handfuls the groups take turns, a handful of each at a time, so that none of them hides all of another.
    """
    height, width = picture.shape
    pixels, values = [], []
    for columns, rows, marker in groups:
        with np.errstate(invalid="ignore"):
            near = (columns > -8) & (columns < width - 2 * _PAD + 8)
            near &= (rows > -8) & (rows < height - 2 * _PAD + 8)
        at = np.floor(rows[near]).astype(np.int64) * width + np.floor(columns[near]).astype(np.int64)
        sprite_rows, sprite_columns, colours = sprite(marker, ratio)
        reach = int(max(np.abs(sprite_rows).max(), np.abs(sprite_columns).max()))
        if reach > _PAD - 9:
            raise ValueError(f"a marker of {marker.size} pixels is too large to stamp")
        if not len(at):
            continue
        each = -(-len(at) // handfuls)
        turns = np.resize(at, each * handfuls).reshape(each, handfuls).T
        offsets = (sprite_rows + _PAD) * width + sprite_columns + _PAD
        pixels.append((turns[:, None, :] + offsets[:, None]).reshape(handfuls, -1))
        values.append(np.repeat(colours, each))
    if pixels:
        # One assignment for all: beside a training thread, every call that lets go of the interpreter waits to have it back.
        flat = np.concatenate(pixels, axis=1).ravel()
        picture.reshape(-1)[flat] = np.tile(np.concatenate(values), handfuls)


def cloud(
    groups: Sequence[tuple[NDArray[np.floating], Marker]],
    box: Box,
    side: int,
    paper: str | None,
    ratio: float = 1.0,
) -> Pixels:
    """A square picture (side, side) of points (n, 2), y upwards, on paper, or (None) premultiplied on nothing."""
    picture = np.zeros((side + 2 * _PAD, side + 2 * _PAD), dtype=np.uint32)
    wide, tall = side / box.width, side / box.height
    places = [
        ((x[:, 0] - box.x0) * wide, (box.y1 - x[:, 1]) * tall, marker) for x, marker in groups if len(x)
    ]
    stamp(picture, places, ratio)
    inner = np.ascontiguousarray(picture[_PAD : _PAD + side, _PAD : _PAD + side])
    return inner if paper is None else _over(inner, QColor(paper).rgba())


def _over(picture: Pixels, paper: int) -> Pixels:
    """Premultiplied colours laid over paper of one colour."""
    clear = 255 - (picture >> 24)
    out = np.full(picture.shape, 0xFF000000, dtype=np.uint32)
    for shift in (0, 8, 16):
        behind = ((paper >> shift) & 255) * clear // 255
        out |= (((picture >> shift) & 255) + behind).clip(max=255) << shift
    return out


class PointsItem(pg.GraphicsObject):  # type: ignore[misc]
    """Up to many thousands of points in groups of one look each; stamped anew only when points or view have moved."""

    def __init__(self, z: float = 0.0) -> None:
        super().__init__()
        self._groups: list[tuple[NDArray[np.floating], Marker]] = []
        self._handfuls = 1
        self._picture: Pixels | None = None
        self._image = QImage()
        self._key: tuple[object, ...] = ()
        self._version = 0
        self.setZValue(z)

    def show_points(self, groups: Sequence[tuple[NDArray[np.floating], Marker]], handfuls: int = 1) -> None:
        """Draw groups of points (n, 2), the last one on top, or a handful of each in turn."""
        self._handfuls = handfuls
        self._groups = [(x, marker) for x, marker in groups if len(x)]
        self._version += 1
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        if self._groups:
            self.show_points([])

    @property
    def count(self) -> int:
        return sum(len(x) for x, _ in self._groups)

    def boundingRect(self) -> QRectF:
        return QRectF(self.viewRect()) if self.getViewBox() is not None else QRectF()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(self, painter: QPainter, _option: object, widget: QWidget | None = None) -> None:
        if not self._groups or widget is None:
            return
        ratio = widget.devicePixelRatioF()
        width, height = round(widget.width() * ratio), round(widget.height() * ratio)
        to_view = painter.worldTransform()
        key = (
            self._version, width, height, ratio,
            to_view.m11(), to_view.m22(), to_view.dx(), to_view.dy(),
        )  # fmt: skip
        if key != self._key:
            self._stamp(to_view, width, height, ratio)
            self._key = key
        painter.save()
        painter.resetTransform()
        painter.drawImage(QPointF(0, 0), self._image)
        painter.restore()

    def _stamp(self, to_view: QTransform, width: int, height: int, ratio: float) -> None:
        shape = (height + 2 * _PAD, width + 2 * _PAD)
        if self._picture is None or self._picture.shape != shape:
            self._picture = np.zeros(shape, dtype=np.uint32)
        else:
            self._picture.fill(0)
        scale, shift = np.array([to_view.m11(), to_view.m22()]), np.array([to_view.dx(), to_view.dy()])
        places = []
        for x, marker in self._groups:
            at = (x * scale + shift) * ratio
            places.append((at[:, 0], at[:, 1], marker))
        stamp(self._picture, places, ratio, self._handfuls)
        # The image begins at the first visible pixel of the padded picture; its row length steps over the padding.
        visible = self._picture.reshape(-1)[_PAD * shape[1] + _PAD :]
        self._image = QImage(
            visible.data, width, height, shape[1] * 4, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._image.setDevicePixelRatio(ratio)
