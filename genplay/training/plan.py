"""All that decides a run: model, data, knobs, recipe, seed and device. The same plan trains the same way, bit for bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from genplay.datasets.base import Data, has_density
from genplay.errors import BadInput
from genplay.knobs import Knobs
from genplay.models.card import Card
from genplay.models.registry import card as registered
from genplay.spaces import DIMENSIONS, World
from genplay.training.members import Member
from genplay.training.recipe import Recipe

__all__ = ["DeviceName", "RunPlan"]

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class RunPlan:
    """One run before it begins.

    ``model`` is an id, or a card that is in no registry. ``objective`` None means the card's default in this world;
    ``recipe`` as a mapping changes the card's defaults, as a ``Recipe`` it is taken as it is. ``members`` are the runs that a
    mixture is made of.
    """

    model: str | Card
    world: World
    data: Data
    objective: str | None = None
    knobs: Mapping[str, object] = field(default_factory=dict)
    recipe: Mapping[str, object] | Recipe = field(default_factory=dict)
    seed: int = 0
    device: DeviceName = "auto"
    members: tuple[Member, ...] = ()

    @property
    def card(self) -> Card:
        if isinstance(self.model, Card):
            return self.model
        return registered(self.model, self.world)

    @property
    def model_knobs(self) -> Knobs:
        """The model's knobs, checked."""
        return self.card.knobs.parse(self.knobs)

    @property
    def full_recipe(self) -> Recipe:
        """The card's recipe with this plan's changes, checked."""
        if isinstance(self.recipe, Recipe):
            return self.recipe
        return Recipe.for_card(self.card).replace(**self.recipe)

    def checked(self) -> RunPlan:
        """The same plan, or ``BadInput`` if it cannot be run: unknown names, values out of range, unfitting data."""
        card = self.card
        if self.world not in card.worlds:
            raise BadInput(f"The model '{card.id}' does not work in the world '{self.world}'.")
        card.objective(self.world, self.objective)
        _ = self.model_knobs, self.full_recipe
        check_data(self.data, self.world)
        self._check_law(self.data)
        return self

    def _check_law(self, data: Data) -> None:
        objective = self.card.objective(self.world, self.objective)
        if objective.needs_law and not has_density(data.law):
            raise BadInput(
                f"'{objective.title}' compares with the true density, which is not known for the data '{data.spec.name}'. "
                "Choose another objective, or data with a law."
            )

    def with_knob(self, name: str, raw: object) -> RunPlan:
        """The plan with one live knob of the model changed; ``BadInput`` for a knob that needs a restart."""
        return dataclasses.replace(self, knobs={**self.knobs, name: live_value(self.card.knobs, name, raw)})

    def with_recipe(self, name: str, raw: object) -> RunPlan:
        """The plan with one live knob of the recipe changed; ``BadInput`` for one that needs a restart."""
        return dataclasses.replace(
            self, recipe=self.full_recipe.replace(**{name: live_value(Recipe, name, raw)})
        )

    def with_data(self, data: Data) -> RunPlan:
        """The plan with other data of the same world."""
        check_data(data, self.world)
        self._check_law(data)
        # A model whose knob for classes is off does not look at labels: new ones are no news to it.
        told = getattr(self.model_knobs, "conditional", True)
        classifies = {"labels", "posterior"} & set(self.card.capabilities_in(self.world))
        if told and classifies and data.classes > self.data.classes:
            raise BadInput(
                f"The data now have {data.classes} classes, the model was built for {self.data.classes}. "
                "Restart the run to take in the new class."
            )
        return dataclasses.replace(self, data=data)


def live_value(knobs: type[Knobs], name: str, raw: object) -> object:
    """The checked value of a knob that may change while training; else ``BadInput``."""
    info = knobs.info(name)
    value = info.parse(raw)
    if not info.live:
        live = ", ".join(i.name for i in knobs.infos() if i.live) or "none"
        raise BadInput(f"'{name}' needs a restart of the run. Knobs that apply while training: {live}.")
    return value


def check_data(data: Data, world: World) -> None:
    """``BadInput`` unless the data are of this world and have something to train on."""
    if data.world != world:
        raise BadInput(
            f"The data '{data.spec.name}' belong to the world '{data.world}', the run to '{world}'."
        )
    if len(data.x_train) == 0:
        raise BadInput(f"The data '{data.spec.name}' are empty: there is nothing to train on.")
    if data.x_train.shape[1] != DIMENSIONS[world]:
        raise BadInput(
            f"The data '{data.spec.name}' have {data.x_train.shape[1]} columns; "
            f"the world '{world}' has {DIMENSIONS[world]}."
        )
