"""Setting knobs of a data set by name: its own, and those that every data set has (``DataSettings``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import card
from genplay.errors import BadInput, suggest
from genplay.spaces import World

__all__ = ["with_knobs"]


def with_knobs(spec: DataSpec, world: World | None, values: Mapping[str, object]) -> DataSpec:
    """The spec with some knobs changed and checked; raises ``BadInput`` for an unknown name or a value out of range."""
    found = card(spec.name, world)
    own = {info.name for info in found.knobs.infos()}
    known = own | {info.name for info in DataSettings.infos()}
    for name in values:
        if name not in known:
            raise BadInput(
                f"The data set '{spec.name}' has no knob '{name}'.{suggest(name, known)} "
                f"Allowed: {', '.join(sorted(known))}."
            )
    knobs = {name: found.knobs.info(name).parse(raw) for name, raw in values.items() if name in own}
    settings = spec.settings.replace(**{name: raw for name, raw in values.items() if name not in own})
    return replace(spec, knobs={**spec.knobs, **knobs}, settings=settings)
