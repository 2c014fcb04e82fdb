"""What the user draws on the plane: a brush stroke is a mixture of Gaussians along its path.

So a hand-drawn data set has an exact density and endless fresh samples. A brush of size s is a disc of radius R = s/2 made
of Gaussians, swept along the path; the mass of a stroke grows with its length, like ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DatasetCard
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.errors import BadInput
from genplay.knobs import Knobs, knob

__all__ = ["CARD", "MOST_LABELS", "Stroke", "StrokeKnobs", "Strokes", "strokes_law"]

Array = NDArray[np.float64]
Point = tuple[float, float]

MOST_LABELS = 10
_FARTHEST = 1e4
_MOST_COMPONENTS = 2000
_MOST_DOTS = 1000
_DOTS_A_SIZE = 40
"""Dots that a spray leaves on a way as long as the brush is wide."""


def _within(name: str, value: float, low: float, high: float) -> float:
    number = float(value)
    if not (low <= number <= high):
        raise BadInput(f"The brush's {name} cannot be {value}. Allowed: a number from {low:g} to {high:g}.")
    return number


@dataclass(frozen=True)
class Stroke:
    """One movement of the brush.

    ``size`` is the brush's diameter in units of the plane; ``softness`` goes from 0 (flat disc) to 1 (one Gaussian);
    ``weight`` is ink per length. ``spray`` scatters dots around the path, always the same ones for the same ``seed``;
    ``dots`` means that the points *are* such dots.
    """

    points: tuple[Point, ...]
    size: float = 0.15
    softness: float = 0.5
    weight: float = 1.0
    label: int = 0
    spray: bool = False
    seed: int = 0
    dots: bool = False

    def __post_init__(self) -> None:
        points = tuple((float(x), float(y)) for x, y in self.points)
        if not points:
            raise BadInput("A stroke needs at least one point.")
        for i, point in enumerate(points):
            if not all(math.isfinite(c) and abs(c) <= _FARTHEST for c in point):
                raise BadInput(
                    f"Point {i + 1} of the stroke is ({point[0]:g}, {point[1]:g}). "
                    f"Allowed: numbers from {-_FARTHEST:g} to {_FARTHEST:g}."
                )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "size", _within("size", self.size, 0.005, 4.0))
        object.__setattr__(self, "softness", _within("softness", self.softness, 0.0, 1.0))
        object.__setattr__(self, "weight", _within("weight", self.weight, 0.001, 1000.0))
        object.__setattr__(self, "label", int(_within("label", self.label, 0, MOST_LABELS - 1)))
        if not 0 <= self.seed < 2**63:
            raise BadInput(f"The seed of a spray cannot be {self.seed}. Allowed: whole numbers from 0.")

    @property
    def path(self) -> Array:
        """The points as an array (k, 2)."""
        return np.array(self.points, dtype=np.float64)

    @property
    def length(self) -> float:
        """How far the brush travelled."""
        return float(np.hypot(*np.diff(self.path, axis=0).T).sum())

    @property
    def dot_std(self) -> float:
        """Standard deviation of one dot of a spray."""
        return self.size / 2 * (0.1 + 0.15 * self.softness)

    def settled(self) -> Stroke:
        """A spray as the dots it makes, so that an eraser can take single dots away; other strokes as they are."""
        if not self.spray:
            return self
        rng = np.random.default_rng(self.seed)
        n = int(min(_DOTS_A_SIZE * (1 + self.length / self.size), _MOST_DOTS))
        centres = _positions(self.path, rng.random(n) * self.length)
        dots = centres + rng.standard_normal((n, 2)) * (self.size / 2)
        return replace(self, points=tuple(map(tuple, dots.tolist())), spray=False, dots=True)

    def components(self) -> tuple[Array, Array, float]:
        """Means (k, 2), weights (k,) summing to the stroke's mass, and their common standard deviation."""
        if self.spray:
            return self.settled().components()
        if self.dots:
            dots = self.path
            return dots, np.full(len(dots), self.weight * self.size / _DOTS_A_SIZE), self.dot_std
        std = self.size / 2 * (0.3 + 0.3 * self.softness)
        radius = self.size / 2 * 0.7 * (1 - self.softness)
        rings = math.ceil(radius / (1.5 * std))
        # The rings of neighbouring discs fill the gaps between their middles.
        steps = math.ceil(self.length / (std * (0.75 + 0.35 * rings)))
        if steps * (1 + 3 * rings * (rings + 1)) > _MOST_COMPONENTS:
            # So long a line is thin to look at: one Gaussian as wide as the disc was takes its place.
            rings, std = 0, math.hypot(std, radius / 2)
            steps = math.ceil(self.length / (0.75 * std))
        steps = min(max(1, steps), _MOST_COMPONENTS)
        along = _positions(self.path, (np.arange(steps) + 0.5) / steps * self.length)
        disc = _disc(radius, rings)
        means = (along[:, None, :] + disc).reshape(-1, 2)
        return means, np.full(len(means), self.weight * (self.length + self.size) / len(means)), std

    def to_json(self) -> dict[str, object]:
        return {
            "points": [list(p) for p in self.points], "size": self.size, "softness": self.softness,
            "weight": self.weight, "label": self.label, "spray": self.spray, "seed": self.seed, "dots": self.dots,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Self:
        points = tuple((float(x), float(y)) for x, y in data["points"])  # type: ignore[attr-defined]
        return cls(
            points, float(str(data["size"])), float(str(data["softness"])), float(str(data["weight"])),
            int(str(data["label"])), bool(data["spray"]), int(str(data["seed"])), bool(data["dots"]),
        )  # fmt: skip


def _positions(path: Array, travelled: Array) -> Array:
    """Points of a polyline (k, 2) at the given distances from its start."""
    if len(path) == 1:
        return np.repeat(path, len(travelled), axis=0)
    marks = np.r_[0.0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    return np.stack([np.interp(travelled, marks, path[:, i]) for i in (0, 1)], axis=1)


def _disc(radius: float, rings: int) -> Array:
    """A middle and rings that fill a disc evenly."""
    points = [np.zeros((1, 2))]
    for j in range(1, rings + 1):
        angle = 2 * np.pi * np.arange(6 * j) / (6 * j)
        points.append(radius * j / rings * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(points)


@dataclass(frozen=True)
class Strokes:
    """A drawing: strokes in the order in which they were made."""

    strokes: tuple[Stroke, ...] = ()

    def added(self, stroke: Stroke) -> Strokes:
        """The drawing with one more stroke."""
        return Strokes((*self.strokes, stroke))

    def to_json(self) -> dict[str, object]:
        return {"strokes": [stroke.to_json() for stroke in self.strokes]}

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Self:
        return cls(tuple(Stroke.from_json(s) for s in data["strokes"]))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class StrokeKnobs(Knobs):
    noise: float = knob(
        0.0, "Standard deviation of Gaussian noise added to the whole drawing.", low=0.0, high=0.5
    )


def strokes_law(drawing: Strokes, noise: float = 0.0) -> GaussianMixtureLaw:
    """The mixture of all strokes, a class for every label up to the highest one used."""
    if not drawing.strokes:
        raise BadInput("Nothing is drawn yet: paint a stroke on the canvas, or choose another data set.")
    parts = [stroke.components() for stroke in drawing.strokes]
    sizes = [len(means) for means, _, _ in parts]
    classes = max(stroke.label for stroke in drawing.strokes) + 1
    return GaussianMixtureLaw(
        np.concatenate([weights for _, weights, _ in parts]),
        np.concatenate([means for means, _, _ in parts]),
        np.repeat([math.hypot(std, noise) for _, _, std in parts], sizes),
        labels=np.repeat([stroke.label for stroke in drawing.strokes], sizes),
        class_names=tuple(f"class {i}" for i in range(classes)) if classes > 1 else ("all",),
    )


def _make(knobs: Knobs, content: object | None) -> GaussianMixtureLaw:
    assert isinstance(knobs, StrokeKnobs)
    if content is not None and not isinstance(content, Strokes):
        raise BadInput("The data set 'strokes' takes brush strokes, nothing else.")
    return strokes_law(content or Strokes(), knobs.noise)


CARD = DatasetCard(
    "strokes",
    "Your drawing",
    "plane",
    "What you paint: every stroke is a mixture of Gaussians along its path, so its density is known exactly.",
    StrokeKnobs,
    _make,
    drawable=True,
)
