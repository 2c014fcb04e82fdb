"""Posterior collapse: units of the code whose q(z | x) is the prior whatever x is, KL(q(z_i | x) ‖ p(z_i)) ≈ 0.

Such a unit tells the decoder nothing. It has happened where no unit speaks, or where at least half of the units and not
fewer than two are silent.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.models.exhibits import Bars
from genplay.quantity import Quantity, estimate
from genplay.training.health.finding import Reading

__all__ = ["SILENT", "silent_codes"]

SILENT = 0.02
"""Nats of KL below which a unit says nothing, averaged over the data."""


def silent_codes(kl: NDArray[np.float64]) -> Reading:
    """Judge KL(q(z_i | x) ‖ p(z_i)) in nats, closed form for each of n training examples, (n, units)."""
    n, units = kl.shape
    mean = kl.mean(axis=0)
    error = kl.std(axis=0) / math.sqrt(n)
    silent = mean + 3 * error < SILENT
    total = float(mean.sum())
    rate: Quantity = estimate(
        total, float(kl.sum(axis=1).std()) / math.sqrt(n), f"closed form, mean over {n} training examples"
    )
    figures = (
        ("KL of all units together", rate),
        (
            "units that say nothing",
            Quantity(float(silent.sum()), "estimate", None, f"KL below {SILENT:g} nats by 3 errors", ""),
        ),
    )
    evidence = (
        Bars(
            "What each unit of the code says", tuple(f"z{i + 1}" for i in range(units)), mean, "nats", error,
            help="The mean KL of q(z | x) from the prior. At 0 the unit is the same noise for every x.",
        ),
    )  # fmt: skip
    count = int(silent.sum())
    if count == units or (count >= 2 and 2 * count >= units):
        which = (
            "no unit of the code says"
            if count == units
            else f"{count} of {units} units of the code do not say"
        )
        seen = f"{which} anything about x: the KL is below {SILENT:g} nats, {total:.2g} nats in all."
        return Reading("ill", seen, figures, evidence)
    words = (
        "Every unit of the code says something"
        if not count
        else f"{units - count} of {units} units of the code speak"
    )
    return Reading("well", f"{words}, {total:.2f} nats in all.", figures, evidence)
