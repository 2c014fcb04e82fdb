"""What an energy on the plane shows of its inside: the landscape with chains that run on it, and log Z told in several ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.exhibits import Facts, PlanePicture, Polyline
from genplay.quantity import Quantity
from genplay.spaces.plane import Box

__all__ = ["landscape", "normaliser"]

CAP = 12.0
"""Nats above the lowest energy at which the picture stops: e^−12 of the highest density is nowhere."""


def landscape(
    box: Box, energy: NDArray[np.float64], data: Tensor, paths: Tensor, chains: Tensor | None
) -> PlanePicture:
    """The energy (n, n) over its minimum, with paths (steps, m, 2) and where persistent chains stand (n, 2)."""
    height = np.minimum(energy - energy.min(), CAP)
    lines = [Polyline(as_array(data), "data", dots=True, label="data")]
    if chains is not None:
        lines.append(Polyline(as_array(chains), "truth", dots=True, label="persistent chains"))
    walks = as_array(paths).transpose(1, 0, 2)
    lines += [
        Polyline(walk, "model", label="Langevin chain" if i == 0 else "") for i, walk in enumerate(walks)
    ]
    legend = [
        "data",
        *(["persistent chains"] if chains is not None else []),
        "Langevin chains from your point",
    ]
    return PlanePicture(
        "Energy landscape", box, tuple(lines), height, unit="nats above the lowest",
        help="Chains run downhill and are shaken; a chain that does not leave its valley never learns of the others.",
        legend=tuple(legend),
    )  # fmt: skip


def normaliser(rows: dict[str, Quantity]) -> Facts:
    """log Z as it is, and as it would have been guessed."""
    return Facts(
        "The normalising constant", tuple(rows.items()),
        help="Here Z can be summed, so every way to guess it can be judged. Annealing forwards says too little in the mean, "
        "backwards too much.",
    )  # fmt: skip


def as_array(x: Tensor) -> NDArray[np.float64]:
    return np.asarray(x.detach().cpu().double().numpy())
