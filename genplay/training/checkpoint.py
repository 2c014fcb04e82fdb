"""Where a run stands: its parameters as numpy arrays, how far it has come, and its history. Nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.training.history import History

__all__ = ["Checkpoint", "State"]

State = Mapping[str, NDArray[np.generic]]
"""Parameters and buffers by name; averaged parameters (EMA) have names that begin with ``average/``."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a run needs to go on from here; the optimiser's memory of past gradients is not kept."""

    step: int
    seconds: float
    state: State
    history: History
