"""The knobs that all models of the chain rule have: how samples are drawn, and the law of one coordinate of the plane."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob

__all__ = ["ChainKnobs", "CoordinateKnobs"]


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
