"""The card of ``ppca``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "PPCAKnobs"]


@dataclass(frozen=True)
class PPCAKnobs(Knobs):
    """What can be chosen about probabilistic principal components."""

    latent: int = knob(
        2,
        "Dimensions of the code. With one or two the probability of an image is an integral that is computed; with more it "
        "is estimated.",
        low=1,
        high=16,
        worlds=("digits",),
    )
    tolerance: float = knob(
        1e-6,
        "EM has converged when one round gains less log-likelihood than this.",
        low=0.0,
        high=0.1,
        live=True,
        unit="nats per point",
        objectives=("em",),
    )


CARD = Card(
    id="ppca",
    title="Probabilistic PCA",
    family="Classical",
    worlds=("plane", "digits"),
    summary="The simplest latent variable model: a code is drawn, stretched along a few directions, and blurred evenly.",
    formula=r"z \sim \mathcal{N}(0, I), \quad x \mid z \sim \mathcal{N}(W z + \mu,\; \sigma^2 I)",
    reference="Tipping and Bishop 1999; Roweis 1998",
    knobs=PPCAKnobs,
    objectives=(
        Objective(
            "mle",
            "Closed form",
            "The directions in which the data vary most, by the eigenvectors of their covariance: the maximum of the "
            "likelihood in one step.",
        ),
        Objective(
            "em",
            "Expectation–maximisation",
            "E: the code of each point, and how sure it is. M: fit the directions to the codes. It arrives at the same place.",
        ),
    ),
    capabilities=("density", "score", "sample", "latent", "reconstruction"),
    density={"plane": "exact", "digits": "exact"},
    cost="one pass",
    target={"plane": "genplay.models.ppca:PlanePPCA", "digits": "genplay.models.ppca_images:ImagePPCA"},
    limited={"score": ("plane",)},
    trained_by="maximum likelihood",
    latents="a small code",
    architecture="one linear map",
)  # fmt: skip
