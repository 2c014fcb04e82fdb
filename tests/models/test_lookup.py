"""Counting whole images: shares by hand, sparsity, smoothing, and the table of all images."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch

from genplay.models.base import About
from genplay.models.exhibits import Facts
from genplay.models.lookup import Lookup
from genplay.quantity import Quantity
from genplay.spaces.binary import N_IMAGES, codes, log_sum_exp
from tests.models.harness import build, few_images, train


def table(x: torch.Tensor, smoothing: float = 0.0) -> Lookup:
    model = build("lookup", x, world="digits", knobs={"smoothing": smoothing})
    assert isinstance(model, Lookup)
    train(model, x, 5)
    return model


@pytest.mark.parametrize("smoothing", [0.0, 1e-6, 1.0])
def test_probabilities_are_shares_of_the_counts(smoothing: float) -> None:
    x = few_images(80)
    reference = Counter(codes(x.numpy()).tolist())
    asked = torch.cat([x[:20], 1 - x[:20]])
    expected = [
        (reference[c] + smoothing) / (80 + smoothing * N_IMAGES) for c in codes(asked.numpy()).tolist()
    ]
    np.testing.assert_allclose(table(x, smoothing).log_prob(asked).exp().numpy(), expected, rtol=1e-5)


def test_an_unseen_image_is_impossible_without_smoothing() -> None:
    x = few_images(40)
    unseen = (1 - x[:1]).clone()
    assert float(table(x).log_prob(unseen)) == -math.inf
    assert float(table(x, 0.1).log_prob(unseen)) == pytest.approx(
        math.log(0.1) - math.log(40 + 0.1 * N_IMAGES), rel=1e-6
    )


def test_before_counting_every_image_is_equally_likely() -> None:
    x = few_images(5)
    model = build("lookup", x, world="digits")
    assert float(model.log_prob(x)[0]) == pytest.approx(-25 * math.log(2))  # type: ignore[operator]


@pytest.mark.parametrize("smoothing", [0.0, 1e-4])
def test_all_images_sum_to_one_and_agree_with_log_prob(smoothing: float) -> None:
    x = few_images(200)
    model = table(x, smoothing)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-9)
    code = codes(x.numpy())
    found = np.array([block(c >> 12, (c >> 12) + 1)[0, c & 4095] for c in code.tolist()])
    np.testing.assert_allclose(found, model.log_prob(x.double()).numpy(), atol=1e-9)


def test_samples_are_rows_of_the_table_as_often_as_they_were_seen() -> None:
    x = few_images(30)
    model = table(x)
    drawn = codes(model.sample(30_000, torch.Generator().manual_seed(0)).numpy())
    reference = Counter(codes(x.numpy()).tolist())
    assert set(drawn.tolist()) == set(reference)
    seen = Counter(drawn.tolist())
    for code, count in reference.items():
        share = count / 30
        assert abs(seen[code] / 30_000 - share) < 4.5 * math.sqrt(share * (1 - share) / 30_000)


def test_with_smoothing_most_samples_are_any_image() -> None:
    x = few_images(100)
    model = table(x, 1e-5)
    known = set(codes(x.numpy()).tolist())
    drawn = codes(model.sample(20_000, torch.Generator().manual_seed(0)).numpy()).tolist()
    share = 100 / (100 + 1e-5 * N_IMAGES)
    assert np.mean([c in known for c in drawn]) == pytest.approx(share, abs=0.015)


def test_it_finishes_after_one_count_until_the_data_change() -> None:
    x, other = few_images(40), few_images(30, seed=5)
    model = table(x)
    assert model.finished
    model.data_changed()
    assert len(train(model, other, 5)) == 1
    assert model.seen.total == 30


def test_the_mass_of_the_unseen_is_told() -> None:
    x = few_images(100)
    model = table(x, 1e-5)
    shown = model.exhibits(About(x[:1], x, torch.zeros(100, dtype=torch.int64), torch.Generator()))
    facts = next(e for e in shown if isinstance(e, Facts))
    row = dict(facts.rows)["mass on images never seen"]
    assert isinstance(row, Quantity)
    everyone = 100 + 1e-5 * N_IMAGES
    distinct = len(set(codes(x.numpy()).tolist()))
    assert row.value == pytest.approx((N_IMAGES - distinct) * 1e-5 / everyone, rel=1e-6)
