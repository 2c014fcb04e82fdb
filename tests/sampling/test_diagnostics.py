"""Diagnostics against the AR(1) process x' = a x + √(1 − a²) ξ: ρ_t = a^t, τ = (1 + a) / (1 − a); and chains that disagree."""

from __future__ import annotations

import numpy as np
import pytest

from genplay.sampling.diagnostics import (
    autocorrelation,
    autocorrelation_time,
    effective_size,
    split_r_hat,
    summary,
)


def ar1(a: float, n: int = 20_000, chains: int = 8, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.empty((n, chains))
    x[0] = rng.standard_normal(chains)
    for t in range(1, n):
        x[t] = a * x[t - 1] + np.sqrt(1 - a**2) * rng.standard_normal(chains)
    return x


@pytest.mark.parametrize("a", [0.0, 0.5, 0.9, -0.5])
def test_autocorrelation_of_a_process_that_is_known(a: float) -> None:
    trace = ar1(a)
    rho = autocorrelation(trace, 10)
    assert rho[0] == 1
    assert np.allclose(rho, a ** np.arange(11), atol=0.03)
    tau = (1 + a) / (1 - a)
    assert autocorrelation_time(trace) == pytest.approx(tau, rel=0.12)
    assert effective_size(trace) == pytest.approx(trace.size / tau, rel=0.12)


def test_the_effective_size_is_what_the_mean_is_worth() -> None:
    means = np.array([ar1(0.8, 2000, 1, seed).mean() for seed in range(120)])
    worth = np.median([effective_size(ar1(0.8, 2000, 1, seed)) for seed in range(20)])
    assert means.var() == pytest.approx(1 / worth, rel=0.35)


def test_the_standard_error_of_the_time_is_about_its_spread() -> None:
    found = [summary({"x": ar1(0.8, 1500, 4, seed)})["autocorrelation_time"] for seed in range(40)]
    spread = np.std([q.value for q in found])
    assert 0.5 < np.median([q.stderr for q in found]) / spread < 2.5


def test_autocorrelation_is_the_plain_sum() -> None:
    x = ar1(0.7, 60, 3)
    d = x - x.mean()
    plain = np.array([(d[: 60 - t] * d[t:]).sum() for t in range(21)])
    assert np.allclose(autocorrelation(x, 20), plain / plain[0])


def test_r_hat_is_one_for_chains_that_agree_and_large_for_those_that_do_not() -> None:
    same = ar1(0.5, 4000, 6)
    assert split_r_hat(same) == pytest.approx(1.0, abs=0.01)
    apart = same + np.array([0, 0, 0, 4, 4, 4])
    assert split_r_hat(apart) > 2
    drifting = ar1(0.0, 2000, 4) + np.linspace(0, 4, 2000)[:, None]
    assert split_r_hat(drifting) > 1.3


def test_r_hat_by_hand() -> None:
    trace = np.random.default_rng(1).standard_normal((40, 3)) + np.array([0.0, 0.3, 0.6])
    halves = [trace[:20, k] for k in range(3)] + [trace[20:, k] for k in range(3)]
    within = np.mean([h.var(ddof=1) for h in halves])
    between = 20 * np.var([h.mean() for h in halves], ddof=1)
    expected = np.sqrt((19 / 20 * within + between / 20) / within)
    assert split_r_hat(trace) == pytest.approx(expected)


def test_stuck_in_two_modes_is_not_taken_for_mixing() -> None:
    rng = np.random.default_rng(0)
    stuck = 0.1 * rng.standard_normal((1000, 8)) + np.array([-1.0, 1.0] * 4)
    assert effective_size(stuck) < 30
    assert split_r_hat(stuck) > 5


def test_chains_that_never_move_have_no_number() -> None:
    still = np.ones((50, 4))
    assert np.isnan(autocorrelation_time(still))
    assert np.isnan(split_r_hat(still))
    assert summary({"x": still}) == {}
    assert split_r_hat(np.tile([0.0, 1.0], (50, 1))) == np.inf


def test_the_summary_tells_the_worst_and_what_it_is() -> None:
    found = summary({"x": ar1(0.0, 3000), "y": ar1(0.9, 3000)})
    assert found["autocorrelation_time"].value == pytest.approx(19, rel=0.2)
    assert "of y" in found["autocorrelation_time"].method
    assert found["ess"].value == pytest.approx(24_000 / 19, rel=0.2)
    assert {q.kind for q in found.values()} == {"estimate"}
    assert summary({"x": ar1(0.0, 4)}) == {}
    assert summary({}) == {}
