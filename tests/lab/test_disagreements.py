"""Why two measures disagree: each cause is found where it is, once, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace

from genplay.datasets.base import DataSpec
from genplay.lab.disagreements import disagreements
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable
from genplay.metrics.registry import cards
from genplay.quantity import Quantity, bound, estimate, exact

COLUMNS = tuple(cards().values())


def row(key: str, **figures: Quantity) -> ScoreRow:
    return ScoreRow(
        key,
        key,
        "file",
        "m",
        "plane",
        DataSpec("two-moons"),
        1,
        {n: Figure(q, 1) for n, q in figures.items()},
    )


def found(*rows: ScoreRow, about: str = "") -> dict[str, str]:
    return {one.title: one.text for one in disagreements(ScoreTable(rows, COLUMNS), about)}


def e(value: float) -> Quantity:
    return exact(value, "m")


def test_nothing_to_explain() -> None:
    assert found() == {}
    assert found(row("a", kl=e(0.1), reverse_kl=e(0.1)), row("b", kl=e(0.3), reverse_kl=e(0.3))) == {}


def test_forward_against_reverse_between_runs() -> None:
    said = found(row("broad", kl=e(0.2), reverse_kl=e(0.5)), row("narrow", kl=e(0.4), reverse_kl=e(0.3)))
    text = said["KL(p‖q) against KL(q‖p)"]
    assert "'broad' is better (0.200 to 0.400)" in text
    assert "'narrow' is (0.300 to 0.500)" in text
    assert "'broad' spreads out" in text


def test_a_difference_within_the_errors_is_none() -> None:
    a = row("a", kl=estimate(0.4, 0.1, "m"), reverse_kl=e(0.5))
    assert not found(a, row("b", kl=estimate(0.5, 0.1, "m"), reverse_kl=e(0.3)))


def test_learned_by_heart() -> None:
    heart = row("heart", nll=e(5.0), nll_train=e(-3.0))
    said = found(row("plain", nll=e(1.0), nll_train=e(1.0)), heart)
    assert "learned them by heart" in said["NLL (training) against NLL (test)"]
    assert "8.00 nats more surprising" in said["Training against test"]
    assert "Training against test" not in found(
        row("plain", nll=e(1.0), nll_train=e(1.0)), heart, about="plain"
    )


def test_exact_against_bound() -> None:
    said = found(row("flow", nll=e(1.2)), row("vae", nll=bound(1.4, "upper", "ELBO")))
    assert (
        "'vae' only a bound: its true NLL (test) is at most 1.400" in said["NLL (test): exact against bound"]
    )


def test_the_gap_of_the_elbo_and_the_entropy_floor() -> None:
    said = found(row("vae", nll=e(1.0), elbo=bound(-1.5, "lower", "m", 0.01), kl=e(0.3), entropy=e(0.7)))
    assert "gap of 0.500 nats" in said["ELBO against NLL"]
    assert "the entropy of the data is 0.700" in said["NLL against KL"]


def test_infinite() -> None:
    said = found(row("lookup", kl=e(math.inf)))
    assert "gives probability 0" in said["KL(p‖q) is infinite"]


def test_a_trap_says_what_it_cost() -> None:
    base = row("base", nll=e(1.0), nll_train=e(0.9))
    noise = replace(row("trap:noise", nll=e(4.5)), kind="trap", base="base")
    memo = replace(row("trap:memoriser", nll=e(30.0), nll_train=e(-3.0)), kind="trap", base="base")
    said = found(base, noise, memo)
    assert "It costs 3.50 nats of NLL (1.000 to 4.500)" in said["Likelihood that hides bad samples"]
    assert "log 100 = 4.61" in said["Likelihood that hides bad samples"]
    assert "training NLL is −3.000" in said["Good samples that hide bad likelihood"]


def test_other_data_are_not_compared() -> None:
    other = replace(row("b", kl=e(0.4), reverse_kl=e(0.3)), data=DataSpec("rings"))
    assert not found(row("a", kl=e(0.3), reverse_kl=e(0.5)), other)


def test_copies_are_told_by_the_nearest_neighbour() -> None:
    copier = row("copier", nearest_neighbour=estimate(0.2, 0.05, "m"))
    assert "ratio ≈ 0.200 ± 0.050" in found(copier)["Good samples, or copies"]
    assert not found(row("honest", nearest_neighbour=estimate(0.65, 0.05, "m")))
