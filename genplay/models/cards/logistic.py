"""The card of ``logistic``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "LogisticKnobs"]


@dataclass(frozen=True)
class LogisticKnobs(Knobs):
    """What can be chosen about logistic regression."""

    degree: int = knob(
        1,
        "Powers and products of the coordinates that are weighed. 1: the boundary is straight. 2: it may be an ellipse or a "
        "hyperbola, as between two Gaussians. More: it bends further.",
        low=1,
        high=6,
        worlds=("plane",),
    )


CARD = Card(
    id="logistic",
    title="Logistic regression",
    family="Classical",
    worlds=("plane", "digits"),
    summary="The discriminative counterpart: it learns which class a point belongs to and nothing about the point itself, so "
    "it can classify but not draw.",
    formula=r"P(y \mid x) = \frac{e^{w_y^\top \phi(x) + b_y}}{\sum_k e^{w_k^\top \phi(x) + b_k}}",
    reference="Cox 1958; against naive Bayes: Ng and Jordan 2001",
    knobs=LogisticKnobs,
    objectives=(
        Objective(
            "gradient",
            "Gradient ascent",
            "Climb the likelihood of the labels given the points. The points' own likelihood plays no part.",
        ),
    ),
    capabilities=("posterior",),
    density={},
    cost="one pass",
    target="genplay.models.logistic:LogisticRegression",
    recipe={"learning_rate": 0.03, "optimiser": "adamw", "weight_decay": 0.01},
    trained_by="likelihood of the labels",
    architecture="one weight a feature and class",
)  # fmt: skip
