"""Minima and basins against one image at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from genplay.spaces import basins as module
from genplay.spaces.basins import basins, descent, pixels_of
from tests.spaces.tables import end, ising, neighbours, step, tables


@given(tables())
@settings(max_examples=60, deadline=None)
def test_every_image_goes_where_one_step_after_another_leads(log_p):
    found = basins(log_p)
    ends = np.array([end(log_p, code) for code in range(len(log_p))])
    assert np.array_equal(found.minima[found.label], ends)
    assert set(found.minima.tolist()) == {c for c in range(len(log_p)) if step(log_p, c) == c}
    assert np.array_equal(found.size, [(ends == m).sum() for m in found.minima])
    assert np.allclose(found.mass, [np.exp(log_p[ends == m]).sum() for m in found.minima])
    assert found.mass.sum() == pytest.approx(1.0)
    assert (np.diff(found.log_p) <= 0).all()


@pytest.mark.parametrize(("inner", "lowest"), [(14, 7), (5, 2), (3, 3), (12, 7), (1, 1)])
def test_an_ising_model_of_twelve_pixels_has_the_minima_that_trying_all_finds(monkeypatch, inner, lowest):
    monkeypatch.setattr(module, "INNER", inner)
    monkeypatch.setattr(module, "LOWEST", lowest)
    log_p = ising(12, 3, 1.5)
    around = np.stack([log_p[np.arange(1 << 12) ^ (1 << j)] for j in range(12)])
    minima = np.flatnonzero((log_p > around).all(axis=0))
    found = basins(log_p)
    assert len(minima) > 5
    assert set(found.minima.tolist()) == set(minima.tolist())
    ends = np.array([end(log_p, c) for c in range(1 << 12)])
    assert np.array_equal(found.minima[found.label], ends)


@given(tables())
@settings(max_examples=30, deadline=None)
def test_the_way_down_flips_one_pixel_at_a_time_and_never_climbs(log_p):
    n = pixels_of(log_p)
    for code in range(0, len(log_p), 3):
        path = descent(log_p, code)
        assert path[0] == code
        assert path[-1] == end(log_p, code)
        for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True):
            assert b in neighbours(a, n)
            assert b == step(log_p, a)
            assert log_p[b] >= log_p[a]


def test_progress_is_told_and_what_it_raises_ends_the_work():
    told: list[float] = []
    basins(ising(10, 0), told.append)
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] == 1.0

    def stop(share: float) -> None:
        if share > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        basins(ising(10, 0), stop)


def test_a_table_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2\\^n"):
        basins(np.zeros(12))
