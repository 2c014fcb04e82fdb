"""The race in a project file: its lanes where they stand, how its curves are drawn and when it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from genplay.datasets.base import Data
from genplay.lab import manifest as m
from genplay.lab.saved_run import checkpoint_from_json, checkpoint_to_json
from genplay.lab.state import ModelChoice
from genplay.spaces import World
from genplay.training.entrant import Entrant
from genplay.training.shares import MOST_LANES

if TYPE_CHECKING:
    from genplay.training.checkpoint import Checkpoint

__all__ = ["Axis", "KeptRace", "race_from_json", "race_to_json"]

Axis = Literal["seconds", "steps"]


@dataclass(frozen=True, eq=False)
class KeptRace:
    """The lanes in their order; ``limit``: the seconds after which each pauses; ``opened``: it was on the stage."""

    lanes: tuple[Entrant, ...]
    axis: Axis = "seconds"
    limit: float | None = None
    opened: bool = False

    @property
    def world(self) -> World:
        """The world of all its lanes."""
        return self.lanes[0].plan.world


def race_to_json(race: KeptRace, entries: dict[str, bytes]) -> dict[str, Any]:
    """What the manifest says of a race; its arrays go into ``entries`` under ``runs/race-…``."""
    return {
        "world": race.world,
        "axis": race.axis,
        "limit": race.limit,
        "opened": race.opened,
        "lanes": [_lane_to_json(lane, f"race-{i}", entries) for i, lane in enumerate(race.lanes)],
    }


def _lane_to_json(lane: Entrant, name: str, entries: dict[str, bytes]) -> dict[str, Any]:
    def placed(checkpoint: Checkpoint | None, name: str) -> dict[str, Any] | None:
        return None if checkpoint is None else checkpoint_to_json(checkpoint, name, entries)

    plan = lane.plan
    return {
        "choice": m.choice_to_json(ModelChoice.of(plan)),
        "seed": plan.seed,
        "data": m.spec_to_json(plan.data.spec),
        "at": placed(lane.at, name),
        "start": placed(lane.start, f"{name}-start"),
    }


def race_from_json(given: Mapping[str, Any], entries: Mapping[str, bytes]) -> KeptRace:
    """The race again. Raises as project files do."""
    from genplay.datasets.registry import build

    world, axis, limit = m.checked_world(given["world"]), given["axis"], given["limit"]
    if axis not in ("seconds", "steps") or not 1 <= len(given["lanes"]) <= MOST_LANES:
        raise ValueError(f"a race of {len(given['lanes'])} lanes by {axis!r}")
    if limit is not None and not 0 < float(limit) < 1e9:
        raise ValueError(f"a race that stops after {limit} seconds")
    built: list[Data] = []
    lanes = []
    for lane in given["lanes"]:
        spec = m.spec_from_json(lane["data"], world)
        data = next((known for known in built if known.spec == spec), None) or build(spec)
        built.append(data)
        plan = m.choice_from_json(lane["choice"], world).plan(data, world, m.checked_seed(lane["seed"]))
        at, start = (
            None if lane[place] is None else checkpoint_from_json(lane[place], entries)
            for place in ("at", "start")
        )
        lanes.append(Entrant(plan, at, start))
    return KeptRace(
        tuple(lanes), cast("Axis", axis), None if limit is None else float(limit), bool(given["opened"])
    )
