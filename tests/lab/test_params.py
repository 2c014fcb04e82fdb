from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genplay.errors import BadInput
from genplay.lab.params import Param


def parse(type: str, raw: object, **more: object) -> object:
    return Param("thing", type, "", **more).parse(raw)


def test_numbers() -> None:
    assert parse("int", "7") == 7
    assert parse("float", 2) == 2.0
    assert parse("int", 3.0, low=0, high=3) == 3


@pytest.mark.parametrize(
    ("type", "raw", "more"),
    [
        ("int", 2.5, {}),
        ("int", True, {}),
        ("int", "many", {}),
        ("float", "nan", {}),
        ("float", float("inf"), {}),
        ("int", 11, {"low": 0, "high": 10}),
        ("float", -1, {"low": 0}),
        ("bool", 1, {}),
        ("str", 1, {}),
        ("path", "", {}),
        ("path", 3, {}),
        ("value", [1], {}),
        ("names", 3, {}),
        ("names", [], {}),
        ("int", None, {}),
    ],
)
def test_refusals_name_the_parameter_and_what_is_allowed(type: str, raw: object, more: dict) -> None:
    with pytest.raises(BadInput, match=r"thing cannot be .* Allowed: "):
        parse(type, raw, **more)


def test_a_choice_suggests_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'linear'"):
        parse("choice", "linaer", choices=("linear", "spherical"))


def test_points() -> None:
    assert parse("points", [[0, 1], (2, 3)]) == ((0.0, 1.0), (2.0, 3.0))
    assert parse("points", [0.5, 1]) == ((0.5, 1.0),)
    assert parse("points", np.zeros((2, 2))) == ((0.0, 0.0), (0.0, 0.0))
    for bad in ([], [[1]], [[1, 2, 3]], [[1, float("nan")]], "1,2", [["a", "b"]], [[True, 1]]):
        with pytest.raises(BadInput):
            parse("points", bad)


def test_pixels() -> None:
    seven = ["#####", "....#", "...#.", "..#..", "..#.."]
    flat = (1,) * 5 + (0, 0, 0, 0, 1) + (0, 0, 0, 1, 0) + (0, 0, 1, 0, 0) * 2
    assert parse("pixels", seven) == flat
    assert parse("pixels", "\n".join(seven)) == flat
    assert parse("pixels", list(flat)) == flat
    assert parse("pixels", np.reshape(flat, (5, 5))) == flat
    for bad in ([0] * 24, [2] * 25, ["#####"] * 4, "?" * 25, [0.5] * 25, 7):
        with pytest.raises(BadInput, match="25 numbers"):
            parse("pixels", bad)


def test_paths_and_names() -> None:
    assert parse("path", "~/x.csv") == Path.home() / "x.csv"
    assert parse("names", "a, b") == ("a", "b")
    assert parse("names", ["a", 2]) == ("a", "2")
    assert parse("bool", "off") is False


def test_none_stands_for_a_default_of_none() -> None:
    assert parse("int", None, default=None) is None


def test_known_pixels() -> None:
    expected = (1, 0, None, None, None) + (0,) * 20
    assert parse("known", [1, 0, None, None, None] + [0] * 20) == expected
    assert parse("known", ["#.???", *["....."] * 4]) == expected
    with pytest.raises(BadInput, match="not known"):
        parse("known", ["#.??!", *["....."] * 4])
    with pytest.raises(BadInput, match="25 numbers 0 or 1, or"):
        parse("pixels", ["#.???", *["....."] * 4])
