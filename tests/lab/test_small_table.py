"""The small table of naive Bayes: counted by hand, edited, read from files and kept in projects."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from genplay import cli
from genplay.errors import BadInput
from genplay.lab.bayes_words import bayes_json, bayes_lines, posteriors, rule
from genplay.lab.manifest import desk_from_json, desk_to_json
from genplay.lab.small_table import SPAM, SmallTable, read_small_table
from tests.lab.fakes import Bench


def test_the_mails_by_fractions() -> None:
    # Spam 8 of 20, with 'free' 4, with a link 3; not spam 12, with 1 and 1.
    spam = Fraction(8, 20) * Fraction(4, 8) * Fraction(3, 8)
    fine = Fraction(12, 20) * Fraction(1, 12) * Fraction(1, 12)
    found = SPAM.naive(("yes", "yes"))
    assert found.posterior["spam"] == pytest.approx(float(spam / (spam + fine)))
    assert SPAM.coupled(("yes", "yes")).posterior == {}, "never seen together"
    assert SPAM.coupled(("yes", "no")).posterior == pytest.approx({"spam": 0.8, "not spam": 0.2})


def test_both_ways_sum_to_one_over_all_rows_with_smoothing() -> None:
    table = replace(SPAM, smoothing=0.7)
    for way in (table.naive, table.coupled):
        assert sum(way(x).evidence for x in table.combinations) == pytest.approx(1.0)


def test_a_class_without_examples_has_no_part_in_the_evidence() -> None:
    table = SPAM
    for x in table.combinations:
        table = table.with_count(x, "spam", 0)
    assert table.naive(("yes", "no")).posterior == {"spam": 0.0, "not spam": 1.0}
    for x in table.combinations:
        table = table.with_count(x, "not spam", 0)
    with pytest.raises(BadInput, match="Nothing was counted"):
        table.naive(("yes", "no"))


def test_columns_come_empty_and_are_summed_away() -> None:
    wider = SPAM.with_features(4)
    assert len(wider.combinations) == 16
    assert wider.total == SPAM.total
    assert wider.count(("yes", "no", "no", "no")) == (4, 1)
    assert wider.with_features(2) == SPAM
    moved = wider.with_count(("yes", "no", "yes", "no"), "spam", 5)
    assert moved.with_features(2).count(("yes", "no")) == (9, 1)
    for x in itertools.product(("yes", "no"), repeat=2):
        assert SPAM.with_features(1).count(x[:1]) == tuple(
            a + b for a, b in zip(SPAM.count((x[0], "yes")), SPAM.count((x[0], "no")), strict=True)
        )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"free": "yes"}, "lacks link"),
        ({"free": "yes", "lonk": "no"}, "no column 'lonk'. Did you mean 'link'"),
        ({"free": "yess", "link": "no"}, "never 'yess'"),
        (("yes",), "2 values"),
    ],
)
def test_a_row_that_is_none_is_refused_by_name(given: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        SPAM.checked(given)


def test_a_file_of_examples_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    path.write_text("play,sky,wind\nyes,sun,weak\nyes,sun,weak\nno,rain,strong\nno,sun,strong\n")
    table = read_small_table(path, "play")
    assert table.columns == ("sky", "wind")
    assert table.classes == ("no", "yes")
    assert table.count(("sun", "weak")) == (0, 2)
    assert table.naive(("sun", "weak")).posterior == {"no": 0.0, "yes": 1.0}
    assert read_small_table(path).label == "wind"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\nx,\n", "line 2: column 'b' is empty"),
        ("a,b,c,d,e,f,g,h\n" + ",".join("x" * 8) + "\n", "8 columns"),
        ("a,a\nx,y\n", "same name"),
        ("a,b\n" + "".join(f"v{k},y\n" for k in range(9)), "column 'a' has 9 different values"),
        ("a\nx\n", "1 columns"),
    ],
)
def test_a_file_that_is_no_small_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=words):
        read_small_table(path)
    path.write_text("a,b\nx,y\n")
    with pytest.raises(BadInput, match="no column 'c'"):
        read_small_table(path, "c")


def test_words_and_bars_tell_what_the_rule_finds() -> None:
    naive, coupled = rule(SPAM, ("yes", "yes"))
    assert naive.rows[0] == ("spam", "0.4 × 0.5 × 0.375 / 0.0792 = 94.7%")
    assert "no answer" in str(coupled.rows[0][1])
    assert posteriors(SPAM, ("no", "no")).values == pytest.approx(
        [*SPAM.naive(("no", "no")).posterior.values(), *SPAM.coupled(("no", "no")).posterior.values()]
    )
    assert any("0 / 0" in line for line in bayes_lines(SPAM, ("yes", "yes")))
    assert bayes_json(SPAM, ("yes", "yes"))["coupled"]["posterior"] is None


def test_the_command_line_prints_the_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bayes", "--row", "free=no", "link=yes", "--smoothing", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["naive"] == bayes_json(replace(SPAM, smoothing=1.0), ("no", "yes"))["naive"]
    assert cli.main(["bayes"]) == 0
    assert "94.7%" in capsys.readouterr().out
    assert cli.main(["bayes", "--row", "free=maybe", "link=yes"]) == 2
    assert "Allowed: yes, no" in capsys.readouterr().err
    assert cli.main(["bayes", str(tmp_path / "none.csv")]) == 2


def test_edits_are_taken_back_and_a_project_keeps_the_table() -> None:
    bench = Bench()
    bench.do("model.choose", name="naive-bayes")
    bench.do("table.count", row=["yes", "yes"], label="spam", n=3)
    bench.do("table.features", n=3)
    bench.do("table.smoothing", alpha=0.5)
    desk = bench.experiment.desk()
    assert desk.table.count(("yes", "yes", "no")) == (3, 0)
    again = desk_from_json(json.loads(json.dumps(desk_to_json(desk))), "plane")
    assert again.table == desk.table
    old = desk_to_json(desk)
    del old["table"]
    assert desk_from_json(old, "plane").table == SPAM
    bench.do("table.row", row=["no", "yes", "no"])
    assert bench.experiment.subject.row == ("no", "yes", "no")
    bench.do("table.example")
    assert bench.experiment.subject.row == ("yes", "yes"), "the chosen row is no row of this table"
    for _ in range(4):
        bench.do("edit.undo")
    assert bench.experiment.desk().table == SPAM
    assert bench.experiment.model_id == "naive-bayes"
    bench.do("model.choose", name="gmm")
    with pytest.raises(BadInput, match="naive Bayes"):
        bench.do("table.smoothing", alpha=1)


@pytest.mark.parametrize("spoil", [{"smoothing": -1}, {"classes": []}, {"counts": [[["yes", "no"], [1.5, 2]]]}, {"columns": ["a"]}])  # fmt: skip
def test_a_spoilt_table_in_a_file_is_refused(spoil: dict) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, BadInput)):
        SmallTable.from_json({**SPAM.to_json(), **spoil})
