"""The actions of the small table that naive Bayes is explained on, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.lab.small_table import MOST_COUNT, MOST_FEATURES, MOST_SMOOTHING

__all__ = ["TABLE"]

TABLE = (
    ActionSpec(
        "table.open", "Small table from a file …", "Count the rows of a CSV with a few columns of words, the class in the last.",
        (
            Param("path", "path", "a .csv or .tsv file"),
            Param("label", "str", "the column that holds the class", None),
        ), "Model", when="table",
    ),
    ActionSpec("table.example", "Small table of mails", "Go back to the table of mails.", (), "Model", when="table"),
    ActionSpec(
        "table.count", "Change a count of the small table", "Say how often a row was seen in a class.",
        (
            Param("row", "names", "its values, in the order of the columns"),
            Param("label", "str", "the class"),
            Param("n", "int", "how often it was seen", low=0, high=MOST_COUNT),
        ), when="table",
    ),
    ActionSpec(
        "table.row", "Choose a row of the small table", "Show Bayes' rule for this row.",
        (Param("row", "names", "its values, in the order of the columns"),), when="table",
    ),
    ActionSpec(
        "table.features", "Columns of the small table", "Add columns that say yes or no, or sum the last ones away.",
        (Param("n", "int", "how many columns beside the class", low=1, high=MOST_FEATURES),), when="table",
    ),
    ActionSpec(
        "table.smoothing", "Smoothing of the small table", "Count everything there could be so many times more (Laplace).",
        (Param("alpha", "float", "imaginary sightings, 0 for none", low=0.0, high=MOST_SMOOTHING),), when="table",
    ),
)  # fmt: skip
