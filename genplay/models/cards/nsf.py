"""The card of ``nsf``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "SplineFlowKnobs"]


@dataclass(frozen=True)
class SplineFlowKnobs(Knobs):
    """What can be chosen about a neural spline flow."""

    layers: int = knob(3, "How many times the plane is bent; each layer bends both axes.", low=1, high=12)
    bins: int = knob(8, "Pieces of each spline: more pieces, finer bends.", low=2, high=32)
    width: int = knob(96, "Hidden units of the network that chooses a spline.", low=4, high=512, log=True)
    depth: int = knob(1, "Hidden layers of that network.", low=1, high=4)
    activation: str = knob("relu", "The network's bend.", choices=("relu", "tanh", "silu", "softplus"))
    bound: float = knob(
        3.0,
        "The splines act within this many standard deviations of the data; outside they leave the plane as it is.",
        low=1.0,
        high=10.0,
        unit="standard deviations",
    )
    jitter: float = knob(
        0.03,
        "Noise added to the data while training: a little keeps the flow from piling its density onto single points.",
        low=0.0,
        high=1.0,
        live=True,
        unit="standard deviations",
    )


CARD = Card(
    id="nsf",
    title="Neural spline flow",
    family="Flow",
    worlds=("plane",),
    summary="Bends the plane, exactly invertibly, until the data look like one round Gaussian; then every density is known.",
    formula=r"\log p(x) = \log \mathcal{N}(f(x);\, 0, I) + \log \left| \det \frac{\partial f}{\partial x} \right|",
    reference="Durkan, Bekasov, Murray and Papamakarios 2019",
    knobs=SplineFlowKnobs,
    objectives=(
        Objective("likelihood", "Maximum likelihood", "Climb the exact log-likelihood of the data."),
    ),
    capabilities=("density", "score", "sample", "latent"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.nsf:SplineFlow",
    recipe={"optimiser": "adamw", "learning_rate": 2e-3, "weight_decay": 0.1, "ema": 0.995},
)  # fmt: skip
