"""The card of ``maf``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card
from genplay.models.flow_knobs import AFFINE_RECIPE, FLOW_OBJECTIVES, AffineKnobs

__all__ = ["CARD", "MAFKnobs"]


@dataclass(frozen=True)
class MAFKnobs(AffineKnobs):
    """What can be chosen about a masked autoregressive flow."""

    layers: int = again(
        AffineKnobs,
        "layers",
        help="How many autoregressive layers; the order of the numbers changes in between.",
    )
    width: int = again(AffineKnobs, "width", low=24)
    norm: str = again(
        AffineKnobs,
        "norm",
        help="Rescale each unit over the batch. Rescaling over the units of one example would let a number see later ones.",
        choices=("none", "batch"),
    )
    order: str = knob(
        "reverse",
        "How the order of the pixels changes from layer to layer.",
        choices=("reverse", "shuffle"),
        worlds=("digits",),
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
    recipe=AFFINE_RECIPE,
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)
