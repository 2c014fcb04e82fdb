"""A trained run in a project file: what it was trained as and on, its parameters and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genplay.datasets.base import DataSpec
from genplay.errors import BadInput
from genplay.lab import manifest as m
from genplay.lab.curves import history_from_json, history_to_json
from genplay.lab.state import ModelChoice
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.training.checkpoint import Checkpoint, State
    from genplay.training.plan import DeviceName, RunPlan

__all__ = [
    "SavedRun", "checkpoint_from_json", "checkpoint_to_json", "run_from_json", "run_to_json", "weights_from", "weights_to",
]  # fmt: skip


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
        return SavedRun(ModelChoice.of(plan), plan.seed, plan.data.spec, checkpoint)

    def plan(self, world: World, device: DeviceName = "auto") -> RunPlan:
        """The plan again, with the data built anew."""
        from genplay.datasets.registry import build

        return self.choice.plan(build(self.data), world, self.seed, device)


def run_to_json(run: SavedRun, name: str, entries: dict[str, bytes]) -> dict[str, Any]:
    """What the manifest says of a run; its arrays go into ``entries`` under ``runs/name``."""
    return {
        "choice": m.choice_to_json(run.choice),
        "seed": run.seed,
        "data": m.spec_to_json(run.data),
        **checkpoint_to_json(run.checkpoint, name, entries),
    }


def run_from_json(given: Mapping[str, Any], world: World, entries: Mapping[str, bytes]) -> SavedRun:
    """The run again. Raises as project files do."""
    return SavedRun(
        m.choice_from_json(given["choice"], world),
        m.checked_seed(given["seed"]),
        m.spec_from_json(given["data"], world),
        checkpoint_from_json(given, entries),
    )


def checkpoint_to_json(checkpoint: Checkpoint, name: str, entries: dict[str, bytes]) -> dict[str, Any]:
    """Where a run stands; its arrays go into ``entries`` under ``runs/name``."""
    return {
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "weights": weights_to(checkpoint.state, name, entries),
        "history": history_to_json(checkpoint.history, f"runs/{name}", entries),
    }


def checkpoint_from_json(given: Mapping[str, Any], entries: Mapping[str, bytes]) -> Checkpoint:
    """The same again. Raises as project files do."""
    from genplay.training.checkpoint import Checkpoint

    state = weights_from(entries[given["weights"]])
    step, seconds = int(given["step"]), float(given["seconds"])
    if step < 0 or not 0 <= seconds < 1e9:
        raise ValueError(f"step {step} after {seconds} seconds")
    return Checkpoint(step, seconds, state, history_from_json(given["history"], entries))


def weights_to(state: State, name: str, entries: dict[str, bytes]) -> str:
    """Put parameters into ``entries``; returns the name of the entry."""
    from safetensors.numpy import save

    entry = f"runs/{name}.safetensors"
    entries[entry] = save({key: np.array(array, order="C") for key, array in state.items()})
    return entry


def weights_from(content: bytes) -> State:
    """Parameters from the content of their entry; raises ``BadInput`` where that is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(content)
    except SafetensorError as error:
        raise BadInput(f"the weights are damaged ({error})") from None
