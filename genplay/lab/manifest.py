"""The manifest of a project file: frozen values of the lab as JSON and back, every value checked on the way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.json_arrays import array_from_json, array_to_json
from genplay.errors import BadInput, suggest
from genplay.lab.small_table import SPAM, SmallTable
from genplay.lab.state import LAYERS, RESOLUTIONS, Desk, ModelChoice, StageSettings
from genplay.models.registry import cards
from genplay.spaces import WORLDS, World
from genplay.spaces.plane import Box

if TYPE_CHECKING:
    from genplay.training.members import Member

__all__ = [
    "SCHEMA_VERSION", "checked_seed", "checked_world", "choice_from_json", "choice_to_json", "desk_from_json",
    "desk_to_json", "migrated", "spec_from_json", "spec_to_json",
]  # fmt: skip

SCHEMA_VERSION = 1
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema version to the next one."""


def migrated(manifest: object) -> dict[str, Any]:
    """The manifest in this program's schema; raises ``BadInput`` for a newer one or none at all."""
    if not isinstance(manifest, dict) or manifest.get("format") != "genplay":
        raise BadInput("it is not a manifest of genplay")
    version = manifest.get("schema_version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise BadInput(f"its schema_version is {version!r}")
    if version > SCHEMA_VERSION:
        raise BadInput(
            f"it was written by a newer genplay (schema {version}, this program reads up to {SCHEMA_VERSION}); "
            "update genplay to open it"
        )
    while version < SCHEMA_VERSION:
        manifest = MIGRATIONS[version](manifest)
        version += 1
    return manifest


def checked_world(name: object) -> World:
    """The world of this name; raises ``BadInput``."""
    for world in WORLDS:
        if name == world:
            return world
    raise BadInput(f"its world is {name!r}")


def spec_to_json(spec: DataSpec) -> dict[str, Any]:
    from genplay.datasets.content import to_json

    return {
        "name": spec.name,
        "knobs": dict(spec.knobs),
        "settings": spec.settings.as_dict(),
        "content": to_json(spec.content),
    }


def spec_from_json(given: Mapping[str, Any], world: World) -> DataSpec:
    from genplay.datasets.content import from_json
    from genplay.datasets.registry import card

    found = card(str(given["name"]), world)
    knobs = {name: found.knobs.info(name).parse(value) for name, value in given["knobs"].items()}
    return DataSpec(found.id, knobs, DataSettings.parse(given["settings"]), from_json(given["content"]))


def choice_to_json(choice: ModelChoice) -> dict[str, Any]:
    return {
        "model": choice.model,
        "objective": choice.objective,
        "knobs": choice.knobs.as_dict(),
        "recipe": choice.recipe.as_dict(),
        **({"members": [_member_to_json(member) for member in choice.members]} if choice.members else {}),
    }


def _member_to_json(member: Member) -> dict[str, Any]:
    choice = ModelChoice(member.model, member.objective, member.knobs, member.recipe)
    return {
        "title": member.title,
        "weight": member.weight,
        "choice": choice_to_json(choice),
        "seed": member.seed,
        "data": spec_to_json(member.data),
        "steps": member.steps,
        "state": {name: array_to_json(_storable(array)) for name, array in member.state.items()},
    }


def _storable(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """The array as one of the few types of a file; a parameter is put back in its own."""
    return array if array.dtype.kind == "f" else array.astype(np.int64)


def _member_from_json(given: Mapping[str, Any], world: World) -> Member:
    from genplay.training.members import Member

    choice = choice_from_json(given["choice"], world)
    weight, steps = float(given["weight"]), int(given["steps"])
    if choice.members or not 0 <= weight <= 1e6 or steps < 0:
        raise ValueError(f"a member of weight {weight} after {steps} steps")
    state = {str(name): array_from_json(array) for name, array in given["state"].items()}
    return Member(
        str(given["title"])[:200], choice.model, choice.objective, choice.knobs, choice.recipe,
        checked_seed(given["seed"]), spec_from_json(given["data"], world), steps, state, weight,
    )  # fmt: skip


def choice_from_json(given: Mapping[str, Any], world: World) -> ModelChoice:
    if str(given["model"]) not in cards():
        raise BadInput(
            f"It was made with the model '{given['model']}', which is not known here.{suggest(str(given['model']), cards())} If that is one of your own, open its "
            "file first: Model › Open a model of your own, or --model-file FILE.py on the command line."
        )
    default = ModelChoice.default(str(given["model"]), world, str(given["objective"]))
    return ModelChoice(
        default.model,
        default.objective,
        default.card.knobs.parse(given["knobs"]),
        type(default.recipe).parse(given["recipe"]),
        tuple(_member_from_json(member, world) for member in given.get("members", [])),
    )


def desk_to_json(desk: Desk) -> dict[str, Any]:
    box = desk.stage.box
    return {
        "data": spec_to_json(desk.data),
        "choice": choice_to_json(desk.choice),
        "seed": desk.seed,
        "cleared": desk.cleared,
        "stage": {
            "layers": sorted(desk.stage.layers),
            "box": [box.x0, box.x1, box.y0, box.y1],
            "resolution": desk.stage.resolution,
        },
        "kept_data": [spec_to_json(spec) for spec in desk.kept_data.values() if spec.name != desk.data.name],
        "kept_choices": [choice_to_json(choice) for choice in desk.kept_choices.values()],
        "table": desk.table.to_json(),
    }


def desk_from_json(given: Mapping[str, Any], world: World) -> Desk:
    stage = given["stage"]
    x0, x1, y0, y1 = (float(v) for v in stage["box"])
    resolution = int(stage["resolution"])
    if not (abs(x0) + abs(x1) + abs(y0) + abs(y1) < 1e6 and RESOLUTIONS[0] <= resolution <= RESOLUTIONS[1]):
        raise ValueError(f"the stage shows {stage['box']} at {resolution} cells")
    kept = [spec_from_json(spec, world) for spec in given["kept_data"]]
    choices = [choice_from_json(c, world) for c in given["kept_choices"] if str(c["model"]) in cards()]
    return Desk(
        spec_from_json(given["data"], world),
        choice_from_json(given["choice"], world),
        checked_seed(given["seed"]),
        StageSettings(frozenset(LAYERS) & set(stage["layers"]), Box(x0, x1, y0, y1), resolution),
        bool(given["cleared"]),
        {spec.name: spec for spec in kept},
        {choice.model: choice for choice in choices},
        # Files from before there were small tables have none.
        SmallTable.from_json(given["table"]) if "table" in given else SPAM,
    )


def checked_seed(seed: object) -> int:
    """A seed from 0 to 2³¹ − 1."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ValueError(f"the seed is {seed!r}")
    return seed
