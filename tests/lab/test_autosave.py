from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from genplay.errors import BadInput
from genplay.lab.autosave import Autosave, recoverable
from genplay.lab.project import read
from tests.lab.fakes import Bench


def wait(autosave: Autosave) -> None:
    assert autosave._writing is not None
    autosave._writing.result(timeout=20)
    autosave.tick()


def test_saves_two_seconds_after_the_last_change(tmp_path: Path) -> None:
    bench = Bench()
    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    for _ in range(5):
        bench.clock.now += 1
        autosave.tick()
    assert not autosave.path.exists()
    for i in range(4):
        bench.do("data.set", name="n", value=10 + i)
        autosave.tick()
        bench.clock.now += 1
    assert not autosave.path.exists()
    bench.clock.now += 1
    autosave.tick()
    wait(autosave)
    assert read(autosave.path).desks["plane"].data.settings.n == 13
    stamp = autosave.path.stat().st_mtime_ns
    bench.clock.now += 10
    autosave.tick()
    assert autosave._writing is None
    assert autosave.path.stat().st_mtime_ns == stamp
    autosave.close()


def test_a_steady_stream_of_changes_is_saved_too(tmp_path: Path) -> None:
    bench = Bench()
    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    for i in range(17):
        bench.do("data.set", name="n", value=10 + i)
        autosave.tick()
        bench.clock.now += 1
    if autosave._writing is not None:  # a quick disk has written it by the last tick
        wait(autosave)
    assert autosave.path.exists()
    autosave.close()


def test_training_is_saved_each_minute(tmp_path: Path) -> None:
    bench = Bench()
    bench.experiment.ready()
    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    bench.do("train.start")
    bench.clock.now += 30
    autosave.tick()
    assert autosave._writing is None
    bench.clock.now += 31
    autosave.tick()
    wait(autosave)
    assert read(autosave.path).runs["plane"].checkpoint.step == 1000
    autosave.close()


def test_closing_saved_leaves_nothing_and_closing_unsaved_keeps_it(tmp_path: Path) -> None:
    bench = Bench()
    Autosave(bench.experiment, tmp_path, bench.clock).close()
    assert list(tmp_path.iterdir()) == []
    bench.do("data.choose", name="rings")
    Autosave(bench.experiment, tmp_path, bench.clock).close()
    (left,) = recoverable(tmp_path)
    other = Bench()
    left.into(other.experiment)
    assert other.experiment.data_spec.name == "rings"
    assert other.experiment.dirty
    assert other.experiment.path is None
    left.discard()
    assert recoverable(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_lives_is_not_offered(tmp_path: Path) -> None:
    bench = Bench()
    bench.do("data.choose", name="rings")
    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    bench.do("data.choose", name="spiral")
    bench.clock.now += 0.1
    autosave.tick()
    bench.clock.now += 3
    autosave.tick()
    wait(autosave)
    assert autosave.path.exists()
    assert recoverable(tmp_path) == []
    autosave.close()


def test_a_killed_session_is_offered(tmp_path: Path) -> None:
    program = f"""
import os, pathlib
from tests.lab.fakes import Bench
from genplay.errors import BadInput
from genplay.lab.autosave import Autosave
bench = Bench()
autosave = Autosave(bench.experiment, pathlib.Path({str(tmp_path)!r}), bench.clock)
bench.do("data.stroke", points=[[0, 0], [1, 1]])
autosave.tick()
bench.clock.now += 3
autosave.tick()
autosave._writing.result(timeout=20)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 9
    (left,) = recoverable(tmp_path)
    bench = Bench()
    left.into(bench.experiment)
    assert len(bench.experiment.drawing.strokes) == 1


def test_trouble_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    def fail(*_: object) -> Path:
        raise BadInput("x cannot be written")

    autosave = Autosave(bench.experiment, tmp_path, bench.clock)
    monkeypatch.setattr("genplay.lab.autosave.write", fail)
    for name in ("rings", "spiral"):
        bench.do("data.choose", name=name)
        autosave.tick()
        bench.clock.now += 3
        autosave.tick()
        with pytest.raises(Exception, match="cannot be written"):
            wait(autosave)
        autosave.tick()
    assert [notice.level for notice in bench.notices] == ["warning"]
    bench.experiment.set_dirty(False)
    autosave.close()
