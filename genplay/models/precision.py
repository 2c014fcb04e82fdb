"""Where a model computes, and in which precision: those of its parameters and buffers."""

from __future__ import annotations

from itertools import chain

import torch
from torch import nn

__all__ = ["device_of", "dtype_of"]


def device_of(model: nn.Module) -> torch.device:
    """Where a model's numbers are; the CPU if it has none."""
    return next((t.device for t in chain(model.parameters(), model.buffers())), torch.device("cpu"))


def dtype_of(model: object) -> torch.dtype:
    """The precision of a model's numbers; float32 if it has none."""
    if not isinstance(model, nn.Module):
        return torch.float32
    numbers = (t.dtype for t in chain(model.parameters(), model.buffers()) if t.is_floating_point())
    return next(numbers, torch.float32)
