"""A trained run as a member of a mixture: all that it takes to build its model again, as plain values without torch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from genplay.datasets.base import DataSpec
from genplay.knobs import Knobs
from genplay.models.registry import card
from genplay.spaces import World
from genplay.training.checkpoint import State
from genplay.training.recipe import Recipe

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["Member", "as_seen"]

_AVERAGE = "average/"


@dataclass(frozen=True, eq=False)
class Member:
    """What was trained, on what, and its parameters. ``weight`` is its share of the mixture when weights are set by hand."""

    title: str
    model: str
    objective: str
    knobs: Knobs
    recipe: Recipe
    seed: int
    data: DataSpec
    steps: int
    state: State
    weight: float = 1.0

    def __eq__(self, other: object) -> bool:
        """Whether it is the same run with the same weight: one from a file is that of another reading."""
        if self is other or not isinstance(other, Member):
            return self is other
        plain = [f.name for f in fields(self) if f.name != "state"]
        return (
            all(getattr(self, name) == getattr(other, name) for name in plain)
            and self.state.keys() == other.state.keys()
            and all(np.array_equal(array, other.state[name]) for name, array in self.state.items())
        )

    __hash__ = None  # type: ignore[assignment]

    def rebuilt(self, world: World) -> Model:
        """The trained model on the processor; ``BadInput`` if the parameters are of another one."""
        from genplay.datasets.registry import build
        from genplay.training import parameters
        from genplay.training.plan import RunPlan
        from genplay.training.trainer import Trainer

        plan = RunPlan(
            card(self.model, world).id, world, build(self.data), self.objective, self.knobs.as_dict(), self.recipe,
            self.seed, "cpu",
        )  # fmt: skip
        model = Trainer(plan).model
        parameters.write(model, self.state)
        return model


def as_seen(state: State) -> State:
    """The parameters that views and measures use: their averages, where there are any."""
    plain = {name: a for name, a in state.items() if not name.startswith(_AVERAGE)}
    means = {name.removeprefix(_AVERAGE): a for name, a in state.items() if name.startswith(_AVERAGE)}
    return {**plain, **means}
