"""The knobs that all flows share, those that flows of affine layers share, and the objectives by which flows are trained."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["AFFINE_RECIPE", "FLOW_OBJECTIVES", "AffineKnobs", "FlowKnobs"]

AFFINE_RECIPE = {"learning_rate": 2e-3, "ema": 0.995, "clip": 30.0}
"""How flows of affine layers are trained. The limit is seldom met, but once in some thousand steps a single batch has a
gradient two hundred times as long as the others, and Adam, used to short ones, would then throw away all that was learned."""

FLOW_OBJECTIVES = (
    Objective(
        "likelihood", "Maximum likelihood", "Climb the exact log-likelihood of the data.", worlds=("plane",)
    ),
    Objective(
        "variational",
        "Variational dequantisation",
        "Pixels are filled with noise that is learned beside the flow, so that the bound on log P(image) is tight.",
        worlds=("digits",),
    ),
    Objective(
        "uniform",
        "Uniform dequantisation",
        "Pixels are filled with uniform noise: simple, but the flow has to learn the edges of a box.",
        worlds=("digits",),
    ),
)


@dataclass(frozen=True)
class FlowKnobs(NetKnobs):
    """What can be chosen about any flow that is trained by likelihood."""

    jitter: float = knob(
        0.03,
        "Noise added to the data while training: a little keeps the flow from piling its density onto single points.",
        low=0.0,
        high=1.0,
        live=True,
        unit="standard deviations",
        worlds=("plane",),
    )
    draws: int = knob(
        16,
        "How often an image is filled with fresh noise when its probability is bounded: more draws, a tighter bound.",
        low=1,
        high=256,
        log=True,
        live=True,
        label="draws for the bound",
        worlds=("digits",),
    )


@dataclass(frozen=True)
class AffineKnobs(FlowKnobs):
    """A flow whose layers stretch and shift, as far as a network says."""

    layers: int = knob(8, "How many layers.", low=1, high=24)
    width: int = again(
        NetKnobs,
        "width",
        48,
        help="Units in each hidden layer of the networks that say how far to stretch and shift.",
    )
    depth: int = again(NetKnobs, "depth", 2, help="Hidden layers of these networks.", high=4)
    bound: float = knob(
        2.0,
        "A layer stretches by at most e to this: without a limit training runs away.",
        low=0.1,
        high=5.0,
        label="limit of the log stretch",
    )
