"""The card of ``d3pm``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "FlipKnobs"]


@dataclass(frozen=True)
class FlipKnobs(NetKnobs):
    """What can be chosen about a discrete diffusion."""

    width: int = knob(192, "Hidden units of the network.", low=8, high=512, log=True)
    depth: int = knob(2, "Hidden layers of the network.", low=1, high=6)
    activation: str = knob("silu", "The network's bend.", choices=("relu", "tanh", "silu", "softplus"))
    noise_steps: int = knob(
        30, "In how many steps T an image is turned to coin tosses.", low=2, high=200, log=True
    )
    schedule: str = knob(
        "linear", "How fast the image is forgotten: evenly, or slowly at first.", choices=("linear", "cosine")
    )
    sampling_steps: int = knob(
        200, "Steps from coins to a sample, at most T; fewer are quicker and coarser.", low=1, high=200, log=True,
        live=True,
    )  # fmt: skip


CARD = Card(
    id="d3pm",
    title="Discrete diffusion (D3PM)",
    family="Diffusion",
    worlds=("digits",),
    summary="Flip pixels at random until nothing is left of an image, and learn to flip them back.",
    formula=r"q(x_t \mid x_0) = \frac{1 + \kappa_t x_t x_0}{2},\quad "
    r"\log p(x) \ge -\sum_t \mathbb{E}\, \mathrm{KL}(q(x_{t-1} \mid x_t, x_0) \,\|\, p(x_{t-1} \mid x_t))",
    reference="Austin et al. 2021; binary diffusion: Sohl-Dickstein et al. 2015",
    knobs=FlipKnobs,
    objectives=(
        Objective(
            "bound", "The bound", "The divergence of every step back, in all the lower bound on log p(x)."
        ),
        Objective(
            "cross-entropy",
            "Guess the clean pixels",
            "Every step counts the same: how well the original is guessed.",
        ),
    ),
    capabilities=("sample", "trajectory", "forward"),
    density={},
    cost="T steps",
    target="genplay.models.d3pm:D3PM",
    recipe={
        "learning_rate": 2e-3,
        "optimiser": "adamw",
        "weight_decay": 0.1,
        "ema": 0.997,
        "schedule": "cosine",
        "horizon": 10_000,
        "floor": 0.1,
    },
    trained_by="a bound on the likelihood",
    bounded=("digits",),
    latents="noised x, as large as x",
    architecture="any network, one for all noise levels",
)
