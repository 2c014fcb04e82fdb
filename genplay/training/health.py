"""What goes wrong in training, recognised and named: today an exploding loss and a run out of memory.

A loss that is no longer a number stops the run in the trainer; here is what can be seen coming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from genplay.errors import GenplayError
from genplay.training.history import History

__all__ = ["Finding", "exploding", "explain"]

_RECENT = 32
_FAR = 50.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something seen in a run: what it is called, what was seen, what to do."""

    id: str
    step: int
    text: str


def exploding(history: History) -> Finding | None:
    """A loss whose recent median lies far above everything it was before, on its own scale.

    The scale is the spread between the best and the first median of the run (at least 1 nat): |now − best| > 50 scales.
    """
    for name in history.names():
        if name != "loss" and not name.endswith("_loss"):
            continue
        steps, values = history.decimated(name, 2000)
        if len(values) < 3 * _RECENT:
            continue
        blocks = values[: len(values) // _RECENT * _RECENT].reshape(-1, _RECENT)
        medians = np.median(blocks, axis=1)
        now = float(np.median(values[-_RECENT:]))
        best = float(medians[:-1].min())
        scale = max(1.0, abs(float(medians[0]) - best))
        if now - best > _FAR * scale and now > float(medians[0]):
            what = name.replace("_", " ")
            return Finding(
                "exploding-loss",
                int(steps[-1]),
                f"The {what} is exploding: {now:.3g} after a best of {best:.3g}. Lower the learning rate or clip the "
                "gradients.",
            )
    return None


def explain(error: BaseException) -> str:
    """One line for the user about an error in the training thread."""
    if isinstance(error, GenplayError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "out of memory" in str(error).lower():
        return "Out of memory: make the batch size or the model smaller. The last good parameters are kept."
    text = " ".join(str(error).split())
    return f"Training stopped by an error in the model: {type(error).__name__}: {text[:300]}"
