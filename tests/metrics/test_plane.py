"""Divergences on the plane against closed forms and scipy."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from genplay.datasets.checkerboard import CheckerboardLaw
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.metrics.plane import over_the_plane
from genplay.quantity import Quantity
from genplay.spaces.plane import HOME
from tests.metrics.fakes import Dressed, EvenBox, gaussian

CPU = torch.device("cpu")


def measure(p: GaussianMixtureLaw, q: torch.nn.Module, *names: str, **options: float) -> dict[str, Quantity]:
    return over_the_plane(p, q, CPU, HOME, names or ("kl",), **options)  # type: ignore[arg-type]


def kl_of_gaussians(p: tuple, q: tuple) -> float:
    """Σ over both axes of ½ (s²/t² + (m − n)²/t² − 1 + ln t²/s²)."""
    (mp, sp), (mq, sq) = p, q
    return sum(
        0.5 * ((s / t) ** 2 + ((m - n) / t) ** 2 - 1 + 2 * math.log(t / s))
        for m, s, n, t in zip(mp, sp, mq, sq, strict=True)
    )


PAIRS = {
    "near": (((0.2, 0.0), (0.5, 0.3)), ((0.0, -0.3), (0.6, 0.4))),
    "sharp law": (((0.5, 0.1), (0.03, 0.04)), ((0.0, 0.0), (0.8, 0.8))),
    "sharp model": (((0.0, 0.0), (0.2, 0.2)), ((0.1, 0.0), (0.05, 0.05))),
    "wider than home": (((0.0, 0.0), (0.4, 0.4)), ((1.0, 1.0), (2.5, 1.5))),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_kl_between_gaussians_both_ways(pair: str) -> None:
    p, q = PAIRS[pair]
    found = measure(gaussian(*p), Dressed(gaussian(*q)), "kl", "reverse_kl")
    assert found["kl"].kind == "exact"
    assert found["kl"].value == pytest.approx(kl_of_gaussians(p, q), rel=1e-3, abs=1e-4)
    assert found["reverse_kl"].value == pytest.approx(kl_of_gaussians(q, p), rel=2e-3, abs=1e-4)
    assert re.search(r"law integrates to (1.000|0.999)\d, the model to (1.000|0.999)\d", found["kl"].method)


@settings(deadline=None, max_examples=10)
@given(st.floats(0.0, 1.5), st.floats(0.05, 0.6))
def test_js_and_total_variation_of_shifted_gaussians(shift: float, std: float) -> None:
    p, q = gaussian((0.0, 0.0), (std, std)), gaussian((shift, 0.0), (std, std))
    found = measure(p, Dressed(q), "js", "total_variation")

    def integrand(x: float) -> float:
        a, b = norm.pdf(x, 0, std), norm.pdf(x, shift, std)
        middle = (a + b) / 2
        return 0.5 * sum(v * math.log(v / middle) for v in (a, b) if v > 0)

    js = quad(integrand, -8 * std, shift + 8 * std, limit=300, points=[0, shift / 2, shift])[0]
    assert found["js"].value == pytest.approx(js, abs=2e-4)
    assert found["total_variation"].value == pytest.approx(2 * norm.cdf(shift / (2 * std)) - 1, abs=2e-3)
    assert 0 <= found["js"].value <= math.log(2) + 1e-9
    assert found["total_variation"].unit == ""


def test_a_law_is_at_no_distance_from_itself() -> None:
    law = GaussianMixtureLaw(np.ones(3), np.array([[-1.0, 0], [0, 1], [1, 0]]), 0.05)
    found = measure(law, Dressed(law), "kl", "reverse_kl", "js", "total_variation")
    assert all(abs(quantity.value) < 1e-6 for quantity in found.values())
    assert all(quantity.kind == "exact" for quantity in found.values())


def test_a_law_thinner_than_the_grid_is_integrated_along_itself() -> None:
    p, q = ((0.1, 0.2), (0.0006, 0.0006)), ((0.0, 0.0), (0.6, 0.3))
    found = measure(gaussian(*p), Dressed(gaussian(*q)))["kl"]
    assert found.kind == "exact"
    assert "nodes along the law" in found.method
    assert found.value == pytest.approx(kl_of_gaussians(p, q), abs=1e-3)


def test_a_law_with_edges_is_measured_against_a_model_with_details() -> None:
    """Uniform on two squares that no grid fits, against spikes between the law's nodes."""
    law = CheckerboardLaw(2, 1.3, 0.0)
    spikes = GaussianMixtureLaw(np.ones(400), np.random.default_rng(0).uniform(-1.4, 1.4, (400, 2)), 0.04)
    found = measure(law, Dressed(spikes))["kl"]
    x, _ = law.sample(200_000, np.random.default_rng(5))
    ratio = law.log_prob(x) - spikes.log_prob(x)
    stderr = ratio.std() / 200_000**0.5
    assert abs(found.value - ratio.mean()) < 4 * (stderr + (found.stderr or 0.01))


def test_a_model_that_gives_the_law_no_room_is_infinitely_far() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.5))
    assert measure(law, EvenBox(0.8))["kl"].value == math.inf
    finite = measure(gaussian((0.0, 0.0), (0.2, 0.2)), EvenBox(1.5))["kl"]
    entropy = 2 * 0.5 * math.log(2 * math.pi * math.e * 0.04)
    assert finite.value == pytest.approx(math.log(9.0) - entropy, abs=1e-3)


def test_a_density_that_does_not_integrate_to_one_is_not_called_exact() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.5))
    found = measure(law, Dressed(law, tilt=math.log(0.9)))["kl"]
    assert found.kind == "estimate"
    assert "the model to 0.9000" in found.method
    assert found.stderr == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("std", [0.3, 0.02])
def test_a_costly_density_gets_a_coarse_grid_and_says_how_far_it_can_be_trusted(std: float) -> None:
    p, q = ((0.05, 0.02), (std, std)), ((0.0, 0.0), (0.5, 0.5))
    model = Dressed(gaussian(*q))
    found = measure(gaussian(*p), model, "reverse_kl", "js", budget=0.0)
    assert model.evaluated < 10_000
    truth = measure(gaussian(*p), Dressed(gaussian(*q)), "js")["js"].value
    if std == 0.3:
        assert found["js"].value == pytest.approx(truth, abs=0.01)
    else:
        assert found["js"].kind == "estimate"
        assert found["js"].stderr is not None
        assert abs(found["js"].value - truth) < 4 * found["js"].stderr


def test_the_box_grows_until_next_to_nothing_is_outside() -> None:
    p, q = ((0.0, 0.0), (0.5, 0.5)), ((3.0, 0.0), (9.0, 9.0))
    found = measure(gaussian(*p), Dressed(gaussian(*q)), "kl")["kl"]
    assert found.kind == "exact"
    assert found.value == pytest.approx(kl_of_gaussians(p, q), rel=2e-3)
    assert "outside" not in found.method


class HeavyTail(Dressed):
    """Two independent Cauchy coordinates: every box leaves much outside."""

    def __init__(self) -> None:
        super().__init__(gaussian((0.0, 0.0), (1.0, 1.0)))

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return -torch.log1p(x.double().square()).sum(dim=1) - 2 * math.log(math.pi)


def test_a_tail_that_no_box_holds_is_told() -> None:
    found = measure(gaussian((0.0, 0.0), (0.5, 0.5)), HeavyTail(), "kl")["kl"]
    assert found.kind == "estimate"
    assert re.search(r"of the model's mass lies outside or between the points", found.method)
