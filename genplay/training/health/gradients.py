"""Vanishing gradients: the early layers of a network get next to no slope, so they cannot learn.

Backpropagation multiplies the slopes of all layers on the way from the loss to the input. Where each factor is well
below 1 the product dies away layer by layer. Compared are the root mean square gradients over the weights of the layers: in
a healthy net the first and the strongest are within a few hundred times of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from genplay.models.exhibits import Bars
from genplay.quantity import exact
from genplay.training.health.finding import Reading

__all__ = ["FEWEST", "Slopes", "vanishing"]

FAINT = 1e-4
"""The slope of the first layer over the strongest slope in its net, below which it is said to be starved."""
NOTHING = 1e-9
"""A slope below what Adam adds to its divisor, 1e-8, by ten: no step comes of it any more."""
FEWEST = 3
"""Layers a network has at least to have early ones."""


@dataclass(frozen=True)
class Slopes:
    """Root mean square gradient of each weight matrix of a network, input first, and the strongest of any parameter."""

    layers: tuple[float, ...]
    strongest: float


def vanishing(nets: Mapping[str, Slopes]) -> Reading:
    """Judge the gradients of each network by name; only nets of three layers and more have early ones."""
    deep = {name: slopes for name, slopes in nets.items() if len(slopes.layers) >= FEWEST}
    if not deep:
        return Reading("open", "No step with gradients has been looked at yet.")
    if not all(np.isfinite([*s.layers, s.strongest]).all() for s in deep.values()):
        return Reading("open", "The gradients are no numbers.")
    worst = min(deep, key=lambda name: (min(deep[name].strongest, NOTHING), _ratio(deep[name])))
    slopes, what = deep[worst], worst.replace("_", " ").replace(".", " ")
    layers, ratio = np.array(slopes.layers), _ratio(slopes)
    how = "the gradient of one step, root mean square over weights"
    figures = (
        ("first layer's slope over the strongest", exact(ratio, how, "")),
        ("strongest slope, powers of ten", exact(float(np.log10(max(slopes.strongest, 1e-300))), how, "")),
    )
    bars = Bars(
        "Slope that reaches each layer",
        tuple(f"layer {i + 1}" for i in range(len(layers))),
        np.log10(np.maximum(layers, 1e-20)),
        "powers of ten",
        help=f"Of {what}. The slope comes in at the last layer and travels back to the first. −3 is a thousandth.",
    )
    if 0 < slopes.strongest < NOTHING:
        seen = (
            f"no layer of {what} gets any slope to speak of (the strongest is {slopes.strongest:.1g}): its steps come to "
            "nothing, and what it passes on is as flat."
        )
        return Reading("ill", seen, figures, (bars,))
    if ratio < FAINT:
        seen = f"the first layer of {what} gets {_times(ratio)} of the strongest slope: the early layers cannot learn."
        return Reading("ill", seen, figures, (bars,))
    return Reading("well", f"The first layer gets {_times(ratio)} of the strongest slope.", figures, (bars,))


def _ratio(slopes: Slopes) -> float:
    """1 where nothing has any slope: a loss at its very minimum."""
    return slopes.layers[0] / slopes.strongest if slopes.strongest > 0 else 1.0


def _times(ratio: float) -> str:
    if ratio <= 0:
        return "nothing"
    return f"{ratio:.0%}" if ratio >= 0.01 else f"one part in {1 / ratio:,.0f}"
