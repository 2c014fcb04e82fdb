from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from genplay.errors import BadInput
from genplay.lab.script import Script, ScriptError
from genplay.training.worker import Worker
from tests.lab.fakes import Bench


def lines(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def run(bench: Bench, *rows: object) -> None:
    asyncio.run(Script.parse(lines(*rows)).run(bench.registry, bench.experiment))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not JSON"),
        ("# a comment", "not JSON"),
        ("[1]", "a line is an object"),
        ("{}", 'either "do" or "wait"'),
        ('{"do": "train.start", "wait": {"steps": 1}}', 'either "do" or "wait"'),
        ('{"do": 3}', "names an action"),
        ('{"wait": 3}', "is an object"),
        ('{"wait": {"step": 3}}', "Did you mean 'steps'"),
        ('{"wait": {}}', "exactly one"),
        ('{"wait": {"steps": 1, "seconds": 1}}', "exactly one"),
        ('{"wait": {"steps": -1}}', "at least 0"),
        ('{"wait": {"steps": true}}', "at least 0"),
        ('{"wait": {"state": "pausd"}}', "Did you mean 'paused'"),
        ('{"wait": {"snapshot": false}}', '"snapshot" is true'),
        ('{"wait": {"health": "mode-collaps"}}', "Did you mean 'mode-collapse'"),
        ('{"wait": {"steps": 1}, "timeout": 3}', "nothing else"),
    ],
)
def test_a_bad_line_is_named_by_its_number(row: str, said: str) -> None:
    with pytest.raises(ScriptError, match=said) as caught:
        Script.parse('{"do": "train.start"}\n\n' + row, "demo.jsonl")
    assert caught.value.line == 3
    assert str(caught.value).startswith("demo.jsonl, line 3: ")
    assert caught.value.exit_code == 1


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"do": "train.start"}\n\n{"wait": {"seconds": 0.1}}\n')
    assert [line.number for line in Script.load(path).lines] == [1, 3]
    with pytest.raises(BadInput, match="cannot be read"):
        Script.load(tmp_path / "none")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not UTF-8"):
        Script.load(path)


def test_every_line_is_checked_before_the_first_is_run() -> None:
    bench = Bench()
    with pytest.raises(ScriptError, match=r"line 2: .*Did you mean 'train\.start'"):
        run(bench, {"do": "data.choose", "name": "rings"}, {"do": "train.strt"})
    assert bench.experiment.data_spec.name == "two-moons"
    with pytest.raises(ScriptError, match=r"line 1: .*takes no 'nam'"):
        run(bench, {"do": "data.choose", "nam": "rings"})


def test_a_line_that_fails_stops_the_script() -> None:
    bench = Bench()
    with pytest.raises(ScriptError, match=r"line 2: .*two-moons"):
        run(
            bench,
            {"do": "data.choose", "name": "rings"},
            {"do": "data.choose", "name": "two-mons"},
            {"do": "data.choose", "name": "spiral"},
        )
    assert bench.experiment.data_spec.name == "rings"


def test_waits() -> None:
    bench = Bench()
    bench.registry.bind("app.quit", lambda: None)
    run(
        bench,
        {"wait": {"seconds": 0.03}},
        {"do": "train.start"},
        {"wait": {"steps": 1000}},
        {"wait": {"snapshot": True}},
        {"wait": {"state": "running"}},
        {"do": "train.pause"},
        {"wait": {"state": "paused"}},
        {"do": "app.quit"},
        {"do": "data.choose", "name": "rings"},
    )
    assert bench.worker.words() == ["open", "start", "pause"]
    assert bench.experiment.data_spec.name == "two-moons"


def test_a_wait_gives_up() -> None:
    bench = Bench()
    bench.experiment.ready()
    with pytest.raises(ScriptError, match=r"line 1: still waiting after 0\.1 seconds \(step 0, ready\)"):
        run(bench, {"wait": {"steps": 5, "timeout": 0.1}})
    with pytest.raises(ScriptError, match="no run is open"):
        run(Bench(), {"wait": {"snapshot": True, "timeout": 0.1}})


def test_a_script_waits_for_every_lane_of_a_race() -> None:
    bench = Bench(Worker())
    try:
        bench.experiment.ready()
        with pytest.raises(ScriptError, match=r"line 1: still waiting .*no race is open"):
            run(bench, {"wait": {"race": 5, "timeout": 0.1}})
        run(
            bench,
            {"do": "race.open", "models": ["gaussian", "vae", "gmm"]},
            {"do": "race.start"},
            {"wait": {"race": 30}},
            {"do": "race.pause"},
        )
        steps = [(s.model, s.step) for s in bench.experiment.race.snapshots()]
        assert all(step >= 30 for model, step in steps if model != "gmm"), steps
    finally:
        bench.experiment.close()


def test_a_failed_run_ends_the_wait() -> None:
    bench = Bench()
    bench.experiment.ready()
    bench.worker._state("failed")
    with pytest.raises(ScriptError, match="training failed"):
        run(bench, {"wait": {"steps": 5}})


def test_a_whole_demo_with_a_real_worker(tmp_path: Path) -> None:
    worker = Worker()
    bench = Bench(worker)
    try:
        run(
            bench,
            {"do": "data.stroke", "points": [[-1, 0], [1, 0.5]], "size": 0.3},
            {"do": "train.start"},
            {"wait": {"steps": 100}},
            {"do": "data.stroke", "points": [[-1, 1], [1, 1]]},
            {"do": "train.pause"},
            {"wait": {"state": "paused"}},
            {"do": "latent.encode", "point": [0.5, 0.5]},
            {"do": "latent.set", "index": 0, "value": 1.5},
            {"do": "latent.anchor", "slot": "a", "point": [0, 0]},
            {"do": "latent.anchor", "slot": "b", "point": [1, 0]},
            {"do": "latent.interpolate", "steps": 7},
            {"do": "latent.position", "t": 0.5},
            {"do": "file.save_as", "path": str(tmp_path / "demo.genplay")},
        )
    finally:
        worker.close()
    latent = bench.experiment.latent
    assert latent.dim == 2
    assert latent.path.x.shape == (7, 2)
    # The code of a Gaussian is a linear map of x, so the path is the straight line between the anchors.
    assert latent.path.x[3] == pytest.approx([0.5, 0.0], abs=1e-5)
    assert latent.z == pytest.approx(latent.path.z[3])
    assert latent.path.log_prob.shape == (7,)
    assert (tmp_path / "demo.genplay").stat().st_size > 1000
    assert bench.experiment.dirty is False
