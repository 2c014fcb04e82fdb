"""The true laws as targets: gradients against differences of another step, blurred laws, and samplers that come out right."""

from __future__ import annotations

import numpy as np
import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.checkerboard import CheckerboardLaw
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.registry import build, cards
from genplay.errors import BadInput
from genplay.sampling.cards import fitting
from genplay.sampling.registry import make
from genplay.sampling.truth_target import truth_target
from tests.datasets.agreement import chi_square_p, plane_p

PLANE = [c.id for c in cards().values() if c.world == "plane" and not c.drawable and c.id != "file"]


def data(name: str, knobs: dict | None = None, **settings):
    return build(DataSpec(name, knobs or {}, DataSettings(n=50, test=10, **settings)))


def slope(log_density, x: np.ndarray, h: float) -> np.ndarray:
    """Fourth-order differences."""
    out = np.empty_like(x)
    for j in range(x.shape[1]):
        e = np.eye(x.shape[1])[j] * h
        out[:, j] = (
            8 * (log_density(x + e) - log_density(x - e)) - (log_density(x + 2 * e) - log_density(x - 2 * e))
        ) / (12 * h)
    return out


@pytest.mark.parametrize("name", [n for n in PLANE if n != "checkerboard"])
@pytest.mark.parametrize("outliers", [0.0, 0.1])
def test_gradients_of_the_laws(name: str, outliers: float) -> None:
    found = data(name, outliers=outliers)
    target = truth_target(found)
    x, _ = found.law.sample(40, np.random.default_rng(0))
    x = x + 0.05 * np.random.default_rng(1).standard_normal(x.shape)
    expected = slope(target.log_density, x, 1e-4)
    error = np.abs(target.gradient(x) - expected).max(axis=1) / (1 + np.abs(expected).max(axis=1))
    assert error.max() < 1e-5
    assert target.gradient_method


@pytest.mark.parametrize(
    "law",
    [
        GaussianMixtureLaw(np.array([1.0, 2.0]), np.array([[0.0, 0.0], [0.5, 0.2]]), np.array([0.05, 0.2])),
        CheckerboardLaw(4, 1.8, 0.0),
    ],
)
def test_a_blurred_law_is_the_law_of_blurred_points(law) -> None:
    rng = np.random.default_rng(3)
    x, _ = law.sample(20_000, rng)
    x = x + 0.3 * rng.standard_normal(x.shape)
    from genplay.spaces.plane import HOME

    assert plane_p(law.blurred(0.3).log_prob, x, HOME.grown(1.5)) > 1e-4


def test_the_score_of_a_blurred_level() -> None:
    target = truth_target(data("two-moons"))
    levels = target.noise_levels
    law = data("two-moons").law
    x = law.sample(20, np.random.default_rng(0))[0]
    for level in (0, 40, 80):
        blurred = law.blurred(levels.sigmas[level])
        assert np.allclose(levels.score(x, level), slope(blurred.log_prob, x, 1e-3), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("hmc", {"step": 0.06, "warmup": 400, "thin": 60, "chains": 400}),
        ("ode", {"chains": 1000}),
        ("rejection", {}),
        ("ancestral", {}),
    ],
)
def test_samples_of_the_true_pinwheel_and_moons(name: str, knobs: dict) -> None:
    found = data("gaussian-blob" if name == "hmc" else "two-moons")
    x = make(name, truth_target(found), knobs, seed=1).sample(4000)
    # The ODE stops at the least noise, 0.04: that is the law it draws from.
    law = found.law.blurred(0.04) if name == "ode" else found.law
    assert plane_p(law.log_prob, x, found.box) > 1e-4
    if name != "hmc":
        assert plane_p(found.law.log_prob, x + np.array([0.15, 0.0]), found.box) < 1e-6


def test_annealing_by_noise_finds_all_eight_modes() -> None:
    found = data("eight-gaussians")
    x = make("annealed-langevin", truth_target(found), {"chains": 1500}, seed=0).sample(1500)
    angle = np.round(np.arctan2(x[:, 1], x[:, 0]) / (np.pi / 4)).astype(int) % 8
    assert chi_square_p(np.bincount(angle, minlength=8), np.full(8, 1 / 8)) > 1e-4
    # It stops at the least noise, 0.04, and its steps widen each mode a little more.
    std = float(np.sqrt(found.law.cov[0, 0, 0] + 0.04**2))
    radius = float(np.hypot(*found.law.means[0]))
    spread = np.hypot(*x.T) - radius
    assert std * 0.9 < spread.std() < std * 1.3


def test_the_law_of_glyphs_in_the_digit_world() -> None:
    found = data("glyphs", {"flip": 0.1} if "flip" in {i.name for i in _knobs("glyphs")} else {})
    target = truth_target(found)
    reasons = fitting(target)
    assert {name for name, why in reasons.items() if why} == {"langevin", "hmc", "annealed-langevin", "ode"}
    sampler = make("ais", target, {"direction": "both", "levels": 100, "moves": 10, "chains": 100}, seed=1)
    sampler.run(100)
    for name in ("log_z_forward", "log_z_reverse"):
        assert abs(sampler.results()[name].value) < 5 * sampler.results()[name].stderr + 0.05
    chains = make("gibbs", target, {"chains": 50}, seed=1)
    start = target.log_density(chains.x).mean()
    chains.run(200)
    assert target.log_density(chains.x).mean() > start + 5


def _knobs(name: str):
    return next(c for c in cards().values() if c.id == name).knobs.infos()


def test_what_has_no_density_says_so() -> None:
    thin = truth_target(data("line", {"thickness": 0.0}))
    assert "without thickness" in fitting(thin)["metropolis"]
    assert fitting(thin)["ancestral"] == ""
    sharp = truth_target(data("checkerboard"))
    assert "sharp edges" in fitting(sharp)["hmc"]
    assert fitting(sharp)["metropolis"] == ""
    assert fitting(sharp)["ode"] == ""
    with pytest.raises(BadInput, match="sharp edges"):
        make("langevin", sharp)


def test_imported_data_have_no_known_law() -> None:
    from genplay.datasets.base import Data

    made = data("two-moons")
    bare = Data(made.spec, "plane", made.x_train, made.y_train, made.x_test, made.y_test, None, ("all",))
    assert set(fitting(truth_target(bare)).values()) == {
        "the data were imported: nobody knows their true law."
    }
