"""Likelihoods against means by hand; kinds and units that follow the density's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.datasets.image_law import ImageMixtureLaw
from genplay.metrics import likelihood
from tests.metrics.fakes import Bounded, Dressed, EvenBox, data_of, gaussian


def test_nll_is_the_mean_surprise_of_the_split() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data = data_of(law)
    for split, x in (("train", data.x_train), ("test", data.x_test)):
        found = likelihood.nll(Dressed(law), data, split)  # type: ignore[arg-type]
        assert found is not None
        assert found.kind == "exact"
        assert found.value == pytest.approx(-law.log_prob(x).mean(), abs=1e-6)
        assert f"400 {'training' if split == 'train' else 'test'} points" in found.method


def test_a_point_of_density_zero_makes_the_nll_infinite_and_the_method_says_so() -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.5)))
    found = likelihood.nll(EvenBox(0.4), data)  # type: ignore[arg-type]
    outside = int((np.abs(data.x_test) > 0.4).any(axis=1).sum())
    assert found is not None
    assert found.value == math.inf
    assert f"{outside:,} of them have density 0" in found.method
    assert found.to_json()["value"] is None


def test_a_fair_coin_for_every_pixel_is_one_bit_each_and_chooses_among_all_images() -> None:
    even = ImageMixtureLaw(np.zeros((1, 25)), np.ones(1), np.zeros(1), 0.5, ("all",))
    surprise = likelihood.nll(Dressed(even), data_of(even, "digits"))  # type: ignore[arg-type]
    assert surprise is not None
    bits = likelihood.bits_per_dim(surprise, 25)
    assert (bits.value, bits.unit) == (pytest.approx(1.0), "bits/dim")
    assert likelihood.perplexity(surprise).value == pytest.approx(2**25, rel=1e-6)


def test_where_there_is_only_an_elbo_the_nll_is_an_upper_bound() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data, model = data_of(law), Bounded(law, gap=0.4)
    lower, upper = likelihood.elbo(model, data), likelihood.nll(model, data)  # type: ignore[arg-type]
    assert lower is not None
    assert upper is not None
    assert lower.stderr is not None
    assert (lower.direction, upper.direction) == ("lower", "upper")
    assert abs(lower.value - (law.log_prob(data.x_test).mean() - 0.4)) < 4 / math.sqrt(400)
    assert upper.value == -lower.value
    assert likelihood.bits_per_dim(upper, 2).direction == "upper"


def test_what_is_not_there_is_none() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    assert likelihood.log_z(Dressed(law)) is None  # type: ignore[arg-type]
    assert likelihood.elbo(Dressed(law), data_of(law)) is None  # type: ignore[arg-type]
    assert likelihood.entropy(data_of(None)) is None
    assert likelihood.nll(Dressed(law), data_of(law, n=0)) is None  # type: ignore[arg-type]
    assert likelihood.entropy(data_of(law)).value == pytest.approx(  # type: ignore[union-attr]
        1 + math.log(2 * math.pi * 0.15), abs=1e-6
    )
