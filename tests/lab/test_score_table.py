"""The table of runs and measures: what is surely better, what is the best, what is stale, and how it is written."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.errors import BadInput
from genplay.lab.metric_groups import available, batches, defaults, group_of, grouped
from genplay.lab.score_files import as_csv, as_markdown, as_png, write_table
from genplay.lab.score_gaps import gaps
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable, surely_better
from genplay.metrics.registry import cards
from genplay.quantity import Quantity, bound, estimate, exact

KL, NLL, ELBO, RECALL = (cards()[name] for name in ("kl", "nll", "elbo", "recall"))
MOONS = DataSpec("two-moons")


def row(key: str, step: int = 10, data: DataSpec = MOONS, **figures: Quantity | None) -> ScoreRow:
    return ScoreRow(
        key, key, "file", "gaussian", "plane", data, step, {n: Figure(q, 10) for n, q in figures.items()}
    )


def test_a_difference_must_be_larger_than_the_errors() -> None:
    a, near, far = estimate(1.0, 0.1, "m"), estimate(1.2, 0.1, "m"), estimate(1.4, 0.1, "m")
    assert not surely_better(a, near, KL)
    assert surely_better(a, far, KL)
    assert not surely_better(far, a, KL)
    assert surely_better(far, a, RECALL)
    assert not surely_better(exact(1.0, "m"), exact(1.0004, "m"), KL), "both look like 1.000"
    assert surely_better(exact(1.0, "m"), exact(1.002, "m"), KL)
    assert not surely_better(exact(1.0, "m"), exact(9.0, "m"), cards()["log_z"]), "neither way is better"


def test_a_bound_is_better_only_the_way_it_binds() -> None:
    firm, above = exact(1.2, "m"), bound(1.4, "upper", "m")
    assert not surely_better(firm, above, KL), "the truth may be 1.1"
    assert surely_better(bound(1.0, "upper", "m"), firm, KL)
    assert not surely_better(bound(1.0, "lower", "m"), firm, KL)
    assert surely_better(firm, bound(1.4, "lower", "m"), KL)
    assert surely_better(bound(0.9, "lower", "m"), exact(0.5, "m"), RECALL)
    assert not surely_better(exact(0.9, "m"), bound(0.5, "lower", "m"), RECALL)
    assert surely_better(bound(-1.0, "lower", "m"), bound(-2.0, "lower", "m"), ELBO)


def test_what_is_infinite_is_worse_and_what_is_no_number_is_nothing() -> None:
    finite, endless = exact(3.0, "m"), exact(math.inf, "m")
    assert surely_better(finite, endless, KL)
    assert not surely_better(endless, finite, KL)
    assert not surely_better(finite, exact(math.nan, "m"), KL)
    assert not surely_better(endless, endless, KL)


def test_the_best_of_a_column() -> None:
    good, bad = exact(0.1, "m"), exact(0.5, "m")
    assert ScoreTable((row("a", kl=good), row("b", kl=bad)), (KL,)).best(KL) == "a"
    assert ScoreTable((row("a", kl=good),), (KL,)).best(KL) is None, "one alone is not the best"
    assert ScoreTable((row("a", kl=good), row("b", kl=good)), (KL,)).best(KL) is None
    stale = ScoreTable((row("a", step=20, kl=good), row("b", kl=bad), row("c", kl=exact(0.9, "m"))), (KL,))
    assert stale.best(KL) == "b", "a stale figure takes no part"
    assert stale.rows[0].stale("kl")
    assert not stale.rows[1].stale("kl")
    assert "Stale: measured at step 10, the run stands at step 20" in stale.tip(stale.rows[0], KL)


def test_only_runs_about_the_same_law_are_compared() -> None:
    more = DataSpec("two-moons", {}, DataSettings(n=50, seed=3))
    other = DataSpec("two-moons", {}, DataSettings(outliers=0.2))
    table = ScoreTable(
        (
            row("a", kl=exact(0.5, "m")),
            row("more", data=more, kl=exact(0.4, "m")),
            row("other", data=other, kl=exact(0.1, "m")),
        ),
        (KL,),
    )
    assert table.comparable(table.rows[1])
    assert not table.comparable(table.rows[2])
    assert table.best(KL) == "more"
    assert "not compared" in table.tip(table.rows[2], KL)


def test_sorting_puts_what_was_not_measured_last() -> None:
    table = ScoreTable((row("a", kl=exact(2.0, "m")), row("none"), row("b", kl=exact(1.0, "m"))), (KL,))
    assert [r.key for r in table.sorted_by("kl")] == ["b", "a", "none"]
    assert [r.key for r in table.sorted_by("kl", descending=True)] == ["a", "b", "none"]


def test_csv_has_every_number_apart() -> None:
    a = row("a", kl=estimate(0.5, 0.01, "mean, over samples"), nll=bound(1.5, "upper", "ELBO"))
    trouble = ScoreRow("b", "b", "file", "vae", "plane", MOONS, 3, {"kl": Figure(None, 3, "no law")})
    read = list(csv.DictReader(io.StringIO(as_csv(ScoreTable((a, trouble), (NLL, KL))))))
    assert float(read[0]["kl"]) == 0.5
    assert read[0]["kl_kind"] == "estimate"
    assert float(read[0]["kl_stderr"]) == 0.01
    assert read[0]["kl_method"] == "mean, over samples"
    assert read[0]["nll_kind"] == "bound (upper)"
    assert read[0]["kl_step"] == "10"
    assert (read[1]["kl"], read[1]["kl_method"], read[1]["nll"]) == ("", "no law", "")
    assert (read[1]["kl_kind"], read[1]["nll_kind"]) == ("failed", "")


def test_gaps_are_told_once_for_all_that_share_a_reason() -> None:
    def lacking(key: str, **whys: str) -> ScoreRow:
        return replace(row(key), figures={n: Figure(None, 10, missing=why) for n, why in whys.items()})

    both = lacking("a", nll="it has no density", kl="it has no density.")
    broken = replace(row("c"), figures={"kl": Figure(None, 10, "ValueError: odd")})
    table = ScoreTable((both, lacking("b", nll="it has no density."), broken, row("d", kl=None)), (NLL, KL))
    assert [str(gap) for gap in gaps(table)] == [
        "– NLL (test), KL(p‖q) of a: it has no density.",
        "– NLL (test) of b: it has no density.",
        "failed KL(p‖q) of c: ValueError: odd.",
        "– KL(p‖q) of d: there is no such number for this model and these data.",
    ]
    assert [gap.rows for gap in gaps(table, "b")] == [("b",)]
    assert gaps(ScoreTable((row("a", kl=exact(1.0, "m")), row("b")), (NLL, KL))) == ()
    assert "\n\n– NLL (test) of b: it" in as_markdown(table)
    assert as_png(table) != as_png(replace(table, rows=(replace(both, figures={}), *table.rows[1:])))


def test_markdown_marks_the_best_and_says_what_the_signs_mean() -> None:
    table = ScoreTable(
        (row("a|b", kl=exact(0.1, "m")), row("c", step=30, kl=exact(0.5, "m")), row("d", kl=exact(0.6, "m"))),
        (KL,),
    )
    text = as_markdown(table)
    assert "| a\\|b | 10 | **= 0.100** |" in text
    assert "= 0.500 (step 10)" in text
    assert "= exact" in text
    assert len({line.count(" | ") for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_picture_and_refusals(tmp_path: Path) -> None:
    from PIL import Image

    table = ScoreTable((row("a", kl=exact(0.1, "m")), row("b", kl=exact(0.5, "m"))), (NLL, KL))
    path = write_table(table, tmp_path / "t.png")
    with Image.open(path) as picture:
        wide, high = picture.size
        assert wide > 300
        assert high > 100
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 10, "something is written on it"
    assert as_png(ScoreTable(table.rows, (NLL,))) != as_png(table)
    with pytest.raises(BadInput, match="suffix"):
        write_table(table, tmp_path / "t.xlsx")
    with pytest.raises(BadInput, match="empty"):
        write_table(ScoreTable((), (KL,)), tmp_path / "t.csv")


def test_every_measure_has_a_group_and_its_place() -> None:
    assert group_of("sliced_wasserstein") == group_of("wasserstein_2") == "Transport and kernels"
    assert group_of("mmd_test") == "Two-sample tests"
    assert group_of("something_new") == "Other"
    for world in ("plane", "digits"):
        here = available(world)
        assert set(here) == {id for id, card in cards().items() if world in card.worlds}
        assert [c.id for group in grouped(world).values() for c in group] == list(here)
        assert {"nll", "kl"} <= set(defaults(world)) <= set(here)
        assert len(defaults(world)) <= 12


def test_what_shares_its_work_is_measured_together() -> None:
    assert batches(["kl", "entropy", "js", "nll", "kl"]) == (("kl", "js"), ("entropy",), ("nll",))
    assert batches([]) == ()
