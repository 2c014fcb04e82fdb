"""The mass in a drawn region beside closed forms: a disc, half planes, rectangles, and loops that cross themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genplay.metrics.region import inside, mass_by_quadrature, mass_by_samples, masses, region_nodes
from tests.metrics.fakes import Bounded, Dressed, EvenBox, data_of, gaussian

LAW = gaussian((0.0, 0.0), (1.0, 1.0))


def ring(radius, corners=400, centre=(0.0, 0.0)):
    angle = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    return np.array(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def rectangle(x0, x1, y0, y1):
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)


@pytest.mark.parametrize("radius", [0.5, 1.0, 2.5])
def test_a_gaussian_in_a_disc(radius):
    found = mass_by_quadrature(LAW.log_prob, ring(radius))
    assert found.kind == "exact"
    assert found.value == pytest.approx(1 - math.exp(-(radius**2) / 2), abs=2e-4)


def test_a_gaussian_in_a_half_plane_and_in_a_tilted_one():
    for at in (-1.0, 0.0, 0.7):
        found = mass_by_quadrature(LAW.log_prob, rectangle(at, 12, -12, 12))
        assert found.value == pytest.approx(0.5 * math.erfc(at / math.sqrt(2)), abs=2e-4)
    turn = math.pi / 5
    turned = rectangle(0.7, 12, -12, 12) @ np.array(
        [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]
    )
    assert mass_by_quadrature(LAW.log_prob, turned).value == pytest.approx(
        0.5 * math.erfc(0.7 / math.sqrt(2)), abs=2e-4
    )


def test_a_thin_law_in_a_large_loop_is_all_inside():
    thin = gaussian((0.3, -0.2), (0.01, 0.02))
    assert mass_by_quadrature(thin.log_prob, ring(2.0)).value == pytest.approx(1.0, abs=2e-3)


def test_a_law_too_thin_for_the_points_is_counted_instead_of_called_exact():
    needle = gaussian((0.31, -0.22), (1e-5, 1e-5))
    found = masses(Dressed(needle), data_of(needle), ring(2.0))
    for quantity in (found.model, found.truth):
        assert quantity.kind == "estimate"
        assert quantity.value == 1.0


def test_the_nodes_give_the_area_of_a_loop_whichever_way_it_runs():
    star = ring(1.0, 10) * np.where(np.arange(10) % 2, 0.4, 1.0)[:, None]
    x, y = star.T
    area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
    for loop in (star, star[::-1]):
        assert region_nodes(loop, 0.3)[1].sum() == pytest.approx(area, rel=1e-9)


def test_a_loop_that_crosses_itself_counts_by_the_even_odd_rule():
    bow = np.array([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    assert region_nodes(bow, 0.05)[1].sum() == pytest.approx(2.0, abs=1e-2)
    drawn = np.random.default_rng(0).uniform(-1, 1, (20_000, 2))
    assert inside(drawn, bow).mean() == pytest.approx(0.5, abs=0.02)


def test_quadrature_and_counting_agree_on_a_wild_loop():
    rng = np.random.default_rng(3)
    loop = ring(1.0, 60) * (1 + 0.4 * rng.standard_normal((60, 1)))
    found = mass_by_quadrature(LAW.log_prob, loop)
    counted = mass_by_samples(LAW.sample(40_000, rng)[0], loop, "draws")
    assert abs(found.value - counted.value) < 4 * counted.stderr


def test_the_kinds_say_what_was_done():
    data, loop = data_of(LAW), ring(1.0)
    both = masses(Dressed(gaussian((0.5, 0.0), (1.0, 1.0))), data, loop)
    assert (both.model.kind, both.truth.kind) == ("exact", "exact")
    assert both.model.value < both.truth.value
    no_density = masses(Drawing(), data, loop)
    assert no_density.model.kind == "estimate"
    assert abs(no_density.model.value - both.truth.value) < 4 * no_density.model.stderr
    assert masses(Bounded(LAW, 0.1), data, loop).model is None
    bare = masses(EvenBox(1.0), data_of(None), loop)
    assert "data points" in bare.truth.method


class Drawing(Dressed):
    """Draws, and knows its density only as an estimate."""

    density_kind = "estimate"

    def __init__(self):
        super().__init__(LAW)


def test_a_share_of_nothing_still_has_an_error():
    none = mass_by_samples(np.full((100, 2), 9.0), ring(1.0), "points")
    assert none.value == 0
    assert none.stderr > 0
