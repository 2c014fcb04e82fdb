"""The command line through ``main``: what is printed where, exit codes, and one line for everything that goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import genplay
from genplay import cli
from genplay.lab import doctor

QUICK = ["train", "--data", "gaussian-blob", "--model", "gaussian", "--n", "200", "--steps", "2"]


class Printed:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def call(*argv: object) -> Printed:
        code = cli.main([str(arg) for arg in argv])
        out, err = capsys.readouterr()
        return Printed(code, out, err)

    return call


def refused(printed: Printed, code: int, *said: str) -> None:
    assert printed.code == code, printed.err
    assert printed.out == ""
    assert printed.err.startswith("genplay: ")
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    for words in said:
        assert words in printed.err


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "moons.genplay"
    genplay.fit("gaussian-blob", "gaussian", n=200, steps=1).save(path)
    return path


# Lists


@pytest.mark.parametrize("what", ["datasets", "models", "samplers", "metrics", "actions"])
def test_lists(run, what: str) -> None:
    rows = run("list", what, "--json").json
    assert all(row["id"] and row["title"] for row in rows)
    assert len({row["id"] for row in rows}) == len(rows) > 5
    text = run("list", what)
    assert text.code == 0
    assert all(row["id"] in text.out for row in rows)


def test_models_are_listed_with_the_columns_of_the_comparison(run) -> None:
    head, *lines = run("list", "models").out.splitlines()
    for name in ("id", "worlds", "density", "sampling", "trained by", "latents", "architecture"):
        assert name in head
    rows = run("list", "models", "--json").json
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        at = head.index("density")
        assert line[at:].startswith(row["comparison"]["density"]), "the columns stand below their names"
        assert line.startswith(row["id"])


@pytest.mark.parametrize("what", ["lessons"])
def test_what_is_not_there_yet_is_an_empty_list(run, what: str) -> None:
    assert run("list", what, "--json").json == []
    assert "no " + what in run("list", what).out


def test_neither_torch_nor_qt_is_loaded_for_nothing() -> None:
    program = """
import sys, genplay, genplay.cli
heavy = {"torch", "PySide6", "pyqtgraph", "qasync", "numpy", "scipy"} & set(sys.modules)
assert not heavy, heavy
for what in ("datasets", "models", "samplers", "metrics", "actions"):
    assert genplay.cli.main(["list", what, "--json"]) == 0
heavy = {"torch", "PySide6", "pyqtgraph", "qasync"} & set(sys.modules)
assert not heavy, heavy
assert genplay.__version__
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Training


def test_train_json(run, tmp_path: Path) -> None:
    printed = run(*QUICK, "--seed", 3, "--out", tmp_path / "r.genplay", "--json")
    assert printed.code == 0
    assert printed.err == ""
    found = printed.json
    assert (found["model"], found["data"], found["world"], found["seed"]) == (
        "gaussian",
        "gaussian-blob",
        "plane",
        3,
    )
    assert set(found["kl"]) >= {"value", "kind", "stderr", "method"}
    assert found["log_z"] is None
    assert found["losses"]
    assert (tmp_path / "r.genplay").exists()


def test_train_text(run) -> None:
    printed = run(*QUICK, "--set", "covariance=diagonal", "--data-set", "n=100", "outliers=0.1")
    assert printed.code == 0
    assert "gaussian on gaussian-blob" in printed.out
    assert "kl             = " in printed.out
    assert "outliers" in printed.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--data", "two-mons", "--model", "gaussian"], "Did you mean 'two-moons'"),
        (["--data", "two-moons", "--model", "gausian"], "Did you mean 'gaussian'"),
        (["--data", "two-moons", "--model", "gaussian", "--set", "covariance"], "knob=value"),
        (["--data", "two-moons", "--model", "gaussian", "--set", "covariance=round"], "Allowed: full"),
        (["--data", "two-moons", "--model", "gaussian", "--data-set", "n=0"], "n cannot be"),
        (["--data", "two-moons", "--model", "gaussian", "--steps", "x"], "invalid int"),
        (["--data", "two-moons", "--model", "gaussian", "--world", "mars"], "invalid choice"),
        (["--data", "two-moons", "--model", "gaussian", "--out", "x.zip"], "Allowed: .genplay"),
        (["--data", "two-moons", "--model", "gaussian", "--out", "none/x.genplay"], "no folder"),
        (["--data", "two-moons"], "required: --model"),
        (["--data", "two-moons", "--model", "gaussian", "--device", "gpu"], "no device 'gpu'"),
        (["--data", "two-moons", "--model", "gaussian", "--columns", "1,2"], "belong to a file"),
        (["--data", "two-moons", "--model", "gaussian", "--wat"], "--wat"),
    ],
)
def test_train_refusals(run, argv: list[str], said: str) -> None:
    refused(run("train", *argv), 2, said)


GOOD = "x,y\n" + "\n".join(f"{i},{i * i % 7}" for i in range(30)) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n1,2\n3,four\n5,6\n", ["line 3", "y", "four"]),
        ("x,y\n1,2\n3\n5,6\n", ["line 3"]),
        ("x,y\n1,2\n3,nan\n5,6\n", ["line 3", "y"]),
        ("a,b\nred,blue\ngreen,white\n", ["no numeric column", "numeric"]),
        ("x,y\n1,2\n", ["row"]),
        (None, ["no file"]),
    ],
)
def test_a_bad_table_is_named_by_file_line_and_column(
    run, tmp_path: Path, text: str | None, said: list[str]
) -> None:
    path = tmp_path / "points.csv"
    if text is not None:
        path.write_text(text)
    printed = run("train", "--data", path, "--model", "gaussian", "--steps", 1)
    refused(printed, 2, str(path))
    assert any(words in printed.err for words in said), printed.err


def test_a_good_table_trains(run, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(GOOD)
    found = run("train", "--data", path, "--model", "gaussian", "--steps", 1, "--json").json
    assert found["data"] == "file"
    assert found["kl"] is None
    assert found["nll_test"]["value"] is not None
    missing = tmp_path / "missing.csv"
    missing.write_text(GOOD + "3,\n")
    refused(run("train", "--data", missing, "--model", "gaussian", "--steps", 1), 2, "line 32")
    argv = [
        "train",
        "--data",
        missing,
        "--model",
        "gaussian",
        "--steps",
        1,
        "--data-set",
        "skip_missing=true",
    ]
    assert run(*argv).code == 0


# A trained run


def test_evaluate(run, saved: Path) -> None:
    found = run("evaluate", saved, "--metrics", "nll,kl", "--json").json
    assert (found["model"], found["data"], list(found["metrics"])) == (
        "gaussian",
        "gaussian-blob",
        ["nll", "kl"],
    )
    assert found["metrics"]["kl"]["kind"] == "exact"
    assert "kl" in run("evaluate", saved).out
    refused(run("evaluate", saved, "--metrics", "kll"), 2, "Did you mean 'kl'")


def test_evaluate_on_a_file(run, saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("x,y\n0,0\n1,1\n")
    found = run("evaluate", saved, "--on", path, "--metrics", "nll,kl", "--json").json["metrics"]
    expected = -genplay.open(saved).log_prob([[0.0, 0.0], [1.0, 1.0]]).mean()
    assert found["nll"]["value"] == pytest.approx(expected, abs=1e-4)
    assert found["kl"] is None
    said = run("evaluate", saved, "--on", path, "--metrics", "kl,log_z")
    assert "nobody knows their true law" in said.out
    both = run("evaluate", saved, "--on", path, "--metrics", "nll,kl", "--json").json
    assert list(both["missing"]) == ["kl"]


def test_a_model_that_only_classifies_refuses_to_sample_in_one_line(run, tmp_path: Path) -> None:
    saved = tmp_path / "classifier.genplay"
    trained = run(
        "train", "--data", "bimodal", "--model", "logistic", "--steps", 3, "--n", 60, "--out", saved
    )
    assert trained.code == 0
    refused(run("sample", saved, "-n", 5, "--out", tmp_path / "s.npy"), 1, "draws no samples")


def test_a_class_can_be_asked_for(run, tmp_path: Path) -> None:
    saved, out = tmp_path / "bayes.genplay", tmp_path / "s.npy"
    run("train", "--data", "bimodal", "--model", "naive-bayes", "--steps", 1, "--n", 200, "--out", saved)
    assert run("sample", saved, "-n", 40, "--label", 1, "--out", out).code == 0
    assert np.load(out)[:, 0].min() > -0.5
    refused(run("sample", saved, "-n", 5, "--label", 2, "--out", out), 2, "no class 2")


def test_sample(run, saved: Path, tmp_path: Path) -> None:
    for suffix in ("npy", "csv", "png"):
        out = tmp_path / f"s.{suffix}"
        assert run("sample", saved, "-n", 50, "--out", out).code == 0
        assert out.stat().st_size > 100
    again = tmp_path / "t.npy"
    run("sample", saved, "-n", 50, "--out", again)
    assert np.array_equal(np.load(again), np.load(tmp_path / "s.npy"))
    refused(run("sample", saved, "-n", 50, "--out", tmp_path / "s.gif"), 2, "Allowed: .npy")
    refused(run("sample", saved, "-n", 0, "--out", again), 2, "n cannot be 0")


def test_sample_by_a_sampler(run, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.npy"
    said = run(
        "sample", saved, "-n", 600, "--sampler", "hmc", "--set", "leaps=8", "step=0.2", "--out", out, "--json"
    ).json
    assert said["sampler"] == "hmc"
    assert said["results"]["acceptance"]["kind"] == "estimate"
    own = genplay.open(saved).sample(600)
    assert np.allclose(np.load(out).mean(axis=0), own.mean(axis=0), atol=0.2)
    assert np.allclose(np.cov(np.load(out).T), np.cov(own.T), atol=0.2)
    told = run("sample", saved, "-n", 20, "--sampler", "ais", "--on", "truth", "--out", out)
    assert "20 samples of the truth by ais" in told.out
    assert "log_z_forward" in told.out
    same = genplay.open(saved).sample(20, sampler="ais", on="truth")
    assert np.array_equal(np.load(out), same)
    assert run("sample", saved, "-n", 20, "--on", "truth", "--out", out).code == 0


def test_a_sampler_that_does_not_fit_says_what_it_needs(run, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.npy"
    refused(run("sample", saved, "-n", 5, "--sampler", "hcm", "--out", out), 2, "Did you mean 'hmc'")
    refused(
        run("sample", saved, "-n", 5, "--sampler", "ode", "--out", out), 2, "knows nothing of noised data"
    )
    refused(run("sample", saved, "-n", 5, "--sampler", "hmc", "--set", "leap=3", "--out", out), 2, "leaps")
    refused(
        run("sample", saved, "-n", 5, "--sampler", "hmc", "--label", 0, "--out", out), 2, "without labels"
    )
    refused(run("sample", saved, "-n", 5, "--set", "leaps=3", "--out", out), 2, "name one")


def test_density(run, saved: Path, tmp_path: Path) -> None:
    points, out = tmp_path / "p.npy", tmp_path / "q.npy"
    step = 10 / 300
    centres = -5 + step * (np.arange(300) + 0.5)
    np.save(points, np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2))
    found = run("density", saved, "--points", points, "--out", out, "--json").json
    assert (found["kind"], found["points"]) == ("exact", 90_000)
    assert np.exp(np.load(out)).sum() * step**2 == pytest.approx(1.0, abs=0.01)
    np.save(points, np.zeros((3, 25)))
    refused(run("density", saved, "--points", points, "--out", out), 2, "rows of 2 numbers", "3 × 25")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "digits.genplay"
    genplay.fit("glyphs", "rbm", knobs={"hidden": 4}, n=200, steps=20).save(path)
    return path


def test_world(run, digits: Path) -> None:
    one, known = "..#../.##../..#../..#../.###.", "?" * 12 + "#" + "?" * 12
    found = run(
        "world", digits, "--image", one, "--known", known, "--between", 0, 0, "--samples", 2, "--top", 2, "--minima", 1, "--json"
    ).json  # fmt: skip
    assert (found["model"], found["kind"]) == ("rbm", "exact")
    assert found["facts"]["mass"]["value"] == pytest.approx(1.0)
    assert found["facts"]["kl"]["kind"] == "exact"
    assert len(found["most_probable"]) == 2
    image = found["images"][0]
    assert image["image"] == [int(mark == "#") for mark in one.replace("/", "")]
    assert 1 <= image["rank"] <= 2**25
    assert image["walk"][0] == image["image"]
    if image["minimum"] == 0:
        assert image["walk"][-1] == found["minima"][0]["image"]
    assert np.exp(found["known"]["log_prob"]) == pytest.approx(found["marginals"][12])
    assert found["known"]["marginals"][12] == 1.0
    assert all(x[12] == 1 for x in found["known"]["samples"])
    assert found["between"]["barrier"] == 0.0
    run_ = genplay.open(digits)
    log_prob = run_.log_prob([image["image"]])[0]
    assert image["log_prob"] == pytest.approx(log_prob, abs=1e-4)


def test_world_for_a_reader_and_of_the_truth(run, digits: Path) -> None:
    out = run("world", digits, "--on", "truth", "--image", "." * 25, "--known", "#" * 5 + "?" * 20).out
    assert out.startswith("the truth: all 2^25 images")
    for words in (
        "Entropy",
        "most probable",
        "local minima",
        "rank ",
        "images agree",
        "most probable completion",
    ):
        assert words in out
    assert "KL(" not in out


def test_world_refusals(run, saved: Path, digits: Path) -> None:
    refused(run("world", saved), 2, "world of digits")
    refused(run("world", digits, "--image", "##"), 2, "--image cannot be", "25 numbers")
    refused(run("world", digits, "--known", "*" * 25), 2, "--known cannot be", "not known")
    refused(run("world", digits, "--samples", 3), 2, "--known")
    refused(run("world", digits, "--top", 0), 2, "--top cannot be 0")
    refused(run("world", digits, "--between", 0, 10**6), 2, "no minimum 1000000")


def test_runs_that_cannot_be_opened(run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.genplay"
    bad.write_bytes(b"PK\x03\x04 nonsense")
    refused(run("evaluate", bad), 2, "damaged")
    refused(run("evaluate", tmp_path / "none.genplay"), 2, "no file")


# The rest


def test_unknown_commands_and_options(run) -> None:
    refused(run("trian"), 2, "Did you mean 'train'")
    refused(run("list", "model"), 2, "invalid choice")
    refused(run("--wat"), 2)
    assert run("--version").out == f"genplay {genplay.__version__}\n"
    assert "train a model" in run("--help").out


def test_the_window_needs_qt_and_a_display(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused(run("gui", "--size", "100x100"), 2, "out of range")
    refused(run("gui", "--size", "big"), 2, "not a size")
    refused(run("gui", "--scale", "9"), 2, "0.75 to 2.5")
    refused(run("gui", tmp_path / "none.genplay"), 2, "no file")
    refused(run("gui", "--quit-after", "-1"), 2, "at least 0")
    monkeypatch.setattr(doctor, "window_trouble", lambda: "There is no display here.")
    refused(run(), 1, "no display")
    refused(run("gui"), 1, "no display")


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not doctor.has_display()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert doctor.has_display()
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    monkeypatch.setenv("DISPLAY", ":0")
    assert doctor.has_display()


def test_doctor(run, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = run("doctor", "--json")
    found = {finding["id"]: finding for finding in printed.json["findings"]}
    assert {"python", "torch", "device", "platform", "fonts", "settings", "logs", "autosave"} <= set(found)
    assert found["torch"]["ok"]
    assert printed.code == (0 if printed.json["healthy"] else 1)
    monkeypatch.setattr(doctor, "_CORE", ("no-such-package",))
    printed = run("doctor")
    assert printed.code == 1
    assert "BAD no-such-package" in printed.out
    assert "pip install no-such-package" in printed.out


def test_the_unexpected_is_one_line_and_a_log(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> list:
        raise ZeroDivisionError("a mistake\nof ours")

    monkeypatch.setattr("genplay.lab.doctor.examine", explode)
    printed = run("doctor")
    refused(printed, 1, "ZeroDivisionError", "a mistake of ours", "genplay.log")
    log = Path(printed.err.split("The details are in ")[1].strip().rstrip("."))
    assert "Traceback" in log.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_prints_what_is_there(run, tmp_path: Path) -> None:
    out = tmp_path / "r.genplay"
    before = signal.getsignal(signal.SIGINT)

    def press() -> None:
        end = time.monotonic() + 60
        while signal.getsignal(signal.SIGINT) is before and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    argv = [
        "train",
        "--data",
        "gaussian-blob",
        "--model",
        "gaussian",
        "--objective",
        "gradient",
        "--seconds",
        60,
    ]
    printed = run(*argv, "--n", 200, "--out", out, "--json")
    thread.join()
    assert printed.code == 130
    assert printed.json["steps"] > 0
    assert out.exists()
    assert "interrupted" in printed.err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_goes_away() -> None:
    command = f"{sys.executable} -m genplay list actions --json | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_model_of_ones_own_trains_and_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from genplay.models import registry
    from genplay.paths import resource

    monkeypatch.setattr(registry, "_opened", {})
    mine, run, points = tmp_path / "mine.py", tmp_path / "run.genplay", tmp_path / "points.npy"
    mine.write_bytes(resource("templates/my_model.py").read_bytes())
    np.save(points, np.zeros((3, 2)))
    train = ["train", "--data", "rings", "--model", str(mine), "--steps", "30", "--set", "bells=9"]
    assert cli.main([*train, "--out", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kl"]["kind"] == "exact"
    monkeypatch.setattr(registry, "_opened", {})
    density = ["density", str(run), "--points", str(points), "--out", str(tmp_path / "p.npy")]
    assert cli.main(density) == 2
    assert "--model-file" in capsys.readouterr().err
    assert cli.main([*density, "--model-file", str(mine)]) == 0
    assert np.load(tmp_path / "p.npy").shape == (3,)
    mine.write_text("import nothing_of_that_name\n", encoding="utf-8")
    assert cli.main(train) == 2
    assert capsys.readouterr().err.startswith("genplay: mine.py, line 1: ModuleNotFoundError")
