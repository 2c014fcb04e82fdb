"""The actions of the race, as data, and what they do. Lanes are numbered from 1, as the user sees them."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from genplay.errors import BadInput
from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.lab.state import ModelChoice
from genplay.training.shares import MOST_LANES

if TYPE_CHECKING:
    from genplay.lab.actions import ActionRegistry
    from genplay.lab.experiment import Experiment
    from genplay.lab.lanes import Lane
    from genplay.lab.race import Axis

__all__ = ["SPECS", "bind_race"]

_LANE = Param("lane", "int", "which lane, from 1", low=1, high=MOST_LANES)

SPECS = (
    ActionSpec(
        "race.open", "Race", "Train up to four models on these data side by side, with equal shares of time.",
        (Param("models", "names", "ids, with commas; left out, the last race, or this model and two others", None),),
        "Train", "Ctrl+Shift+R",
    ),
    ActionSpec("race.close", "Leave the race", "Back to the single run; the race is kept.", (), "Train", "", "race"),
    ActionSpec(
        "race.add", "Add a model to the race", "One more lane on the same data.",
        (
            Param("model", "str", "the id, as `genplay list models` shows it"),
            Param("objective", "str", "one of the model's ways of training; left out, its own", None),
            Param("seed", "int", "of the initial parameters; left out, one that no lane like it has", None, low=0, high=2**31 - 1),
        ), "Train", "", "race",
    ),
    ActionSpec("race.remove", "Take a lane out of the race", "The other lanes stay.", (_LANE,), "Train", "", "race"),
    ActionSpec("race.start", "Start the race", "Train all lanes, or go on.", (), "Train", "", "race"),
    ActionSpec("race.pause", "Pause the race", "All lanes rest; views refine themselves.", (), "Train", "", "race"),
    ActionSpec(
        "race.step", "Step all lanes", "Make some steps in every lane and pause.",
        (Param("n", "int", "how many steps", 1, low=1, high=1_000_000),), "Train", "", "race",
    ),
    ActionSpec("race.reset", "Rewind the race", "Every lane goes back to its start.", (), "Train", "", "race"),
    ActionSpec(
        "race.fork", "Fork a lane",
        "One more lane that goes on from where this one is: same parameters, an optimiser of its own, another seed.",
        (_LANE,), "Train", "", "race",
    ),
    ActionSpec(
        "race.take", "Take a lane's run", "The lane's run becomes the open one, trained as it is; undo brings yours back.",
        (_LANE,), "Train", "", "race",
    ),
    ActionSpec(
        "race.axis", "Axis of the race", "Draw the curves by seconds of training or by steps; left out, the other one.",
        (Param("by", "choice", "the axis", None, ("seconds", "steps")),), "Train", "", "race",
    ),
    ActionSpec(
        "race.seconds", "Stop the race after …", "Pause each lane at so many seconds of its own training; 0: do not.",
        (Param("seconds", "float", "seconds of training, 0 for no end", low=0.0, high=1e6),), "Train", "", "race",
    ),
)  # fmt: skip


def bind_race(registry: ActionRegistry, experiment: Experiment) -> None:
    """Say what each of them does, and when there is a race."""
    race = experiment.race

    def numbered(number: int) -> Lane:
        if number > len(race.lanes):
            raise BadInput(f"There is no lane {number}; the race has {len(race.lanes)}.")
        return race.lanes[number - 1]

    def choice(model: str, objective: str | None = None) -> ModelChoice:
        """As it was last set on this desk, else as its card has it."""
        world, desk = experiment.world, experiment.desk()
        known = desk.choice if model == desk.choice.model else desk.kept_choices.get(model)
        if known is not None and objective in (None, known.objective):
            return known
        return ModelChoice.default(model, world, objective)

    def begin(models: tuple[str, ...] | None) -> None:
        race.begin(None if models is None else [choice(name) for name in models])

    def add(model: str, objective: str | None, seed: int | None) -> None:
        race.add(choice(model, objective), seed)

    def fork(lane: int) -> Future[int]:
        return race.fork(numbered(lane).run_id)

    def axis(by: Axis | None) -> None:
        race.set_axis(by or ("steps" if race.axis == "seconds" else "seconds"))

    registry.bind("race.open", begin)
    registry.bind("race.close", race.leave)
    registry.bind("race.add", add)
    registry.bind("race.remove", lambda lane: race.remove(numbered(lane).run_id))
    registry.bind("race.start", race.start)
    registry.bind("race.pause", race.pause)
    registry.bind("race.step", race.step)
    registry.bind("race.reset", race.reset)
    registry.bind("race.fork", fork)
    registry.bind("race.take", lambda lane: race.take(numbered(lane).run_id))
    registry.bind("race.axis", axis)
    registry.bind("race.seconds", lambda seconds: race.stop_after(seconds or None))
    registry.bind_condition("race", lambda: "" if race.opened else "No race is open: Train › Race opens one.")
