"""Conditionals given known pixels against sums over the images that agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from genplay.spaces import subcube as module
from genplay.spaces.subcube import Subcube
from tests.spaces.tables import ising, normal, tables


@given(tables(), st.data())
@settings(max_examples=80, deadline=None)
def test_sums_over_the_images_that_agree(log_p, data):
    n = len(log_p).bit_length() - 1
    known = tuple(data.draw(st.lists(st.sampled_from([0, 1, None]), min_size=n, max_size=n)))
    bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    agree = np.all(
        [(bits[:, j] == k) if k is not None else np.ones(1 << n, bool) for j, k in enumerate(known)], axis=0
    )
    p = np.where(agree, np.exp(log_p), 0.0)
    cube = Subcube.of(log_p, known)
    assert cube.images == agree.sum()
    if p.sum() == 0:
        assert cube.log_mass == -np.inf
        with pytest.raises(ValueError, match="above 0"):
            cube.sample(np.random.default_rng(0))
        return
    assert cube.log_mass == pytest.approx(np.log(p.sum()), abs=1e-10)
    assert np.allclose(cube.lit, p @ bits / p.sum(), atol=1e-12)
    assert agree[cube.best]
    assert log_p[cube.best] == cube.best_log_p == log_p[agree].max()
    drawn = cube.sample(np.random.default_rng(0))
    assert agree[drawn]
    assert p[drawn] > 0


def test_samples_have_the_law_of_the_completions(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 3)
    log_p = ising(7, 2, 0.5)
    cube = Subcube.of(log_p, (1, None, None, 0, None, None, None))
    rng = np.random.default_rng(1)
    drawn = np.array([cube.sample(rng) for _ in range(4000)])
    agree = np.array([c for c in range(128) if c & 1 and not c & 8])
    p = np.exp(log_p[agree])
    p /= p.sum()
    counts = np.array([(drawn == c).sum() for c in agree])
    assert counts.sum() == 4000
    often = 4000 * p >= 5
    seen, wanted = np.r_[counts[often], counts[~often].sum()], np.r_[p[often], p[~often].sum()] * 4000
    keep = wanted > 0
    assert chisquare(seen[keep], wanted[keep]).pvalue > 1e-4
    even = np.full(len(agree), 1 / len(agree)) * 4000
    assert chisquare(counts, even).pvalue < 1e-6


def test_what_is_summed_in_several_pieces_is_weighed_alike(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 3)
    # The rows become more and more probable, so that the scale changes from piece to piece.
    log_p = normal(np.linspace(0, 60, 1 << 9) + ising(9, 1))
    bits = (np.arange(1 << 9)[:, None] >> np.arange(9)) & 1
    cube = Subcube.of(log_p, [None] * 9)
    assert cube.log_mass == pytest.approx(0.0, abs=1e-12)
    assert np.allclose(cube.lit, np.exp(log_p) @ bits, rtol=1e-12)


@pytest.mark.parametrize("known", [(1,), (2, 0, None), (0, 1, None, None)])
def test_known_pixels_that_make_no_sense_are_refused(known):
    with pytest.raises(ValueError, match="known pixels"):
        Subcube.of(ising(3, 0), known)
