"""A saturated discriminator: it is certain about everything, and where it is certain its slope is 0.

At the minimax loss the generator's slope is D(G(z)) ∇l, which dies as D(G(z)) → 0; the other losses keep a slope until
the discriminator itself becomes flat. So two things are asked: is D near 1 at data and near 0 at samples, and has what
would move the samples died away?
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.models.exhibits import Bars, Curves
from genplay.quantity import estimate
from genplay.training.health.finding import Reading
from genplay.training.history import History

__all__ = ["saturated"]

SURE = 0.05
WEAK = 0.03
"""Nats of loss for moving a sample by one deviation of the data: below this the generator is hardly pulled at all."""
_ROWS = 200
_FEWEST = 50


def saturated(history: History, pull: NDArray[np.float64]) -> Reading:
    """Judge D_real and D_fake of the last steps, and ``pull`` (n,), ‖∂ generator's loss / ∂x‖ at each of n samples."""
    real, fake = (history.curve(name)[1][-_ROWS:] for name in ("D_real", "D_fake"))
    if len(real) < _FEWEST or len(pull) == 0:
        return Reading("open", f"The game is judged from {_FEWEST} steps on.")
    how = f"mean over the last {len(real)} steps"
    high, low, strength = float(real.mean()), float(fake.mean()), float(np.median(pull))
    error = float(pull.std() / math.sqrt(len(pull)))
    figures = (
        ("D at data", estimate(high, float(real.std()) / math.sqrt(len(real)), how, "")),
        ("D at samples", estimate(low, float(fake.std()) / math.sqrt(len(fake)), how, "")),
        (
            "pull on a sample",
            estimate(strength, error, f"median over {len(pull)} samples", "nats a deviation"),
        ),
    )
    evidence = (_curves(history), _histogram(pull))
    if high > 1 - SURE and low < SURE and strength < WEAK:
        seen = (
            f"the discriminator says {high:.3f} at data and {low:.3f} at samples, and its slope at the samples has died "
            f"away ({strength:.2g} nats a deviation): the generator is told nothing."
        )
        return Reading("ill", seen, figures, evidence)
    if high > 1 - SURE and low < SURE:
        return Reading(
            "well", "The discriminator is sure of itself, but still pulls the samples.", figures, evidence
        )
    return Reading(
        "well",
        f"The discriminator is not certain: {high:.2f} at data, {low:.2f} at samples.",
        figures,
        evidence,
    )


def _curves(history: History) -> Curves:
    lines = {}
    for name, label in (("D_real", "at data"), ("D_fake", "at samples of the model")):
        steps, values = history.decimated(name, 400)
        lines[label] = (steps.astype(np.float64), values)
    return Curves(
        "What the discriminator says",
        lines,
        "step",
        "D",
        help="1: certainly real, 0: certainly made. ½: it cannot tell.",
    )


def _histogram(pull: NDArray[np.float64]) -> Bars:
    edges = np.array([0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, np.inf])
    counts = np.histogram(pull, edges)[0] / len(pull)
    names = (*(f"to {edge:g}" for edge in edges[1:-1]), f"above {edges[-2]:g}")
    return Bars(
        "How strongly samples are pulled", names, counts, "share of samples",
        errors=np.sqrt(counts * (1 - counts) / len(pull)),
        help="The slope of the generator's loss at each sample, in nats for a move by one deviation of the data.",
    )  # fmt: skip
