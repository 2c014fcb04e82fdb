"""The card of ``flow-matching``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card, Objective
from genplay.models.flow_knobs import FlowKnobs
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "FlowMatchingKnobs"]


@dataclass(frozen=True)
class FlowMatchingKnobs(NetKnobs):
    """What can be chosen about flow matching."""

    width: int = knob(96, "Units in each hidden layer of the velocity.", low=8, high=512, log=True)
    depth: int = knob(3, "Hidden layers of the velocity.", low=1, high=6)
    activation: str = again(NetKnobs, "activation", "silu")
    ode_steps: int = knob(
        20, "Runge–Kutta steps of the solver for samples and densities.", low=2, high=200, log=True, live=True
    )
    group: int = knob(
        64,
        "So many points are matched with as much noise at a time: larger groups, straighter paths, slower steps.",
        low=2,
        high=256,
        log=True,
        live=True,
        label="points matched together",
        objectives=("transport",),
    )
    jitter: float = again(FlowKnobs, "jitter", 0.02, worlds=None)


CARD = Card(
    id="flow-matching",
    title="Flow matching",
    family="Flow",
    worlds=("plane", "digits"),
    summary="Draws straight lines from noise to data and learns how fast points move along them, on the mean of all lines.",
    formula=r"L = \frac{1}{d}\, \mathbb{E}\, \| v(x_t, t) - (x_1 - x_0) \|^2,\quad x_t = (1 - t)\, x_0 + t\, x_1",
    reference="Lipman, Chen, Ben-Hamu, Nickel and Le 2023; optimal transport: Tong et al. 2024",
    knobs=FlowMatchingKnobs,
    objectives=(
        Objective("independent", "Independent pairs", "Noise and data are paired at random."),
        Objective(
            "transport",
            "Optimal transport pairs",
            "Within a batch, noise and data are paired so that they travel the least: straighter paths, fewer steps.",
        ),
    ),
    capabilities=("density", "score", "sample", "latent", "layers", "velocity", "trajectory"),
    limited={"density": ("plane",), "score": ("plane",), "layers": ("plane",)},
    density={"plane": "exact"},
    cost="T steps",
    target={
        "plane": "genplay.models.flow_matching:FlowMatching",
        "digits": "genplay.models.flow_matching:DigitFlowMatching",
    },
    recipe={"learning_rate": 2e-3, "ema": 0.998},
    trained_by="least squares on velocities",
    latents="a code as large as x",
    architecture="velocity of an ODE",
)
