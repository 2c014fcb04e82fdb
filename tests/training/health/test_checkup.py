"""The checkup on real runs: a bad setting is found and named, a good one is left alone, and looking changes nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.lab.fit import data_of, plan_of
from genplay.training.health import checkup as checkups
from genplay.training.health.checkup import Checkup
from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Reading
from genplay.training.health.rules import Patient, Rule
from genplay.training.trainer import Diverged, Trainer


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def trainer(
    data: str, model: str, objective: str | None = None, n: int = 1000, seed: int = 0, **knobs: object
) -> Trainer:
    built = data_of(DataSpec(data, {}, DataSettings(n=n, test=500)))
    return Trainer(plan_of(built, model, objective=objective, knobs=knobs, seed=seed))


def look(id: str, run: Trainer, steps: int, every: int = 50) -> str:
    """Train, with a look by one rule now and then; its state at the end, or when a loss is no number."""
    checkup = Checkup(run)
    try:
        for _ in range(0, steps, every):
            run.advance(every)
            checkup.whole(id)
    except Diverged as error:
        checkup.stopped(str(error))
    return next(finding.state for finding in checkup.findings if finding.id == id)


# Each condition on a small run that has it, and on one that has not


def test_exploding_loss() -> None:
    assert look("exploding-loss", trainer("two-moons", "vae", learning_rate=1.0), 300) == "ill"
    assert look("exploding-loss", trainer("two-moons", "vae"), 300) == "well"


def test_vanishing_gradients() -> None:
    bad = trainer("two-moons", "gan", "wasserstein-clipping", clip=0.001, depth=6, width=16, batch_size=64)
    assert look("vanishing-gradients", bad, 350) == "ill"
    good = trainer("two-moons", "gan", "wasserstein-clipping", width=16, batch_size=64)
    assert look("vanishing-gradients", good, 350) == "well"


def test_mode_collapse() -> None:
    # Fitting by the reverse KL picks one of two far blobs, by EM both are found: no chance is needed for either.
    data = data_of(DataSpec("bimodal", {"distance": 3.5, "noise": 0.1}, DataSettings(n=600, test=500)))
    seeking = Trainer(plan_of(data, "gaussian", objective="reverse-kl", seed=1))
    covering = Trainer(plan_of(data, "gmm", seed=1))
    assert look("mode-collapse", seeking, 1500, 250) == "ill"
    assert look("mode-collapse", covering, 60) == "well"


def test_saturated_discriminator() -> None:
    fast = {"d_steps": 6, "d_rate": 5.0, "g_rate": 0.01, "width": 32, "batch_size": 64}
    bad = trainer("eight-gaussians", "gan", "minimax", penalty=0.0, **fast)
    assert look("saturated-discriminator", bad, 350) == "ill"
    good = trainer("eight-gaussians", "gan", width=32, batch_size=64)
    assert look("saturated-discriminator", good, 300) == "well"


def test_posterior_collapse() -> None:
    small = {"width": 16, "depth": 1, "batch_size": 64}
    assert (
        look("posterior-collapse", trainer("glyphs", "vae", beta=12.0, latent=4, **small), 1000, 100) == "ill"
    )
    assert look("posterior-collapse", trainer("glyphs", "vae", **small), 1000, 100) == "well"


def test_a_chain_that_does_not_mix() -> None:
    small = {"width": 16, "depth": 1, "batch_size": 64, "chains": 64}
    stuck = trainer("eight-gaussians", "ebm", "pcd", leaps=0, restart=0.0, k=2, step_size=1e-4, **small)
    assert look("chain-not-mixing", stuck, 700, 10) == "ill"
    free = trainer("eight-gaussians", "ebm", "pcd", k=5, **small)
    assert look("chain-not-mixing", free, 500, 10) == "well"


def test_chains_of_images_are_followed_too() -> None:
    for model in ("rbm", "ising", "ebm"):
        patient = Patient(trainer("bars-and-stripes", model, "pcd", n=100, batch_size=32))
        for _ in range(3):
            patient.trainer.advance(1)
            patient.follow_chains()
        steps, trace = patient.trace.later_half()
        assert steps.tolist() == [2, 3]
        assert trace.shape[2] == 4


def test_terminal_noise_too_weak() -> None:
    assert look("weak-terminal-noise", trainer("two-moons", "score-sde", sigma_max=0.5, n=200), 2, 2) == "ill"
    for data, model in (
        ("two-moons", "score-sde"), ("two-moons", "ddpm"), ("glyphs", "ddpm"), ("glyphs", "d3pm"), ("two-moons", "latent-diffusion"),
    ):  # fmt: skip
        assert look("weak-terminal-noise", trainer(data, model, n=200), 2, 2) == "well"


def test_memorisation() -> None:
    assert look("memorisation", trainer("two-moons", "kde", rule="manual", bandwidth=0.002), 2, 2) == "ill"
    assert look("memorisation", trainer("two-moons", "kde"), 40, 40) == "well"
    assert look("memorisation", trainer("glyphs", "lookup"), 2, 2) == "ill"


# What it shows, and what it costs


@pytest.mark.parametrize(
    ("data", "model"), [("two-moons", "vae"), ("glyphs", "gan"), ("two-moons", "ebm"), ("glyphs", "made")]
)
def test_looking_changes_no_training(data: str, model: str) -> None:
    alone, watched = trainer(data, model, n=300), trainer(data, model, n=300)
    checkup = Checkup(watched)
    for _ in range(4):
        alone.advance(5)
        watched.advance(5)
        checkup.whole()
    one, other = alone.parameters_state(), watched.parameters_state()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert alone.terms == watched.terms
    assert watched.model.training


def test_every_finding_is_told_with_pictures_and_numbers_that_say_their_kind() -> None:
    run = trainer("two-moons", "kde", rule="manual", bandwidth=0.002)
    run.advance(2)
    checkup = Checkup(run)
    (finding,) = (f for f in checkup.whole() if f.state == "ill")
    assert finding.fix is not None
    assert finding.evidence
    told = finding.to_json()
    assert told["id"] == "memorisation"
    assert told["figures"]["train/test gap"]["kind"] == "estimate"
    assert told["figures"]["train/test gap"]["stderr"] > 0
    assert told["fix"] == finding.fix.words


def test_a_run_that_has_not_begun_has_nothing_to_say() -> None:
    checkup = Checkup(trainer("two-moons", "vae", n=50))
    assert checkup.findings == ()
    assert not checkup.rest(0)


@pytest.mark.parametrize("rows", [[[0.3, 0.1]] * 2, [[0.3, 0.1], [0.5, -0.2]], [[0.3, 0.1]] * 40])
@pytest.mark.parametrize("model", ["vae", "kde", "gan", "ebm"])
def test_tiny_data_are_looked_at_without_a_word_of_trouble(rows: list[list[float]], model: str) -> None:
    run = Trainer(plan_of(data_of(np.array(rows)), model, knobs={} if model == "kde" else {"width": 8}))
    run.advance(3)
    for finding in Checkup(run).whole():
        assert "could not" not in finding.seen
        assert finding.state != "ill"


def case(*states: str, lasts: int = 100, finished: bool = False) -> list[bool]:
    """Whether a condition is told after each look, 50 steps apart."""
    one = checkups._Case(Rule("exploding-loss", lambda _: True, lambda _: Reading("well", ""), lasts), 0.0)
    told = []
    for i, state in enumerate(states):
        one.take(Reading(state, "as seen"), 50 * (i + 1))
        told.append(one.told(finished))
    return told


def test_what_passes_by_itself_is_not_told() -> None:
    assert case("ill", "ill", "ill", "ill") == [False, False, True, True]
    assert case("well", "ill", "ill", "ill") == [False, False, False, True]
    assert case("well", "well", "well", "ill", "ill", "ill", "ill") == [False] * 7
    assert case("ill", "well", "well", "ill", "ill", "ill") == [False] * 6
    assert case("ill", "open", "ill", "ill")[-1]
    assert case("ill", finished=True) == [True]


def test_one_look_that_misses_it_neither_clears_a_condition_nor_hides_it() -> None:
    assert case("ill", "well", "ill", "ill") == [False, False, False, True]
    assert case("ill", "ill", "ill", "well", "ill") == [False, False, True, True, True]
    assert case("ill", "ill", "ill", "well", "well") == [False, False, True, True, False]
    assert case("ill", "well", "ill", lasts=0) == [True, False, True]


def test_a_rule_that_fails_stops_nothing() -> None:
    run = trainer("two-moons", "vae", n=50)
    run.advance(2)
    checkup = Checkup(run)

    def broken(_: Patient) -> Reading:
        raise RuntimeError("no way")

    first = checkup._cases["exploding-loss"]
    first.rule = replace(first.rule, look=broken)
    findings = {f.id: f for f in checkup.whole()}
    assert findings["exploding-loss"].state == "open"
    assert "no way" in findings["exploding-loss"].seen


def test_looks_are_paced_by_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(checkups.time, "perf_counter", lambda: clock[0])
    run = trainer("two-moons", "gaussian", n=50)
    run.advance(1)
    checkup = Checkup(run)
    looked: dict[str, list[float]] = {id: [] for id in CONDITIONS}

    def look_for(id: str, cost: float):
        def dear(_: Patient) -> Reading:
            looked[id].append(clock[0])
            clock[0] += cost
            return Reading("well", "")

        return dear

    for id, one in checkup._cases.items():
        cost = 0.3 if id in ("mode-collapse", "memorisation") else 0.001
        one.rule = replace(one.rule, look=look_for(id, cost), applies=lambda _: True)
    while clock[0] < 200:
        checkup.look()
        clock[0] += 0.02
    spent = 0.3 * (len(looked["mode-collapse"]) + len(looked["memorisation"]))
    assert min(times[0] for times in looked.values()) >= checkups.PERIOD
    assert 2 <= len(looked["memorisation"]) <= 6
    assert spent / 200 <= checkups.SHARE
    # A cheap rule does not wait for a dear one.
    assert len(looked["chain-not-mixing"]) > 150


def test_conditions_and_rules_are_the_same() -> None:
    from genplay.training.health.rules import RULES

    assert [rule.id for rule in RULES] == list(CONDITIONS)
    assert math.isfinite(sum(rule.lasts for rule in RULES))
