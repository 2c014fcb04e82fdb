"""Every sampler against laws that are known: moments, counts of all states, and the same result watched or at full speed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from genplay.errors import BadInput, Failure
from genplay.sampling.cards import cards, fitting
from genplay.sampling.diagnostics import effective_size
from genplay.sampling.events import Accept, Draw, Flip, Leapfrog, Level, Move, Propose, Reject, Weight
from genplay.sampling.registry import make
from genplay.sampling.target import Target
from genplay.spaces.plane import HOME
from tests.datasets.agreement import chi_square_p
from tests.sampling.targets import (
    COV,
    LOG_Z,
    MEAN,
    every_state,
    gaussian,
    grid_exact,
    grid_of_spins,
    spins,
    states_of,
    two_modes,
)

ON_THE_PLANE = {
    "ancestral": {},
    "rejection": {"proposal": "gaussian"},
    "importance": {},
    "metropolis": {"step": 0.8},
    "gibbs": {},
    "langevin": {"step_size": 0.3},
    "hmc": {"step": 0.25, "leaps": 6},
    "ais": {"levels": 40},
}
CHAINS = ("metropolis", "gibbs", "langevin", "hmc")
ON_IMAGES = {
    "ancestral": {},
    "rejection": {},
    "importance": {},
    "metropolis": {"flips": 1},
    "gibbs": {},
    "ais": {"levels": 60},
}


def off_by(x: np.ndarray, value: np.ndarray, worth: float) -> np.ndarray:
    """How many standard errors the means of x (n, k) lie from the values (k,), x being worth so many draws."""
    return np.abs(x.mean(axis=0) - value) / (x.std(axis=0) / np.sqrt(worth))


def moments(x: np.ndarray) -> np.ndarray:
    """x, and the products that make a covariance."""
    d = x - MEAN
    return np.column_stack([d, d[:, 0] ** 2, d[:, 0] * d[:, 1], d[:, 1] ** 2])


TRUE_MOMENTS = np.array([0.0, 0.0, COV[0, 0], COV[0, 1], COV[1, 1]])


@pytest.mark.parametrize("name", ON_THE_PLANE)
def test_mean_and_covariance_of_a_gaussian(name: str) -> None:
    sampler = make(name, gaussian(), ON_THE_PLANE[name], seed=3)
    if name in CHAINS:
        sampler.run(300)
        trace = sampler.run(1500)
        statistics = moments(trace.reshape(-1, 2))
        by_chain = statistics.reshape(*trace.shape[:2], -1)
        worth = min(effective_size(by_chain[:, :, k]) for k in range(5))
        assert worth > 500
    else:
        statistics, worth = moments(sampler.sample(6000)), 2500.0 if name in ("ais", "importance") else 6000.0
    assert off_by(statistics, TRUE_MOMENTS, worth).max() < 4


def test_unadjusted_langevin_widens_the_law_by_as_much_as_theory_says() -> None:
    eta = 0.2
    sampler = make("langevin", gaussian(), {"adjusted": False, "step_size": eta, "chains": 500}, seed=1)
    sampler.run(200)
    x = sampler.run(600).reshape(-1, 2)
    # The chain is linear: its stationary covariance solves S = A S Aᵀ + η I with A = I − (η/2) P, so S = P⁻¹ (I − η/4 P)⁻¹.
    precision = np.linalg.inv(COV)
    expected = COV @ np.linalg.inv(np.eye(2) - eta / 4 * precision)
    assert np.allclose(np.cov(x.T), expected, atol=0.02)
    assert np.abs(np.cov(x.T) - COV).max() > 0.03


@pytest.mark.parametrize("path", ["temperature"])
def test_annealed_langevin_arrives_at_the_gaussian(path: str) -> None:
    knobs = {"path": path, "levels": 6, "steps": 60, "step_size": 0.03, "chains": 1500}
    x = make("annealed-langevin", gaussian(), knobs, seed=2).sample(3000)
    assert np.allclose(x.mean(axis=0), MEAN, atol=0.06)
    assert np.allclose(np.cov(x.T), COV, atol=0.04)


@pytest.mark.parametrize("name", ["ancestral", "rejection", "importance", "ais", "gibbs"])
def test_both_modes_get_their_share(name: str) -> None:
    x = make(name, two_modes(), {}, seed=5).sample(4000)
    share = (x[:, 0] < 0).mean()
    assert abs(share - 0.7) < 4 * np.sqrt(0.21 / 900)
    left = x[x[:, 0] < 0]
    assert np.allclose(left.mean(axis=0), [-0.9, 0.0], atol=0.04)
    assert np.allclose(left.std(axis=0), 0.25, atol=0.03)


def test_independent_proposals_are_corrected_for_where_they_come_from() -> None:
    # q is centred elsewhere than p: without its density in the ratio the mean would be pulled to the middle.
    sampler = make("metropolis", gaussian(), {"proposal": "independent", "chains": 400}, seed=4)
    sampler.run(100)
    trace = sampler.run(400)
    statistics = moments(trace.reshape(-1, 2))
    by_chain = statistics.reshape(*trace.shape[:2], -1)
    worth = min(effective_size(by_chain[:, :, k]) for k in range(5))
    assert off_by(statistics, TRUE_MOMENTS, worth).max() < 4


def test_independent_proposals_cross_the_valley() -> None:
    sampler = make("metropolis", two_modes(), {"proposal": "independent", "chains": 200}, seed=0)
    sampler.run(100)
    trace = sampler.run(400)
    left = (trace[:, :, 0] < 0).astype(float)
    assert abs(left.mean() - 0.7) < 4 * np.sqrt(0.21 / effective_size(left))


@pytest.mark.parametrize("name", ON_IMAGES)
def test_all_states_of_a_few_spins_come_as_often_as_they_should(name: str) -> None:
    target, p = spins(4)
    sampler = make(name, target, ON_IMAGES[name], seed=7)
    if name in ("metropolis", "gibbs"):
        # Far apart in time, draws of a chain of 16 states are independent.
        sampler.run(100)
        x = sampler.run(4000)[::50].reshape(-1, 4)
    else:
        x = sampler.sample(4000)
    counts = np.bincount(states_of(x), minlength=16)
    if name in ("importance", "ais"):
        assert np.abs(counts / len(x) - p).max() < 0.03
    else:
        assert chi_square_p(counts, p) > 1e-4


@pytest.mark.parametrize("name", ["metropolis", "gibbs"])
@pytest.mark.parametrize("knobs", [{}, {"flips": 3}, {"scan": "sweep"}, {"block": "block"}])
def test_a_grid_of_spins_matches_the_sum_over_all_images(name: str, knobs: dict, exact_grid) -> None:
    allowed = cards()[name].knobs.infos()
    if not set(knobs) <= {info.name for info in allowed}:
        pytest.skip("this sampler has no such knob")
    target, (_, lit) = exact_grid
    sampler = make(name, target, {**knobs, "chains": 400}, seed=1)
    sampler.run(150 if knobs.get("block") else 400)
    trace = sampler.run(200 if knobs.get("block") else 600).sum(axis=2)
    mean, square = np.arange(26) @ lit, np.arange(26) ** 2 @ lit
    assert abs(trace.mean() - mean) < 4 * np.sqrt((square - mean**2) / effective_size(trace))
    squares = trace**2
    fourth = np.arange(26) ** 4 @ lit
    assert abs(squares.mean() - square) < 4 * np.sqrt((fourth - square**2) / effective_size(squares))


@pytest.fixture(scope="module")
def exact_grid():
    return grid_of_spins(), grid_exact()


def test_ais_finds_log_z_of_the_grid_within_its_error_bars(exact_grid) -> None:
    target, (log_z, _) = exact_grid
    sampler = make("ais", target, {"levels": 60, "chains": 500}, seed=4)
    sampler.run(60)
    found = sampler.results()
    assert abs(found["log_z_forward"].value - log_z) < 4 * found["log_z_forward"].stderr
    assert found["log_z_lower"].value < log_z
    assert found["log_z_lower"].kind == "bound"


@pytest.mark.parametrize(
    ("target", "log_z"), [(gaussian(3.0), LOG_Z + 3.0), (two_modes(), None), (spins(4)[0], None)]
)
def test_ais_closes_in_on_log_z_from_both_sides(target: Target, log_z: float | None) -> None:
    sampler = make("ais", target, {"direction": "both", "levels": 80, "chains": 600}, seed=2)
    sampler.run(80)
    found = sampler.results()
    true = target.log_z().value if log_z is None else log_z
    for name in ("log_z_forward", "log_z_reverse"):
        assert abs(found[name].value - true) < 4 * found[name].stderr, name
    assert found["log_z_lower"].value - 3 * found["log_z_lower"].stderr < true
    assert found["log_z_upper"].value + 3 * found["log_z_upper"].stderr > true
    assert found["log_z_lower"].direction == "lower"
    assert found["log_z_upper"].direction == "upper"


def test_ais_errs_low_when_it_hurries() -> None:
    sampler = make("ais", two_modes(1.2, 0.05), {"levels": 3, "moves": 1, "chains": 2000}, seed=2)
    sampler.run(3)
    assert sampler.results()["log_z_lower"].value < two_modes(1.2, 0.05).log_z().value - 1


@pytest.mark.parametrize("target", [gaussian(), two_modes(), spins(5)[0]])
def test_importance_weights_find_z_and_the_effective_size(target: Target) -> None:
    sampler = make("importance", target, {}, seed=1)
    sampler.run(20)
    found = sampler.results()
    assert abs(found["log_z"].value - target.log_z().value) < 4 * found["log_z"].stderr
    w = np.exp(sampler.log_weights - sampler.log_weights.max())
    assert found["ess"].value == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert 1 < found["ess"].value < len(w)


def test_importance_with_a_perfect_proposal_keeps_every_draw() -> None:
    flat = Target("flat", "digits", 6, HOME, log_density=lambda x: np.zeros(len(x)))
    sampler = make("importance", flat, {}, seed=1)
    sampler.run(3)
    assert sampler.results()["ess"].value == pytest.approx(3000)
    assert sampler.results()["log_z"].value == pytest.approx(6 * np.log(2))


def test_rejection_keeps_the_share_that_the_roof_says() -> None:
    sampler = make("rejection", gaussian(), {"proposal": "gaussian", "margin": 1.0}, seed=1)
    sampler.run(40)
    found = sampler.results()
    assert abs(found["log_z"].value - LOG_Z) < 4 * found["log_z"].stderr
    assert "roof_broken" not in found
    low = make("rejection", gaussian(), {"proposal": "gaussian", "margin": 0.5}, seed=1)
    low.run(5)
    assert low.results()["roof_broken"].value > 0


def test_a_sampler_that_is_wrong_is_caught() -> None:
    # Metropolis without the correction for a drift that is not symmetric: a known mistake.
    class Careless(cards()["langevin"].load()):
        def _at(self, x):
            return np.zeros(len(x))

    target = gaussian()
    from genplay.sampling.cards import LangevinKnobs

    knobs = LangevinKnobs(step_size=0.3)
    sampler = Careless(target, knobs, np.random.default_rng(3))
    sampler.run(300)
    trace = sampler.run(1500)
    statistics = moments(trace.reshape(-1, 2))
    by_chain = statistics.reshape(*trace.shape[:2], -1)
    worth = min(effective_size(by_chain[:, :, k]) for k in range(5))
    assert off_by(statistics, TRUE_MOMENTS, worth).max() > 6


@pytest.mark.parametrize("name", list(cards()))
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_watched_and_at_full_speed_do_the_same(name: str, world: str) -> None:
    target = two_modes() if world == "plane" else spins(6)[0]
    if cards()[name].why_not(target):
        pytest.skip("this sampler does not fit this target")
    watched, fast = make(name, target, seed=9), make(name, target, seed=9)
    told = [event for _ in range(13) for event in watched.step(chain=0)]
    trace = fast.run(13)
    assert np.array_equal(watched.x, fast.x)
    assert np.array_equal(trace[-1], fast.x)
    assert told
    for event in told:
        if not isinstance(event, Level):
            assert event.chain == 0
    other = make(name, target, seed=10)
    other.run(13)
    assert not np.array_equal(other.x, fast.x)


def test_the_events_of_a_chain_follow_each_other() -> None:
    sampler = make("metropolis", gaussian(), {"step": 1.0}, seed=2)
    place = tuple(sampler.x[5])
    for _ in range(40):
        propose, verdict = sampler.step(chain=5)
        assert isinstance(propose, Propose)
        assert propose.at == place
        assert 0 <= propose.accept <= 1
        if isinstance(verdict, Accept):
            place = propose.to
        else:
            assert isinstance(verdict, Reject)
        assert verdict.at == place == tuple(sampler.x[5])


def test_each_kind_of_event_is_told() -> None:
    pixels = spins(6)[0]
    kinds = {
        "gibbs": (pixels, Flip),
        "ancestral": (pixels, Draw),
        "importance": (pixels, Weight),
        "ais": (pixels, Level),
        "hmc": (gaussian(), Leapfrog),
        "annealed-langevin": (gaussian(), Move),
    }
    for name, (target, kind) in kinds.items():
        assert any(isinstance(event, kind) for event in make(name, target).step()), name
    leap, _, _ = make("hmc", gaussian(), {"leaps": 7}).step()
    assert len(leap.path) == 8


def test_a_flip_says_whether_the_pixel_changed() -> None:
    sampler = make("gibbs", spins(6)[0], {"scan": "sweep"}, seed=3)
    for j in range(6):
        before = sampler.x[0].copy()
        (flip,) = sampler.step()
        assert flip.pixel == j
        assert flip.lit == bool(sampler.x[0, j])
        assert flip.changed == (before[j] != sampler.x[0, j])


def test_who_cannot_serve_says_why_in_a_sentence() -> None:
    reasons = fitting(spins(5)[0])
    assert {name for name, why in reasons.items() if why} == {"langevin", "hmc", "annealed-langevin", "ode"}
    assert "gradient" in reasons["hmc"]
    for why in reasons.values():
        assert not why or why.endswith(".")
    blind = Target("a generator", "plane", 2, HOME, why_not=(("log_density", "it can only draw."),))
    assert fitting(blind)["metropolis"] == "it can only draw."
    with pytest.raises(BadInput, match="it can only draw"):
        make("metropolis", blind)
    with pytest.raises(BadInput, match="Did you mean 'gibbs'"):
        make("gibs", blind)


def test_refusals_are_plain() -> None:
    with pytest.raises(BadInput, match="flips means nothing"):
        make("metropolis", gaussian(), {"flips": 3})
    with pytest.raises(BadInput, match="exact samples"):
        make("ais", grid_of_spins(), {"direction": "both"})
    with pytest.raises(BadInput, match="path cannot be 'noise'"):
        make("annealed-langevin", gaussian(), {"path": "noise"})
    wild = make("langevin", two_modes(1.0, 0.01), {"adjusted": False, "step_size": 1.0})
    with pytest.raises(Failure, match="shorter steps"):
        wild.run(2000)


def test_places_without_density_do_no_harm() -> None:
    def half(x):
        return np.where(x[:, 0] > 0, -0.5 * np.square(x).sum(axis=1), -np.inf)

    target = Target("half a Gaussian", "plane", 2, HOME, log_density=half)
    for name in ("metropolis", "gibbs", "rejection", "importance", "ais"):
        x = make(name, target, seed=1).sample(500)
        assert (x[:, 0] > 0).mean() > 0.99, name
        assert np.isfinite(x).all()


def test_detailed_balance_of_the_kernels_on_all_states() -> None:
    """Transitions from every state, against the matrix that theory gives; and that matrix against detailed balance."""
    d, many = 3, 20_000
    target, p = spins(d, seed=4)
    states = every_state(d)
    log_f = np.log(p)
    single = np.zeros((8, 8))
    gibbs = np.zeros((8, 8))
    for i in range(8):
        for j in range(d):
            k = i ^ (1 << j)
            single[i, k] += min(1.0, np.exp(log_f[k] - log_f[i])) / d
            gibbs[i, k] += p[k] / (p[i] + p[k]) / d
    for matrix in (single, gibbs):
        matrix[np.diag_indices(8)] = 1 - matrix.sum(axis=1)
        flow = p[:, None] * matrix
        assert np.allclose(flow, flow.T)
    block = np.tile(p, (8, 1))
    for name, knobs, matrix in (
        ("metropolis", {}, single),
        ("gibbs", {}, gibbs),
        ("gibbs", {"block": "block"}, block),
    ):
        start = np.repeat(states, many, axis=0)
        sampler = make(name, target, knobs, seed=6, chains=len(start), start=start)
        sampler.advance()
        counts = np.zeros((8, 8))
        np.add.at(counts, (np.repeat(np.arange(8), many), states_of(sampler.x)), 1)
        expected = matrix * many
        seen = expected > 0
        assert counts[~seen].sum() == 0
        statistic = ((counts[seen] - expected[seen]) ** 2 / expected[seen]).sum()
        assert chi2.sf(statistic, seen.sum() - 8) > 1e-4, name


def test_a_step_of_each_kernel_leaves_exact_samples_as_they_were() -> None:
    rng = np.random.default_rng(0)
    for target, runs in (
        (
            two_modes(),
            ON_THE_PLANE | {"gibbs": {}, "langevin": {"step_size": 0.05}, "hmc": {"step": 0.3, "leaps": 3}},
        ),
        (spins(4)[0], ON_IMAGES),
    ):
        for name in ("metropolis", "gibbs", "langevin", "hmc"):
            if name not in runs or cards()[name].why_not(target):
                continue
            start = target.draws.draw(20_000, rng)
            sampler = make(name, target, runs[name], seed=1, chains=len(start), start=start)
            sampler.run(5)
            energy = target.log_density(sampler.x)
            again = target.log_density(target.draws.draw(20_000, rng))
            for a, b in ((energy, again), (sampler.x[:, 0], target.draws.draw(20_000, rng)[:, 0])):
                assert abs(a.mean() - b.mean()) < 4 * np.sqrt(a.var() / len(a) + b.var() / len(b)), name
                assert abs((a**2).mean() - (b**2).mean()) < 4 * np.sqrt(
                    ((a**2).var() + (b**2).var()) / len(a)
                ), name
