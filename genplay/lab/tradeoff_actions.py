"""The actions that draw what is bought with what, as data, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.lab.tradeoffs import TRADEOFFS

if TYPE_CHECKING:
    from genplay.lab.actions import ActionRegistry
    from genplay.lab.tradeoff_run import TradeoffRun

__all__ = ["SPECS", "bind_tradeoffs"]

SPECS = (
    ActionSpec(
        "tradeoffs.choose", "Choose a trade-off", "Rate and distortion, quality and sampling steps, or time and dimensions.",
        (Param("curve", "choice", "the curve", choices=tuple(t.id for t in TRADEOFFS)),), "Evaluate",
    ),
    ActionSpec(
        "tradeoffs.set", "Set a knob of the curve", "How far a curve goes: weights β, training steps, sampling steps, measure.",
        (Param("name", "str", "the knob's name"), Param("value", "value", "its new value")),
    ),
    ActionSpec(
        "tradeoffs.run", "Draw the trade-off", "Draw the curve of a copy of the model as it is now, beside training.", (), "Evaluate",
    ),
    ActionSpec("tradeoffs.stop", "Stop drawing the trade-off", "Leave the work on the curve."),
    ActionSpec(
        "tradeoffs.axis", "Quality against steps or time", "What the quality of samples is drawn against.",
        (Param("name", "choice", "the axis", choices=("steps", "time")),),
    ),
    ActionSpec("tradeoffs.clear", "Clear the trade-off", "Take the curves that were drawn away."),
    ActionSpec(
        "tradeoffs.export", "Export the trade-off …", "Write the curves that are shown as CSV.",
        (Param("path", "path", "a .csv file"),), "Evaluate",
    ),
)  # fmt: skip


def bind_tradeoffs(registry: ActionRegistry, run: TradeoffRun) -> None:
    """Bind them."""
    registry.bind("tradeoffs.choose", lambda curve: run.choose(curve))
    registry.bind("tradeoffs.set", run.set)
    registry.bind("tradeoffs.run", run.run)
    registry.bind("tradeoffs.stop", run.stop)
    registry.bind("tradeoffs.axis", run.choose_axis)
    registry.bind("tradeoffs.clear", run.clear)
    registry.bind("tradeoffs.export", run.export)
