"""What can be asked of the estimators, and with which knobs. No torch: the window's forms are made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genplay.errors import unknown_name
from genplay.knobs import Knobs, knob

__all__ = ["QUESTIONS", "EstimatorKnobs", "Question", "QuestionId", "question"]

QuestionId = Literal["log_z", "evidence", "kl", "entropy"]


@dataclass(frozen=True)
class Question:
    """A number that is known exactly here, and is estimated elsewhere."""

    id: QuestionId
    title: str
    summary: str


QUESTIONS = (
    Question(
        "log_z", "log Z", "The normalising constant of the model's unnormalised density, by what is used where no sum reaches.",
    ),
    Question(
        "evidence", "log p(x)", "The mean log-likelihood of the test points under a model with a hidden code, from below.",
    ),
    Question("kl", "KL(p‖q)", "What the model loses against the truth, from samples of the truth."),
    Question("entropy", "Entropy", "The entropy of the data's law, from samples of it."),
)  # fmt: skip


def question(name: str) -> Question:
    """One question by id; raises ``BadInput`` naming the nearest."""
    known = {q.id: q for q in QUESTIONS}
    if name not in known:
        raise unknown_name("question for the estimators", name, known)
    return known[name]


@dataclass(frozen=True)
class EstimatorKnobs(Knobs):
    """How far the estimators go; the objectives that a knob belongs to are questions here."""

    samples: int = knob(
        10_000,
        "Draws that importance sampling and its like take.",
        low=64,
        high=200_000,
        log=True,
        objectives=("log_z", "kl", "entropy"),
    )
    temperatures: int = knob(
        64,
        "The most temperatures between the broad law and the model.",
        low=2,
        high=2048,
        log=True,
        objectives=("log_z",),
    )
    chains: int = knob(
        300, "Chains that are annealed side by side.", low=16, high=10_000, log=True, objectives=("log_z",)
    )
    codes: int = knob(
        200,
        "k: the most codes a point that IWAE averages over.",
        low=1,
        high=5000,
        log=True,
        objectives=("evidence",),
    )
    draws: int = knob(50, "Draws a point for the ELBO.", low=2, high=1000, log=True, objectives=("evidence",))
    points: int = knob(
        200,
        "Test points whose log-likelihood is estimated.",
        low=1,
        high=5000,
        log=True,
        objectives=("evidence",),
    )
    neighbours: int = knob(
        3,
        "The neighbour whose distance tells the density.",
        low=1,
        high=20,
        worlds=("plane",),
        objectives=("entropy",),
    )
    seed: int = knob(0, "Another seed, other chance.", low=0, high=2**31 - 1)
