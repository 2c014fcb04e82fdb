"""What the actions of a mixture of saved runs do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from genplay.errors import BadInput
from genplay.lab import mixture
from genplay.lab.actions import ActionRegistry
from genplay.lab.experiment import Experiment
from genplay.lab.state import ModelChoice

__all__ = ["bind_mixture"]


def bind_mixture(registry: ActionRegistry, experiment: Experiment) -> None:
    """Bind the actions of the mixture, and the condition that it is open and has runs."""

    def mixed() -> str:
        choice = experiment.desk().choice
        if choice.model != mixture.MIXTURE:
            return "The model is not a mixture of runs; Model › Add a saved run to the mixture makes one."
        return "" if choice.members else "There is no run in the mixture yet."

    actions = _Mixture(experiment)
    registry.bind_condition("mixture", mixed)
    registry.bind("mixture.add", actions.add)
    registry.bind("mixture.remove", actions.remove)
    registry.bind("mixture.weigh", actions.weigh)


class _Mixture:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def add(self, path: Path) -> None:
        experiment, desk = self._experiment, self._experiment.desk()
        choice = self._mixture()
        member = mixture.member_of_file(path, experiment.world)
        members = mixture.joined(choice.members, member, desk.data, experiment.world)
        experiment.choose_model(replace(choice, members=members), f"Add {path.name} to the mixture")
        experiment.say(f"{members[-1].title} is run {len(members)} of the mixture; train to fit the weights.")

    def remove(self, index: int) -> None:
        choice = self._mixture()
        if index >= len(choice.members):
            raise BadInput(f"There is no run {index}. Allowed: 0 to {len(choice.members) - 1}.")
        members = choice.members[:index] + choice.members[index + 1 :]
        self._experiment.choose_model(replace(choice, members=members), "Take a run out of the mixture")

    def weigh(self, index: int, weight: float) -> None:
        choice = self._mixture()
        members = mixture.weighted(choice.members, {index: weight})
        knobs = choice.knobs.replace(weighting="by hand")
        changed = replace(choice, members=members, knobs=knobs)
        self._experiment.choose_model(changed, "Set the weight of a run", merge=f"mixture.{index}")

    def _mixture(self) -> ModelChoice:
        """The mixture as it is chosen, or was when it was last open."""
        desk = self._experiment.desk()
        if desk.choice.model == mixture.MIXTURE:
            return desk.choice
        return desk.kept_choices.get(mixture.MIXTURE) or ModelChoice.default(
            mixture.MIXTURE, self._experiment.world
        )
