"""What lies on the desks: one a world, the choices of the current one by name, the data they build and the run they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from genplay.datasets.base import Data, DataSpec
from genplay.errors import BadInput
from genplay.knobs import Knobs
from genplay.lab.drawing import NAMES as DRAWINGS
from genplay.lab.presets import default_desk
from genplay.lab.state import Desk, ModelChoice, StageSettings
from genplay.models.card import Card, Objective
from genplay.spaces import WORLDS, World

if TYPE_CHECKING:
    from genplay.training.plan import RunPlan
    from genplay.training.recipe import Recipe

__all__ = ["OpenDesks"]


class OpenDesks:
    """The desks as they are now; ``Experiment`` is what changes them."""

    def __init__(self, desks: Mapping[World, Desk] | None, device: str) -> None:
        self.device = device
        self._world: World = "plane"
        self._desks: dict[World, Desk] = dict(desks or {world: default_desk(world) for world in WORLDS})
        self._built: dict[World, tuple[DataSpec, Data]] = {}

    @property
    def world(self) -> World:
        return self._world

    @property
    def worlds(self) -> tuple[World, ...]:
        return WORLDS

    def desk(self, world: World | None = None) -> Desk:
        """The desk of a world (None: the current one)."""
        return self._desks[world or self._world]

    @property
    def data_spec(self) -> DataSpec:
        return self.desk().data

    @property
    def data(self) -> Data:
        """The built data set; building is deterministic in the spec."""
        return self.built(self._world, self.desk())

    def built(self, world: World, desk: Desk) -> Data:
        """The data of a desk, built once; raises ``BadInput`` if they cannot be."""
        kept = self._built.get(world)
        if kept is not None and kept[0] is desk.data:
            return kept[1]
        from genplay.datasets.registry import build

        data = build(desk.data)
        if data.world != world:
            raise BadInput(f"The data set '{desk.data.name}' belongs to the world '{data.world}'.")
        self._built[world] = (desk.data, data)
        return data

    @property
    def drawing(self) -> object | None:
        """What is drawn (``Strokes`` or ``DrawnDigits``): what a canvas shows; None where there is no drawing."""
        desk = self.desk()
        if desk.cleared or desk.data.name != DRAWINGS[self._world]:
            return None
        return desk.data.content

    @property
    def card(self) -> Card:
        return self.desk().choice.card

    @property
    def model_id(self) -> str:
        return self.desk().choice.model

    @property
    def objective(self) -> str:
        return self.desk().choice.objective

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives that this model offers in this world, default first."""
        return self.card.objectives_in(self._world)

    @property
    def knobs(self) -> Knobs:
        return self.desk().choice.knobs

    @property
    def recipe(self) -> Recipe:
        return self.desk().choice.recipe

    @property
    def seed(self) -> int:
        return self.desk().seed

    @property
    def stage(self) -> StageSettings:
        return self.desk().stage

    # The run they ask for

    def plan(self) -> RunPlan:
        """The run as the desk asks for it."""
        return self.plan_of(self._world)

    def plan_of(self, world: World) -> RunPlan:
        """The run as a world's desk asks for it."""
        desk = self._desks[world]
        return self.plan_with(desk.choice, world, desk.seed)

    def plan_with(self, choice: ModelChoice, world: World, seed: int) -> RunPlan:
        """The run that another choice or seed would make on the data of a world's desk."""
        data = self.built(world, self._desks[world])
        return choice.plan(data, world, seed, self.device)  # type: ignore[arg-type]
