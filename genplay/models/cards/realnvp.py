"""The card of ``realnvp``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card
from genplay.models.flow_knobs import FLOW_OBJECTIVES, FlowKnobs

__all__ = ["CARD", "RealNVPKnobs"]


@dataclass(frozen=True)
class RealNVPKnobs(FlowKnobs):
    """What can be chosen about RealNVP."""

    layers: int = knob(8, "How many couplings; the two halves take turns.", low=1, high=24)
    width: int = knob(48, "Units in each hidden layer of a coupling's network.", low=4, high=512, log=True)
    depth: int = knob(2, "Hidden layers of a coupling's network.", low=1, high=4)
    bound: float = knob(
        2.0,
        "A coupling stretches by at most e to this: without a limit training runs away.",
        low=0.1,
        high=5.0,
        label="limit of the log stretch",
    )


CARD = Card(
    id="realnvp",
    title="RealNVP",
    family="Flow",
    worlds=("plane", "digits"),
    summary="Stretches and shifts one half of the numbers as the other half says, in turns, until the data look like plain noise.",
    formula=r"y_a = x_a,\quad y_b = x_b \odot e^{s(x_a)} + t(x_a),\quad \log |\det| = \sum_i s_i(x_a)",
    reference="Dinh, Sohl-Dickstein and Bengio 2017",
    knobs=RealNVPKnobs,
    objectives=FLOW_OBJECTIVES,
    capabilities=("density", "score", "sample", "latent", "layers"),
    limited={"score": ("plane",), "layers": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="one pass",
    target={"plane": "genplay.models.realnvp:RealNVP", "digits": "genplay.models.realnvp:DigitRealNVP"},
    recipe={"learning_rate": 2e-3, "ema": 0.995},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)  # fmt: skip
