"""What is sampled from: a density up to a constant, and whatever else a model or the true law offers.

Everything is numpy in float64; x is (n, d), d = 2 on the plane and pixels of 0 or 1 in the digit world. What a target
does not offer is None, and samplers that need it say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Quantity
from genplay.spaces import World
from genplay.spaces.plane import Box

__all__ = ["ABILITIES", "Ability", "ChainRule", "Draws", "Flow", "NoiseLevels", "Target"]

Array = NDArray[np.float64]
Ability = Literal["log_density", "gradient", "draws", "chain_rule", "noise_levels", "flow", "blocks"]

REDRAWN = 20

ABILITIES: dict[Ability, str] = {
    "log_density": "a density (up to a constant) that can be computed at any point",
    "gradient": "a gradient of log p",
    "draws": "a way of drawing from it directly",
    "chain_rule": "conditionals p(x_j | the ones before j)",
    "noise_levels": "a score of its noised density",
    "flow": "an ordinary differential equation from noise to data",
    "blocks": "a table of all 2^25 images",
}
"""What each ability is called when it is missed."""


@dataclass(frozen=True)
class Draws:
    """Direct draws. ``exact``: they follow the target's density itself, not a chain that comes near it."""

    draw: Callable[[int, np.random.Generator], Array]
    exact: bool
    method: str


@dataclass(frozen=True)
class ChainRule:
    """Images: ``lit(x, j)`` is p(x_j = 1 | the pixels before j in ``order``), (n, d) → (n,)."""

    order: tuple[int, ...]
    lit: Callable[[Array, int], Array]


@dataclass(frozen=True)
class NoiseLevels:
    """The density blurred by Gaussian noise: standard deviations from loud to quiet, and ∇ log p_σ at level i.

    ``start`` draws from (about) the loudest level.
    """

    sigmas: tuple[float, ...]
    score: Callable[[Array, int], Array]
    start: Callable[[int, np.random.Generator], Array]
    method: str


@dataclass(frozen=True)
class Flow:
    """dx/dt from noise (t = 0) to data (t = 1), (n, d) and t → (n, d); ``start`` draws the noise."""

    velocity: Callable[[Array, float], Array]
    start: Callable[[int, np.random.Generator], Array]
    method: str


@dataclass(frozen=True)
class Target:
    """A distribution to sample from.

    ``log_density`` is log f with p = f / Z; ``log_z`` gives log Z where it is known exactly (0 for a normalised density),
    for comparison only. ``why_not`` holds a plain sentence for abilities whose absence has a reason worth telling.
    """

    title: str
    world: World
    dim: int
    box: Box
    log_density: Callable[[Array], Array] | None = None
    density_method: str = ""
    log_z: Callable[[], Quantity] | None = None
    gradient: Callable[[Array], Array] | None = None
    gradient_method: str = ""
    draws: Draws | None = None
    chain_rule: ChainRule | None = None
    noise_levels: NoiseLevels | None = None
    flow: Flow | None = None
    blocks: Callable[[], Callable[[int, int], Array]] | None = None
    why_not: tuple[tuple[Ability, str], ...] = ()

    def offers(self, ability: Ability) -> bool:
        """Whether it can do this."""
        return getattr(self, ability) is not None

    def lacks(self, ability: Ability) -> str:
        """One sentence: why it cannot do this."""
        for name, reason in self.why_not:
            if name == ability:
                return reason
        return f"{self.title} has no {ABILITIES[ability].removeprefix('a ').removeprefix('an ')}."

    def start(self, n: int, rng: np.random.Generator) -> Array:
        """Where chains begin: evenly over the box, or images of coin tosses. Far apart, so that R-hat can tell.

        Places of no density are drawn again, in the end from the target itself: a chain there would not know where to go.
        """
        x = self._anywhere(n, rng)
        if self.log_density is None:
            return x
        for _ in range(REDRAWN):
            lost = np.flatnonzero(np.isneginf(self.log_density(x)))
            if not len(lost):
                return x
            x[lost] = self._anywhere(len(lost), rng)
        lost = np.flatnonzero(np.isneginf(self.log_density(x)))
        if len(lost) and self.draws is not None:
            x[lost] = self.draws.draw(len(lost), rng)
        return x

    def _anywhere(self, n: int, rng: np.random.Generator) -> Array:
        if self.world == "digits":
            return rng.integers(0, 2, (n, self.dim)).astype(np.float64)
        b = self.box
        return rng.uniform((b.x0, b.y0), (b.x1, b.y1), (n, 2))
