"""Remember what was computed from a model's parameters, and compute it again as soon as any of them has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import torch
from torch import Tensor

__all__ = ["Memo"]

T = TypeVar("T")


class Memo(Generic[T]):
    """One remembered value and a copy of the numbers it was made from.

    The copy is compared by value (some 20 µs for 10⁵ parameters): autograd's version counters do not tell, since fused
    optimisers write past them.
    """

    def __init__(self) -> None:
        self._seen: tuple[Tensor, object] | None = None
        self._value: T | None = None

    def get(self, inputs: Iterable[Tensor], setting: object, compute: Callable[[], T]) -> T:
        """``compute()``, or what it gave last time if no input and not the setting has changed since."""
        now = torch.cat([t.detach().reshape(-1) for t in inputs])
        if (
            self._value is None
            or self._seen is None
            or self._seen[1] != setting
            or not same(self._seen[0], now)
        ):
            self._value = compute()
            self._seen = (now, setting)
        return self._value

    def known(self, inputs: Iterable[Tensor], setting: object) -> T | None:
        """The remembered value if nothing has changed since, else None."""
        if self._seen is None or self._seen[1] != setting:
            return None
        now = torch.cat([t.detach().reshape(-1) for t in inputs])
        return self._value if same(self._seen[0], now) else None


def same(a: Tensor, b: Tensor) -> bool:
    """Whether two flat tensors hold the same numbers on the same device."""
    return a.device == b.device and a.shape == b.shape and torch.equal(a, b)
