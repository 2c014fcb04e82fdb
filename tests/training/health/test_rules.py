"""Each rule on numbers made for it: what it must see, what it must leave alone, and that chance alone is not seen."""

from __future__ import annotations

import numpy as np
import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.sampling import diagnostics
from genplay.training.health.bins import bins_of, nearest
from genplay.training.health.codes import silent_codes
from genplay.training.health.game import saturated
from genplay.training.health.gradients import Slopes, vanishing
from genplay.training.health.memory import memorised
from genplay.training.health.mixing import ChainTrace, mixing, split_r_hat
from genplay.training.health.modes import _log_at_most, collapsed
from genplay.training.health.schedule import weak_noise
from genplay.training.history import History


def data(name: str, **settings: int):
    return build(DataSpec(name, {}, DataSettings(**{"n": 1000, "test": 500, **settings})))


RNG = np.random.default_rng(1)


# Vanishing gradients


def test_a_starved_first_layer_and_a_flat_net_are_seen() -> None:
    starved = vanishing({"net": Slopes((1e-9, 1e-6, 1e-3), 1e-2)})
    assert starved.state == "ill"
    assert "first layer of net" in starved.seen
    assert starved.evidence[0].values[0] == pytest.approx(-9)
    dead = vanishing({"net": Slopes((0.0, 0.0, 0.0), 0.3)})
    assert dead.state == "ill"
    assert "nothing" in dead.seen
    flat = vanishing(
        {"good": Slopes((0.1, 0.1, 0.1), 0.1), "critic_net": Slopes((1e-14, 1e-14, 1e-13), 1e-12)}
    )
    assert flat.state == "ill"
    assert "critic net" in flat.seen


def test_usual_gradients_are_left_alone() -> None:
    assert vanishing({"net": Slopes((1e-3, 1e-2, 1e-1), 0.5)}).state == "well"
    assert vanishing({"net": Slopes((0.0, 0.0, 0.0), 0.0)}).state == "well"
    assert vanishing({"net": Slopes((1e-12, 1.0), 1.0)}).state == "open"
    assert vanishing({"net": Slopes((float("nan"), 1.0, 1.0), 1.0)}).state == "open"


# Mode collapse


def test_the_binomial_law_is_exact() -> None:
    from scipy.stats import binom

    for count, n, p in ((0, 200, 0.05), (3, 500, 0.04), (30, 300, 0.125), (0, 10, 1e-6)):
        assert _log_at_most(count, n, p) == pytest.approx(float(binom.logcdf(count, n, p)), abs=1e-8)
    assert _log_at_most(5, 10, 0.0) == 0.0
    assert _log_at_most(9, 10, 1.0) == -np.inf


def test_the_bumps_of_a_law_are_its_bins_and_other_data_are_cut_into_cells() -> None:
    bumps = bins_of(data("eight-gaussians"))
    assert bumps.bumps
    assert len(bumps.centres) == 8
    assert bumps.share.sum() == pytest.approx(1)
    cells = bins_of(data("two-moons"))
    assert not cells.bumps
    assert len(cells.centres) == 20
    assert cells.share.min() > 0.005
    assert len(bins_of(data("bars-and-stripes")).centres) > 5
    far = nearest(np.array([[0.0, 0.0], [9.0, 9.0]]), np.array([[0.0, 1.0], [9.0, 8.0]]))
    assert far[0].tolist() == [0, 1]
    assert far[1] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("name", ["eight-gaussians", "two-moons", "glyphs"])
def test_samples_of_the_law_are_well_and_samples_of_a_part_are_collapsed(name: str) -> None:
    made = data(name)
    bins = bins_of(made)
    for seed in range(5):
        fresh, _ = made.law.sample(500, np.random.default_rng(seed))
        assert collapsed(fresh, bins, made).state == "well"
    fresh, _ = made.law.sample(3000, np.random.default_rng(9))
    part = fresh[bins.of(fresh) < len(bins.centres) // 2][:500]
    reading = collapsed(part, bins, made)
    assert reading.state == "ill"
    lost = dict(reading.figures)["data in missed parts"]
    assert lost.kind == "estimate"
    assert lost.value == pytest.approx(bins.share[len(bins.centres) // 2 :].sum(), abs=0.02)
    assert reading.evidence


def test_a_blob_beside_the_data_is_not_learned_yet_rather_than_collapsed() -> None:
    made = data("eight-gaussians")
    blob = np.array([0.7, 0.1]) + 0.05 * RNG.standard_normal((500, 2))
    reading = collapsed(blob, bins_of(made), made)
    assert reading.state == "well"
    assert "as yet" in reading.seen
    assert collapsed(blob[:50], bins_of(made), made).state == "open"


# Saturated discriminator


def game(real: float, fake: float) -> History:
    history = History()
    steps = np.arange(1, 301)
    values = np.stack([np.full(300, real), np.full(300, fake)], axis=1)
    history.extend(steps, steps * 1.0, ("D_real", "D_fake"), values)
    return history


def test_a_certain_and_flat_discriminator_is_saturated() -> None:
    flat, steep = np.full(100, 1e-4), np.full(100, 0.8)
    reading = saturated(game(0.999, 0.001), flat)
    assert reading.state == "ill"
    assert len(reading.evidence) == 2
    assert saturated(game(0.999, 0.001), steep).state == "well"
    assert saturated(game(0.5, 0.5), flat).state == "well"
    assert saturated(History(), flat).state == "open"


# Posterior collapse


def test_silent_units_are_counted() -> None:
    n = 400
    loud, silent = RNG.gamma(4.0, 0.5, (n, 4)), np.abs(1e-3 * RNG.standard_normal((n, 4)))
    assert silent_codes(silent).state == "ill"
    assert "no unit" in silent_codes(silent).seen
    assert silent_codes(loud).state == "well"
    half = silent_codes(np.concatenate([loud[:, :2], silent[:, :2]], axis=1))
    assert half.state == "ill"
    assert "2 of 4" in half.seen
    one = silent_codes(np.concatenate([loud[:, :1], silent[:, :1]], axis=1))
    assert one.state == "well"
    assert one.evidence[0].errors is not None


# Chains


def test_stuck_chains_are_told_from_mixed_ones() -> None:
    steps = np.arange(60) * 10
    homes = RNG.choice([-1.0, 1.0], 100)
    stuck = homes[None, :, None] + 0.1 * RNG.standard_normal((60, 100, 1))
    reading = mixing(steps, stuck)
    assert reading.state == "ill"
    assert dict(reading.figures)["split R-hat"].value > 2
    moving = RNG.standard_normal((60, 100, 2))
    assert mixing(steps, moving).state == "well"
    assert mixing(steps[:5], moving[:5]).state == "open"
    never = np.broadcast_to(homes[None, :, None], (60, 100, 1))
    assert mixing(steps, never).state == "ill"


def test_r_hat_is_that_of_the_samplers() -> None:
    trace = np.cumsum(RNG.standard_normal((40, 12)), axis=0)
    assert split_r_hat(trace) == pytest.approx(diagnostics.split_r_hat(trace), rel=1e-12)


def test_chains_far_above_the_model_have_not_found_its_wells() -> None:
    own, ends = RNG.standard_normal(300), RNG.standard_normal(300) + 4
    empty = np.empty((0, 0, 0))
    assert mixing(np.empty(0, np.int64), empty, (ends, own)).state == "ill"
    assert mixing(np.empty(0, np.int64), empty, (own + 0.3, own)).state == "well"
    assert mixing(np.empty(0, np.int64), empty, (own[:4] + 1.5, own[4:8])).state == "well"


def test_a_trace_spans_the_run_and_stays_bounded() -> None:
    trace = ChainTrace()
    for step in range(0, 20_000, 7):
        trace.add(step, np.full((300, 2), float(step)))
    steps, rows = trace.later_half()
    assert 50 < len(steps) < 257
    assert rows.shape == (len(steps), 128, 2)
    assert steps[0] < 11_000
    assert steps[-1] > 19_800


# Terminal noise


def test_noise_that_ends_too_early_is_seen() -> None:
    t = np.linspace(0, 1, 50)
    weak = weak_noise(t, 1 - 0.5 * t)
    assert weak.state == "ill"
    figure = dict(weak.figures)["signal to noise at t = T"]
    assert (figure.kind, figure.value) == ("exact", pytest.approx(1.0))
    assert weak_noise(t, 1 - 0.9999 * t).state == "well"


# Memorisation


def judged(made, *rest):
    return memorised(made, bins_of(made).usual, *rest)


def test_copies_and_gaps_are_seen_and_fresh_draws_are_not() -> None:
    for name in ("two-moons", "glyphs"):
        made = data(name)
        fresh, _ = made.law.sample(500, np.random.default_rng(5))
        usual = made.law.log_prob(made.x_train[:300]), made.law.log_prob(made.x_test[:300])
        assert judged(made, usual, fresh).state == "well"
        assert judged(made, (usual[0] + 10, usual[1])).state == "ill"
        impossible = usual[1].copy()
        impossible[::3] = -np.inf
        reading = judged(made, (usual[0], impossible))
        assert reading.state == "ill"
        assert "probability 0" in reading.seen
    moons = data("two-moons")
    copies = moons.x_train[RNG.integers(0, len(moons.x_train), 400)] + 1e-4 * RNG.standard_normal((400, 2))
    assert judged(moons, None, copies).state == "ill"
    digits = data("handwritten")
    assert judged(digits, None, digits.x_train[:400]).state == "ill"
    assert judged(moons).state == "open"
