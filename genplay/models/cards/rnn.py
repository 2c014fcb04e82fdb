"""The card of the recurrent network."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card
from genplay.models.cards.chain_knobs import CROSS_ENTROPY, CoordinateKnobs, SequenceKnobs

__all__ = ["CARD", "RNNKnobs"]


@dataclass(frozen=True)
class RNNKnobs(CoordinateKnobs, SequenceKnobs):
    """What can be set on a recurrent network."""

    width: int = knob(64, "Numbers in the state.", low=8, high=256, log=True)
    depth: int = knob(1, "Recurrent layers, each reading the states of the one below.", low=1, high=4)
    norm: str = knob(
        "none",
        "Rescale the units of each state before the next layer reads it. What is remembered stays as it is.",
        choices=("none", "layer"),
        label="normalisation",
    )
    dropout: float = knob(
        0.0, "In training, this share of each state is hidden from the next layer.", low=0.0, high=0.8
    )


CARD = Card(
    id="rnn",
    title="RNN (recurrent network)",
    family="Autoregressive",
    worlds=("plane", "digits"),
    summary="Reads the image pixel by pixel and keeps all it needs in one state, from which it predicts the next pixel. It can "
    "be asked for a class, and can practise on its own samples.",
    formula=r"h_i = \mathrm{GRU}(h_{i-1}, x_{i-1}), \quad p(x \mid y) = \prod_i p(x_i \mid h_i)",
    reference="Cho et al. 2014; scheduled sampling: Bengio et al. 2015",
    knobs=RNNKnobs,
    objectives=(CROSS_ENTROPY,),
    capabilities=("density", "score", "sample", "conditionals", "labels", "posterior"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "exact"},
    cost="d passes",
    target={"plane": "genplay.models.rnn:PlaneRNN", "digits": "genplay.models.rnn:RNN"},
    recipe={
        "learning_rate": 0.005,
        "batch_size": 128,
        "optimiser": "adamw",
        "weight_decay": 0.1,
        "ema": 0.995,
    },
    trained_by="maximum likelihood",
    architecture="recurrent network (GRU)",
)
