"""Order, ranks and shares of the mass against sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genplay.spaces import ranking as module
from genplay.spaces.ranking import Ranking
from tests.spaces.tables import ising, tables


@pytest.fixture(params=[1 << 14, 7])
def bins(request, monkeypatch):
    monkeypatch.setattr(module, "BINS", request.param)
    monkeypatch.setattr(module, "PIECE", 16)


@pytest.mark.usefixtures("bins")
class TestAgainstSorting:
    @given(tables(), st.integers(1, 200))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_the_most_probable(self, log_p, k):
        finite = int(np.isfinite(log_p).sum())
        expected = np.argsort(-log_p, kind="stable")[: min(k, finite)]
        assert np.array_equal(Ranking(log_p).top(k), expected)

    @given(tables())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_the_place_of_every_image(self, log_p):
        order = Ranking(log_p)
        for value in log_p:
            rank, mass = order.place(float(value))
            assert rank == int((log_p > value).sum()) + 1
            assert mass == pytest.approx(np.exp(log_p[log_p > value]).sum(), abs=1e-12)

    @given(tables(), st.floats(0.01, 0.999))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_how_many_hold_a_share(self, log_p, share):
        masses = np.cumsum(np.sort(np.exp(log_p))[::-1])
        n = Ranking(log_p).holding(share)
        assert masses[n - 1] >= share - 1e-9
        assert n == 1 or masses[n - 2] < share + 1e-9

    @given(tables())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def test_sums(self, log_p):
        order = Ranking(log_p)
        p = np.exp(log_p)
        assert order.mass == pytest.approx(1.0)
        assert order.entropy == pytest.approx(-(p[p > 0] @ log_p[p > 0]), abs=1e-12)
        assert order.impossible == int((log_p == -np.inf).sum())


def test_all_mass_is_held_by_all_images_that_are_possible():
    log_p = np.full(8, -np.inf)
    log_p[:4] = np.log(0.25)
    assert Ranking(log_p).holding(1.0) == 4


@given(tables())
@settings(max_examples=40, deadline=None)
def test_the_profile_follows_the_sorted_values(log_p):
    order = Ranking(log_p)
    ranks, values = order.profile(50)
    finite = np.sort(log_p[np.isfinite(log_p)])[::-1]
    assert ranks[0] == 1
    assert ranks[-1] == len(finite)
    assert np.allclose(values, finite[ranks - 1], atol=1e-9)


def test_beyond_the_best_the_profile_is_within_a_bin():
    log_p = ising(14, 1)
    ranks, values = Ranking(log_p).profile(200)
    expected = np.sort(log_p)[::-1][ranks - 1]
    width = (log_p.max() - log_p.min()) / module.BINS
    assert np.abs(values - expected).max() <= 1.01 * width
    assert (np.diff(values) <= 1e-12).all()


def test_a_level_lies_just_below_its_rank():
    log_p = ising(12, 1)
    order, width = Ranking(log_p), (log_p.max() - log_p.min()) / module.BINS
    for rank in (1, 10, 500, 4096):
        value = np.sort(log_p)[::-1][rank - 1]
        assert value - 1.1 * width <= order.level(rank) <= value


def test_a_table_without_a_possible_image_is_refused():
    with pytest.raises(ValueError, match="probability above 0"):
        Ranking(np.full(4, -np.inf))
