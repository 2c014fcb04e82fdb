"""The card of ``nsf``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card
from genplay.models.flow_knobs import FLOW_OBJECTIVES, FlowKnobs

__all__ = ["CARD", "SplineFlowKnobs"]


@dataclass(frozen=True)
class SplineFlowKnobs(FlowKnobs):
    """What can be chosen about a neural spline flow."""

    layers: int = knob(3, "How many times the plane is bent; each layer bends both axes.", low=1, high=12)
    bins: int = knob(8, "Pieces of each spline: more pieces, finer bends.", low=2, high=32)
    width: int = knob(96, "Hidden units of the network that chooses a spline.", low=4, high=512, log=True)
    depth: int = knob(1, "Hidden layers of that network.", low=1, high=4)
    bound: float = knob(
        3.0,
        "The splines act within this many standard deviations of the data; outside they leave the plane as it is.",
        low=1.0,
        high=10.0,
        unit="standard deviations",
    )


CARD = Card(
    id="nsf",
    title="Neural spline flow",
    family="Flow",
    worlds=("plane", "digits"),
    summary="Bends the plane, exactly invertibly, until the data look like one round Gaussian; then every density is known.",
    formula=r"\log p(x) = \log \mathcal{N}(f(x);\, 0, I) + \log \left| \det \frac{\partial f}{\partial x} \right|",
    reference="Durkan, Bekasov, Murray and Papamakarios 2019",
    knobs=SplineFlowKnobs,
    objectives=FLOW_OBJECTIVES,
    capabilities=("density", "score", "sample", "latent", "layers"),
    limited={"score": ("plane",), "layers": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="one pass",
    target={"plane": "genplay.models.nsf:SplineFlow", "digits": "genplay.models.nsf:DigitSplineFlow"},
    recipe={"optimiser": "adamw", "learning_rate": 2e-3, "weight_decay": 0.1, "ema": 0.995},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)  # fmt: skip
