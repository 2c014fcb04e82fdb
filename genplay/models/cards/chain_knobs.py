"""What the cards of all models of the chain rule share: their objective, how samples are drawn, the law of a coordinate."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Objective

__all__ = ["CROSS_ENTROPY", "ChainKnobs", "CoordinateKnobs", "SequenceKnobs"]

CROSS_ENTROPY = Objective(
    "cross-entropy",
    "Cross-entropy (maximum likelihood)",
    "Every dimension is predicted from the true ones before it (teacher forcing); the sum of the cross-entropies is "
    "−log p(x), exactly.",
)


@dataclass(frozen=True)
class ChainKnobs(Knobs):
    """How samples are drawn."""

    temperature: float = knob(
        1.0, "Below 1 samples keep to what is likely, above 1 they wander. 1: the model itself.", low=0.1, high=3.0,
        log=True, live=True,
    )  # fmt: skip
    decoding: str = knob(
        "ancestral",
        "Draw one dimension after another, or guess all at once again and again until nothing changes (the same samples).",
        choices=("ancestral", "jacobi"),
        live=True,
    )


@dataclass(frozen=True)
class CoordinateKnobs(Knobs):
    """The law of one coordinate given the one before it."""

    first: str = knob("x1", "Which coordinate comes first.", choices=("x1", "x2"), worlds=("plane",))
    head: str = knob(
        "mixture",
        "The law of a coordinate: a mixture of Gaussians, or a mixture of logistics on small bins.",
        choices=("mixture", "logistic"),
        worlds=("plane",),
    )
    components: int = knob(
        20, "Components in the mixture of each coordinate.", low=1, high=50, worlds=("plane",)
    )
    bins: int = knob(
        128,
        "Bins across the data, for the logistics on bins.",
        low=16,
        high=1024,
        log=True,
        worlds=("plane",),
    )


@dataclass(frozen=True)
class SequenceKnobs(ChainKnobs):
    """How a network that reads its input as a sequence is trained."""

    own_samples: float = knob(
        0.0,
        "Scheduled sampling: in training this share of what the network reads is its own draws, not the truth. It then meets its "
        "own mistakes early, but no longer climbs the likelihood.",
        low=0.0, high=1.0, live=True, label="own samples fed",
    )  # fmt: skip
    hidden: float = knob(
        0.1,
        "Share of the pixels hidden from the network at each training step: against learning the examples by heart.",
        low=0.0, high=0.8, live=True, label="hidden pixels", worlds=("digits",),
    )  # fmt: skip
    unlabelled: float = knob(
        0.8,
        "Share of the examples shown without their class. log p(x) and plain samples use the network without a class.",
        low=0.1, high=1.0, live=True,
    )  # fmt: skip
