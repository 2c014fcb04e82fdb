"""An error of the training thread in one line for the user."""

from __future__ import annotations

import torch

from genplay.errors import GenplayError

__all__ = ["explain"]


def explain(error: BaseException) -> str:
    """One line for the user about an error in the training thread."""
    if isinstance(error, GenplayError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "out of memory" in str(error).lower():
        return "Out of memory: make the batch size or the model smaller. The last good parameters are kept."
    text = " ".join(str(error).split())
    return f"Training stopped by an error in the model: {type(error).__name__}: {text[:300]}"
