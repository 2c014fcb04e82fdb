"""Divergences over all 2^25 images against sums by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.datasets.image_law import ImageMixtureLaw
from genplay.metrics.divergence import divergences, from_samples
from genplay.metrics.sums import DIVERGENCES
from tests.metrics.fakes import Bounded, Dressed, DressedBlocks, data_of


def law(
    templates: int = 3, flip: float = 0.1, seed: int = 0, weights: list[float] | None = None
) -> ImageMixtureLaw:
    drawn = np.random.default_rng(seed).integers(0, 2, (templates, 25))
    return ImageMixtureLaw(drawn, np.array(weights or [1.0] * templates), np.zeros(templates), flip, ("all",))


def test_one_pattern_with_two_noises_differs_pixel_by_pixel() -> None:
    p, q = law(1, 0.1), law(1, 0.3)
    found = divergences(DressedBlocks(q), data_of(p, "digits"))
    kl = 25 * (0.1 * math.log(0.1 / 0.3) + 0.9 * math.log(0.9 / 0.7))
    reverse = 25 * (0.3 * math.log(0.3 / 0.1) + 0.7 * math.log(0.7 / 0.9))
    # Probabilities depend on the Hamming distance only, so the other two are sums over 26 distances.
    h = np.arange(26)
    many = np.array([math.comb(25, int(k)) for k in h])
    a, b = many * 0.1**h * 0.9 ** (25 - h), many * 0.3**h * 0.7 ** (25 - h)
    m = (a + b) / 2
    js = 0.5 * (a @ np.log(a / m) + b @ np.log(b / m))
    truth = {"kl": kl, "reverse_kl": reverse, "js": js, "total_variation": 0.5 * np.abs(a - b).sum()}
    for name in DIVERGENCES:
        quantity = found[name]
        assert quantity is not None
        assert quantity.kind == "exact"
        assert quantity.value == pytest.approx(truth[name], abs=1e-9)
    assert "model to 1.000000" in found["kl"].method  # type: ignore[union-attr]


def test_a_law_is_at_no_distance_from_itself() -> None:
    p = law(4, 0.05)
    found = divergences(DressedBlocks(p), data_of(p, "digits"), ("kl", "js", "total_variation"))
    assert all(quantity is not None and abs(quantity.value) < 1e-12 for quantity in found.values())


def test_an_image_that_the_model_never_makes_is_infinitely_surprising() -> None:
    p, q = law(2, 0.0), law(3, 0.0)
    assert divergences(DressedBlocks(law(1, 0.0)), data_of(p, "digits"), ("kl",))["kl"].value == math.inf  # type: ignore[union-attr]
    # The same templates, one of them spare: −Σ ½ ln (⅓ / ½).
    kept = divergences(DressedBlocks(q), data_of(ImageMixtureLaw(q.templates, np.array([1.0, 1, 0]), q.labels, 0.0, ("all",)), "digits"))  # fmt: skip
    assert kept["kl"].value == pytest.approx(math.log(1.5))  # type: ignore[union-attr]
    assert kept["reverse_kl"].value == math.inf  # type: ignore[union-attr]
    assert kept["total_variation"].value == pytest.approx(1 / 3)  # type: ignore[union-attr]


def test_estimates_from_samples_cover_the_exact_values() -> None:
    p, q = law(3, 0.1, weights=[1, 2, 3]), law(3, 0.15)
    exact = divergences(DressedBlocks(q), data_of(p, "digits"))
    without_table = divergences(Dressed(q), data_of(p, "digits"))
    for name in DIVERGENCES:
        estimate, truth = without_table[name], exact[name]
        assert estimate is not None
        assert truth is not None
        assert estimate.stderr is not None
        assert estimate.kind == "estimate"
        assert abs(estimate.value - truth.value) < 4 * estimate.stderr
        assert estimate.stderr < 0.02


def test_the_standard_error_is_the_spread_of_the_estimate() -> None:
    p, q = law(3, 0.1, weights=[1, 2, 3]), law(3, 0.15)
    values = [from_samples(Dressed(q), p, ("kl", "js"), seed, n=500) for seed in range(60)]  # type: ignore[arg-type]
    for name in ("kl", "js"):
        spread = np.std([v[name].value for v in values], ddof=1)
        assert spread == pytest.approx(np.mean([v[name].stderr for v in values]), rel=0.35)  # type: ignore[misc]


def test_a_bound_on_the_density_bounds_the_divergence_from_above() -> None:
    p = law(3, 0.1)
    found = divergences(Bounded(p, gap=0.7), data_of(p, "digits"))
    kl = found["kl"]
    assert kl is not None
    assert kl.stderr is not None
    assert (kl.kind, kl.direction) == ("bound", "upper")
    assert abs(kl.value - 0.7) < 4 * kl.stderr
    assert found["js"] is None


def test_without_a_law_there_is_no_divergence() -> None:
    found = divergences(DressedBlocks(law()), data_of(None, "digits"))
    assert found == dict.fromkeys(DIVERGENCES)
