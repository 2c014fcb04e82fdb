from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.models.golden import GoldenSection


@given(st.floats(-3.9, 4.9))
def test_the_top_of_a_hill_is_enclosed(top: float) -> None:
    search = GoldenSection(-4, 5, tolerance=0.01)
    trials = 0
    while not search.enclosed:
        search.tell(-((search.trial - top) ** 2))
        trials += 1
    assert abs(search.best - top) < 0.01
    assert trials < 20


def test_an_endless_fall_on_the_left_is_left() -> None:
    search = GoldenSection(0, 10, tolerance=0.01)
    while not search.enclosed:
        x = search.trial
        search.tell(-math.inf if x < 7 else -x)
    assert search.best == pytest.approx(7, abs=0.02)
