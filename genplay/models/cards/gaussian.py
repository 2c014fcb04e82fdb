"""The card of ``gaussian``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "GaussianKnobs"]


@dataclass(frozen=True)
class GaussianKnobs(Knobs):
    """What can be chosen about one Gaussian."""

    covariance: str = knob(
        "full",
        "full: a tilted ellipse. diagonal: an ellipse along the axes. spherical: a circle.",
        choices=("full", "diagonal", "spherical"),
    )


CARD = Card(
    id="gaussian",
    title="Gaussian",
    family="Classical",
    worlds=("plane",),
    summary="One bell-shaped bump: the simplest density, and its best fit is two formulas.",
    formula=r"p(x) = \mathcal{N}(x;\, \mu, \Sigma),\quad \hat\mu = \frac{1}{n}\sum_i x_i,\quad "
    r"\hat\Sigma = \frac{1}{n}\sum_i (x_i - \hat\mu)(x_i - \hat\mu)^\top",
    reference="Gauss 1809; maximum likelihood, Fisher 1922",
    knobs=GaussianKnobs,
    objectives=(
        Objective("mle", "Closed form", "The mean and covariance of the data: the maximum of the likelihood in one step."),
        Objective("gradient", "Gradient ascent", "Climb the same likelihood step by step and watch the ellipse settle."),
    ),
    capabilities=("density", "score", "sample", "latent"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.gaussian:Gaussian",
    recipe={"learning_rate": 0.02},
)  # fmt: skip
