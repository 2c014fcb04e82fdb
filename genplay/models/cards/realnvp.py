"""The card of ``realnvp``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again
from genplay.models.card import Card
from genplay.models.flow_knobs import AFFINE_RECIPE, FLOW_OBJECTIVES, AffineKnobs

__all__ = ["CARD", "RealNVPKnobs"]


@dataclass(frozen=True)
class RealNVPKnobs(AffineKnobs):
    """What can be chosen about RealNVP."""

    layers: int = again(AffineKnobs, "layers", help="How many couplings; the two halves take turns.")


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
    recipe=AFFINE_RECIPE,
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)  # fmt: skip
