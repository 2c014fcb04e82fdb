"""The actions of the page Evaluate, as data, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param

if TYPE_CHECKING:
    from genplay.lab.actions import ActionRegistry
    from genplay.lab.experiment import Experiment

__all__ = ["SPECS", "bind_evaluation"]

_METRIC = "the measure's id, as `genplay list metrics` shows it"
_TRAPS = ("noise", "memoriser")

SPECS = (
    ActionSpec(
        "evaluate.measure", "Measure", "Measure what is missing or stale in the table, beside training.",
        (
            Param("row", "str", "one row by its name; left out, all", ""),
            Param("again", "bool", "also what has been measured already", False),
        ), "Evaluate", "Ctrl+E",
    ),
    ActionSpec("evaluate.cancel", "Stop measuring", "Stop; what has been measured stays.", (), "Evaluate"),
    ActionSpec(
        "evaluate.keep", "Keep this result", "Keep the open run as it is now as a row of the table.",
        (Param("title", "str", "its name; left out, the model's", ""),), "Evaluate", "Ctrl+Shift+E",
    ),
    ActionSpec(
        "evaluate.open", "Add a saved run …", "Add the trained run of a .genplay file to the table.",
        (Param("path", "path", "a .genplay file"),), "Evaluate",
    ),
    ActionSpec(
        "evaluate.remove", "Remove a row", "Take a row out of the table; no file is touched.",
        (Param("row", "str", "the row by its name"),),
    ),
    ActionSpec(
        "evaluate.trap", "Show a trap of judging",
        "noise: good likelihood with bad samples. memoriser: good samples with bad likelihood. Made from the open run and "
        "its data, and really measured.",
        (Param("name", "choice", "the trap", choices=_TRAPS),), "Evaluate",
    ),
    ActionSpec(
        "evaluate.columns", "Choose the measures", "Show these measures and no others.",
        (Param("names", "names", "ids of measures, as `genplay list metrics` shows them"),),
    ),
    ActionSpec(
        "evaluate.column", "Show a measure", "Show or hide one measure of the table.",
        (
            Param("name", "str", _METRIC),
            Param("on", "bool", "shown; left out, the other way", None),
        ),
    ),
    ActionSpec(
        "evaluate.sort", "Sort the runs", "Order the rows of the table by a measure; without one, as they came.",
        (
            Param("name", "str", _METRIC, ""),
            Param("descending", "bool", "the largest first", False),
        ),
    ),
    ActionSpec(
        "evaluate.page", "Words, profile or measures", "What stands beside the table of the page Evaluate.",
        (Param("name", "choice", "the page", choices=("why", "profile", "measures")),),
    ),
    ActionSpec(
        "evaluate.export", "Export the table …", "Write the table as CSV, Markdown or a picture.",
        (Param("path", "path", "a .csv, .md or .png file"),), "Evaluate",
    ),
)  # fmt: skip


def bind_evaluation(registry: ActionRegistry, experiment: Experiment) -> None:
    """Say what each of them does."""
    page = experiment.evaluation
    registry.bind("evaluate.measure", page.measure)
    registry.bind("evaluate.cancel", page.cancel)
    registry.bind("evaluate.keep", page.keep)
    registry.bind("evaluate.open", page.open)
    registry.bind("evaluate.remove", page.remove)
    registry.bind("evaluate.trap", page.trap)
    registry.bind("evaluate.columns", page.choose_columns)
    registry.bind("evaluate.column", page.choose_column)
    registry.bind("evaluate.sort", page.sort_by)
    registry.bind("evaluate.export", page.export)
