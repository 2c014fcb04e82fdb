"""What a sampler does, one small event at a time, so that a drawing can play it slowly or not at all.

Positions are tuples of d numbers; ``chain`` is the number of the chain it happened to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Accept", "Draw", "Event", "Flip", "Leapfrog", "Level", "Move", "Point", "Propose", "Reject", "Weight", "point",
]  # fmt: skip

Point = tuple[float, ...]


def point(x: NDArray[np.float64]) -> Point:
    """A row (d,) as a tuple."""
    return tuple(x.tolist())


@dataclass(frozen=True, slots=True)
class Propose:
    """A new place is looked at; ``accept`` is the probability with which it will be taken."""

    chain: int
    at: Point
    to: Point
    accept: float


@dataclass(frozen=True, slots=True)
class Accept:
    """The proposal was taken."""

    chain: int
    at: Point


@dataclass(frozen=True, slots=True)
class Reject:
    """The proposal was refused; the chain stays."""

    chain: int
    at: Point


@dataclass(frozen=True, slots=True)
class Flip:
    """A pixel was given a value drawn with this probability of being lit; ``changed`` says whether it is another one."""

    chain: int
    pixel: int
    lit: bool
    probability: float
    changed: bool


@dataclass(frozen=True, slots=True)
class Move:
    """The chain moved without asking."""

    chain: int
    at: Point
    to: Point


@dataclass(frozen=True, slots=True)
class Leapfrog:
    """The path of a ball that was kicked: every position, and how much its total energy H changed."""

    chain: int
    path: tuple[Point, ...]
    energy_error: float


@dataclass(frozen=True, slots=True)
class Weight:
    """A point was given this log importance weight."""

    chain: int
    at: Point
    log_weight: float


@dataclass(frozen=True, slots=True)
class Level:
    """The next rung of a ladder: ``value`` is an inverse temperature, a level of noise or a time."""

    index: int
    of: int
    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Draw:
    """A part of a sample was drawn: one dimension (``pixel`` ≥ 0, with its probability of being lit), or all of it."""

    chain: int
    at: Point
    pixel: int = -1
    probability: float = 1.0


Event = Propose | Accept | Reject | Flip | Move | Leapfrog | Weight | Level | Draw
