"""The card of ``gmm``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "MixtureKnobs"]


@dataclass(frozen=True)
class MixtureKnobs(Knobs):
    """What can be chosen about a mixture of Gaussians."""

    components: int = knob(18, "How many Gaussians the density is added up from.", low=1, high=200, log=True)
    covariance: str = knob(
        "full",
        "full: tilted ellipses. diagonal: ellipses along the axes. spherical: circles.",
        choices=("full", "diagonal", "spherical"),
    )
    floor: float = knob(
        0.02,
        "No Gaussian gets thinner than this, so that none can collapse onto a single point.",
        low=1e-4,
        high=1.0,
        log=True,
        live=True,
        unit="data units",
    )
    tolerance: float = knob(
        3e-4,
        "EM has converged when one round gains less log-likelihood than this.",
        low=0.0,
        high=0.1,
        live=True,
        unit="nats per point",
        objectives=("em",),
    )


CARD = Card(
    id="gmm",
    title="Gaussian mixture",
    family="Classical",
    worlds=("plane",),
    summary="A sum of Gaussians: each point belongs to each of them a little, and EM sorts out how much.",
    formula=r"p(x) = \sum_k \pi_k\, \mathcal{N}(x;\, \mu_k, \Sigma_k)",
    reference="Pearson 1894; EM: Dempster, Laird and Rubin 1977; start: Arthur and Vassilvitskii 2007",
    knobs=MixtureKnobs,
    objectives=(
        Objective(
            "em",
            "Expectation–maximisation",
            "E: how much each point belongs to each Gaussian. M: refit each Gaussian to its share. The likelihood never falls.",
        ),
        Objective("gradient", "Gradient ascent", "Climb the same likelihood with mini-batches."),
    ),
    capabilities=("density", "score", "sample", "responsibilities", "components"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.gmm:GaussianMixture",
    recipe={"learning_rate": 0.01},
    trained_by="maximum likelihood",
    latents="a component",
    architecture="a sum of Gaussians",
)  # fmt: skip
