"""The card of PixelCNN."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card
from genplay.models.cards.chain_knobs import CROSS_ENTROPY, SequenceKnobs
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "PixelCNNKnobs"]


@dataclass(frozen=True)
class PixelCNNKnobs(SequenceKnobs):
    """What can be set on a PixelCNN."""

    width: int = knob(32, "Features of each pixel in each layer.", low=4, high=128, log=True)
    depth: int = knob(3, "Layers after the first one; each lets a pixel see further.", low=1, high=8)
    kernel: int = knob(3, "Pixels across a kernel: an odd number (of an even one the next).", low=3, high=7)
    stacks: int = knob(
        2, "Two stacks of kernels see all pixels before; one alone has a blind spot.", low=1, high=2
    )
    activation: str = again(NetKnobs, "activation")


CARD = Card(
    id="pixelcnn",
    title="PixelCNN",
    family="Autoregressive",
    worlds=("digits",),
    summary="Predicts each pixel from its neighbourhood above and to the left: convolutions with half of their kernel masked. "
    "It can be asked for a class.",
    formula=r"p(x \mid y) = \prod_i p\big(x_i \mid y, x_1, \dots, x_{i-1}\big)",
    reference="van den Oord, Kalchbrenner and Kavukcuoglu 2016; van den Oord et al. 2016",
    knobs=PixelCNNKnobs,
    objectives=(CROSS_ENTROPY,),
    capabilities=("density", "sample", "conditionals", "labels", "posterior"),
    density={"digits": "exact"},
    cost="d passes",
    target="genplay.models.pixelcnn:PixelCNN",
    recipe={
        "learning_rate": 0.005,
        "batch_size": 64,
        "optimiser": "adamw",
        "weight_decay": 0.1,
        "ema": 0.99,
    },
    trained_by="maximum likelihood",
    architecture="masked convolutions",
)
