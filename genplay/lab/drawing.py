"""Drawings as data specs: each function returns a new spec, with nothing built and nothing changed in place."""

from __future__ import annotations

from dataclasses import replace

from genplay.datasets import stroke_edits
from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.drawn import DrawnDigits
from genplay.datasets.strokes import Stroke, Strokes
from genplay.errors import BadInput
from genplay.lab.params import Pixels, Points
from genplay.spaces import World

__all__ = [
    "FILE", "NAMES", "blank", "erased", "is_drawing", "moved", "with_changed_digit", "with_digit", "with_stroke",
    "without_digit",
]  # fmt: skip

FILE = "file"
NAMES: dict[World, str] = {"plane": "strokes", "digits": "drawn-digits"}
"""The data set that holds what is drawn in each world."""


def is_drawing(spec: DataSpec) -> bool:
    """Whether the data set is a drawing."""
    return spec.name in NAMES.values()


def blank(name: str, settings: DataSettings) -> DataSpec:
    """A data set as it comes, with the sizes and splits that were set before."""
    return DataSpec(name, {}, settings)


def _strokes(spec: DataSpec) -> Strokes:
    return spec.content if isinstance(spec.content, Strokes) else Strokes()


def _digits(spec: DataSpec) -> DrawnDigits:
    return spec.content if isinstance(spec.content, DrawnDigits) else DrawnDigits()


def with_stroke(
    spec: DataSpec,
    points: Points,
    *,
    label: int = 0,
    size: float = 0.15,
    softness: float = 0.5,
    weight: float = 1.0,
    spray: bool = False,
) -> DataSpec:
    """The drawing with one more stroke."""
    drawing = _strokes(spec)
    # Each spray has its own droplets, the same ones whenever the drawing is built again.
    stroke = Stroke(points, size, softness, weight, label, spray, seed=len(drawing.strokes))
    return replace(spec, content=drawing.added(stroke))


def erased(spec: DataSpec, points: Points, size: float) -> DataSpec:
    """The drawing without what an eraser of this width passed over; the same spec if it met nothing."""
    before = _strokes(spec)
    after = stroke_edits.erased(before, points, size / 2)
    if after == before:
        return spec
    if not after.strokes:
        raise BadInput("This would leave nothing to learn from. Use Clear to begin a new drawing.")
    return replace(spec, content=after)


def moved(spec: DataSpec, points: Points, radius: float) -> DataSpec:
    """The drawing bent by dragging from the first point to the last; the same spec if nothing was in reach."""
    before = _strokes(spec)
    after = stroke_edits.moved(before, points[0], points[-1], radius)
    return spec if after == before else replace(spec, content=after)


def with_digit(spec: DataSpec, pixels: Pixels, label: int) -> DataSpec:
    """The drawn digits with one more."""
    return replace(spec, content=_digits(spec).added(pixels, label))


def with_changed_digit(spec: DataSpec, index: int, pixels: Pixels, label: int | None) -> DataSpec:
    """The drawn digits with one changed; without a label it keeps its own."""
    drawing = _digits(spec)
    if label is None:
        label = drawing.labels[index] if index < len(drawing.labels) else 0
    return replace(spec, content=drawing.edited(index, pixels, label))


def without_digit(spec: DataSpec, index: int) -> DataSpec:
    """The drawn digits without one."""
    rest = _digits(spec).removed(index)
    if not rest.images:
        raise BadInput("This would leave nothing to learn from. Use Clear to begin with new digits.")
    return replace(spec, content=rest)
