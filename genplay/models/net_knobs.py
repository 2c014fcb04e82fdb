"""The knobs of a network, the same on every model that has one: a model's knobs derive from this and may change defaults."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob

__all__ = ["NetKnobs"]


@dataclass(frozen=True)
class NetKnobs(Knobs):
    """Size and make of a multilayer perceptron."""

    width: int = knob(64, "Units in each hidden layer.", low=4, high=512, log=True)
    depth: int = knob(3, "Hidden layers.", low=1, high=6)
    activation: str = knob(
        "relu", "The bend in each hidden unit.", choices=("relu", "tanh", "silu", "softplus")
    )
    norm: str = knob(
        "none",
        "Rescale each layer's units: over the batch, or over the units of one example.",
        choices=("none", "batch", "layer"),
        label="normalisation",
    )
    dropout: float = knob(
        0.0, "In training, this share of the hidden units is silent at each step.", low=0.0, high=0.8
    )
