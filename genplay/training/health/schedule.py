"""Terminal noise too weak: at the noisy end of a diffusion something of the data is left, but samples start from pure noise.

With the share κ of the variance at t = T that is still data (data of unit variance), the signal-to-noise ratio is
κ / (1 − κ). What is left moves samples: they start where no noised data ever are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.models.exhibits import Curves
from genplay.quantity import exact
from genplay.training.health.finding import Reading

__all__ = ["MOST_SIGNAL", "weak_noise"]

MOST_SIGNAL = 0.05
"""Signal-to-noise ratio at t = T that is still called noise."""


def weak_noise(times: NDArray[np.float64], signal: NDArray[np.float64]) -> Reading:
    """Judge the share of the variance that is data, ``signal`` (n,) at ``times`` (n,) from 0 (data) to 1 (noise)."""
    last = float(signal[-1])
    ratio = last / max(1 - last, 1e-12)
    figures = (
        ("signal to noise at t = T", exact(ratio, "closed form of the schedule, data of unit variance", "")),
        ("share of data in the variance at t = T", exact(last, "closed form of the schedule", "")),
    )
    evidence = (
        Curves(
            "How much of the data is left", {"share of the variance": (times, signal)}, "t, from data to noise", "share",
            help="It should be 0 at the right end: there samples start, from noise alone.",
        ),
    )  # fmt: skip
    if ratio > MOST_SIGNAL:
        seen = (
            f"at t = T the noised data are still {last:.0%} data (signal to noise = {ratio:.2f}), but samples start from "
            "pure noise: they begin where noised data never are."
        )
        return Reading("ill", seen, figures, evidence)
    return Reading(
        "well", f"At t = T nothing but noise is left: signal to noise = {ratio:.2g}.", figures, evidence
    )
