"""Where the arithmetic runs: CUDA, then Apple's MPS, then the CPU; and the two settings of a thread that computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.errors import BadInput, unknown_name
from genplay.models.precision import device_of, dtype_of

__all__ = ["available", "choose", "flushed_denormals", "placed", "single_thread", "to_tensor"]

_NAMES = ("auto", "cpu", "cuda", "mps")


def available() -> tuple[str, ...]:
    """The devices of this machine, fastest first; the CPU is always there."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose(name: str = "auto", precision: str = "float32") -> torch.device:
    """The device by name; ``auto`` takes the first that has this precision. ``BadInput`` for one that is not there.

    Apple's MPS has no float64.
    """
    if name not in _NAMES:
        raise unknown_name("device", name, _NAMES)
    here = available()
    if name == "auto":
        return torch.device(next(d for d in here if d != "mps" or precision != "float64"))
    if name == "mps" and precision == "float64":
        raise BadInput("The device 'mps' has no float64 numbers: take precision float32, or the device cpu.")
    if name not in here:
        raise BadInput(f"This machine has no device '{name}'. Allowed: auto, {', '.join(here)}.")
    return torch.device(name)


def to_tensor(array: NDArray[np.generic], like: torch.device, dtype: torch.dtype = torch.float32) -> Tensor:
    """A copy of an array on a device, so that neither can change the other."""
    return torch.from_numpy(np.array(array)).to(dtype).to(like)


def placed(array: NDArray[np.generic], model: nn.Module) -> Tensor:
    """A copy of an array of numbers where a model computes, in its precision."""
    return to_tensor(array, device_of(model), dtype_of(model))


def single_thread() -> None:
    """One torch thread for the calling thread: on small nets a second one only costs, on a busy machine fifty-fold."""
    torch.set_num_threads(1)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Treat numbers below the smallest normal float as 0 in this thread: faster exponentials of very negative numbers.

    For views only; a partition sum in float32 would lose its tail.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
