"""An imported table: rows as they were read, where they came from, and the map that fits them into the box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.json_arrays import array_from_json, array_to_json, strings
from genplay.spaces import World
from genplay.spaces.plane import HOME, Box

__all__ = ["AffineMap", "Table"]

Array = NDArray[np.float64]

_FILL = 0.85
"""How much of the box the longer side of the rows takes up, so that a margin stays."""


@dataclass(frozen=True)
class AffineMap:
    """x ↦ (x − centre) · scale: the file's units to the box's, the same scale on both axes."""

    centre: tuple[float, float]
    scale: float

    @staticmethod
    def into(box: Box, x: Array) -> AffineMap:
        """The map that fits the rows of x (n, 2) into a box, keeping their aspect ratio."""
        low, high = x.min(axis=0), x.max(axis=0)
        half = float((high - low).max()) / 2
        scale = _FILL * box.width / 2 / half if half > 0 else 1.0
        middle = low / 2 + high / 2
        return AffineMap((float(middle[0]), float(middle[1])), scale)

    def to_box(self, x: Array) -> Array:
        return (np.asarray(x) - self.centre) * self.scale

    def to_file(self, x: Array) -> Array:
        return np.asarray(x) / self.scale + self.centre

    def __str__(self) -> str:
        return f"(x − {self.centre[0]:.4g}, y − {self.centre[1]:.4g}) × {self.scale:.4g}"


@dataclass(frozen=True, eq=False)
class Table:
    """Bare samples x (n, d) in the file's own units, labels (n,), and what to tell about them.

    ``columns`` names the columns of x; ``notes`` says what was chosen or left out on reading.
    """

    x: Array
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    columns: tuple[str, ...]
    source: str
    world: World
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        x, labels = np.array(self.x, dtype=np.float64), np.array(self.labels, dtype=np.int64)
        x.flags.writeable = labels.flags.writeable = False
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "labels", labels)

    def _key(self) -> tuple[object, ...]:
        return (self.class_names, self.columns, self.source, self.world, self.notes, self.x.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return (
            self._key() == other._key()
            and np.array_equal(self.x, other.x)
            and np.array_equal(self.labels, other.labels)
        )

    def __hash__(self) -> int:
        return hash(self._key())

    def map_into(self, box: Box = HOME) -> AffineMap:
        """The map from the file's units into the box (plane only)."""
        return AffineMap.into(box, self.x)

    def to_json(self) -> dict[str, object]:
        return {
            "x": array_to_json(self.x),
            "labels": array_to_json(self.labels),
            "class_names": list(self.class_names),
            "columns": list(self.columns),
            "source": self.source,
            "world": self.world,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Self:
        world = data["world"]
        if world not in ("plane", "digits"):
            raise ValueError(f"unknown world {world!r}")
        x, labels = array_from_json(data["x"]), array_from_json(data["labels"])
        names = strings(data["class_names"])
        width = 2 if world == "plane" else 25
        if x.ndim != 2 or x.shape[1] != width or len(x) != len(labels) or not np.isfinite(x).all():
            raise ValueError(f"a table of shape {x.shape} with {len(labels)} labels")
        if len(labels) and not (labels.min() >= 0 and labels.max() < len(names)):
            raise ValueError("labels out of range")
        return cls(
            x.astype(np.float64), labels.astype(np.int64), names, strings(data["columns"]),
            str(data["source"]), world, strings(data["notes"]),
        )  # fmt: skip
