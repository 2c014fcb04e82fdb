"""Comparing runs in Python and on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import genplay
from genplay import cli
from genplay.errors import BadInput, Failure
from genplay.lab import compare as comparing
from genplay.lab.candidates import Candidate, opened, trap


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return tuple(  # type: ignore[return-value]
        genplay.fit("two-moons", model, n=300, steps=steps).save(folder / f"{model}.genplay")
        for model, steps in (("gaussian", 1), ("gmm", 20))
    )


def test_figures_are_those_of_each_run_alone(runs: tuple[Path, Path]) -> None:
    found = genplay.compare(list(runs), ["nll", "kl"])
    assert [row.title for row in found.table.rows] == ["gaussian", "gmm"]
    alone = genplay.open(runs[1]).evaluate(["nll", "kl"])
    for name, quantity in alone.items():
        assert found.table.rows[1].fresh(name) == quantity
    assert found.best == {"nll": "gmm", "kl": "gmm"}
    assert "**" in str(found)


def test_a_run_in_memory_a_file_twice_and_progress(runs: tuple[Path, Path]) -> None:
    told: list[float] = []
    run = genplay.open(runs[0])
    found = genplay.compare([run, runs[0], runs[0]], ["nll"], progress=lambda share, _: told.append(share))
    assert [row.key for row in found.table.rows] == ["gaussian, 1 steps", "gaussian", "gaussian (2)"]
    assert len({row.fresh("nll").value for row in found.table.rows}) == 1
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_traps_are_measured(runs: tuple[Path, Path]) -> None:
    found = genplay.compare([runs[1]], ["nll", "nll_train"], traps=["noise", "memoriser"])
    base, noise, memoriser = found.table.rows
    cost = noise.fresh("nll").value - base.fresh("nll").value
    assert 0 < cost < 4.606
    assert memoriser.fresh("nll_train").value < base.fresh("nll_train").value
    assert memoriser.fresh("nll").value > base.fresh("nll").value + 5
    assert {"Likelihood that hides bad samples", "Good samples that hide bad likelihood"} <= {
        d.title for d in found.differences
    }
    assert noise.note


def test_without_a_density_the_noise_is_mixed_into_a_kernel_density() -> None:
    run = genplay.fit("two-moons", "gan", n=100, steps=1)
    made = trap("noise", Candidate(run.trainer.plan, run.trainer.checkpoint()))
    assert made.base.plan.card.id == made.candidate.plan.card.id == "kde"
    assert made.title == "99 % noise"
    assert made.candidate.model().good.finished
    rows = genplay.compare([run], ["nll"], traps=["noise"]).table.rows
    assert [row.title for row in rows] == ["gan, 1 steps", "Kernel density", "99 % noise"]
    assert rows[2].base == rows[1].key
    assert 0 < rows[2].fresh("nll").value - rows[1].fresh("nll").value < 4.606


def test_the_digit_world() -> None:
    run = genplay.fit("glyphs", "bernoulli-mixture", n=200, steps=3)
    found = genplay.compare([run], ["nll", "perplexity"], traps=["noise", "memoriser"])
    assert all(row.fresh("perplexity") is not None for row in found.table.rows)


def test_a_measure_that_breaks_takes_only_its_own_cell(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genplay.metrics import registry

    real = registry.measure

    def breaks(model, data, names, *rest):
        if "bits_per_dim" in names:
            raise ZeroDivisionError("odd")
        return real(model, data, names, *rest)

    monkeypatch.setattr(registry, "measure", breaks)
    row = genplay.compare([runs[0]], ["bits_per_dim", "nll"]).table.rows[0]
    assert row.figures["bits_per_dim"].trouble == "ZeroDivisionError: odd"
    assert row.fresh("nll") is not None


def test_a_dash_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = "the model has no density."
    run = genplay.fit("two-moons", "gan", n=60, steps=1)
    found = genplay.compare([run, run], ["nll", "reverse_kl", "js", "sampling_seconds"])
    first = found.table.rows[0]
    assert first.figures["js"].missing == why
    assert first.figures["js"].trouble == ""
    assert why in found.table.tip(first, found.table.columns[1])
    said = str(found)
    assert said.count(why) == 1, "once for all that share the reason"
    assert "– KL(q‖p), Jensen–Shannon of gan, 1 steps, gan, 1 steps (2): the model has no density." in said
    assert "– NLL (test) of gan, 1 steps, gan, 1 steps (2): the model has neither" in said
    told = found.to_json()["runs"][1]
    assert set(told["missing"]) == {"nll", "reverse_kl", "js"}
    assert told["missing"]["js"] == why
    assert told["metrics"]["js"] is None
    saved = run.save(tmp_path / "g.genplay")
    out = tmp_path / "t.csv"
    assert cli.main(["compare", str(saved), "--metrics", "js", "--out", str(out)]) == 0
    assert f"of g: {why}" in capsys.readouterr().out
    (read,) = csv.DictReader(out.read_text().splitlines())
    assert (read["js"], read["js_kind"], read["js_method"]) == ("", "missing", why)


def test_refusals(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to compare"):
        genplay.compare([])
    with pytest.raises(BadInput, match="nll"):
        genplay.compare([runs[0]], ["nil"])
    with pytest.raises(BadInput, match="memoriser"):
        genplay.compare([runs[0]], ["nll"], traps=["memorizer"])
    with pytest.raises(BadInput, match="no trained run of the world digits"):
        opened(runs[0], "digits")
    with pytest.raises(Failure, match="cancelled"):
        genplay.compare([runs[0]], ["nll"], cancelled=lambda: True)
    digits = genplay.fit("glyphs", "lookup", n=50, steps=1).save(tmp_path / "d.genplay")
    with pytest.raises(BadInput, match="one world"):
        genplay.compare([runs[0], digits], ["nll"])
    assert comparing.compare


def test_command_line(runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "t.md"
    argv = ["compare", *map(str, runs), "--metrics", "nll,nll_train", "--trap", "noise", "--out", str(out)]
    assert cli.main([*argv, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["metrics"] == ["nll", "nll_train"]
    assert said["best"]["nll"] == "gmm"
    assert [run["kind"] for run in said["runs"]] == ["file", "file", "trap"]
    assert said["runs"][0]["metrics"]["nll"]["kind"] == "exact"
    assert said["differences"]
    assert out.read_text().startswith("| Run |")
    assert cli.main(argv) == 0
    assert "| gmm |" in capsys.readouterr().out
    assert cli.main(["compare", str(runs[0]), "--out", "t.xlsx"]) == 2
    assert cli.main(["compare", str(runs[0]), "--metrics", "nil"]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 2
