"""The lowest saddles against flooding image by image."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.spaces import saddles as module
from genplay.spaces.basins import basins
from genplay.spaces.joints import Joint, joints
from genplay.spaces.saddles import saddles
from tests.spaces.tables import climb, ising, tables


@given(tables(most=6), st.lists(st.floats(-12, 0), max_size=3))
@settings(max_examples=60, deadline=None)
def test_barriers_are_those_of_flooding_image_by_image(log_p, levels):
    found = basins(log_p)
    tree = saddles(log_p, found, sorted(levels, reverse=True))
    pairs = list(itertools.combinations(range(len(found)), 2))
    for a, b in pairs[:40]:
        assert tree.height(a, b) == climb(log_p, int(found.minima[a]), int(found.minima[b]))


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_bands_and_the_rest_give_the_same_tree(monkeypatch, share):
    monkeypatch.setattr(module, "INNER", 6)
    monkeypatch.setattr(module, "PIECE", 100)
    log_p = ising(10, 5, 1.5)
    found = basins(log_p)
    assert len(found) > 5
    levels = [] if share == 0 else [float(np.quantile(log_p, 1 - share))]
    tree = saddles(log_p, found, levels)
    assert len(tree.log_p) == len(found) - 1
    for a, b in itertools.combinations(range(len(found)), 2):
        assert tree.height(a, b) == climb(log_p, int(found.minima[a]), int(found.minima[b]))
    assert tree.height(2, 2) == np.inf


def test_the_way_between_two_minima_goes_over_the_saddle_and_no_higher():
    log_p = ising(10, 5, 1.5)
    found = basins(log_p)
    tree = saddles(log_p, found, [])
    for a, b in itertools.combinations(range(len(found)), 2):
        way = tree.way(log_p, a, b)
        assert way[0] == found.minima[a]
        assert way[-1] == found.minima[b]
        flips = way[1:] ^ way[:-1]
        assert (flips & (flips - 1) == 0).all()
        assert (flips > 0).all()
        assert log_p[way].min() == tree.height(a, b)
    assert len(tree.way(log_p, 1, 1)) == 0


def test_each_minimum_but_the_deepest_is_lost_once_to_a_deeper_one():
    log_p = ising(10, 5, 1.5)
    found = basins(log_p)
    tree = saddles(log_p, found, [float(np.quantile(log_p, 0.9))])
    assert sorted(tree.lost.tolist()) == list(range(1, len(found)))
    assert (tree.into < tree.lost).all()
    assert (np.diff(tree.log_p) <= 0).all()
    for lost, height in zip(tree.lost.tolist(), tree.log_p, strict=True):
        # The saddle on which it is lost is the lowest to any deeper minimum.
        assert height == max(tree.height(lost, deeper) for deeper in range(lost))


def test_images_of_probability_0_join_nothing():
    log_p = np.full(16, -np.inf)
    log_p[[0b0011, 0b1100]] = np.log(0.5)
    found = basins(log_p)
    tree = saddles(log_p, found, [])
    assert len(tree.log_p) == 0
    assert tree.height(0, 1) == -np.inf


def test_chosen_minima_join_where_the_lowest_saddle_between_them_is():
    log_p = ising(10, 5, 1.5)
    found = basins(log_p)
    tree = saddles(log_p, found, [])
    chosen = [0, 1, 3, len(found) - 1]
    (whole,) = joints(found, tree, chosen)
    assert sorted(whole.leaves()) == chosen

    def together(joint: Joint, a: int, b: int) -> float:
        part = next((p for p in joint.parts if {a, b} <= set(p.leaves())), None)
        return joint.log_p if part is None else together(part, a, b)

    for a, b in itertools.combinations(chosen, 2):
        assert together(whole, a, b) == tree.height(a, b)
    alone = joints(found, tree, [2])
    assert [j.leaf for j in alone] == [2]
    assert alone[0].log_p == found.log_p[2]
