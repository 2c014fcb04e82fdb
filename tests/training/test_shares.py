"""Whose turn it is, by counted time: against the plain rule that all have the same, to within one turn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genplay.training.shares import Shares

COSTS = st.lists(st.floats(0.001, 10.0), min_size=2, max_size=4)


@given(COSTS, st.integers(1, 400))
def test_no_two_lanes_are_further_apart_than_the_longest_turn(costs: list[float], turns: int) -> None:
    shares, had = Shares(), np.zeros(len(costs))
    for _ in range(turns):
        lane = shares.next(range(len(costs)))
        shares.charge(lane, costs[lane])
        had[lane] += costs[lane]
        assert np.ptp(had) <= max(costs) * (1 + 1e-9)


def test_one_that_leaves_leaves_its_part_to_the_others() -> None:
    shares, had = Shares(), dict.fromkeys("abc", 0.0)
    names = {0: "a", 1: "b", 2: "c"}
    for turn in range(900):
        wanting = [0, 1, 2] if turn < 300 else [0, 2]
        if turn == 300:
            shares.leave(1)
        lane = shares.next(wanting)
        shares.charge(lane, 1.0)
        had[names[lane]] += 1.0
    assert had == {"a": 400.0, "b": 100.0, "c": 400.0}


def test_one_that_comes_later_shares_from_then_on() -> None:
    shares, had = Shares(), [0.0, 0.0]
    for _ in range(100):
        shares.charge(shares.next([0]), 1.0)
        had[0] += 1.0
    for _ in range(100):
        lane = shares.next([0, 1])
        shares.charge(lane, 1.0)
        had[lane] += 1.0
    # Neither starves: the newcomer does not first get all that the other has had.
    assert had == [150.0, 50.0]


def test_one_that_waits_has_its_part_when_it_goes_on() -> None:
    shares, had = Shares(), [0.0, 0.0]
    for turn in range(100):
        lane = shares.next([0] if 20 <= turn < 40 else [0, 1])
        shares.charge(lane, 1.0)
        had[lane] += 1.0
    assert had == [50.0, 50.0]
