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
from genplay.datasets.base import DataSpec
from genplay.errors import BadInput
from genplay.lab import manifest as m
from genplay.lab.archive import array_bytes, read_archive, read_array, write_archive
from genplay.lab.curves import history_from_json, history_to_json
from genplay.lab.kept_results import KeptResult, result_from_json, result_to_json
from genplay.lab.presets import default_desk
from genplay.lab.state import Desk, ModelChoice
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import DeviceName, RunPlan

__all__ = ["SUFFIX", "Project", "SavedRun", "capture", "open_into", "read", "save", "write"]

SUFFIX = ".genplay"


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A trained run: what it was trained as and on, and where it stands."""

    choice: ModelChoice
    seed: int
    data: DataSpec
    checkpoint: Checkpoint

    @staticmethod
    def of(plan: RunPlan, checkpoint: Checkpoint) -> SavedRun:
        """The run of a plan."""
        card = plan.card
        objective = card.objective(plan.world, plan.objective).id
        choice = ModelChoice(card.id, objective, plan.model_knobs, plan.full_recipe, plan.members)
        return SavedRun(choice, plan.seed, plan.data.spec, checkpoint)

    def plan(self, world: World, device: DeviceName = "auto") -> RunPlan:
        """The plan again, with the data built anew."""
        from genplay.datasets.registry import build
        from genplay.training.plan import RunPlan

        choice = self.choice
        return RunPlan(
            choice.model, world, build(self.data), choice.objective, choice.knobs.as_dict(), choice.recipe,
            self.seed, device, choice.members,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Project:
    """What a project file holds; a world without a desk is as an empty program has it."""

    world: World
    desks: Mapping[World, Desk]
    runs: Mapping[World, SavedRun] = field(default_factory=dict)
    results: tuple[KeptResult, ...] = ()


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
        "runs": {world: _run_to_json(world, run, entries) for world, run in project.runs.items()},
        "results": [result_to_json(r, f"kept-{i}", entries) for i, r in enumerate(project.results)],
    }
    lifted = _lift(manifest, entries, seen)
    entries = {"manifest.json": json.dumps(lifted, ensure_ascii=False, indent=1).encode(), **entries}
    write_archive(path, entries)
    return path


def _run_to_json(world: World, run: SavedRun, entries: dict[str, bytes]) -> dict[str, Any]:
    from safetensors.numpy import save as to_safetensors

    weights = f"runs/{world}.safetensors"
    state = {name: np.array(array, order="C") for name, array in run.checkpoint.state.items()}
    entries[weights] = to_safetensors(state)
    return {
        "choice": m.choice_to_json(run.choice),
        "seed": run.seed,
        "data": m.spec_to_json(run.data),
        "step": run.checkpoint.step,
        "seconds": run.checkpoint.seconds,
        "weights": weights,
        "history": history_to_json(run.checkpoint.history, f"runs/{world}", entries),
    }


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
            m.checked_world(world): _run_from_json(run, m.checked_world(world), entries)
            for world, run in lowered["runs"].items()
        }
        world = m.checked_world(lowered["world"])
        if world not in desks:
            raise ValueError(f"the world {world} is missing")
        # Files written before there were results have none.
        kept = [result_from_json(result, entries) for result in lowered.get("results", ())]
        return Project(world, desks, runs, tuple(result for result in kept if result is not None))
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


def _run_from_json(given: Mapping[str, Any], world: World, entries: Mapping[str, bytes]) -> SavedRun:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_safetensors

    from genplay.training.checkpoint import Checkpoint

    try:
        state = from_safetensors(entries[given["weights"]])
    except SafetensorError as error:
        raise BadInput(f"the weights are damaged ({error})") from None
    step, seconds = int(given["step"]), float(given["seconds"])
    if step < 0 or not 0 <= seconds < 1e9:
        raise ValueError(f"step {step} after {seconds} seconds")
    history = history_from_json(given["history"], entries)
    return SavedRun(
        m.choice_from_json(given["choice"], world),
        m.checked_seed(given["seed"]),
        m.spec_from_json(given["data"], world),
        Checkpoint(step, seconds, state, history),
    )


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
    results = experiment.evaluation.results
    out: Future[Project] = Future()

    def gathered(_: Future[Checkpoint] | None = None) -> None:
        if out.done() or not all(future.done() for future in asked.values()):
            return
        runs = {
            name: SavedRun.of(plans[name], future.result())
            for name, future in asked.items()
            if not future.cancelled() and future.exception() is None
        }
        if out.set_running_or_notify_cancel():
            out.set_result(Project(world, desks, runs, results))

    if not asked:
        gathered()
    for future in asked.values():
        future.add_done_callback(gathered)
    return out


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
    experiment.bench.come_back(experiment.plan())
    experiment.poll()
