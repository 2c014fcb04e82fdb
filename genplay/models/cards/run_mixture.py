"""The card of the mixture of trained runs."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "RunMixtureKnobs"]


@dataclass(frozen=True)
class RunMixtureKnobs(Knobs):
    """What can be turned on a mixture of runs."""

    weighting: str = knob(
        "fitted", "How much each run counts: as the training data say, or as you have set it.",
        choices=("fitted", "by hand"), live=True, label="weights",
    )  # fmt: skip


CARD = Card(
    id="run-mixture",
    title="Mixture of trained runs",
    family="Combination",
    worlds=("plane", "digits"),
    summary="Runs that were trained apart and saved vote together: each counts for as much as it explains the data.",
    formula=r"p(x) = \sum_k w_k\, p_k(x)",
    reference="Smyth and Wolpert 1999; EM: Dempster, Laird and Rubin 1977",
    knobs=RunMixtureKnobs,
    objectives=(
        Objective(
            "em", "EM on the weights", "The runs stay as they are; only how much each counts is learned."
        ),
    ),
    capabilities=("density", "score", "sample", "responsibilities"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "exact"},
    cost="T steps",
    target="genplay.models.run_mixture:run_mixture",
    trained_by="EM on the weights alone",
    latents="a component: which run",
    architecture="several saved runs",
)
