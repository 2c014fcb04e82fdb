"""The card of MADE."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card
from genplay.models.cards.chain_knobs import CROSS_ENTROPY, ChainKnobs, CoordinateKnobs
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "MADEKnobs"]


@dataclass(frozen=True)
class MADEKnobs(CoordinateKnobs, ChainKnobs, NetKnobs):
    """What can be set on a masked autoencoder."""

    order: str = knob(
        "raster",
        "In which order the pixels are predicted: any order gives an exact density, but not the same one.",
        choices=("raster", "column", "snake", "centre-out", "random"),
        worlds=("digits",),
    )
    width: int = knob(128, "Units in each hidden layer.", low=24, high=512, log=True)
    depth: int = knob(2, "How many hidden layers.", low=1, high=3)
    norm: str = knob(
        "none",
        "Rescale each unit over the batch. (Over the units of one example it cannot be: that would see past the masks.)",
        choices=("none", "batch"),
        label="normalisation",
    )
    dropout: float = knob(
        0.2,
        "Share of the pixels hidden from the network at each training step: against learning the examples by heart.",
        low=0.0,
        high=0.8,
        live=True,
        worlds=("digits",),
    )


CARD = Card(
    id="made",
    title="MADE (masked autoencoder)",
    family="Autoregressive",
    worlds=("plane", "digits"),
    summary="Predicts each pixel or coordinate from the ones before it, all predictions in one pass: masks on the weights "
    "see to it that no prediction looks ahead.",
    formula=r"p(x) = \prod_i p\big(x_{o_i} \mid x_{o_1}, \dots, x_{o_{i-1}}\big)",
    reference="Germain, Gregor, Murray and Larochelle 2015",
    knobs=MADEKnobs,
    objectives=(CROSS_ENTROPY,),
    capabilities=("density", "score", "sample", "conditionals"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "exact"},
    cost="d passes",
    target={"plane": "genplay.models.made:PlaneMADE", "digits": "genplay.models.made:MADE"},
    recipe={
        "learning_rate": 0.003,
        "batch_size": 128,
        "optimiser": "adamw",
        "weight_decay": 0.15,
        "ema": 0.999,
    },
    trained_by="maximum likelihood",
    architecture="masked dense layers",
)
