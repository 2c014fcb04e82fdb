"""Eraser and move for a drawing: pure functions that return a new one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.strokes import Stroke, Strokes
from genplay.errors import BadInput

__all__ = ["erased", "moved"]

Array = NDArray[np.float64]


def erased(drawing: Strokes, path: Iterable[tuple[float, float]], radius: float) -> Strokes:
    """The drawing without what lies within ``radius`` of the eraser's path; strokes that were cut become several."""
    _check_radius("eraser", radius)
    strokes = list(drawing.strokes)
    eraser = _finer(np.array([(float(x), float(y)) for x, y in path]).reshape(-1, 2), radius / 2)
    if not np.isfinite(eraser).all():
        raise BadInput("The eraser's path must be made of finite numbers.")
    for centre in eraser:
        strokes = [piece for stroke in strokes for piece in _cut(stroke, centre, radius)]
    return Strokes(tuple(strokes))


def moved(drawing: Strokes, start: tuple[float, float], end: tuple[float, float], radius: float) -> Strokes:
    """The drawing bent by dragging from ``start`` to ``end``: the middle follows fully, the rim of the disc not at all."""
    _check_radius("move tool", radius)
    centre, shift = np.array(start, dtype=np.float64), np.subtract(end, start).astype(np.float64)
    return Strokes(tuple(_dragged(stroke, centre, shift, radius) for stroke in drawing.strokes))


def _check_radius(tool: str, radius: float) -> None:
    if not (math.isfinite(radius) and 0.001 <= radius <= 8):
        raise BadInput(f"The {tool}'s radius cannot be {radius}. Allowed: a number from 0.001 to 8.")


def _with_points(stroke: Stroke, points: Array) -> Stroke:
    return replace(stroke, points=tuple(map(tuple, points.tolist())))


def _cut(stroke: Stroke, centre: Array, radius: float) -> list[Stroke]:
    """What a stroke leaves outside a disc."""
    if _distance(_reachable(stroke), centre) > radius:
        return [stroke]
    if stroke.spray or stroke.dots or len(stroke.points) == 1:
        stroke = stroke.settled()
        points = stroke.path
        kept = points[np.hypot(*(points - centre).T) > radius]
        return [_with_points(stroke, kept)] if len(kept) else []
    return [_with_points(stroke, piece) for piece in _outside(stroke.path, centre, radius)]


def _reachable(stroke: Stroke) -> Array:
    """The polyline, or for dots each dot as a polyline of its own."""
    settled = stroke.settled()
    points = settled.path
    if settled.dots or len(points) == 1:
        return np.stack([points, points])
    return np.stack([points[:-1], points[1:]])


def _distance(segments: Array, centre: Array) -> float:
    """From a point to the nearest of the segments (2, m, 2)."""
    a, b = segments
    along = b - a
    square = np.maximum((along**2).sum(axis=1), 1e-300)
    t = np.clip(((centre - a) * along).sum(axis=1) / square, 0, 1)
    return float(np.hypot(*(a + t[:, None] * along - centre).T).min())


def _outside(path: Array, centre: Array, radius: float) -> list[Array]:
    """The pieces of a polyline outside a disc, cut exactly at the circle."""
    pieces: list[Array] = []
    current: list[Array] = [path[0]] if np.hypot(*(path[0] - centre)) > radius else []
    for a, b in itertools.pairwise(path):
        enter, leave = _inside_interval(a, b, centre, radius)
        if enter >= leave:
            current = [*(current or [a]), b]
            continue
        if enter > 0:
            current = [*(current or [a]), a + enter * (b - a)]
        if len(current) > 1:
            pieces.append(np.array(current))
        current = [a + leave * (b - a), b] if leave < 1 else []
    if len(current) > 1:
        pieces.append(np.array(current))
    return pieces


def _inside_interval(a: Array, b: Array, centre: Array, radius: float) -> tuple[float, float]:
    """The t in [0, 1] for which a + t (b − a) lies in the disc, as (enter, leave); enter ≥ leave: none."""
    d, f = b - a, a - centre
    dd, fd, ff = float(d @ d), float(f @ d), float(f @ f) - radius**2
    root = fd * fd - dd * ff
    if root <= 0 or dd == 0:
        return (0.0, 1.0) if dd == 0 and ff < 0 else (1.0, 0.0)
    half = math.sqrt(root)
    return max(0.0, (-fd - half) / dd), min(1.0, (-fd + half) / dd)


def _finer(path: Array, spacing: float, centre: Array | None = None, radius: float = 0.0) -> Array:
    """The same polyline with no segment longer than ``spacing`` (only those that meet the disc, if one is given)."""
    if len(path) < 2:
        return path
    out = [path[:1]]
    for a, b in itertools.pairwise(path):
        near = centre is None or _distance(np.array([[a], [b]]), centre) < radius
        n = max(1, math.ceil(float(np.hypot(*(b - a))) / spacing)) if near else 1
        t = (np.arange(n) + 1.0)[:, None] / n
        out.append(a + t * (b - a))
    return np.concatenate(out)


def _dragged(stroke: Stroke, centre: Array, shift: Array, radius: float) -> Stroke:
    if _distance(_reachable(stroke), centre) >= radius:
        return stroke
    stroke = stroke.settled()
    points = stroke.path if stroke.dots else _finer(stroke.path, radius / 4, centre, radius)
    distance = np.hypot(*(points - centre).T) / radius
    follow = np.where(distance < 1, (1 - distance**2) ** 2, 0.0)
    return _with_points(stroke, points + follow[:, None] * shift)
