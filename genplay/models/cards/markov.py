"""The card of the Markov chain."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "MarkovKnobs"]


@dataclass(frozen=True)
class MarkovKnobs(Knobs):
    """What can be set on a Markov chain."""

    order: int = knob(
        5,
        "How many pixels back the chain remembers. 0: none; many: it learns the examples by heart.",
        low=0,
        high=12,
        live=True,
        objectives=("pixels",),
    )
    row_order: int = knob(
        1,
        "How many rows back the chain remembers.",
        low=0,
        high=2,
        live=True,
        label="order",
        objectives=("rows",),
    )
    smoothing: float = knob(
        0.5,
        "Imaginary extra counts of each next symbol in each context (Laplace): 0 gives probability 0 to all that was "
        "never seen.",
        low=0.0,
        high=100.0,
        live=True,
    )
    stationary: bool = knob(
        False,
        "One table for all places, as in a chain that does not know where it is; else every place has its own.",
        live=True,
        label="same at every place",
    )
    scan: str = knob(
        "raster",
        "In which order the image is read: row by row, column by column, or back and forth.",
        choices=("raster", "column", "snake"),
    )


CARD = Card(
    id="markov",
    title="Markov chain of order k",
    family="Graphical",
    worlds=("digits",),
    summary="Reads an image as a sequence and forgets all but the last k symbols: what comes next is counted. What lies "
    "further back it cannot know.",
    formula=r"p(x) = \prod_i p\big(x_i \mid x_{i-k}, \dots, x_{i-1}\big)",
    reference="Markov 1913; Shannon 1948",
    knobs=MarkovKnobs,
    objectives=(
        Objective("pixels", "Counting, pixel by pixel", "The symbols are pixels: 25 of them, dark or lit."),
        Objective("rows", "Counting, row by row", "The symbols are whole rows: 5 of them, each one of 32."),
    ),
    capabilities=("density", "sample", "conditionals"),
    density={"digits": "exact"},
    cost="d passes",
    target="genplay.models.markov:Markov",
    trained_by="counting",
    architecture="table of the next symbol",
)
