"""The card of the sigmoid belief network."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "SigmoidBeliefNetKnobs"]


@dataclass(frozen=True)
class SigmoidBeliefNetKnobs(NetKnobs):
    """What can be set on a sigmoid belief network; width and depth are those of the recognition network."""

    hidden: int = knob(
        8,
        "Binary causes above the pixels. Few enough that the sum over all 2^n states of them is done at every step.",
        low=1,
        high=12,
    )
    upper: int = knob(
        4, "A second layer of causes above the first; 0: the causes are independent.", low=0, high=8
    )
    depth: int = knob(1, "Hidden layers of the recognition network.", low=1, high=6)


CARD = Card(
    id="sigmoid-belief-net",
    title="Sigmoid belief network",
    family="Graphical",
    worlds=("digits",),
    summary="Arrows lead from hidden causes to pixels: toss the causes, then the pixels. Drawing is easy; finding the causes of "
    "an image is the hard part, and a second network learns to guess them.",
    formula=r"p(x) = \sum_h p(h) \prod_j p(x_j \mid h), \quad p(x_j = 1 \mid h) = \sigma\Big(b_j + \sum_k W_{kj} h_k\Big)",
    reference="Neal 1992; wake-sleep: Hinton, Dayan, Frey and Neal 1995",
    knobs=SigmoidBeliefNetKnobs,
    objectives=(
        Objective(
            "variational",
            "Variational bound (ELBO)",
            "Both networks climb a lower bound on log p(x). Its mean over the causes is a sum over all their states, so the "
            "gradient has no noise.",
        ),
        Objective(
            "wake-sleep",
            "Wake-sleep",
            "Wake: explain data by guessed causes, and learn to draw them. Sleep: dream, and learn to guess the dream's causes.",
        ),
    ),
    capabilities=("density", "sample", "reconstruction"),
    density={"digits": "exact"},
    cost="one pass",
    target="genplay.models.sigmoid_belief_net:SigmoidBeliefNet",
    recipe={"learning_rate": 0.01, "batch_size": 128, "schedule": "cosine", "horizon": 6000, "floor": 0.05},
    trained_by="a variational bound, or wake-sleep",
    latents="hidden causes, each 0 or 1",
    architecture="directed: causes, then pixels",
)
