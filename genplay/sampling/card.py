"""A sampler's card: what is known of it without running it, and whether it can serve a target."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from genplay.knobs import Knobs, knob
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.sampling.base import Sampler
    from genplay.sampling.target import Ability, Target

__all__ = ["ChainKnobs", "SamplerCard"]


@dataclass(frozen=True)
class ChainKnobs(Knobs):
    """What can be set on every sampler that runs chains."""

    chains: int = knob(64, "Chains that run side by side from different starts.", low=1, high=2000, log=True)
    warmup: int = knob(
        500,
        "Steps thrown away before the first sample, while chains still remember their start.",
        low=0,
        high=1_000_000,
    )
    thin: int = knob(
        10, "Steps between two samples of one chain: neighbours are alike.", low=1, high=100_000, log=True
    )


@dataclass(frozen=True)
class SamplerCard:
    """What a sampler is, where it works and what it needs of a target.

    ``needs`` are all needed; of ``any_of`` one is enough. ``exact`` says in a few words what its samples are.
    """

    id: str
    title: str
    worlds: tuple[World, ...]
    summary: str
    formula: str
    reference: str
    knobs: type[Knobs]
    needs: tuple[Ability, ...]
    exact: str
    target: str
    any_of: tuple[Ability, ...] = ()
    elsewhere: Mapping[World, str] = field(default_factory=dict)

    def why_not(self, target: Target) -> str:
        """Why it cannot serve this target, as a sentence; '' if it can."""
        if target.world not in self.worlds:
            return self.elsewhere.get(target.world, f"it does not work in the world '{target.world}'.")
        for ability in self.needs:
            if not target.offers(ability):
                return target.lacks(ability)
        if self.any_of and not any(target.offers(a) for a in self.any_of):
            return target.lacks(self.any_of[0])
        return ""

    def load(self) -> type[Sampler[Any]]:
        """Import the sampler's class."""
        module, _, name = self.target.partition(":")
        cls: type[Sampler[Any]] = getattr(importlib.import_module(module), name)
        return cls
