"""The card of ``histogram``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "HistogramKnobs"]


@dataclass(frozen=True)
class HistogramKnobs(Knobs):
    """What can be chosen about a histogram; all of it applies at once."""

    bins: int = knob(
        32,
        "How many bins lie side by side along each axis. Few: everything is blurred. Many: each bin holds one point or "
        "none, and the model only remembers its data.",
        low=1,
        high=400,
        log=True,
        live=True,
    )
    smoothing: float = knob(
        0.02,
        "Imaginary extra counts of each bin (Laplace), so that a bin that happened to stay empty is not impossible.",
        low=0.0,
        high=5.0,
        live=True,
    )


CARD = Card(
    id="histogram",
    title="Histogram",
    family="Classical",
    worlds=("plane",),
    summary="Cuts the plane into square bins and counts the points in each: a density made of flat tiles.",
    formula=r"p(x) = \frac{n_b + \alpha}{(N + \alpha B)\, h^2}, \quad x \in \mathrm{bin}\; b",
    reference="Pearson 1895; leave-one-out likelihood: Duin 1976; choice of bins by leaving out: Rudemo 1982",
    knobs=HistogramKnobs,
    objectives=(Objective("count", "Counting", "How many points fall into each bin: the maximum of the likelihood, in one step."),),
    capabilities=("density", "sample"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.histogram:Histogram",
    trained_by="counting",
    architecture="square bins",
)  # fmt: skip
