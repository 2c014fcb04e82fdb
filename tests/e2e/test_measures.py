"""Every measure through the command line, and one identity that ties three of them together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from genplay.cli import main
from genplay.lab.run import open_run
from genplay.metrics.registry import cards

MILLION = 1_000_000

CASES = {
    "two-moons": ("nsf", "plane", "150"),
    "glyphs": ("rbm", "digits", "50"),
}


@pytest.fixture(scope="module", params=CASES)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, world, steps = CASES[request.param]
    out = tmp_path_factory.mktemp("run") / f"{model}-{world}.genplay"
    argv = ["train", "--data", request.param, "--model", model, "--world", world, "--steps", steps]
    assert main([*argv, "--out", str(out), "--json"]) == 0
    return out


def test_all_measures_are_numbers_that_say_what_they_are_or_say_why_not(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = saved.stem.rpartition("-")[2]
    capsys.readouterr()
    assert main(["list", "metrics", "--json"]) == 0
    listed = [row["id"] for row in json.loads(capsys.readouterr().out) if world in row["worlds"]]
    assert main(["evaluate", str(saved), "--metrics", "all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["metrics"]) == listed == [c.id for c in cards().values() if world in c.worlds]
    assert {name for name, q in found["metrics"].items() if q is None} == set(found["missing"])
    assert all(reason.endswith(".") for reason in found["missing"].values())
    for name, q in found["metrics"].items():
        if q is None:
            continue
        assert q["method"], name
        assert q["value"] is not None, name
        if q["kind"] == "exact":
            assert q["stderr"] is None, name
        if q["kind"] == "estimate":
            assert q["stderr"] >= 0, name
        else:
            assert q["kind"] in ("exact", "bound"), name


def test_kl_is_cross_entropy_less_entropy(saved: Path) -> None:
    """KL(p‖q) = −E_p log q − H(p), with the expectation from a million fresh draws of the truth."""
    run = open_run(saved)
    law = run.data.law
    assert law is not None
    found = run.evaluate(["kl", "entropy"])
    kl, entropy = found["kl"], found["entropy"]
    assert kl is not None
    assert entropy is not None
    assert kl.kind == "exact"
    assert entropy.kind == "exact"
    x, _ = law.sample(MILLION, np.random.default_rng(20))
    surprise = -run.log_prob(x)
    stderr = surprise.std(ddof=1) / MILLION**0.5
    assert abs(surprise.mean() - entropy.value - kl.value) < 3 * stderr
    assert stderr < 0.005
