"""The card of ``glow``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again
from genplay.models.card import Card
from genplay.models.flow_knobs import AFFINE_RECIPE, FLOW_OBJECTIVES, AffineKnobs

__all__ = ["CARD", "GlowKnobs"]


@dataclass(frozen=True)
class GlowKnobs(AffineKnobs):
    """What can be chosen about Glow."""

    layers: int = again(AffineKnobs, "layers", help="How many steps of actnorm, linear map and coupling.")


CARD = Card(
    id="glow",
    title="Glow",
    family="Flow",
    worlds=("plane", "digits"),
    summary="Like RealNVP, but between two couplings it learns a linear map that turns and mixes all the numbers.",
    formula=r"y = P L (U + \mathrm{diag}(s))\, x,\quad \log |\det| = \sum_i \log |s_i|",
    reference="Kingma and Dhariwal 2018",
    knobs=GlowKnobs,
    objectives=FLOW_OBJECTIVES,
    capabilities=("density", "score", "sample", "latent", "layers"),
    limited={"score": ("plane",), "layers": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="one pass",
    target={"plane": "genplay.models.glow:Glow", "digits": "genplay.models.glow:DigitGlow"},
    recipe=AFFINE_RECIPE,
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)
