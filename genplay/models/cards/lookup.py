"""The card of ``lookup``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "LookupKnobs"]


@dataclass(frozen=True)
class LookupKnobs(Knobs):
    """What can be chosen about a table of images."""

    smoothing: float = knob(
        0.0,
        "Imaginary extra counts of each of the 2^25 images (Laplace). At 0 an image that was never seen is impossible; "
        "already 0.001 is 33,554 imaginary images in all, more than the real ones.",
        low=0.0,
        high=1.0,
        live=True,
    )


CARD = Card(
    id="lookup",
    title="Lookup table",
    family="Classical",
    worlds=("digits",),
    summary="Counts whole images: the simplest model there is, and it learns by heart. What it has not seen cannot be.",
    formula=r"p(x) = \frac{n(x) + \alpha}{N + 2^{25}\, \alpha}",
    reference="counting; smoothing: Laplace 1814",
    knobs=LookupKnobs,
    objectives=(
        Objective("count", "Counting", "Each image's share of the data: the maximum of the likelihood, in one step."),
    ),
    capabilities=("density", "sample"),
    density={"digits": "exact"},
    cost="one pass",
    target="genplay.models.lookup:Lookup",
    trained_by="counting",
    architecture="a table with one row an image",
)  # fmt: skip
