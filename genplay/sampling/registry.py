"""A sampler by its name on a target, with everything random from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput
from genplay.knobs import Knobs
from genplay.sampling.base import Sampler
from genplay.sampling.cards import card
from genplay.sampling.target import Target

__all__ = ["knobs_of", "make"]


def knobs_of(name: str, values: Mapping[str, object], world: str) -> Knobs:
    """The knobs of a sampler from text or numbers by name; raises ``BadInput`` for one that means nothing in this world."""
    found = card(name)
    for key in values:
        if not found.knobs.info(key).applies(world):
            raise BadInput(f"{key} means nothing for the sampler '{name}' in the world '{world}'.")
    return found.knobs.parse(values)


def make(
    name: str,
    target: Target,
    values: Mapping[str, object] | None = None,
    seed: int = 0,
    chains: int | None = None,
    start: NDArray[np.float64] | None = None,
) -> Sampler[Any]:
    """A sampler ready to run; raises ``BadInput`` for an unknown one, or saying why it cannot serve the target."""
    found = card(name)
    knobs = knobs_of(name, values or {}, target.world)
    return found.load()(target, knobs, np.random.default_rng(seed), chains, start)
