"""The card of ``cnf``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, again, knob
from genplay.models.card import Card
from genplay.models.flow_knobs import FLOW_OBJECTIVES, FlowKnobs

__all__ = ["CARD", "CNFKnobs"]


@dataclass(frozen=True)
class CNFKnobs(Knobs):
    """What can be chosen about a continuous normalising flow."""

    width: int = knob(48, "Units in each hidden layer of the velocity.", low=4, high=512, log=True)
    depth: int = knob(
        2, "Hidden layers of the velocity; up to two, its divergence has a closed form.", low=1, high=2
    )
    activation: str = knob(
        "tanh", "The bend in each hidden unit: a velocity has to be smooth.", choices=("tanh", "softplus")
    )
    training_steps: int = knob(
        6,
        "Runge–Kutta steps of the solver in training; each training step has up to a third more or fewer.",
        low=2,
        high=64,
        log=True,
        live=True,
    )
    ode_steps: int = knob(
        20, "Runge–Kutta steps of the solver for samples and densities.", low=2, high=200, log=True, live=True
    )
    energy: float = knob(
        0.05,
        "Price of moving fast: straighter paths, which few steps follow well.",
        low=0.0,
        high=1.0,
        live=True,
        label="weight of the kinetic energy",
    )
    jitter: float = again(FlowKnobs, "jitter")
    draws: int = again(FlowKnobs, "draws", 4)


CARD = Card(
    id="cnf",
    title="Continuous normalising flow",
    family="Flow",
    worlds=("plane", "digits"),
    summary="A network says how fast and where every point moves; noise that follows it for one unit of time becomes data.",
    formula=r"\frac{dx}{dt} = v(x, t),\quad \log p(x) = \log \mathcal{N}(z;\, 0, I) - \int_0^1 \nabla \cdot v \; dt",
    reference="Chen, Rubanova, Bettencourt and Duvenaud 2018; kinetic energy: Finlay et al. 2020",
    knobs=CNFKnobs,
    objectives=FLOW_OBJECTIVES,
    capabilities=("density", "score", "sample", "latent", "layers", "velocity", "trajectory"),
    limited={"score": ("plane",), "layers": ("plane",), "trajectory": ("plane",)},
    density={"plane": "exact", "digits": "bound"},
    cost="T steps",
    target={"plane": "genplay.models.cnf:CNF", "digits": "genplay.models.cnf:DigitCNF"},
    recipe={"learning_rate": 2e-3, "ema": 0.995, "batch_size": 128},
    trained_by="maximum likelihood",
    latents="a code as large as x",
    architecture="velocity of an ODE",
)
