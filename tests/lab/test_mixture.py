"""Mixtures of saved runs from Python, the command line, files and actions: what may be mixed, and what a file keeps."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import genplay
from genplay import cli
from genplay.errors import BadInput
from genplay.lab.actions import ActionRegistry
from genplay.lab.candidates import Candidate
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.lab.kept_results import KeptResult
from genplay.lab.mixture import member_of_file
from genplay.lab.project import Project, open_into, read, save, write
from genplay.lab.run import Run
from genplay.lab.score_table import ScoreRow
from tests.lab.fakes import small_desks

X = np.random.default_rng(0).normal(size=(9, 2))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "gmm": genplay.fit("two-moons", "gmm", steps=10, n=200),
        "nsf": genplay.fit("two-moons", "nsf", steps=20, n=200, knobs={"ema": 0.9}),
        "gan": genplay.fit("two-moons", "gan", steps=2, n=50),
        "made": genplay.fit("glyphs", "made", world="digits", steps=3, n=50),
    }
    return {name: run.save(folder / f"{name}.genplay") for name, run in made.items()}


def mixture_of(files: dict[str, Path], *names: str, weights: list[float] | None = None) -> Run:
    return genplay.ensemble([files[name] for name in names], weights)


def test_files_and_runs_are_mixed(files: dict[str, Path]) -> None:
    parts = [genplay.open(files[name]) for name in ("gmm", "nsf")]
    run = genplay.ensemble([parts[0], files["nsf"]])
    weights = run.trainer.model.weights.double().numpy()  # type: ignore[union-attr, operator]
    expected = np.log(sum(w * np.exp(part.log_prob(X)) for w, part in zip(weights, parts, strict=True)))
    assert run.log_prob(X) == pytest.approx(expected, abs=1e-4)
    assert run.log_prob_kind == "exact"
    assert run.trainer.finished
    assert run.sample(20).shape == (20, 2)
    by_hand = genplay.ensemble(parts, [3, 1])
    assert by_hand.trainer.model.weights.tolist() == pytest.approx([0.75, 0.25])  # type: ignore[union-attr, operator]


def test_its_own_file_holds_all_of_it(files: dict[str, Path], tmp_path: Path) -> None:
    run = mixture_of(files, "gmm", "nsf", weights=[1, 2])
    path = run.save(tmp_path / "mixture.genplay")
    again = genplay.open(path)
    assert np.array_equal(again.log_prob(X), run.log_prob(X))
    assert [m.title for m in again.plan.members] == ["gmm (gmm)", "nsf (nsf)"]
    assert again.plan.members == run.plan.members
    with zipfile.ZipFile(path) as archive:
        assert all(n.endswith((".npy", ".json", ".safetensors")) for n in archive.namelist())


def test_a_kept_result_of_a_mixture_can_be_measured_further(files: dict[str, Path], tmp_path: Path) -> None:
    run = mixture_of(files, "gmm", "nsf", weights=[1, 2])
    candidate = Candidate(run.plan, run.trainer.checkpoint())
    row = ScoreRow("kept-1", "both", "kept", run.card.id, run.world, run.data.spec, candidate.step)
    path = write(
        Project("plane", small_desks(), results=(KeptResult(row, candidate),)), tmp_path / "kept.genplay"
    )
    (again,) = read(path).results
    x = torch.as_tensor(X, dtype=torch.float32)
    assert torch.equal(again.candidate.model().log_prob(x), candidate.model().log_prob(x))


def test_what_cannot_be_mixed_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'gan', which has no density"):
        mixture_of(files, "gmm", "gan")
    with pytest.raises(BadInput, match="no run that was trained on the plane"):
        mixture_of(files, "gmm", "made")
    with pytest.raises(BadInput, match="belongs to the world 'digits'"):
        genplay.ensemble([files["gmm"], genplay.open(files["made"])])
    with pytest.raises(BadInput, match="2 runs and 1 weights"):
        mixture_of(files, "gmm", "nsf", weights=[1])
    with pytest.raises(BadInput, match="at least one run"):
        genplay.ensemble([])
    for weights in ([-1.0, 1], [float("nan"), 1]):
        with pytest.raises(BadInput, match="A weight cannot be"):
            mixture_of(files, "gmm", "nsf", weights=weights)
    with pytest.raises(BadInput, match="All weights are 0"):
        mixture_of(files, "gmm", weights=[0])
    inner = mixture_of(files, "gmm").save(tmp_path / "inner.genplay")
    with pytest.raises(BadInput, match="is a mixture itself"):
        genplay.ensemble([inner])
    rows = tmp_path / "rows.csv"
    np.savetxt(rows, 100 * X, delimiter=",")
    elsewhere = genplay.fit(rows, "gaussian", steps=1)
    with pytest.raises(BadInput, match="units of another file"):
        genplay.ensemble([files["gmm"], elsewhere])
    assert genplay.ensemble([elsewhere, elsewhere]).log_prob(100 * X) == pytest.approx(
        elsewhere.log_prob(100 * X), abs=1e-4
    )


def test_the_command_line_names_the_files(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "--data", "two-moons", "--n", "100", "--json", "--model"]
    both = ["--members", str(files["gmm"]), str(files["nsf"])]
    out = tmp_path / "both.genplay"
    assert cli.main([*words, "run-mixture", *both, "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == "run-mixture"
    assert told["nll_test"]["kind"] == "exact"
    assert (
        cli.main([*words, "run-mixture", *both, "--weights", "3", "1", "--steps", "3", "--out", str(out)])
        == 0
    )
    capsys.readouterr()
    assert genplay.open(out).trainer.model.weights.tolist() == pytest.approx([0.75, 0.25])  # type: ignore[union-attr, operator]
    assert cli.main([*words, "run-mixture", "--steps", "1"]) == 2
    assert "name .genplay files" in capsys.readouterr().err
    assert cli.main([*words, "gmm", *both]) == 2
    assert "Only the model 'run-mixture'" in capsys.readouterr().err


def test_damage_in_a_member_is_told(files: dict[str, Path], tmp_path: Path) -> None:
    path = mixture_of(files, "gmm").save(tmp_path / "mixture.genplay")
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries["manifest.json"])
    member = manifest["runs"]["plane"]["choice"]["members"][0]
    broken = tmp_path / "broken.genplay"
    for change, word in (
        ({"weight": "much"}, "damaged"),
        ({"state": {"normals.means": {"npy": "data/none.npy"}}}, "damaged"),
        ({"choice": {**member["choice"], "model": "unheard-of"}}, "not known here"),
    ):
        manifest["runs"]["plane"]["choice"]["members"][0] = {**member, **change}
        with zipfile.ZipFile(broken, "w") as archive:
            for name, content in {**entries, "manifest.json": json.dumps(manifest)}.items():
                archive.writestr(name, content)
        with pytest.raises(BadInput, match=word):
            genplay.open(broken)
    manifest["runs"]["plane"]["choice"]["members"][0] = {**member, "state": {}}
    with zipfile.ZipFile(broken, "w") as archive:
        for name, content in {**entries, "manifest.json": json.dumps(manifest)}.items():
            archive.writestr(name, content)
    with pytest.raises(BadInput, match="do not fit"):
        genplay.open(broken)


def test_actions_add_weigh_and_remove_runs_undoably(files: dict[str, Path], tmp_path: Path) -> None:
    experiment = Experiment()
    registry = ActionRegistry()
    bind_core(registry, experiment)
    try:
        assert registry.why_not("mixture.remove")
        before = experiment.model_id
        registry.run("mixture.add", path=str(files["gmm"]))
        registry.run("mixture.add", path=str(files["nsf"]))
        registry.run("mixture.add", path=str(files["gmm"]))
        assert experiment.model_id == "run-mixture"
        titles = [m.title for m in experiment.desk().choice.members]
        assert titles == ["gmm (gmm)", "nsf (nsf)", "gmm (gmm) 2"]
        with pytest.raises(BadInput, match="no density"):
            registry.run("mixture.add", path=str(files["gan"]))
        registry.run("mixture.remove", index=2)
        registry.run("mixture.weigh", index=1, weight=3)
        assert experiment.plan().model_knobs.weighting == "by hand"  # type: ignore[attr-defined]
        assert [m.weight for m in experiment.plan().members] == [1.0, 3.0]
        experiment.ready(wait=True)
        registry.run("train.step", n=2)
        until = time.monotonic() + 60
        while (now := experiment.snapshot()) is None or now.step < 1:
            assert time.monotonic() < until
            time.sleep(0.02)
        weights = experiment.ask(lambda model: model.weights.tolist()).result(timeout=60)  # type: ignore[union-attr, operator]
        assert weights == pytest.approx([0.25, 0.75])
        path = tmp_path / "all.genplay"
        assert save(experiment, path).result(timeout=60) == path
        registry.run("mixture.remove", index=0)
        with pytest.raises(BadInput, match="There is no run 1"):
            registry.run("mixture.remove", index=1)
        experiment.undo()
        assert len(experiment.desk().choice.members) == 2
        open_into(experiment, path)
        experiment.ready(wait=True)
        told = experiment.bench.told
        assert told is not None
        assert told.members == experiment.plan().members
        registry.run("model.defaults")
        assert len(experiment.desk().choice.members) == 2
        registry.run("model.choose", name=before)
        registry.run("model.choose", name="run-mixture")
        assert len(experiment.desk().choice.members) == 2
    finally:
        experiment.close()


def test_a_member_is_seen_by_its_averages(files: dict[str, Path]) -> None:
    run, member = genplay.open(files["nsf"]), member_of_file(files["nsf"], "plane")
    assert not any(name.startswith("average/") for name in member.state)
    model = member.rebuilt("plane").eval()
    import torch

    with torch.no_grad():
        values = model.log_prob(torch.tensor(X, dtype=torch.float32)).double().numpy()  # type: ignore[operator]
    assert values == pytest.approx(run.log_prob(X), abs=1e-5)
    assert member == member_of_file(files["nsf"], "plane")
