"""Trade-off curves in a project file: what was drawn is dear to draw again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from genplay.lab.kept_quantity import quantity_from_json, quantity_to_json
from genplay.lab.tradeoffs import Curve, Point, tradeoff
from genplay.quantity import Quantity

__all__ = ["curve_from_json", "curve_to_json"]


def curve_to_json(curve: Curve) -> dict[str, Any]:
    """What the manifest says of a curve."""
    return {
        "id": curve.id, "run": curve.run, "model": curve.model, "data": curve.data, "step": curve.step,
        "knob": curve.knob, "measure": curve.measure,
        "points": [_point_to_json(point) for point in curve.points],
        "own": None if curve.own is None else _point_to_json(curve.own),
        "floor": quantity_to_json(curve.floor),
    }  # fmt: skip


def curve_from_json(given: Mapping[str, Any]) -> Curve:
    """The curve again. Raises as project files do."""
    points = tuple(_point_from_json(point) for point in given["points"])
    if not points or any(point.figures.keys() != points[0].figures.keys() for point in points):
        raise ValueError(f"a curve of {len(points)} points that do not have the same figures")
    return Curve(
        id=tradeoff(str(given["id"])).id,
        run=str(given["run"]),
        model=str(given["model"]),
        data=str(given["data"]),
        step=int(given["step"]),
        points=points,
        floor=quantity_from_json(given["floor"]),
        own=None if given["own"] is None else _point_from_json(given["own"]),
        knob=str(given["knob"]),
        measure=str(given["measure"]),
    )


def _point_to_json(point: Point) -> dict[str, Any]:
    figures = {name: quantity_to_json(figure) for name, figure in point.figures.items()}
    return {"at": point.at, "figures": figures}


def _point_from_json(given: Mapping[str, Any]) -> Point:
    at = float(given["at"])
    figures: dict[str, Quantity] = {}
    for name, figure in given["figures"].items():
        found = quantity_from_json(figure)
        if found is None or not math.isfinite(at):
            raise ValueError(f"a point at {at} without {name}")
        figures[str(name)] = found
    return Point(at, figures)
