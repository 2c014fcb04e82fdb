"""The card of the hidden Markov model."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "HMMKnobs"]


@dataclass(frozen=True)
class HMMKnobs(Knobs):
    """What can be set on a hidden Markov model."""

    sequence: str = knob(
        "rows",
        "What a step of the hidden chain emits: a whole row of five pixels, or one pixel.",
        choices=("rows", "pixels"),
    )
    states: int = knob(32, "How many hidden states there are.", low=1, high=100, log=True)
    smoothing: float = knob(
        0.05,
        "Imaginary extra counts of every start, transition and pixel value (Laplace), so that nothing is impossible.",
        low=0.0,
        high=10.0,
        live=True,
    )


CARD = Card(
    id="hmm",
    title="Hidden Markov model",
    family="Graphical",
    worlds=("digits",),
    summary="A hidden state wanders from row to row, and each row is drawn from the state alone. The image is seen, the "
    "path is not: forward and backward messages say where it may have gone.",
    formula=r"p(x) = \sum_z p(z_1) \prod_{t>1} p(z_t \mid z_{t-1}) \prod_t p(x_t \mid z_t)",
    reference="Baum, Petrie, Soules and Weiss 1970; Viterbi 1967; Rabiner 1989",
    knobs=HMMKnobs,
    objectives=(
        Objective(
            "em",
            "Baum–Welch (EM)",
            "E: forward and backward messages give the expected visits and transitions. M: the tables become their "
            "shares. Climbs with every step, and stops when it has arrived.",
        ),
    ),
    capabilities=("density", "sample", "conditionals"),
    density={"digits": "exact"},
    cost="d passes",
    target="genplay.models.hmm:HMM",
    trained_by="EM (maximum likelihood)",
    latents="a hidden state for each row",
    architecture="hidden chain, one row a step",
)
