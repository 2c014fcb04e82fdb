import numpy as np
import pytest

from genplay.datasets.bars import CARD as BARS
from genplay.datasets.glyphs import CARD as GLYPHS
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.spaces.binary import N_IMAGES, blocks, codes, images, log_mixture_block, log_sum_exp
from tests.datasets.agreement import chi_square_p, off_by


def glyph_law(**knobs):
    return GLYPHS.make(GLYPHS.knobs(**knobs), None)


def bars_law(**knobs):
    return BARS.make(BARS.knobs(**knobs), None)


def by_hand(law, x):
    """p(x) image by image and pixel by pixel."""
    total = law.outliers * 2.0**-25
    for weight, template in zip(law.weights, law.templates, strict=True):
        p = 1.0
        for pixel, lit in zip(x, template, strict=True):
            p *= 1 - law.flip if pixel == lit else law.flip
        total += (1 - law.outliers) * weight * p
    return total


LAWS = [
    glyph_law(),
    glyph_law(flip=0.0),
    bars_law(),
    bars_law(flip=0.1),
    glyph_law().with_outliers(0.2),
    bars_law().with_outliers(0.3),
]


@pytest.mark.parametrize(
    "law", LAWS, ids=["glyphs", "glyphs-0", "bars-0", "bars", "glyphs-out", "bars-0-out"]
)
def test_log_prob_is_the_sum_by_hand_and_blocks_say_the_same(law):
    rng = np.random.default_rng(0)
    x = np.vstack([images(rng.integers(0, N_IMAGES, 15)), law.sample(15, rng)[0], law.templates[:3]])
    p = [by_hand(law, row) for row in x]
    np.testing.assert_allclose(np.exp(law.log_prob(x)), p, rtol=1e-11)
    block, code = law.log_prob_blocks(), codes(x)
    got = [block(c >> 12, (c >> 12) + 1)[0, c & 4095] for c in code]
    np.testing.assert_allclose(got, law.log_prob(x), rtol=1e-11)


@pytest.mark.parametrize("law", [LAWS[2], LAWS[5]], ids=["bars-0", "bars-0-out"])
def test_it_sums_to_one_over_all_images(law):
    assert log_sum_exp(law.log_prob_blocks()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("law", LAWS[1:4] + LAWS[5:], ids=["glyphs-0", "bars-0", "bars", "bars-0-out"])
def test_entropy_agrees_with_monte_carlo(law):
    x, _ = law.sample(20_000, np.random.default_rng(1))
    assert off_by(law, x) < 4
    assert law.entropy().kind == "exact"


def test_glyphs_sum_to_one_and_samples_fall_into_the_bins_of_log_probability_that_they_should():
    law, bins = glyph_law(), 40

    def bin_of(log_p):
        return np.clip(-log_p, 0, bins - 1).astype(np.int64)

    block, expected = law.log_prob_blocks(), np.zeros(bins)
    for start, stop in blocks():
        log_p = block(start, stop).ravel()
        expected += np.bincount(bin_of(log_p), np.exp(log_p), bins)
    assert expected.sum() == pytest.approx(1, abs=1e-9)

    def fit(other):
        x, _ = other.sample(20_000, np.random.default_rng(2))
        return chi_square_p(np.bincount(bin_of(law.log_prob(x)), minlength=bins), expected)

    assert fit(law) > 1e-3
    assert fit(glyph_law(flip=0.03)) < 1e-6
    assert fit(law.with_outliers(0.01)) < 1e-6
    x, _ = law.sample(20_000, np.random.default_rng(3))
    assert off_by(law, x) < 4


def test_bars_and_stripes_are_62_images_and_two_of_them_twice_as_likely():
    law = bars_law()
    x, y = law.sample(50_000, np.random.default_rng(0))
    seen, counts = np.unique(codes(x), return_counts=True)
    p = np.exp(law.log_prob(images(seen)))
    assert len(seen) == 62
    assert sorted(set(np.round(p * 64, 9))) == [1, 2]
    assert chi_square_p(counts, p) > 1e-3
    assert law.entropy().value == pytest.approx(60 / 64 * np.log(64) + 4 / 64 * np.log(32))
    rows = x.reshape(-1, 5, 5)
    assert (rows[y == 0].min(axis=2) == rows[y == 0].max(axis=2)).all()
    assert (rows[y == 1].min(axis=1) == rows[y == 1].max(axis=1)).all()


def test_balance_and_labels():
    law = glyph_law().balanced(0.5)
    _, y = law.sample(20_000, np.random.default_rng(0))
    assert (y == 0).mean() == pytest.approx(0.55, abs=0.02)
    np.testing.assert_allclose(law.class_shares()[1:], 0.05)


def test_outliers_toss_every_pixel():
    law = bars_law().with_outliers(0.5)
    x, y = law.sample(20_000, np.random.default_rng(0))
    usual = np.isin(codes(x), codes(bars_law().templates))
    assert usual.mean() == pytest.approx(0.5, abs=0.02)
    assert x[~usual].mean() == pytest.approx(0.5, abs=0.01)
    assert y[~usual].mean() == pytest.approx(0.5, abs=0.03)


def test_equal_templates_are_one_image():
    law = ImageMixtureLaw(np.ones((3, 25)), np.ones(3), np.zeros(3), 0.0, ("all",))
    assert law.entropy().value == pytest.approx(0)
    assert law.log_prob(np.ones((1, 25)))[0] == pytest.approx(0)
    p = np.full((3, 25), 1 - 1e-9)
    block = log_mixture_block(np.log(np.full(3, 1 / 3)), np.log(p), np.log1p(-p), (1 << 13) - 1, 1 << 13)
    assert block[0, -1] == pytest.approx(law.log_prob_blocks()((1 << 13) - 1, 1 << 13)[0, -1], abs=1e-6)
