"""What a model shows of its inside: plain pictures, tables and curves, made of numpy arrays and free of torch and Qt.

A model that has something to show implements ``HasExhibits`` (see ``models.base``) and returns these; one panel of the
window draws every kind, so that a new model needs no code of the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Quantity
from genplay.spaces.plane import Box

__all__ = [
    "Bars",
    "Curves",
    "Exhibit",
    "Facts",
    "Matrix",
    "Pictures",
    "PixelGraph",
    "PlanePicture",
    "Polyline",
]

Array = NDArray[np.float64]
Scale = Literal["ink", "signed"]
Role = Literal["data", "model", "truth", "error", "class", "dim"]


@dataclass(frozen=True)
class Pictures:
    """A row of 5×5 pictures (m, 25), each with a caption. ``ink``: 0 to 1; ``signed``: around 0, one scale for all."""

    title: str
    values: Array
    captions: tuple[str, ...] = ()
    scale: Scale = "ink"
    help: str = ""


@dataclass(frozen=True)
class Matrix:
    """A table of numbers (rows, columns) as coloured cells; NaN cells stay empty (a masked connection)."""

    title: str
    values: Array
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    scale: Scale = "ink"
    help: str = ""


@dataclass(frozen=True)
class PixelGraph:
    """Edges (m, 2) between the 25 pixels with their weights (m,); ``nodes`` (25,) colours the pixels, 0 to 1."""

    title: str
    edges: NDArray[np.int64]
    weights: Array
    directed: bool = False
    nodes: Array | None = None
    help: str = ""


@dataclass(frozen=True)
class Curves:
    """Named curves y(x), each a pair of arrays (n,)."""

    title: str
    lines: Mapping[str, tuple[Array, Array]]
    x_label: str = ""
    y_label: str = ""
    help: str = ""


@dataclass(frozen=True)
class Bars:
    """Named values side by side; ``errors`` are standard errors where the values are estimates."""

    title: str
    names: tuple[str, ...]
    values: Array
    unit: str = ""
    errors: Array | None = None
    help: str = ""


@dataclass(frozen=True)
class Facts:
    """Numbers that say what they are, and short texts, by name."""

    title: str
    rows: tuple[tuple[str, Quantity | str], ...]
    help: str = ""


@dataclass(frozen=True)
class Polyline:
    """A line of points (n, 2) on the plane, or with ``dots`` the points alone; ``index`` picks a class's colour."""

    points: Array
    role: Role = "model"
    index: int = 0
    dots: bool = False
    closed: bool = False
    label: str = ""


@dataclass(frozen=True)
class PlanePicture:
    """A part of the plane with a field (n, n), indexed [row y, column x], and lines over it."""

    title: str
    box: Box
    lines: tuple[Polyline, ...] = ()
    field: Array | None = None
    scale: Scale = "ink"
    unit: str = ""
    help: str = ""
    legend: tuple[str, ...] = ()


Exhibit = Pictures | Matrix | PixelGraph | Curves | Bars | Facts | PlanePicture
