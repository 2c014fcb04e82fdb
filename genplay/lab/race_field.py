"""Who races against the desk's model where the user has not said: one model each of two other families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genplay.datasets.base import has_density
from genplay.lab.state import ModelChoice
from genplay.spaces import World
from genplay.training.shares import MOST_LANES

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment

__all__ = ["FULL", "field"]

FULL = f"A race has at most {MOST_LANES} models: remove one first."
_RIVALS = 2
_PREFERRED: dict[World, tuple[str, ...]] = {
    "plane": ("nsf", "gmm", "vae", "ddpm"),
    "digits": ("made", "rbm", "bernoulli-mixture", "vae"),
}
"""Quick to learn, and each shows its family well."""


def field(experiment: Experiment) -> list[ModelChoice]:
    """The desk's model, then up to two of other families that learn from these data; as they were last set."""
    desk, world = experiment.desk(), experiment.world
    chosen = [desk.choice]
    families = {desk.choice.card.family}
    for model in _PREFERRED[world]:
        choice = desk.kept_choices.get(model) or ModelChoice.default(model, world)
        objective = choice.card.objective(world, choice.objective)
        fits = not objective.needs_law or has_density(experiment.data.law)
        if fits and choice.card.family not in families and len(chosen) <= _RIVALS:
            chosen.append(choice)
            families.add(choice.card.family)
    return chosen
