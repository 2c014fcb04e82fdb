from __future__ import annotations

import json
import zipfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from genplay.datasets.base import DataSpec
from genplay.datasets.table import Table
from genplay.errors import BadInput, Failure
from genplay.lab import manifest
from genplay.lab.drawing import with_digit, with_stroke
from genplay.lab.experiment import Experiment
from genplay.lab.project import Project, read, write
from genplay.lab.saved_run import SavedRun
from genplay.lab.state import ModelChoice
from genplay.training.checkpoint import Checkpoint
from genplay.training.history import History
from tests.lab.fakes import Bench, small_desks


def history() -> History:
    made = History()
    steps = np.arange(1, 101)
    made.extend(steps, steps / 50, ("loss", "kl"), np.stack([1 / steps, np.sqrt(steps)], axis=1))
    made.record("nll_test", 50, 2.5)
    made.record("nll_test", 100, 2.25)
    made.mark(60, "learning rate = 0.1", "learning_rate")
    return made


def project() -> Project:
    desks = small_desks()
    table = Table(
        np.random.default_rng(0).normal(size=(30, 2)), np.zeros(30), ("all",), ("x", "y"), "t.csv", "plane"
    )
    strokes = with_stroke(DataSpec("strokes"), ((0.0, 0.0), (1.0, 0.5)), label=1, spray=True)
    digits = with_digit(DataSpec("drawn-digits"), (0, 1) * 12 + (1,), 7)
    plane = desks["plane"].__class__(
        DataSpec("file", {"scale": True}, content=table), desks["plane"].choice, 12,
        kept_data={"strokes": strokes}, kept_choices={"gmm": ModelChoice.default("gmm", "plane")}, cleared=True,
    )  # fmt: skip
    desks = {"plane": plane, "digits": desks["digits"].__class__(digits, desks["digits"].choice)}
    state = {"mean": np.array([1.0, 2.0], np.float32), "n": np.array(3, np.int64)}
    run = SavedRun(plane.choice, 12, plane.data, Checkpoint(100, 2.0, state, history()))
    return Project("digits", desks, {"plane": run})


def test_everything_comes_back(tmp_path: Path) -> None:
    before = project()
    path = write(before, tmp_path / "x")
    assert path.name == "x.genplay"
    after = read(path)
    assert after.world == "digits"
    assert after.desks == before.desks
    saved, run = before.runs["plane"], after.runs["plane"]
    assert (run.choice, run.seed, run.data) == (saved.choice, saved.seed, saved.data)
    assert (run.checkpoint.step, run.checkpoint.seconds) == (100, 2.0)
    for name, value in saved.checkpoint.state.items():
        assert np.array_equal(run.checkpoint.state[name], value)
        assert run.checkpoint.state[name].dtype == value.dtype
    old, new = saved.checkpoint.history, run.checkpoint.history
    assert set(new.names()) == set(old.names())
    for name in old.names():
        assert np.array_equal(new.curve(name)[0], old.curve(name)[0])
        assert np.allclose(new.curve(name)[1], old.curve(name)[1])
    assert new.marks == old.marks


def test_tables_are_arrays_in_the_zip_and_written_once(tmp_path: Path) -> None:
    path = write(project(), tmp_path / "x.genplay")
    with zipfile.ZipFile(path) as file:
        arrays = [name for name in file.namelist() if name.startswith("data/")]
        text = file.read("manifest.json").decode()
    # x and labels of the one table, though the desk and the run both hold it.
    assert len(arrays) == 2
    assert "base64" not in text


def altered(tmp_path: Path, change: Any) -> Path:
    """A project file with its entries changed by ``change(manifest, entries)``."""
    return alter(write(project(), tmp_path / "x.genplay"), change)


def alter(path: Path, change: Any) -> Path:
    """The same for a file that is there."""
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(entries["manifest.json"])
    change(manifest, entries)
    if entries.get("manifest.json") is not None:
        entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def put(*keys: str | int, value: object) -> Any:
    def change(manifest: dict, entries: dict) -> None:
        at = manifest
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("schema_version", value=99), "newer genplay"),
        (put("schema_version", value="1"), "schema_version"),
        (put("schema_version", value=0), "schema_version"),
        (put("format", value="zip"), "not a manifest of genplay"),
        (put("world", value="mars"), "world is 'mars'"),
        (put("desks", "plane", "choice", "model", value="gausian"), "Did you mean 'gaussian'"),
        (put("desks", "plane", "choice", "model", value="ising"), "does not work in the world"),
        (put("desks", "plane", "choice", "knobs", value={"covariance": "round"}), "Allowed: full"),
        (put("desks", "plane", "choice", "recipe", value={"learning_rate": 1e9}), "learning_rate"),
        (put("desks", "plane", "data", "name", value="glyphs"), "not in the world"),
        (put("desks", "plane", "data", "settings", value={"n": -1}), "n cannot be"),
        (put("desks", "plane", "data", "knobs", value={"wat": 1}), "no knob 'wat'"),
        (put("desks", "plane", "data", "content", value={"content": "pickle"}), "unknown kind"),
        (put("desks", "plane", "seed", value=-1), "seed"),
        (put("desks", "plane", "stage", "box", value=[0, 0, 0, 0]), "empty box"),
        (put("desks", "plane", "stage", "box", value=[0, 1e300, 0, 1]), "the stage shows"),
        (put("desks", "plane", "stage", "resolution", value=10**9), "the stage shows"),
        (put("desks", value=[]), "damaged"),
        (put("desks", "plane", value=None), "damaged"),
        (put("runs", "plane", "weights", value="runs/none.safetensors"), "damaged"),
        (put("runs", "plane", "step", value=-5), "step -5"),
        (put("runs", "plane", "history", "curves", 0, "curve", value="runs/none.npy"), "damaged"),
        (lambda m, e: e.update({"runs/plane.safetensors": b"\xff" * 100}), "weights are damaged"),
        (lambda m, e: e.update({"data/array-0.npy": b"\x93NUMPY"}), "is damaged"),
        (lambda m, e: e.update({"runs/plane-curve-0.npy": b""}), "is damaged"),
        (lambda m, e: e.pop("data/array-1.npy"), "damaged"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, change: Any, said: str) -> None:
    path = altered(tmp_path, change)
    with pytest.raises(BadInput, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "x.genplay"
    for content in (b"{", b"[]", b"\xff", b"[" * 100_000, b"null"):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("manifest.json", content)
        with pytest.raises(BadInput):
            read(path)


def test_an_older_schema_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(project(), tmp_path / "x.genplay")

    def migrate(given: dict) -> dict:
        given["desks"]["plane"]["seed"] = 77
        return given

    monkeypatch.setattr(manifest, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(manifest, "MIGRATIONS", {1: migrate})
    assert read(path).desks["plane"].seed == 77


# Through the actions


def test_save_and_open_with_the_trained_model(tmp_path: Path) -> None:
    bench = Bench()
    bench.experiment.ready()
    bench.do("data.choose", name="rings")
    bench.do("train.start")
    bench.do("stage.layer", name="truth")
    path = tmp_path / "mine.genplay"
    bench.do("file.save_as", path=str(path)).result(timeout=20)
    bench.experiment.poll()
    assert bench.experiment.path == path
    assert not bench.experiment.dirty
    assert bench.notices[-1].text == "Saved mine.genplay."

    other = Bench()
    other.experiment.ready()
    other.do("data.choose", name="spiral")
    other.do("file.open", path=str(path))
    other.experiment.poll()
    assert other.experiment.desk() == bench.experiment.desk()
    command, plan, checkpoint = other.worker.told[-1]
    assert (command, plan.model, plan.data.spec.name, checkpoint.step) == ("open", "gaussian", "rings", 1000)
    assert not other.experiment.dirty
    assert len(other.experiment.undo_stack) == 0
    other.do("data.choose", name="two-moons")
    assert other.experiment.dirty
    other.do("file.save").result(timeout=20)


def test_both_worlds_are_saved_trained(tmp_path: Path) -> None:
    bench = Bench()
    bench.do("train.start")
    bench.do("world.choose", name="digits")
    bench.do("train.start")
    bench.do("file.save_as", path=str(tmp_path / "both.genplay")).result(timeout=20)
    runs = read(tmp_path / "both.genplay").runs
    assert {world: run.checkpoint.state["id"].tolist() for world, run in runs.items()} == {
        "plane": [1.0],
        "digits": [2.0],
    }


def test_an_edit_while_saving_stays_unsaved(tmp_path: Path) -> None:
    bench = Bench()
    bench.do("data.choose", name="rings")
    future = bench.do("file.save_as", path=str(tmp_path / "x.genplay"))
    bench.do("data.choose", name="spiral")
    future.result(timeout=20)
    bench.experiment.poll()
    assert bench.experiment.dirty
    assert read(tmp_path / "x.genplay").desks["plane"].data.name == "rings"


def test_a_model_that_gives_no_answer_is_told(tmp_path: Path) -> None:
    bench = Bench()
    bench.do("train.start")
    lost: Future[Checkpoint] = Future()
    lost.set_exception(Failure("gone"))
    bench.worker.checkpoint = lambda: lost
    bench.do("file.save_as", path=str(tmp_path / "x.genplay")).result(timeout=20)
    bench.experiment.poll()
    assert "without the trained model" in bench.notices[-1].text
    assert read(tmp_path / "x.genplay").runs == {}


def test_opening_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    bench = Bench()
    bench.do("data.choose", name="rings")
    before = bench.experiment.desk()
    bad = tmp_path / "bad.genplay"
    bad.write_text("no")
    for path in (bad, tmp_path / "none.genplay"):
        with pytest.raises(BadInput):
            bench.do("file.open", path=str(path))
    assert bench.experiment.desk() is before
    assert len(bench.experiment.undo_stack) == 1


def test_saving_needs_a_place(tmp_path: Path) -> None:
    bench = Bench()
    with pytest.raises(BadInput, match="Save as"):
        bench.do("file.save")
    with pytest.raises(BadInput, match="no folder"):
        bench.do("file.save_as", path=str(tmp_path / "none" / "x.genplay"))


def test_weights_of_another_shape_are_refused_by_the_model(tmp_path: Path) -> None:
    from genplay.lab.run import open_run

    path = altered(
        tmp_path, lambda m, e: e.update({"runs/plane.safetensors": save({"mean": np.ones(5, np.float32)})})
    )
    with pytest.raises(BadInput):
        open_run(path)


def test_the_experiment_is_unchanged_by_reading(tmp_path: Path) -> None:
    experiment = Experiment(desks=small_desks())
    read(write(project(), tmp_path / "x.genplay"))
    assert experiment.desk("plane") == small_desks()["plane"]
