"""Curves of what is bought with what as numbers to draw: axes, points with error bars, and the line of the floor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genplay.lab.score_table import head, short
from genplay.lab.tradeoff_run import Axis
from genplay.lab.tradeoffs import Curve, Point, Tradeoff
from genplay.metrics.registry import card as metric_card
from genplay.quantity import Quantity

__all__ = ["Picture", "Place", "Series", "name_of", "picture_of", "sentence_of"]

_BAR = 1.96
_RATIO = 10.0
"""Values that lie so many times apart are drawn on a logarithmic axis."""
_MS = 1000.0


@dataclass(frozen=True)
class Place:
    """One point: where it is, how far its 95 % bars reach, the short word beside it, and all that is read off it."""

    x: float
    y: float
    x_bar: float
    y_bar: float
    label: str
    text: str
    own: bool = False


@dataclass(frozen=True)
class Series:
    """The points of one run, joined by a line; ``own`` ones stand alone."""

    title: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Picture:
    """``floor`` is a height, or with ``diagonal`` the sum x + y; ``best`` is the least such sum that was reached.

    ``x_marks`` are the values marked on the x axis; none: round ones. No bar reaches below ``least_y``.
    """

    series: tuple[Series, ...] = ()
    x_title: str = ""
    y_title: str = ""
    log_x: bool = False
    log_y: bool = False
    x_marks: tuple[float, ...] = ()
    least_y: float = -math.inf
    diagonal: bool = False
    floor: float | None = None
    floor_text: str = ""
    best: float | None = None
    best_text: str = ""

    def places(self) -> Iterator[tuple[int, Place]]:
        """Every point with the number of its run."""
        for i, series in enumerate(self.series):
            for place in series.places:
                yield i, place

    def ends(self) -> tuple[float, float, float, float]:
        """x0, x1, y0, y1 of what is to be seen, as log10 where an axis is logarithmic."""
        places = [place for _, place in self.places()]
        if not places:
            return 0.0, 1.0, 0.0, 1.0
        xs = [v for p in places for v in _reach(p.x, p.x_bar, self.log_x)]
        ys = [v for p in places for v in _reach(p.y, p.y_bar, self.log_y)]
        ys = ys if self.log_y else [max(v, self.least_y) for v in ys]
        if self.floor is not None and not self.diagonal:
            # Its name stands on the side away from the curves.
            floor = _log(self.floor) if self.log_y else self.floor
            low, high = min(*ys, floor), max(*ys, floor)
            room = 0.2 * (high - low)
            ys += [floor - room if self.floor_is_low() else floor + room]
        if self.floor is not None and self.diagonal:
            # The line belongs into the picture as far as it does not press the curve together.
            span = max(max(ys) - min(ys), 1e-3)
            under = [self.floor - p.x for p in places]
            ys += [y for y in under if y > min(ys) - 0.6 * span]
        return (*_widened(min(xs), max(xs)), *_widened(min(ys), max(ys)))

    def floor_is_low(self) -> bool:
        """Whether the line across lies below the curves, on the whole."""
        heights = sorted(p.y for _, p in self.places())
        return self.floor is None or not heights or self.floor <= heights[len(heights) // 2]

    def scaled(self, x: float, y: float) -> tuple[float, float]:
        """A point in the numbers of ``ends``."""
        return (_log(x) if self.log_x else x), (_log(y) if self.log_y else y)


def _log(value: float) -> float:
    return math.log10(max(value, 1e-12))


def _reach(value: float, bar: float, log: bool) -> tuple[float, float]:
    """The ends of a bar; on a logarithmic axis no farther down than a third of the value."""
    if not log:
        return value - bar, value + bar
    return _log(max(value - bar, value / 3)), _log(value + bar)


def _widened(low: float, high: float) -> tuple[float, float]:
    margin = max(0.08 * (high - low), 1e-3 * max(1.0, abs(high)))
    return low - margin, high + margin


def picture_of(curves: Sequence[Curve], axis: Axis) -> Picture:
    """The picture of curves of one kind."""
    if not curves:
        return Picture()
    newest = curves[-1]
    match newest.id:
        case "rate-distortion":
            return _rates(curves)
        case "cost":
            return _costs(curves, axis)
        case _:
            series = tuple(Series(c.run, tuple(_timed(p, "pixels") for p in c.points)) for c in curves)
            heights = [p.y for s in series for p in s.places]
            marks = tuple(p.at for p in newest.points)
            return Picture(series, "pixels d", "time a sample, ms ↓", True, _far(heights), marks, 0.0)


def _rates(curves: Sequence[Curve]) -> Picture:
    series = tuple(
        Series(
            name_of(c),
            (
                *(_rate(p, False) for p in c.points),
                *((_rate(c.own, True),) if c.own is not None else ()),
            ),
        )
        for c in curves
    )
    reached = [p.figures["negative_elbo"] for c in curves for p in (*c.points, *([c.own] if c.own else []))]
    best = min(reached, key=lambda q: q.value, default=None)
    floor = curves[-1].floor
    return Picture(
        series, "rate R, nats", "distortion D, nats", diagonal=True,
        floor=floor.value if floor is not None else None,
        floor_text=f"R + D = H {floor}" if floor is not None else "",
        best=best.value if best is not None else None,
        best_text=f"best −ELBO {short(best)}, dashed" if best is not None else "",
    )  # fmt: skip


def _rate(point: Point, own: bool) -> Place:
    rate, distortion, both = (point.figures[n] for n in ("rate", "distortion", "negative_elbo"))
    said = f"{'the run itself, ' if own else ''}β = {point.at:g}: R {rate}, D {distortion}, −ELBO {both}"
    return Place(
        rate.value, distortion.value, _bar(rate), _bar(distortion), "the run" if own else f"β {point.at:g}", said, own
    )  # fmt: skip


def _costs(curves: Sequence[Curve], axis: Axis) -> Picture:
    newest = curves[-1]
    time = axis == "time"
    series = tuple(Series(c.run, tuple(_cost(p, time) for p in c.points)) for c in curves)
    floor = newest.floor
    heights = [p.y for s in series for p in s.places] + ([floor.value] if floor is not None else [])
    return Picture(
        series,
        "time a sample, ms" if time else "sampling steps",
        head(metric_card(newest.measure)),
        True,
        _far(heights),
        () if time else tuple(sorted({p.at for c in curves for p in c.points})),
        floor=floor.value if floor is not None else None,
        floor_text=f"true draws {short(floor)}" if floor is not None else "",
    )


def _cost(point: Point, time: bool) -> Place:
    quality, seconds = point.figures["quality"], point.figures["seconds"]
    said = f"{point.at:g} steps: {quality}, {_milliseconds(seconds)} a sample"
    x, bar = (_MS * seconds.value, _MS * _bar(seconds)) if time else (point.at, 0.0)
    return Place(x, quality.value, bar, _bar(quality), f"{point.at:g} steps" if time else "", said)


def _timed(point: Point, what: str) -> Place:
    seconds = point.figures["seconds"]
    said = f"{point.at:g} {what}: {_milliseconds(seconds)} a sample"
    return Place(point.at, _MS * seconds.value, 0.0, _MS * _bar(seconds), "", said)


def _milliseconds(seconds: Quantity) -> str:
    error = None if seconds.stderr is None else _MS * seconds.stderr
    return str(Quantity(_MS * seconds.value, seconds.kind, error, seconds.method, "ms", seconds.direction))


def _bar(q: Quantity) -> float:
    return _BAR * q.stderr if q.stderr is not None and math.isfinite(q.stderr) else 0.0


def _far(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) > _RATIO * min(values)


def name_of(curve: Curve) -> str:
    """What the legend calls a curve."""
    if curve.id != "rate-distortion":
        return f"{curve.run}, step {curve.step:,}" if curve.id == "cost" else curve.run
    return (
        "VAEs with the usual knobs" if curve.model != "vae" else f"VAEs like the run at step {curve.step:,}"
    )


def sentence_of(kind: Tradeoff, curves: Sequence[Curve]) -> str:
    """What is to be seen in the picture, in words."""
    if not curves:
        return kind.summary
    newest = curves[-1]
    match kind.id:
        case "rate-distortion":
            floor = " Nothing lies below R + D = H, the entropy of the data." if newest.floor else ""
            return (
                "To the right codes tell more, further down less is left open. All points of one falling diagonal have the same "
                f"ELBO.{floor}"
            )
        case "cost":
            floor = (
                " The line: two sets of true draws; but for luck no sampler does better."
                if newest.floor
                else ""
            )
            return f"Where a curve is flat, more steps buy nothing.{floor}"
        case _:
            return "Times of untrained models; what a sample costs does not depend on what was learned."
