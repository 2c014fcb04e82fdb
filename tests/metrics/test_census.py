"""The census: its numbers against sums done otherwise, on few pixels and once on all 2^25 images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build as build_data
from genplay.errors import Failure
from genplay.metrics import census as module
from genplay.metrics.census import Census, take_census
from genplay.metrics.images import over_all_images
from genplay.metrics.watch import Watch
from genplay.models.pairwise import pairwise_blocks, pairwise_log_z
from genplay.quantity import exact
from genplay.spaces.binary import N_IMAGES, blocks, codes, images
from tests.spaces.tables import climb, ising


def test_numbers_on_twelve_pixels():
    log_p = ising(12, 3, 1.5)
    found = take_census(log_p, "an Ising model", log_z=exact(5.0, "told"))
    p = np.exp(log_p)
    assert found.facts["log_z"].value == 5.0
    assert found.facts["entropy"].value == pytest.approx(-p @ log_p)
    assert found.facts["mass"].value == pytest.approx(1.0)
    assert {q.kind for q in found.facts.values()} == {"exact"}
    sums = np.cumsum(np.sort(p)[::-1])
    assert found.facts["held"].value == np.searchsorted(sums, 0.9) + 1
    assert found.facts["minima"].value == len(found.basins)
    assert np.array_equal(found.top, np.argsort(-log_p, kind="stable")[:64])
    bits = (np.arange(1 << 12)[:, None] >> np.arange(12)) & 1
    assert np.allclose(found.lit, p @ bits)
    assert "impossible" not in found.facts


def test_what_has_to_be_climbed_to_a_deeper_minimum():
    log_p = ising(10, 5, 1.5)
    found = take_census(log_p, "an Ising model")
    minima, escape = found.basins.minima, found.escape()
    assert escape[0] == np.inf
    for i in range(1, len(minima)):
        saddle = max(climb(log_p, int(minima[i]), int(minima[j])) for j in range(i))
        assert escape[i] == log_p[minima[i]] - saddle


def test_too_many_minima_are_counted_but_not_joined(monkeypatch):
    monkeypatch.setattr(module, "MOST_JOINED", 3)
    found = take_census(ising(10, 5, 1.5), "an Ising model")
    assert found.saddles is None
    assert found.facts["minima"].value > 3
    assert np.isinf(found.escape()).all()
    assert np.isnan(found.barrier(0, 1)[0])


def test_a_bound_that_does_not_sum_to_1_is_an_estimate():
    found = take_census(ising(8, 1) - 0.5, "a bound", kind="bound", method="ELBO")
    assert found.facts["mass"].value == pytest.approx(np.exp(-0.5))
    assert {q.kind for q in found.facts.values()} == {"estimate"}


def test_impossible_images_are_counted():
    log_p = np.full(16, -np.inf)
    log_p[[3, 12]] = np.log(0.5)
    found = take_census(log_p, "two images")
    assert found.facts["impossible"].value == 14
    assert found.facts["held"].value == 2
    assert found.barrier(0, 1)[0] == np.inf


def test_it_can_be_stopped_and_tells_how_far_it_is():
    told: list[tuple[float, str]] = []
    take_census(ising(10, 0), "an Ising model", watch=Watch(lambda share, text: told.append((share, text))))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(Failure, match="cancelled"):
        take_census(ising(10, 0), "an Ising model", watch=Watch(cancelled=lambda: len(told) > 0))


LAW = build_data(DataSpec("glyphs", {}, DataSettings(n=50, test=10))).law
RNG = np.random.default_rng(0)
COUPLINGS = np.triu(RNG.normal(size=(25, 25)), 1) * 0.35
FIELDS = RNG.normal(size=25) * 0.3


@pytest.fixture(scope="module")
def found() -> Census:
    """A Boltzmann machine of weak couplings over all 2^25 images."""
    # s = 2x − 1: xᵀ(4U)x + xᵀ(2h − 2(U + Uᵀ)1) is the sum over the spins up to a constant.
    b = 2 * FIELDS - 2 * (COUPLINGS + COUPLINGS.T).sum(axis=1)
    constant = COUPLINGS.sum() - FIELDS.sum()
    log_z = float(pairwise_log_z(torch.tensor(FIELDS), torch.tensor(COUPLINGS)))
    block = pairwise_blocks(constant - log_z, b, 4 * COUPLINGS)
    table = np.empty(N_IMAGES)
    for start, stop in blocks():
        table.reshape(-1, 4096)[start:stop] = block(start, stop)
    return take_census(table, "a Boltzmann machine", law=LAW.log_prob_blocks())


class TestAllImages:
    """Its log Z and moments are summed by other code, by groups of pixels."""

    def test_sums(self, found: Census):
        assert found.facts["mass"].value == pytest.approx(1.0, abs=1e-9)
        fields = torch.tensor(FIELDS, requires_grad=True)
        pairwise_log_z(fields, torch.tensor(COUPLINGS)).backward()
        assert np.allclose(2 * found.lit - 1, fields.grad.numpy(), atol=1e-9)
        assert found.basins.size.sum() == N_IMAGES
        assert found.basins.mass.sum() == pytest.approx(1.0, abs=1e-9)
        assert found.saddles is not None
        assert len(found.saddles.log_p) == len(found.basins) - 1

    def test_distance_from_the_law(self, found: Census):
        x, _ = LAW.sample(20_000, np.random.default_rng(1))
        estimate = (LAW.log_prob(x) - found.log_p[codes(x)]).mean()
        error = (LAW.log_prob(x) - found.log_p[codes(x)]).std() / np.sqrt(len(x))
        assert abs(found.facts["kl"].value - estimate) < 5 * error
        swapped = over_all_images(
            lambda a, b: found.log_p.reshape(-1, 4096)[a:b], LAW.log_prob_blocks(), ("reverse_kl",)
        )
        assert swapped["reverse_kl"].value == pytest.approx(found.facts["kl"].value)

    def test_places_walks_and_barriers(self, found: Census):
        best = found.images(found.top[:1])[0]
        place = found.place(best)
        assert (place.rank, place.mass_above, place.quantile) == (1, 0.0, 1.0)
        start = images(np.array([12345678]))[0]
        way, log_p = found.walk(start)
        assert (way[0] == start).all()
        assert (np.abs(np.diff(way.astype(int), axis=0)).sum(axis=1) == 1).all()
        assert (np.diff(log_p) > 0).all()
        assert codes(way[-1:])[0] == found.basins.minima[found.basin_of(start)]
        climb_, way, log_p = found.barrier(0, 1)
        assert climb_ == pytest.approx(found.basins.log_p[0] - log_p.min())
        assert codes(way[:1])[0] == found.basins.minima[0]
        assert codes(way[-1:])[0] == found.basins.minima[1]
        # No ray of single flips straight from one to the other does better.
        flips = np.flatnonzero(way[0] != way[-1])
        rng = np.random.default_rng(0)
        for _ in range(200):
            x = way[0].copy()
            lowest = np.inf
            for j in rng.permutation(flips):
                x[j] ^= 1
                lowest = min(lowest, found.log_p[found.code(x)])
            assert lowest <= log_p.min() + 1e-12

    def test_known_pixels(self, found: Census):
        known = [1, 0, 1] + [None] * 22
        cube = found.know(known)
        x = images(np.arange(N_IMAGES // 8, dtype=np.int64) * 8 + 5)
        p = np.exp(found.log_p[5::8])
        assert cube.log_mass == pytest.approx(np.log(p.sum()))
        assert np.allclose(cube.lit, p @ x / p.sum())
        assert cube.best == 5 + 8 * p.argmax()
