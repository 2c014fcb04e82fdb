"""A race without a window: from Python and through the command line's ``main``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import genplay
from genplay import cli
from genplay.errors import BadInput
from genplay.lab.race_result import RaceResult

QUICK = ["race", "--data", "two-moons", "--n", "200", "--data-set", "test=100"]


@pytest.fixture(scope="module")
def raced() -> RaceResult:
    return genplay.race("two-moons", ["gmm", "vae", "gan"], n=200, data_knobs={"test": 100}, steps=12)


def printed(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = cli.main([str(arg) for arg in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_each_run_is_the_one_that_fit_trains(raced: RaceResult, tmp_path: Path) -> None:
    for run, model in zip(raced.runs, ("gmm", "vae", "gan"), strict=True):
        alone = genplay.fit("two-moons", model, n=200, data_knobs={"test": 100}, steps=12)
        assert run.steps == alone.steps
        for a, b in zip(run.trainer.model.parameters(), alone.trainer.model.parameters(), strict=True):
            assert torch.equal(a, b)
    opened = genplay.open(raced.runs[1].save(tmp_path / "vae.genplay"))
    x = opened.data.x_test[:5]
    assert opened.log_prob(x) == pytest.approx(raced.runs[1].log_prob(x))


def test_figures_are_those_of_the_runs_themselves(raced: RaceResult) -> None:
    gmm, vae, gan = raced.standings
    for standing, run in zip((gmm, vae), raced.runs, strict=False):
        by_hand = -run.log_prob(run.data.x_test).mean()
        assert standing.nll is not None
        assert standing.nll.value == pytest.approx(by_hand, abs=1e-5)
        assert standing.gap is not None
        assert standing.gap.value == pytest.approx(by_hand - run.data.law.entropy().value, abs=1e-5)
    assert (gmm.place, vae.place, gan.place) == (1, 2, None)
    assert gan.nll is None
    assert raced.kl[0] is not None
    assert raced.kl[2] is None
    assert "Variational autoencoder" in str(raced)


def test_curves_go_by_steps_and_by_seconds(raced: RaceResult) -> None:
    for run, curves in zip(raced.runs, raced.curves, strict=True):
        for curve in curves.values():
            assert len(curve.step) == len(curve.seconds) == len(curve.value)
            assert (np.diff(curve.step) >= 0).all()
            assert (np.diff(curve.seconds) >= 0).all()
            assert curve.step[-1] == run.steps
            assert curve.seconds[-1] <= run.trainer.seconds
    assert list(raced.curves[1])[:2] == ["nll_test", "loss"]
    assert "nll_test" not in raced.curves[2]


def test_seconds_are_each_models_own_training() -> None:
    found = genplay.race("gaussian-blob", ["vae", "vae"], n=100, data_knobs={"test": 50}, seconds=0.2)
    assert [standing.seconds >= 0.2 for standing in found.standings] == [True, True]
    assert [lane.plan.seed for lane in found.lanes] == [0, 1]
    assert [lane.title for lane in found.lanes] == [
        "Variational autoencoder · seed 0",
        "Variational autoencoder · seed 1",
    ]


def test_it_ends_when_it_is_asked_to() -> None:
    told: list[tuple[float, str]] = []
    found = genplay.race(
        "gaussian-blob", ["vae", "gaussian"], n=100, seconds=1e5,
        progress=lambda share, text: told.append((share, text)), interrupted=lambda: len(told) > 8,
    )  # fmt: skip
    assert found.standings[0].step > 0
    assert told[-1][0] < 0.6
    assert told[-1][1].startswith("vae ")


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out_file = tmp_path / "curves.csv"
    code, out, err = printed(
        capsys, *QUICK, "--models", "gmm, vae", "--steps", "5", "--set", "vae.width=16", "--out", out_file
    )
    assert (code, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split() == ["place", "model", "steps", "seconds", "steps/s", "test", "NLL", "KL"]
    assert "Gaussian mixture" in rows[0]
    assert "Variational autoencoder" in rows[1]
    assert rows[1].count("nats") == 2
    lines = list(csv.DictReader(out_file.read_text().splitlines()))
    assert {line["model"] for line in lines} == {"gmm", "vae"}
    losses = [line for line in lines if line["model"] == "vae" and line["curve"] == "loss"]
    assert [int(line["step"]) for line in losses] == [1, 2, 3, 4, 5]


def test_json_has_figures_with_their_kind_and_curves_on_both_axes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = printed(
        capsys,
        *QUICK,
        "--models",
        "vae,gan",
        "--steps",
        "4",
        "--seed",
        "3",
        "--json",
        "--set",
        "gan.batch_size=32",
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["data"], found["world"], found["out"]) == ("two-moons", "plane", None)
    vae, gan = found["lanes"]
    assert (vae["model"], vae["steps"], vae["seed"]) == ("vae", 4, 3)
    assert (vae["nll_test"]["kind"], vae["gap"]["kind"]) == ("exact", "estimate")
    assert vae["gap"]["stderr"] > 0
    assert (gan["nll_test"], gan["kl"], gan["place"]) == (None, None, None)
    assert vae["curves"]["loss"]["step"] == [1, 2, 3, 4]
    assert len(vae["curves"]["loss"]["seconds"]) == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--models", "vae,rainbow"], "rainbow"),
        (["--models", "vae,nfs"], "nsf"),
        (["--models", "vae,nsf,gmm,kde,gan"], "1 to 4 models, not 5"),
        (["--models", ","], "1 to 4 models, not 0"),
        (["--models", "vae,ising"], "ising"),
        (["--models", "vae", "--set", "width=3"], "MODEL.knob=value"),
        (["--models", "vae", "--set", "nsf.width=3"], "nsf"),
        (["--models", "vae", "--set", "vae.breadth=3"], "breadth"),
        (["--models", "vae", "--seconds", "-1"], "seconds"),
        (["--models", "vae", "--steps", "0"], "steps"),
        (["--models", "vae", "--out", "race.png"], ".csv"),
        ([], "--models"),
    ],
)
def test_what_cannot_be_is_one_friendly_line(
    capsys: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    code, out, err = printed(capsys, *QUICK, *args)
    assert (code, out) == (2, "")
    assert err.startswith("genplay: ")
    assert err.count("\n") == 1
    assert words in err


def test_python_refuses_in_the_same_words() -> None:
    with pytest.raises(BadInput, match="1 to 4 models, not 5"):
        genplay.race("two-moons", ["vae"] * 5)
    with pytest.raises(BadInput, match="not in this race"):
        genplay.race("two-moons", ["vae"], knobs={"gmm": {"components": 3}})
