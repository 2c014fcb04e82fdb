"""The card of the transformer."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card
from genplay.models.cards.chain_knobs import CROSS_ENTROPY, CoordinateKnobs, SequenceKnobs
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "TransformerKnobs"]


@dataclass(frozen=True)
class TransformerKnobs(CoordinateKnobs, SequenceKnobs):
    """What can be set on a transformer."""

    width: int = knob(48, "Numbers that stand for one place.", low=8, high=256, log=True)
    depth: int = knob(2, "Layers, each an attention and a small network.", low=1, high=6)
    heads: int = knob(4, "How many different looks back each layer takes.", low=1, high=8)
    activation: str = again(NetKnobs, "activation")
    dropout: float = knob(
        0.0, "In training, this share of what a layer adds is silent at each step.", low=0.0, high=0.8
    )


CARD = Card(
    id="transformer",
    title="Transformer",
    family="Autoregressive",
    worlds=("plane", "digits"),
    summary="Reads the image pixel by pixel like a sentence: to predict the next one, attention looks back at all before it and "
    "picks out what matters. It can be asked for a class.",
    formula=r"p(x \mid y) = \prod_i p\big(x_i \mid y, x_1, \dots, x_{i-1}\big)",
    reference="Vaswani et al. 2017; for images Parmar et al. 2018",
    knobs=TransformerKnobs,
    objectives=(CROSS_ENTROPY,),
    capabilities=("density", "score", "sample", "conditionals", "labels", "posterior"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "exact"},
    cost="d passes",
    target={
        "plane": "genplay.models.transformer:PlaneTransformer",
        "digits": "genplay.models.transformer:Transformer",
    },
    recipe={
        "learning_rate": 0.006,
        "batch_size": 64,
        "optimiser": "adamw",
        "weight_decay": 0.1,
        "ema": 0.99,
        "warmup": 50,
    },
    trained_by="maximum likelihood",
    architecture="causal self-attention",
)
