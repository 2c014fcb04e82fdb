"""The card of ``glow``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again
from genplay.models.card import Card
from genplay.models.flow_knobs import FLOW_OBJECTIVES, AffineKnobs

__all__ = ["CARD", "GlowKnobs"]


@dataclass(frozen=True)
class GlowKnobs(AffineKnobs):
    """What can be chosen about Glow."""

    layers: int = again(AffineKnobs, "layers", help="How many steps of actnorm, linear map and coupling.")


CARD = Card(
    id="glow",
    title="Glow",
    family="Flow",
    worlds=("plane",),
    summary="Like RealNVP, but between two couplings it learns a linear map that turns and mixes all the numbers.",
    formula=r"y = P L (U + \mathrm{diag}(s))\, x,\quad \log |\det| = \sum_i \log |s_i|",
    reference="Kingma and Dhariwal 2018",
    knobs=GlowKnobs,
    objectives=tuple(o for o in FLOW_OBJECTIVES if "plane" in o.worlds),
    capabilities=("density", "score", "sample", "latent", "layers"),
    density={"plane": "exact"},
    cost="one pass",
    target="genplay.models.glow:Glow",
    recipe={"learning_rate": 2e-3, "ema": 0.995},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="invertible layers",
)
