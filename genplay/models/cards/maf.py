"""The card of ``maf``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card
from genplay.models.flow_knobs import FLOW_OBJECTIVES, FlowKnobs

__all__ = ["CARD", "MAFKnobs"]


@dataclass(frozen=True)
class MAFKnobs(FlowKnobs):
    """What can be chosen about a masked autoregressive flow."""

    layers: int = knob(
        8, "How many autoregressive layers; the order of the numbers changes in between.", low=1, high=24
    )
    width: int = knob(
        48, "Units in each hidden layer of a layer's masked network.", low=24, high=512, log=True
    )
    depth: int = knob(2, "Hidden layers of a layer's masked network.", low=1, high=4)
    norm: str = knob(
        "none",
        "Rescale each unit over the batch. Rescaling over the units of one example would let a number see later ones.",
        choices=("none", "batch"),
        label="normalisation",
    )
    order: str = knob(
        "reverse",
        "How the order of the pixels changes from layer to layer.",
        choices=("reverse", "shuffle"),
        worlds=("digits",),
    )
    bound: float = knob(
        2.0,
        "A layer stretches by at most e to this: without a limit training runs away.",
        low=0.1,
        high=5.0,
        label="limit of the log stretch",
    )


CARD = Card(
    id="maf",
    title="Masked autoregressive flow",
    family="Flow",
    worlds=("plane", "digits"),
    summary="Stretches and shifts each number as the ones before it say: densities in one pass, samples number by number.",
    formula=r"y_i = x_i\, e^{s_i(x_1, \dots, x_{i-1})} + t_i(x_1, \dots, x_{i-1})",
    reference="Papamakarios, Pavlakou and Murray 2017",
    knobs=MAFKnobs,
    objectives=FLOW_OBJECTIVES,
    capabilities=("density", "score", "sample", "latent", "layers"),
    limited={"score": ("plane",), "layers": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="d passes",
    target={"plane": "genplay.models.maf:MAF", "digits": "genplay.models.maf:DigitMAF"},
    recipe={"learning_rate": 2e-3, "ema": 0.995},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)
