"""The card of the flow with a discriminator."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.cards.adversary_knobs import HybridKnobs

__all__ = ["CARD", "FlowGANKnobs"]


@dataclass(frozen=True)
class FlowGANKnobs(HybridKnobs):
    """What can be turned on a Flow-GAN."""

    layers: int = knob(4, "Layers of the flow.", low=1, high=12)
    width: int = knob(32, "Units in each hidden layer of every network.", low=4, high=256, log=True)
    depth: int = knob(2, "Hidden layers of every network.", low=1, high=6)
    activation: str = knob("relu", "The bend in each hidden unit of the flow.", choices=("relu", "tanh", "silu", "softplus"))  # fmt: skip
    bins: int = knob(8, "Pieces of each spline.", low=2, high=32, worlds=("plane",))
    bound: float = knob(
        4.0, "Splines bend the plane as far out as this, beyond it they do nothing.", low=1.0, high=10.0,
        unit="data deviations", worlds=("plane",),
    )  # fmt: skip


CARD = Card(
    id="flow-gan",
    title="Flow-GAN",
    family="Combination",
    worlds=("plane", "digits"),
    summary="A generator that can be run backwards: it has a likelihood like a flow and a discriminator like a GAN, and a slider "
    "says which of the two counts.",
    formula=r"\min_G\; -s\, \mathbb{E}_x[\log p_G(x)] + (1 - s)\, \mathbb{E}_z[-\log D(G(z))]",
    reference="Grover, Dhar and Ermon 2018",
    knobs=FlowGANKnobs,
    objectives=(
        Objective("hybrid", "Likelihood and game", "Part maximum likelihood, part a game against a discriminator: see the slider."),
    ),
    capabilities=("density", "score", "sample", "latent", "discriminator"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="one pass",
    target={"plane": "genplay.models.flow_gan:FlowGAN", "digits": "genplay.models.flow_gan:PixelFlowGAN"},
    recipe={"learning_rate": 2e-3, "momentum": 0.5, "ema": 0.99, "schedule": "cosine", "horizon": 5000, "floor": 0.1},
    trained_by="maximum likelihood and a game",
    latents="a code as large as x",
    architecture="invertible layers, discriminator network",
)  # fmt: skip
