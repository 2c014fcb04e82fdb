"""What is open, as frozen values: one desk a world, the latent point and anchors, and the notices shown to the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data, DataSpec
from genplay.knobs import Knobs
from genplay.lab.small_table import SPAM, SmallTable
from genplay.models.card import Card
from genplay.spaces import World
from genplay.spaces.plane import HOME, Box

if TYPE_CHECKING:
    from genplay.training.members import Member
    from genplay.training.plan import DeviceName, RunPlan
    from genplay.training.recipe import Recipe

__all__ = [
    "LAYERS", "RESOLUTIONS", "Anchor", "Desk", "Interpolation", "InterpolationKind", "LatentState", "ModelChoice", "Notice",
    "StageSettings",
]  # fmt: skip

LAYERS = (
    "data", "samples", "density", "contours", "energy", "discriminator", "score", "truth", "error", "posterior", "paths",
    "velocity", "warp", "noised", "components",
)  # fmt: skip
RESOLUTIONS = (16, 512)
InterpolationKind = Literal["linear", "spherical"]


@dataclass(frozen=True)
class ModelChoice:
    """A model with its objective, its knobs, the recipe it is trained by, and the runs that a mixture is made of."""

    model: str
    objective: str
    knobs: Knobs
    recipe: Recipe
    members: tuple[Member, ...] = ()

    @staticmethod
    def default(model: str, world: World, objective: str | None = None) -> ModelChoice:
        """A model as its card has it; raise ``BadInput`` for one that does not exist in this world."""
        from genplay.models.registry import card
        from genplay.training.recipe import Recipe

        found = card(model, world)
        return ModelChoice(model, found.objective(world, objective).id, found.knobs(), Recipe.for_card(found))

    @staticmethod
    def of(plan: RunPlan) -> ModelChoice:
        """What the user would have chosen for this run."""
        card = plan.card
        objective = card.objective(plan.world, plan.objective).id
        return ModelChoice(card.id, objective, plan.model_knobs, plan.full_recipe, plan.members)

    def plan(self, data: Data, world: World, seed: int, device: DeviceName = "auto") -> RunPlan:
        """The run that this stands for on some data."""
        from genplay.training.plan import RunPlan

        return RunPlan(
            model=self.model, world=world, data=data, objective=self.objective, knobs=self.knobs.as_dict(),
            recipe=self.recipe, seed=seed, device=device, members=self.members,
        )  # fmt: skip

    @property
    def card(self) -> Card:
        from genplay.models.registry import card

        return card(self.model)

    def fitted(self, world: World) -> ModelChoice:
        """The same for the card as it is now: a model file that was changed may have other knobs and objectives."""
        found = self.card
        if isinstance(self.knobs, found.knobs):
            return self
        offered = [o.id for o in found.objectives_in(world)]
        objective = self.objective if self.objective in offered else offered[0]
        return replace(self, objective=objective, knobs=found.knobs.carried(self.knobs))


@dataclass(frozen=True)
class StageSettings:
    """What the stage shows: its layers, the part of the plane in view, and cells a side of its fields while training."""

    layers: frozenset[str] = frozenset({"data", "samples", "density"})
    box: Box = HOME
    resolution: int = 96


@dataclass(frozen=True)
class Desk:
    """Everything that can be edited in one world. What was chosen before is kept, so that choosing it again brings it back.

    ``cleared``: the canvas has been emptied, and the next stroke begins a new drawing. ``table``: the small table that naive
    Bayes is explained on. ``taken``: which of the runs that were taken from a race is open (0: none of them).
    """

    data: DataSpec
    choice: ModelChoice
    seed: int = 0
    stage: StageSettings = field(default_factory=StageSettings)
    cleared: bool = False
    kept_data: Mapping[str, DataSpec] = field(default_factory=dict)
    kept_choices: Mapping[str, ModelChoice] = field(default_factory=dict)
    table: SmallTable = SPAM
    taken: int = 0


@dataclass(frozen=True, eq=False)
class Anchor:
    """One end of an interpolation: a point of the data space, x (d,), and its latent code, z (k,)."""

    x: NDArray[np.float64]
    z: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Interpolation:
    """A path between two anchors: z (n, k), x (n, d), and log p(x) in nats along it where the model has a density."""

    z: NDArray[np.float64]
    x: NDArray[np.float64]
    log_prob: NDArray[np.float64] | None
    step: int


@dataclass(frozen=True, eq=False)
class LatentState:
    """The latent point under the sliders, z (k,), and the interpolation between two anchors.

    ``position`` in [0, 1] is the place on the path; ``dim`` is the number of latent dimensions of the open run (0: none).
    """

    z: tuple[float, ...] = ()
    dim: int = 0
    a: Anchor | None = None
    b: Anchor | None = None
    kind: InterpolationKind = "linear"
    steps: int = 9
    position: float = 0.0
    path: Interpolation | None = None


@dataclass(frozen=True)
class Notice:
    """One line for the user."""

    level: Literal["info", "warning", "error"]
    text: str
