"""The card of ``naive-bayes``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "NaiveBayesKnobs"]


@dataclass(frozen=True)
class NaiveBayesKnobs(Knobs):
    """What can be chosen about naive Bayes; all of it applies at once."""

    prior: str = knob(
        "counted",
        "How likely a class is before anything is seen. counted: as often as in the data. even: all alike.",
        choices=("counted", "even"),
        live=True,
    )
    pixel_smoothing: float = knob(
        0.5,
        "Imaginary extra examples of each class with a pixel lit, and with it dark (Laplace).",
        low=0.0,
        high=10.0,
        live=True,
        worlds=("digits",),
        objectives=("naive",),
        label="smoothing",
    )
    image_smoothing: float = knob(
        0.0,
        "Imaginary extra counts of each of the 2^25 images in each class (Laplace). At 0 an unseen image is impossible.",
        low=0.0,
        high=1.0,
        live=True,
        worlds=("digits",),
        objectives=("coupled",),
        label="smoothing",
    )


CARD = Card(
    id="naive-bayes",
    title="Naive Bayes",
    family="Classical",
    worlds=("plane", "digits"),
    summary="One simple distribution a class, in which no part of x says anything about another; Bayes' rule then names the class.",
    formula=r"P(y \mid x) = \frac{P(y) \prod_j p(x_j \mid y)}{p(x)},\quad p(x) = \sum_y P(y) \prod_j p(x_j \mid y)",
    reference="Bayes 1763; Maron 1961",
    knobs=NaiveBayesKnobs,
    objectives=(
        Objective(
            "naive",
            "Independent given the class",
            "Each pixel, or each axis of the plane, is counted or averaged by itself within each class: few numbers, well known.",
        ),
        Objective(
            "coupled",
            "Coupled",
            "All parts of x together within each class: whole images are counted, or Gaussians may tilt. "
            "Nothing is assumed; for images nearly every combination is then unseen.",
        ),
    ),
    capabilities=("density", "sample", "labels", "posterior"),
    density={"plane": "exact", "digits": "exact"},
    cost="one pass",
    target="genplay.models.naive_bayes:NaiveBayes",
    trained_by="counting within each class",
    architecture="independent parts, given the class",
)  # fmt: skip
