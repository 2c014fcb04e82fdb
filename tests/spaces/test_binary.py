import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.spaces.binary import (
    HIGH,
    LOW,
    N_IMAGES,
    PIXELS,
    blocks,
    codes,
    half_images,
    half_sums,
    images,
    log_mixture_block,
    log_sum_exp,
    softplus_sums,
)


@given(st.lists(st.integers(0, N_IMAGES - 1), min_size=1, max_size=20))
def test_codes_and_images_are_inverse(numbers):
    code = np.array(numbers)
    pixels = images(code)
    assert pixels.shape == (len(code), PIXELS)
    np.testing.assert_array_equal(codes(pixels), code)
    assert [int("".join(map(str, row[::-1])), 2) for row in pixels] == numbers


def test_half_images_are_every_pattern_in_order():
    expected = [bits[::-1] for bits in itertools.product((0, 1), repeat=4)]
    np.testing.assert_array_equal(half_images(4), expected)


def test_blocks_cover_every_high_half_once():
    covered = np.concatenate([np.arange(a, b) for a, b in blocks(100)])
    np.testing.assert_array_equal(covered, np.arange(1 << HIGH))
    assert LOW + HIGH == PIXELS


def test_half_sums_add_up_to_the_linear_term():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(PIXELS, 3))
    low, high = half_sums(weights)
    code = rng.integers(0, N_IMAGES, 50)
    np.testing.assert_allclose(low[code % 4096] + high[code // 4096], images(code) @ weights, atol=1e-12)


def test_a_mixture_block_equals_the_product_of_bernoullis_image_by_image():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.01, 0.99, (7, PIXELS))
    weights = rng.dirichlet(np.ones(7))
    start, stop = 5000, 5003
    block = log_mixture_block(np.log(weights), np.log(p), np.log1p(-p), start, stop)
    x = images(np.arange(start * 4096, stop * 4096))
    chosen = rng.integers(0, len(x), 300)
    direct = [
        np.log(sum(w * np.prod(np.where(row, q, 1 - q)) for w, q in zip(weights, p, strict=True)))
        for row in x[chosen]
    ]
    np.testing.assert_allclose(block.ravel()[chosen], direct, rtol=1e-12)


def test_log_sum_exp_over_all_images_has_a_closed_form_for_independent_pixels():
    rng = np.random.default_rng(2)
    weights = rng.normal(scale=3, size=PIXELS)
    low, high = half_sums(weights[:, None])
    total = log_sum_exp(lambda a, b: high[a:b] + low.T)
    assert total == pytest.approx(np.logaddexp(0, weights).sum(), abs=1e-9)


def test_log_sum_exp_of_nothing_is_minus_infinity():
    assert log_sum_exp(lambda a, b: np.full((b - a, 1), -np.inf)) == -np.inf


@given(st.integers(1, 9), st.floats(0.01, 300.0), st.integers(0, 1000))
def test_softplus_sums_equal_term_by_term_sums_however_large(terms, size, seed):
    rng = np.random.default_rng(seed)
    low, high = rng.normal(size=(13, terms)) * size, rng.normal(size=(11, terms)) * size
    direct = np.logaddexp(0.0, low[None] + high[:, None]).sum(axis=2)
    sums = softplus_sums(low, high)
    np.testing.assert_allclose(sums(0, 11), direct, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(sums(3, 7), sums(0, 11)[3:7])
