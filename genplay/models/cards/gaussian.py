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
    reference="Gauss 1809; maximum likelihood: Fisher 1922; other divergences: Minka 2005",
    knobs=GaussianKnobs,
    objectives=(
        Objective("mle", "Closed form", "The mean and covariance of the data: the maximum of the likelihood in one step."),
        Objective("gradient", "Gradient ascent", "Climb the same likelihood step by step and watch the ellipse settle."),
        Objective(
            "forward-kl",
            "Forward KL to the truth",
            "Least KL(p‖q), p the true density: q must not be small where p is not, so it covers everything. Its answer is the "
            "truth's mean and covariance, as maximum likelihood would find with endless data.",
            ("plane",),
            needs_law=True,
        ),
        Objective(
            "reverse-kl",
            "Reverse KL to the truth",
            "Least KL(q‖p): q must not be large where p is small, so it settles on one mode and leaves the others. Which one depends on its start.",
            ("plane",),
            needs_law=True,
        ),
        Objective(
            "js",
            "Jensen–Shannon to the truth",
            "The symmetric compromise, what an ideal GAN minimises: between covering and seeking.",
            ("plane",),
            needs_law=True,
        ),
    ),
    capabilities=("density", "score", "sample", "latent", "components"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.gaussian:Gaussian",
    recipe={"learning_rate": 0.02},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="a mean and a covariance",
)  # fmt: skip
