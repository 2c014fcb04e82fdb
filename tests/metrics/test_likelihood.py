"""Likelihoods against means by hand; kinds and units that follow the density's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.datasets.image_law import ImageMixtureLaw
from genplay.metrics import likelihood
from tests.metrics.fakes import Bounded, Dressed, EvenBox, data_of, gaussian, on


def test_nll_is_the_mean_surprise_of_the_split() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data = data_of(law)
    for split, x in (("train", data.x_train), ("test", data.x_test)):
        measure = likelihood.nll_train if split == "train" else likelihood.nll
        found = measure(on(Dressed(law), data))
        assert found.kind == "exact"
        assert found.value == pytest.approx(-law.log_prob(x).mean(), abs=1e-6)
        assert f"400 {'training' if split == 'train' else 'test'} points" in found.method


def test_a_point_of_density_zero_makes_the_nll_infinite_and_the_method_says_so() -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.5)))
    found = likelihood.nll(on(EvenBox(0.4), data))
    outside = int((np.abs(data.x_test) > 0.4).any(axis=1).sum())
    assert found.value == math.inf
    assert f"{outside:,} of them have density 0" in found.method
    assert found.to_json()["value"] is None


def test_a_fair_coin_for_every_pixel_is_one_bit_each_and_chooses_among_all_images() -> None:
    even = ImageMixtureLaw(np.zeros((1, 25)), np.ones(1), np.zeros(1), 0.5, ("all",))
    examined = on(Dressed(even), data_of(even, "digits"))
    bits = likelihood.bits_per_dim(examined)
    assert (bits.value, bits.unit) == (pytest.approx(1.0), "bits/dim")
    assert likelihood.perplexity(examined).value == pytest.approx(2**25, rel=1e-6)


def test_where_there_is_only_an_elbo_the_nll_is_an_upper_bound() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data = data_of(law)
    examined = on(Bounded(law, gap=0.4), data)
    lower, upper = likelihood.elbo(examined), likelihood.nll(examined)
    assert lower.stderr is not None
    assert (lower.direction, upper.direction) == ("lower", "upper")
    assert abs(lower.value - (law.log_prob(data.x_test).mean() - 0.4)) < 4 / math.sqrt(400)
    assert upper.value == -lower.value
    assert likelihood.bits_per_dim(examined).direction == "upper"


def test_the_entropy_is_that_of_the_law() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    found = likelihood.entropy(on(Dressed(law), data_of(law)))
    assert found.value == pytest.approx(1 + math.log(2 * math.pi * 0.15), abs=1e-6)
