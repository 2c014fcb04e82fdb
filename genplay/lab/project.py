"""Project files (.genplay): the whole experiment of both worlds, with trained parameters and curves.

A zip of ``manifest.json``, ``.npy`` arrays and ``.safetensors`` weights. Reading executes and unpickles nothing.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genplay import __version__
from genplay.errors import BadInput
from genplay.lab import manifest as m
from genplay.lab.archive import array_bytes, read_archive, read_array, write_archive
from genplay.lab.gathering import answer, gather
from genplay.lab.kept_curves import curve_from_json, curve_to_json
from genplay.lab.kept_race import KeptRace, race_from_json, race_to_json
from genplay.lab.kept_results import KeptResult, result_from_json, result_to_json
from genplay.lab.presets import default_desk
from genplay.lab.saved_run import SavedRun, run_from_json, run_to_json
from genplay.lab.state import Desk
from genplay.lab.tradeoffs import Curve
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan

__all__ = ["SUFFIX", "Project", "capture", "open_into", "read", "save", "write"]

SUFFIX = ".genplay"


@dataclass(frozen=True, eq=False)
class Project:
    """What a project file holds; a world without a desk is as an empty program has it."""

    world: World
    desks: Mapping[World, Desk]
    runs: Mapping[World, SavedRun] = field(default_factory=dict)
    results: tuple[KeptResult, ...] = ()
    race: KeptRace | None = None
    curves: tuple[Curve, ...] = ()
    """Trade-offs on the data of ``world``."""


# Writing


def write(project: Project, path: Path) -> Path:
    """Write a project file, atomically; returns its path, with the suffix added if there was none. Raises ``BadInput``."""
    path = path if path.suffix else path.with_suffix(SUFFIX)
    entries: dict[str, bytes] = {}
    seen: dict[bytes, str] = {}
    manifest = {
        "format": "genplay",
        "schema_version": m.SCHEMA_VERSION,
        "genplay": __version__,
        "world": project.world,
        "desks": {world: m.desk_to_json(desk) for world, desk in project.desks.items()},
        "runs": {world: run_to_json(run, world, entries) for world, run in project.runs.items()},
        "results": [result_to_json(r, f"kept-{i}", entries) for i, r in enumerate(project.results)],
        "race": race_to_json(project.race, entries) if project.race is not None else None,
        "curves": [curve_to_json(curve) for curve in project.curves],
    }
    lifted = _lift(manifest, entries, seen)
    entries = {"manifest.json": json.dumps(lifted, ensure_ascii=False, indent=1).encode(), **entries}
    write_archive(path, entries)
    return path


def _lift(value: Any, entries: dict[str, bytes], seen: dict[bytes, str]) -> Any:
    """Move arrays out of the JSON into .npy entries; the same content is written once."""
    if isinstance(value, dict):
        if set(value) == {"type", "shape", "base64"}:
            array = np.frombuffer(base64.b64decode(value["base64"]), dtype=value["type"])
            content = array_bytes(array.reshape(value["shape"]))
            name = seen.setdefault(content, f"data/array-{len(seen)}.npy")
            entries[name] = content
            return {"npy": name}
        return {key: _lift(item, entries, seen) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_lift(item, entries, seen) for item in value]
    return value


# Reading


def read(path: Path) -> Project:
    """Read a project file; raises ``BadInput`` with a clear word for anything that is not as it should be."""
    entries = read_archive(path)
    try:
        manifest = m.migrated(json.loads(entries["manifest.json"].decode("utf-8")))
        lowered = _lower(manifest, entries)
        desks = {
            m.checked_world(world): m.desk_from_json(desk, m.checked_world(world))
            for world, desk in lowered["desks"].items()
        }
        runs = {
            m.checked_world(world): run_from_json(run, m.checked_world(world), entries)
            for world, run in lowered["runs"].items()
        }
        world = m.checked_world(lowered["world"])
        if world not in desks:
            raise ValueError(f"the world {world} is missing")
        # Files written before there were results, races or curves have none.
        race = race_from_json(lowered["race"], entries) if lowered.get("race") is not None else None
        kept = [result_from_json(result, entries) for result in lowered.get("results", ())]
        results = tuple(result for result in kept if result is not None)
        curves = tuple(curve_from_json(curve) for curve in lowered.get("curves", ()))
        return Project(world, desks, runs, results, race, curves)
    except BadInput as error:
        raise BadInput(f"{path} cannot be opened: {str(error).rstrip('.')}.") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInput(f"{path} is damaged: {type(error).__name__} {error}.") from None


def _lower(value: Any, entries: Mapping[str, bytes]) -> Any:
    """Put the .npy entries of ``data/`` back where they were taken from."""
    from genplay.datasets.json_arrays import array_to_json

    if isinstance(value, dict):
        if set(value) == {"npy"} and str(value["npy"]).startswith("data/"):
            name = str(value["npy"])
            return array_to_json(read_array(entries[name], name))
        return {key: _lower(item, entries) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower(item, entries) for item in value]
    return value


# The open experiment


def capture(experiment: Experiment) -> Future[Project]:
    """The open experiment as it is now; the parameters come from the training thread when it has a moment."""
    plans: dict[World, RunPlan] = {}
    asked: dict[World, Future[Checkpoint]] = {}
    bench = experiment.bench
    for world in experiment.worlds:
        left = bench.left(world)
        if left is not None:
            plans[world], asked[world] = left.plan, left.checkpoint
    now = bench.checkpoint()
    if now is not None and bench.told is not None:
        plans[bench.told.world], asked[bench.told.world] = bench.told, now
    world, desks = experiment.world, {name: experiment.desk(name) for name in experiment.worlds}
    race, evaluation = experiment.race.capture(), experiment.evaluation
    results, curves = evaluation.results, evaluation.tradeoffs.all_curves

    def project() -> Project:
        runs = {
            name: SavedRun.of(plans[name], found)
            for name, future in asked.items()
            if (found := answer(future)) is not None
        }
        return Project(world, desks, runs, results, answer(race), curves)

    return gather([race, *asked.values()], project)


def save(experiment: Experiment, path: Path) -> Future[Path]:
    """Save the open experiment; the future gives the path. Writing is done beside the window's thread."""
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}.")
    version, out = experiment.version, Future[Path]()
    trained = experiment.bench.started
    captured = capture(experiment)

    def work() -> None:
        try:
            out.set_result(write(captured.result(timeout=60), path))
        except BaseException as error:  # handed to whoever asked, whatever it was
            out.set_exception(error)

    def saved(written: Path) -> None:
        experiment.path = written
        if experiment.version == version:
            experiment.set_dirty(False)
        if trained and captured.result().world not in captured.result().runs:
            experiment.say(f"Saved {written.name} without the trained model: it gave no answer.", "warning")
        else:
            experiment.say(f"Saved {written.name}.")

    threading.Thread(target=work, name="genplay-save").start()
    return experiment.later(out, saved, any_run=True)


def open_into(experiment: Experiment, path: Path) -> None:
    """Open a project file in place of the open experiment; raises ``BadInput`` with nothing changed."""
    put(experiment, read(path))
    experiment.path = path
    experiment.set_dirty(False)


def put(experiment: Experiment, project: Project) -> None:
    """Put a project in place of the open experiment, its trained runs included; raises ``BadInput`` with nothing changed."""
    plans = {
        world: run.plan(world, experiment.device)  # type: ignore[arg-type]
        for world, run in project.runs.items()
    }
    desks = {world: project.desks.get(world) or default_desk(world) for world in experiment.worlds}
    experiment.load(project.world, desks)
    for world, run in project.runs.items():
        kept: Future[Checkpoint] = Future()
        kept.set_result(run.checkpoint)
        experiment.bench.put_left(world, plans[world], kept)
    experiment.evaluation.bring_back(project.results)
    experiment.evaluation.tradeoffs.bring_back(project.curves)
    experiment.bench.come_back(experiment.plan())
    if project.race is not None:
        experiment.race.bring_back(project.race)
    experiment.poll()
