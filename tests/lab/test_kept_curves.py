"""Trade-off curves in project files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from genplay.errors import BadInput
from genplay.lab.kept_curves import curve_from_json, curve_to_json
from genplay.lab.project import Project, read, write
from genplay.lab.tradeoffs import Curve, Point
from genplay.quantity import bound, estimate, exact
from tests.lab.fakes import small_desks

POINTS = (
    Point(2.0, {"quality": estimate(0.3, 0.01, "sliced"), "seconds": estimate(0.1, None, "clock", "s")}),
    Point(4.0, {"quality": estimate(math.inf, 0.01, "sliced"), "seconds": exact(0.2, "", "s")}),
)
COST = Curve(
    "cost", "flow-matching · 3", "flow-matching", "two-moons", 3, POINTS, exact(0.016, "true draws"), None, "steps", "mmd",
)  # fmt: skip
RATE = Curve(
    "rate-distortion", "vae", "vae", "two-moons", 9, (Point(1.0, {"rate": bound(2.0, "upper", "ELBO")}),), None,
    Point(1.0, {"rate": bound(1.5, "upper", "ELBO", 0.1)}), "β",
)  # fmt: skip


def test_curves_come_back_as_they_were(tmp_path: Path) -> None:
    path = write(Project("plane", small_desks(), curves=(COST, RATE)), tmp_path / "x")
    assert read(path).curves == (COST, RATE)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"id": "cots"}, BadInput),
        ({"points": []}, ValueError),
        ({"points": [{"at": "nan", "figures": {"a": ["1.0", "exact", None, "", "", None]}}]}, ValueError),
        ({"points": [{"at": 1, "figures": {"a": None}}]}, ValueError),
        ({"floor": ["0.1", "certain", None, "", "", None]}, ValueError),
        ({"floor": ["0.1"]}, ValueError),
    ],
)
def test_what_is_none_is_refused(change: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        curve_from_json({**curve_to_json(COST), **change})
