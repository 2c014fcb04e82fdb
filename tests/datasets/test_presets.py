"""Every ready-made law of the plane: it integrates to 1, its samples and its entropy agree with its density."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from genplay.datasets.base import has_density
from genplay.datasets.plane_law import WithOutliers
from genplay.datasets.presets import CARDS
from genplay.errors import Failure
from genplay.spaces.plane import HOME, Box
from tests.datasets.agreement import cell_probabilities, off_by, plane_p

CARD = {card.id: card for card in CARDS}
WIDE = Box(-3.5, 3.5, -3.5, 3.5)


def law(name, **knobs):
    return CARD[name].make(CARD[name].knobs(**knobs), None)


LAWS = [(name, {}) for name in CARD] + [
    ("gaussian-blob", {"width": 0.6, "height": 0.05, "angle": -70.0}),
    ("bimodal", {"left": 0.9, "distance": 1.0}),
    ("two-moons", {"noise": 0.2}),
    ("rings", {"rings": 1, "noise": 0.3}),
    ("pinwheel", {"twist": -4.0, "arms": 3}),
    ("spiral", {"arms": 1, "turns": 2.5, "noise": 0.08}),
    ("checkerboard", {"blur": 0.08, "squares": 5}),
    ("line", {"thickness": 0.3, "length": 1.0}),
]
EVERY = pytest.mark.parametrize(("name", "knobs"), LAWS, ids=[f"{n}-{len(k)}" for n, k in LAWS])


def fitting_box(name, knobs):
    """A box for lattices of 24 cells; for sharp squares one in which their edges fall between cells."""
    return Box(-1.8, 1.8, -1.8, 1.8) if name == "checkerboard" and not knobs else WIDE


@EVERY
def test_it_integrates_to_one_on_a_plain_grid_and_on_its_own_nodes(name, knobs):
    made = law(name, **knobs)
    assert cell_probabilities(made.log_prob, fitting_box(name, knobs), 24)[:-1].sum() == pytest.approx(
        1, abs=2e-6
    )
    x, w = made.quadrature(HOME)
    assert w @ np.exp(made.log_prob(x)) == pytest.approx(1, abs=1e-7)
    assert w[HOME.contains(x)].sum() == pytest.approx(HOME.area, rel=1e-9)


@EVERY
def test_samples_agree_with_the_density(name, knobs):
    made = law(name, **knobs)
    x, y = made.sample(20_000, np.random.default_rng(1))
    assert x.shape == (20_000, 2)
    assert set(np.unique(y)) == set(range(made.classes))
    assert plane_p(made.log_prob, x, fitting_box(name, knobs)) > 1e-3


@EVERY
def test_entropy_agrees_with_monte_carlo(name, knobs):
    made = law(name, **knobs)
    x, _ = made.sample(40_000, np.random.default_rng(2))
    assert off_by(made, x) < 4
    assert made.entropy().kind == "exact"


@pytest.mark.parametrize("name", CARD)
def test_the_agreement_test_catches_a_wrong_sampler(name):
    made = law(name)
    rng = np.random.default_rng(1)
    x, _ = made.sample(20_000, rng)
    box = fitting_box(name, {})
    assert plane_p(made.log_prob, x + 0.06, box) < 1e-6
    assert plane_p(made.log_prob, x + 0.2 * rng.standard_normal(x.shape), box) < 1e-6


def test_two_moons_is_scikit_learns_law():
    from sklearn.datasets import make_moons

    made = law("two-moons")
    x, y = make_moons(40_000, noise=0.05, random_state=0)
    x = x - [0.5, 0.25]
    assert made.entropy().value == pytest.approx(0.290, abs=0.002)
    assert off_by(made, x) < 4
    assert plane_p(made.log_prob, x, WIDE) > 1e-3
    for label in (0, 1):
        assert off_by(made.given(label), x[y == label]) < 4


def test_two_moons_density_is_the_integral_along_the_moons():
    made = law("two-moons")
    rng = np.random.default_rng(3)
    x = np.vstack([made.sample(15, rng)[0], rng.uniform(-1.6, 1.6, (15, 2))])

    def moon(point, cx, cy, sign):
        def at(a):
            d2 = (point[0] - cx - np.cos(a)) ** 2 + (point[1] - cy - sign * np.sin(a)) ** 2
            # Scaled by the value at the nearest point, so that far points keep their digits.
            return np.exp(-(d2 - nearest) / (2 * 0.05**2))

        angles = np.linspace(0, np.pi, 20_001)
        d2 = (point[0] - cx - np.cos(angles)) ** 2 + (point[1] - cy - sign * np.sin(angles)) ** 2
        nearest = d2.min()
        value, _ = quad(at, 0, np.pi, points=[angles[d2.argmin()]], epsrel=1e-11, limit=500)
        return np.log(value / np.pi / (2 * np.pi * 0.05**2)) - nearest / (2 * 0.05**2)

    expected = [np.logaddexp(moon(p, -0.5, -0.25, 1), moon(p, 0.5, 0.25, -1)) + np.log(0.5) for p in x]
    np.testing.assert_allclose(made.log_prob(x), expected, rtol=1e-7, atol=1e-7)


def test_a_blurred_checkerboard_is_the_convolution_of_its_squares():
    made = law("checkerboard", squares=3, blur=0.1)
    rng = np.random.default_rng(0)
    x = rng.uniform(-2.2, 2.2, (200, 2))
    edges = np.linspace(-1.8, 1.8, 4)
    total = np.zeros(len(x))
    for i in range(3):
        for j in range(3):
            if (i + j) % 2 == 0:
                px = norm.cdf(x[:, 0], edges[i], 0.1) - norm.cdf(x[:, 0], edges[i + 1], 0.1)
                py = norm.cdf(x[:, 1], edges[j], 0.1) - norm.cdf(x[:, 1], edges[j + 1], 0.1)
                total += px * py / (5 * 1.2**2)
    np.testing.assert_allclose(np.exp(made.log_prob(x)), total, rtol=1e-9, atol=1e-14)
    assert np.isfinite(made.log_prob(np.array([[9.0, -9.0]]))).all()


def test_a_sharp_checkerboard_is_even_on_dark_squares_and_nothing_elsewhere():
    made = law("checkerboard")
    np.testing.assert_allclose(
        made.log_prob(np.array([[-1.7, -1.7], [-1.7, -0.8], [1.9, 1.9]])),
        [-np.log(8 * 0.81), -np.inf, -np.inf],
    )


def test_a_thick_line_has_a_closed_form():
    made = law("line", length=2.0, angle=0.0, thickness=0.1)
    x = np.random.default_rng(0).uniform(-1.5, 1.5, (50, 2))
    along = (norm.cdf(x[:, 0], -1, 0.1) - norm.cdf(x[:, 0], 1, 0.1)) / 2
    np.testing.assert_allclose(
        np.exp(made.log_prob(x)), along * norm.pdf(x[:, 1], 0, 0.1), rtol=1e-6, atol=1e-12
    )


@pytest.mark.parametrize(
    ("name", "knob"),
    [
        ("line", "thickness"),
        ("two-moons", "noise"),
        ("rings", "noise"),
        ("spiral", "noise"),
        ("s-curve", "noise"),
    ],
)
def test_a_curve_without_thickness_says_that_it_has_no_density(name, knob):
    thin, thick = law(name, **{knob: 0.0}), law(name, **{knob: 0.02})
    assert has_density(thick)
    assert not has_density(thin)
    assert thin.entropy().value == -np.inf
    assert "no density" in thin.entropy().method
    x, y = thin.sample(3000, np.random.default_rng(0))
    with pytest.raises(Failure, match="no density"):
        thin.log_prob(x)
    # The thin law is the limit of the thick one: the same points, and the density of the thick one is high there.
    assert set(np.unique(y)) == set(range(thin.classes))
    blurred = x + 0.02 * np.random.default_rng(1).standard_normal(x.shape)
    assert plane_p(thick.log_prob, blurred, WIDE, cells=16) > 1e-3


def test_no_density_without_a_law():
    assert not has_density(None)


@pytest.mark.parametrize("name", ["two-moons", "pinwheel", "eight-gaussians", "bimodal"])
def test_balance_moves_mass_to_the_first_class(name):
    made = law(name).balanced(0.6)
    _, y = made.sample(20_000, np.random.default_rng(0))
    assert (y == 0).mean() == pytest.approx(0.6 + 0.4 / made.classes, abs=0.02)
    x, w = made.quadrature(HOME)
    assert w @ np.exp(made.log_prob(x)) == pytest.approx(1, abs=1e-7)


def test_balance_of_a_thin_curve_and_of_a_law_without_classes():
    _, y = law("two-moons", noise=0.0).balanced(0.5).sample(10_000, np.random.default_rng(0))
    assert (y == 0).mean() == pytest.approx(0.75, abs=0.02)
    blob = law("gaussian-blob")
    assert blob.balanced(0.5) is blob


@pytest.mark.parametrize("name", ["two-moons", "pinwheel", "checkerboard", "gaussian-blob"])
def test_outliers_belong_to_the_law(name):
    made = WithOutliers(law(name), 0.3, HOME)
    x, y = made.sample(20_000, np.random.default_rng(4))
    assert plane_p(made.log_prob, x, HOME, cells=20) > 1e-3
    assert off_by(made, x) < 4
    assert set(np.unique(y)) == set(range(made.classes))
    nodes, w = made.quadrature(HOME)
    assert w @ np.exp(made.log_prob(nodes)) == pytest.approx(1, abs=1e-7)
    assert plane_p(law(name).log_prob, x, HOME, cells=20) < 1e-6


def test_outliers_around_a_thin_curve_still_have_no_density():
    made = WithOutliers(law("line", thickness=0.0), 0.3, HOME)
    assert not has_density(made)
    assert made.entropy().value == -np.inf


def test_changing_the_noise_moves_each_point_only_a_little():
    a, _ = law("two-moons", noise=0.05).sample(500, np.random.default_rng(0))
    b, _ = law("two-moons", noise=0.051).sample(500, np.random.default_rng(0))
    assert np.abs(a - b).max() < 0.05
