"""A model's card: all that is known of a model without torch (lists, forms, gallery of families)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from genplay.errors import unknown_name
from genplay.knobs import Knobs, Value
from genplay.quantity import Kind
from genplay.spaces import WORLDS, World

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["Capability", "Card", "Cost", "Objective"]

Capability = Literal[
    "density", "energy", "score", "sample", "latent", "conditionals", "labels", "posterior", "velocity",
    "discriminator", "responsibilities", "trajectory", "forward", "reconstruction", "layers", "components",
]  # fmt: skip
Cost = Literal["one pass", "d passes", "T steps", "chain"]


@dataclass(frozen=True)
class Objective:
    """One way of training a model; the first one a card lists for a world is the default there."""

    id: str
    title: str
    help: str
    worlds: tuple[World, ...] = WORLDS
    needs_law: bool = False
    """Whether it is defined by the true density of the data, and so cannot be had where that is not known."""


@dataclass(frozen=True)
class Card:
    """What a model is and can do.

    ``density`` says for each world what kind ``log_prob`` is (absent: no density). ``recipe`` overrides optimiser
    defaults (see ``training.recipe``). ``target`` is ``module:Class``, imported only when a run is built, for each world
    its own where they differ. ``limited`` names the worlds of an ability that is not there in all of them.
    ``bounded`` names the worlds where it has no ``log_prob`` but a lower bound on it (``elbo``). ``trained_by``, ``latents``
    (hidden variables that explain x; '': none) and ``architecture`` are cells of the comparison table, in a few words.
    """

    id: str
    title: str
    family: str
    worlds: tuple[World, ...]
    summary: str
    formula: str
    reference: str
    knobs: type[Knobs]
    objectives: tuple[Objective, ...]
    capabilities: tuple[Capability, ...]
    density: Mapping[World, Kind]
    cost: Cost
    target: str | Mapping[World, str]
    recipe: Mapping[str, Value] = field(default_factory=dict)
    limited: Mapping[Capability, tuple[World, ...]] = field(default_factory=dict)
    bounded: tuple[World, ...] = ()
    trained_by: str = ""
    latents: str = ""
    architecture: str = ""

    def capabilities_in(self, world: World) -> tuple[Capability, ...]:
        """What the model can do in this world."""
        return tuple(c for c in self.capabilities if world in self.limited.get(c, WORLDS))

    def objectives_in(self, world: World) -> tuple[Objective, ...]:
        """The objectives that exist in this world, default first."""
        return tuple(o for o in self.objectives if world in o.worlds)

    def objective(self, world: World, name: str | None) -> Objective:
        """One objective by id (None: the default); raise ``BadInput`` naming the allowed ones."""
        offered = self.objectives_in(world)
        if name is None:
            return offered[0]
        for objective in offered:
            if objective.id == name:
                return objective
        raise unknown_name(f"objective of {self.id}", name, [o.id for o in offered])

    def load(self, world: World) -> type[Model]:
        """Import the model's class for a world (this imports torch)."""
        target = self.target if isinstance(self.target, str) else self.target[world]
        module, _, name = target.partition(":")
        cls: type[Model] = getattr(importlib.import_module(module), name)
        return cls
