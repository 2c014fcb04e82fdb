"""The ready-made laws of the plane: what each is, its knobs, and how its law is built."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DatasetCard
from genplay.datasets.checkerboard import CheckerboardLaw
from genplay.datasets.curves import Curve, ThinCurves, along
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.pinwheel import PinwheelLaw
from genplay.datasets.plane_law import PlaneLaw
from genplay.knobs import Knobs, knob

__all__ = ["CARDS"]

Array = NDArray[np.float64]

_NOISE = "Standard deviation of the Gaussian noise around the curve; at 0 there is no density any more."


@dataclass(frozen=True)
class GaussianBlob(Knobs):
    width: float = knob(0.7, "Standard deviation along the long axis.", low=0.02, high=1.5)
    height: float = knob(0.35, "Standard deviation across it.", low=0.02, high=1.5)
    angle: float = knob(30.0, "How far the blob is turned.", low=-90.0, high=90.0, unit="degrees")


def _gaussian_blob(k: GaussianBlob) -> GaussianMixtureLaw:
    a = math.radians(k.angle)
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    cov = turn @ np.diag([k.width**2, k.height**2]) @ turn.T
    return GaussianMixtureLaw(np.ones(1), np.zeros((1, 2)), cov=cov[None])


@dataclass(frozen=True)
class Bimodal(Knobs):
    distance: float = knob(2.0, "Distance between the two centres.", low=0.0, high=3.5)
    noise: float = knob(0.3, "Standard deviation of each blob.", low=0.02, high=1.0)
    left: float = knob(0.5, "Share of the points in the left blob.", low=0.01, high=0.99)


def _bimodal(k: Bimodal) -> GaussianMixtureLaw:
    means = np.array([[-k.distance / 2, 0.0], [k.distance / 2, 0.0]])
    weights = np.array([k.left, 1 - k.left])
    return GaussianMixtureLaw(weights, means, k.noise, labels=np.arange(2), class_names=("left", "right"))


@dataclass(frozen=True)
class EightGaussians(Knobs):
    blobs: int = knob(8, "How many blobs stand on the circle.", low=1, high=16)
    radius: float = knob(1.4, "Radius of the circle.", low=0.2, high=1.8)
    noise: float = knob(0.12, "Standard deviation of each blob.", low=0.01, high=0.6)


def _eight_gaussians(k: EightGaussians) -> GaussianMixtureLaw:
    angle = 2 * np.pi * np.arange(k.blobs) / k.blobs
    means = k.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    names = tuple(f"blob {i + 1}" for i in range(k.blobs))
    return GaussianMixtureLaw(np.ones(k.blobs), means, k.noise, labels=np.arange(k.blobs), class_names=names)


@dataclass(frozen=True)
class GridGaussians(Knobs):
    side: int = knob(5, "Blobs in a row and in a column.", low=2, high=8)
    noise: float = knob(0.08, "Standard deviation of each blob.", low=0.01, high=0.4)


def _grid_gaussians(k: GridGaussians) -> GaussianMixtureLaw:
    line = np.linspace(-1.5, 1.5, k.side)
    gx, gy = np.meshgrid(line, line)
    rows = np.repeat(np.arange(k.side), k.side)
    return GaussianMixtureLaw(
        np.ones(k.side**2),
        np.stack([gx.ravel(), gy.ravel()], axis=1),
        k.noise,
        labels=rows,
        class_names=tuple(f"row {i + 1}" for i in range(k.side)),
    )


@dataclass(frozen=True)
class TwoMoons(Knobs):
    noise: float = knob(0.05, _NOISE, low=0.0, high=0.5)


def _two_moons(k: TwoMoons) -> GaussianMixtureLaw | ThinCurves:
    def arc(x: float, y: float, start: float, label: int) -> Curve:
        def path(t: Array) -> Array:
            a = start + np.pi * t
            return np.stack([x + np.cos(a), y + np.sin(a)], axis=1)

        return Curve(path, lambda t: np.full_like(t, np.pi), math.pi, 0.5, label)

    return along([arc(-0.5, -0.25, 0.0, 0), arc(0.5, 0.25, np.pi, 1)], k.noise, ("upper", "lower"))


@dataclass(frozen=True)
class Rings(Knobs):
    rings: int = knob(2, "How many rings; each has the same share of the points.", low=1, high=4)
    inner: float = knob(0.7, "Radius of the smallest ring.", low=0.1, high=1.2)
    outer: float = knob(1.5, "Radius of the largest ring.", low=0.3, high=1.8)
    noise: float = knob(0.07, _NOISE, low=0.0, high=0.5)


def _rings(k: Rings) -> GaussianMixtureLaw | ThinCurves:
    def ring(radius: float, label: int) -> Curve:
        def path(t: Array) -> Array:
            return radius * np.stack([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)], axis=1)

        length = 2 * math.pi * radius
        return Curve(path, lambda t: np.full_like(t, length), length, 1.0, label, closed=True)

    radii = [k.outer] if k.rings == 1 else np.linspace(k.inner, k.outer, k.rings)
    names = tuple(f"ring {i + 1}" for i in range(k.rings))
    return along([ring(float(r), i) for i, r in enumerate(radii)], k.noise, names)


@dataclass(frozen=True)
class Pinwheel(Knobs):
    arms: int = knob(5, "How many blades.", low=1, high=9)
    twist: float = knob(1.5, "How far a blade turns per unit of radius.", low=-4.0, high=4.0, unit="radians")
    length: float = knob(0.3, "Standard deviation along a blade.", low=0.05, high=0.5)
    noise: float = knob(0.08, "Standard deviation across a blade.", low=0.01, high=0.4)


def _pinwheel(k: Pinwheel) -> PinwheelLaw:
    return PinwheelLaw.of(k.arms, 1.0, k.length, k.noise, k.twist)


@dataclass(frozen=True)
class Spiral(Knobs):
    arms: int = knob(2, "How many arms.", low=1, high=5)
    turns: float = knob(1.25, "Turns that each arm makes.", low=0.25, high=3.0)
    noise: float = knob(0.05, _NOISE, low=0.0, high=0.5)


def _spiral(k: Spiral) -> GaussianMixtureLaw | ThinCurves:
    start, far = 0.25, 1.7
    total = 2 * math.pi * k.turns

    def radius(t: Array) -> Array:
        return start + (far - start) * t

    def speed(t: Array) -> Array:
        return np.asarray(np.hypot(far - start, radius(t) * total))

    def arm(i: int) -> Curve:
        def path(t: Array) -> Array:
            a = total * t + 2 * np.pi * i / k.arms
            return np.asarray(radius(t)[:, None] * np.stack([np.cos(a), np.sin(a)], axis=1))

        # The outermost turn is the fastest in t, so nodes are laid as closely as it needs.
        return Curve(path, speed, float(speed(np.ones(1))[0]), 1.0, i)

    return along([arm(i) for i in range(k.arms)], k.noise, tuple(f"arm {i + 1}" for i in range(k.arms)))


@dataclass(frozen=True)
class SCurve(Knobs):
    noise: float = knob(0.06, _NOISE, low=0.0, high=0.5)


def _s_curve(k: SCurve) -> GaussianMixtureLaw | ThinCurves:
    radius = 0.8

    def bow(sign: float, label: int) -> Curve:
        def path(t: Array) -> Array:
            a = 1.5 * np.pi * t
            return sign * radius * np.stack([np.sin(a), np.cos(a) - 1], axis=1)

        length = 1.5 * math.pi * radius
        return Curve(path, lambda t: np.full_like(t, length), length, 0.5, label)

    return along([bow(-1.0, 0), bow(1.0, 1)], k.noise, ("upper bow", "lower bow"))


@dataclass(frozen=True)
class Checkerboard(Knobs):
    squares: int = knob(4, "Squares in a row and in a column.", low=2, high=8)
    blur: float = knob(0.0, "Gaussian noise that softens the edges; 0 keeps them sharp.", low=0.0, high=0.3)


def _checkerboard(k: Checkerboard) -> CheckerboardLaw:
    return CheckerboardLaw(k.squares, 1.8, k.blur)


@dataclass(frozen=True)
class Line(Knobs):
    length: float = knob(3.0, "Length of the line.", low=0.2, high=3.6)
    angle: float = knob(30.0, "How far the line is turned.", low=-90.0, high=90.0, unit="degrees")
    thickness: float = knob(
        0.05,
        "Standard deviation around the line; at 0 it is a manifold without a density.",
        low=0.0,
        high=0.5,
    )


def _line(k: Line) -> GaussianMixtureLaw | ThinCurves:
    direction = np.array([math.cos(math.radians(k.angle)), math.sin(math.radians(k.angle))])

    def path(t: Array) -> Array:
        return np.asarray(k.length * (t[:, None] - 0.5) * direction)

    return along([Curve(path, lambda t: np.full_like(t, k.length), k.length)], k.thickness)


def _card(
    id: str, title: str, summary: str, knobs: type[Knobs], make: Callable[[Any], PlaneLaw]
) -> DatasetCard:
    def build(values: Knobs, _content: object | None) -> PlaneLaw:
        return make(values)

    return DatasetCard(id, title, "plane", summary, knobs, build)


CARDS: tuple[DatasetCard, ...] = (
    _card("gaussian-blob", "Gaussian blob", "One Gaussian, the simplest density there is.", GaussianBlob, _gaussian_blob),
    _card("bimodal", "Two blobs", "Two Gaussians side by side, to see whether a model covers both.", Bimodal, _bimodal),
    _card(
        "eight-gaussians",
        "Eight Gaussians",
        "Eight small blobs on a circle, the classic test for forgotten modes.",
        EightGaussians,
        _eight_gaussians,
    ),
    _card(
        "grid-gaussians", "Grid of 25", "Twenty-five small blobs on a grid.", GridGaussians, _grid_gaussians
    ),
    _card("two-moons", "Two moons", "Two interleaved half circles, one class each.", TwoMoons, _two_moons),
    _card("rings", "Rings", "Circles around one centre, with a hole in the middle.", Rings, _rings),
    _card("pinwheel", "Pinwheel", "Twisted blades around one centre.", Pinwheel, _pinwheel),
    _card("spiral", "Spiral", "Arms that wind around each other.", Spiral, _spiral),
    _card("s-curve", "S-curve", "One curve bent twice.", SCurve, _s_curve),
    _card("checkerboard", "Checkerboard", "Even density on the dark squares, with sharp edges.", Checkerboard, _checkerboard),
    _card("line", "Line", "A straight line whose thickness can go to 0, where no density exists.", Line, _line),
)  # fmt: skip
