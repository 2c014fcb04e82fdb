"""The card of the ensemble."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, again, knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "EnsembleKnobs"]


@dataclass(frozen=True)
class EnsembleKnobs(Knobs):
    """What can be turned on an ensemble."""

    experts: int = knob(4, "How many models share the work.", low=1, high=16)
    plane_kind: str = knob(
        "nsf", "What each expert is: one Gaussian, or a flow of its own.", choices=("nsf", "gaussian"),
        label="kind of expert", worlds=("plane",),
    )  # fmt: skip
    kind: str = knob(
        "made", "What each expert is: a product of 25 pixels, or an autoregressive network of its own.",
        choices=("made", "bernoulli"), label="kind of expert", worlds=("digits",),
    )  # fmt: skip
    layers: int = knob(2, "Layers of each flow.", low=1, high=8, worlds=("plane",))
    width: int = knob(32, "Units in each hidden layer of each expert.", low=24, high=256, log=True)
    depth: int = knob(2, "Hidden layers of each expert's networks.", low=1, high=3)
    activation: str = again(NetKnobs, "activation")
    m_steps: int = knob(
        3, "Steps of the experts for each time that the examples are shared out.", low=1, high=20, live=True,
        label="M steps", objectives=("em",),
    )  # fmt: skip
    hard: bool = knob(
        False, "Each example goes whole to the expert that explains it best.", live=True, label="winner takes all",
        objectives=("em",),
    )  # fmt: skip


CARD = Card(
    id="ensemble",
    title="Ensemble (mixture of experts)",
    family="Combination",
    worlds=("plane", "digits"),
    summary="Several models share the data: a gate says how much each counts, and together they cover what one alone would miss.",
    formula=r"p(x) = \sum_k \pi_k\, p_k(x)",
    reference="Jacobs, Jordan, Nowlan and Hinton 1991; Jordan and Jacobs 1994; bagging: Breiman 1996",
    knobs=EnsembleKnobs,
    objectives=(
        Objective("gradient", "Joint likelihood", "Gate and experts climb the likelihood of the whole mixture together."),
        Objective("em", "EM", "Share the examples out among the experts (E), then let each learn its share (M)."),
        Objective(
            "separate", "Separate training",
            "Each expert learns alone, from a random half of every batch; only the gate sees how they do together.",
        ),
    ),
    capabilities=("density", "score", "sample", "responsibilities"),
    limited={"score": ("plane",)},
    density={"plane": "exact", "digits": "exact"},
    cost="d passes",
    target={"plane": "genplay.models.ensemble:PlaneEnsemble", "digits": "genplay.models.ensemble:PixelEnsemble"},
    recipe={"learning_rate": 3e-3, "ema": 0.99, "schedule": "cosine", "horizon": 3000, "floor": 0.1},
    trained_by="likelihood of a mixture",
    latents="a component: which expert",
    architecture="several networks and a gate",
)  # fmt: skip
