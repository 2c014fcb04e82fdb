"""The actions that measure beside the truth, the estimators and a drawn region: as data, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.metrics.estimators.questions import QUESTIONS

if TYPE_CHECKING:
    from genplay.lab.actions import ActionRegistry
    from genplay.lab.estimation import Estimation
    from genplay.lab.region import Region

__all__ = ["SPECS", "bind_estimators"]

SPECS = (
    ActionSpec(
        "estimators.choose", "Choose what is estimated", "Which number the estimators are compared on.",
        (Param("question", "choice", "the number", choices=tuple(q.id for q in QUESTIONS)),), "Evaluate",
    ),
    ActionSpec(
        "estimators.set", "Set a knob of the estimators", "How far the estimators go: samples, temperatures, chains, codes.",
        (Param("name", "str", "the knob's name"), Param("value", "value", "its new value")),
    ),
    ActionSpec(
        "estimators.run", "Estimate beside the truth", "Let every estimator try on a copy of the model as it is now.", (), "Evaluate",
        "Ctrl+Alt+E",
    ),
    ActionSpec(
        "stage.measure", "Measure a region",
        "The probability in a region of the plane, under the model and under the truth; left out, forget the region.",
        (Param("points", "points", "the corners of a closed loop, or two opposite corners of a rectangle", None),), when="plane",
    ),
    ActionSpec(
        "stage.measuring", "Measure with the mouse",
        "Draw a closed loop on the stage, or with Shift a rectangle, and read how much probability it holds.",
        (Param("on", "bool", "tool in hand; left out, the other way", None),), "View", "M", "plane",
    ),
    ActionSpec("estimators.stop", "Stop estimating", "Leave the estimators' work."),
)  # fmt: skip


def bind_estimators(registry: ActionRegistry, estimation: Estimation, region: Region) -> None:
    """Bind them."""
    registry.bind("stage.measure", region.measure)
    registry.bind("stage.measuring", region.take)
    registry.bind("estimators.choose", lambda question: estimation.choose(question))
    registry.bind("estimators.set", estimation.set)
    registry.bind("estimators.run", estimation.run)
    registry.bind("estimators.stop", estimation.stop)
