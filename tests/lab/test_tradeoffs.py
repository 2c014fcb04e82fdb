"""Curves of what is bought with what, in Python and on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import genplay
from genplay import cli
from genplay.errors import BadInput, Failure
from genplay.lab.tradeoffs import Curve, TradeoffKnobs, as_csv, as_lines, tradeoff


@pytest.fixture(scope="module")
def diffusion() -> genplay.Run:
    return genplay.fit("two-moons", "ddpm", n=500, steps=60, knobs={"width": 24, "noise_steps": 20})


@pytest.fixture(scope="module")
def cost(diffusion: genplay.Run) -> Curve:
    return diffusion.curve("cost")


def test_the_weights_are_spread_in_ratios() -> None:
    assert TradeoffKnobs().beta_values() == (0.1, 0.316, 1.0, 3.16, 10.0)
    assert TradeoffKnobs(betas=2, lowest_beta=1.0, highest_beta=4.0).beta_values() == (1.0, 4.0)
    with pytest.raises(BadInput, match="rate-distortion"):
        tradeoff("rate-distorsion")


def test_a_chain_of_twenty_levels_is_cut_no_finer_than_that(diffusion: genplay.Run, cost: Curve) -> None:
    before = diffusion.trainer.model.knobs
    assert [p.at for p in cost.points] == [2, 4, 8, 16]
    assert cost.names == ("seconds", "quality")
    assert all(p.figures["seconds"].value > 0 for p in cost.points)
    assert all(p.figures["quality"].stderr for p in cost.points)
    assert diffusion.trainer.model.knobs == before
    with pytest.raises(BadInput, match="from 1 to 20"):
        diffusion.curve("cost", [50])
    with pytest.raises(BadInput, match="whole"):
        diffusion.curve("cost", [2.5])
    with pytest.raises(BadInput, match="measure"):
        diffusion.curve("cost", [2], measure="nll")


def test_the_quality_at_the_model_s_own_number_of_steps_is_what_evaluate_says(diffusion: genplay.Run) -> None:
    model = diffusion.trainer.model
    count = min(model.knobs.sampling_steps, 20)
    (point,) = diffusion.curve("cost", [count], measure="mmd").points
    assert point.figures["quality"].value == pytest.approx(
        diffusion.evaluate(["mmd"])["mmd"].value, abs=1e-12
    )


def test_true_draws_are_nearer_than_two_steps_come(cost: Curve) -> None:
    assert cost.floor is not None
    assert 0 < cost.floor.value < cost.points[0].figures["quality"].value
    table = genplay.fit([[0.0, 0.0], [1.0, 0.5], [0.5, 1.0]] * 20, "flow-matching", steps=2)
    assert table.curve("cost", [2]).floor is None, "nobody knows the law of a table"


def test_rate_and_distortion_with_the_run_s_own_knobs_and_its_own_point() -> None:
    run = genplay.fit("two-moons", "vae", n=400, steps=60, knobs={"width": 16, "beta": 2.0})
    told: list[float] = []
    found = run.curve(
        "rate-distortion", [0.1, 10.0], training=40, progress=lambda share, _: told.append(share)
    )
    assert [p.at for p in found.points] == [0.1, 10.0]
    assert found.own is not None
    assert found.own.at == 2.0
    for point in (*found.points, found.own):
        rate, distortion, both = (point.figures[n] for n in ("rate", "distortion", "negative_elbo"))
        assert rate.value + distortion.value == pytest.approx(both.value, abs=1e-9)
        assert both.direction == "upper"
    assert found.points[0].figures["rate"].value > found.points[1].figures["rate"].value
    assert found.floor is not None
    assert found.floor == run.evaluate(["entropy"])["entropy"]
    assert told == sorted(told)
    with pytest.raises(Failure, match="cancelled"):
        run.curve("rate-distortion", [1.0], training=10, cancelled=lambda: True)
    other = genplay.fit("two-moons", "gaussian", n=100, steps=1)
    assert other.curve("rate-distortion", [1.0], training=10).own is None
    with pytest.raises(BadInput, match="in steps"):
        other.curve("cost")


def test_dimensions_are_those_of_images(diffusion: genplay.Run) -> None:
    with pytest.raises(BadInput, match="digit world"):
        diffusion.curve("dimensions")
    run = genplay.fit("glyphs", "made", n=50, steps=1, knobs={"width": 24})
    found = run.curve("dimensions", [4, 9])
    assert [(p.at, tuple(p.figures)) for p in found.points] == [(4, ("seconds",)), (9, ("seconds",))]
    assert found.floor is None
    assert len(as_csv([found]).splitlines()) == 3


def test_every_number_stands_apart_in_the_csv(cost: Curve) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([cost]))))
    assert [row["steps"] for row in rows] == ["2", "4", "8", "16", ""]
    assert [row["what"] for row in rows] == ["curve"] * 4 + ["floor"]
    assert float(rows[1]["quality"]) == cost.points[1].figures["quality"].value
    assert float(rows[1]["seconds_stderr"]) == cost.points[1].figures["seconds"].stderr
    assert float(rows[4]["quality"]) == cost.floor.value
    assert rows[4]["seconds"] == ""
    assert any("two sets of true draws" in line for line in as_lines(cost))


def test_command_line(diffusion: genplay.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = diffusion.save(tmp_path / "moons.genplay"), tmp_path / "c.csv"
    argv = ["curve", "cost", str(path), str(path), "--at", "2,4", "--set", "measure=mmd"]
    assert cli.main([*argv, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["curve"] == "cost"
    assert said["out"] == str(out)
    assert [run["run"] for run in said["runs"]] == ["moons", "moons"]
    assert said["runs"][0]["measure"] == "mmd"
    point = said["runs"][0]["points"][1]
    assert point["steps"] == 4
    assert point["seconds"]["unit"] == "s"
    assert point["quality"]["kind"] == "estimate"
    assert out.read_text().startswith("run,model,data,step,steps,what,seconds,")
    assert cli.main(argv) == 0
    assert "moons: ddpm on two-moons, 60 steps" in capsys.readouterr().out
    for wrong in (["--at", "two"], ["--at", "0"], ["--out", "c.xlsx"], ["--set", "mesure=mmd"]):
        assert cli.main(["curve", "cost", str(path), *wrong]) == 2
    assert cli.main(["curve", "costs", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 5
