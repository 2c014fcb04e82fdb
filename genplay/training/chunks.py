"""A function of many points, evaluated in chunks small enough that a command never waits long.

Chunks of 2,048 to 4,096 points fit the cache; a costly function gets smaller ones, by its measured cost.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Chunked"]

_MOST = 4096
_LEAST = 32
_FIRST = 256


class Chunked:
    """Work on f(x) for x (n, d), a chunk at a time; ``seconds`` is what it has cost so far.

    ``per_point`` is the expected cost in seconds of one point (None: not known yet).
    """

    def __init__(self, f: Callable[[Tensor], Tensor], x: Tensor, per_point: float | None = None) -> None:
        self._f = f
        self._x = x
        self._at = 0
        self._parts: list[Tensor] = []
        self._per_point = per_point
        self.seconds = 0.0

    @property
    def done(self) -> bool:
        return self._at >= len(self._x)

    @property
    def per_point(self) -> float:
        """Measured seconds a point."""
        return self.seconds / max(1, self._at)

    def work(self, seconds: float = math.inf) -> bool:
        """Evaluate chunks for about so long (at least one); True when all is done."""
        began = time.perf_counter()
        while not self.done:
            start = time.perf_counter()
            left = seconds - (start - began)
            size = self._size(max(left, 0.0))
            part = self._f(self._x[self._at : self._at + size]).detach()
            self._parts.append(part)
            self._at += len(self._x[self._at : self._at + size])
            now = time.perf_counter()
            self.seconds += now - start
            self._per_point = (now - start) / size
            if now - began >= seconds:
                break
        return self.done

    def _size(self, seconds: float) -> int:
        if math.isinf(seconds):
            return _MOST
        if self._per_point is None:
            return _FIRST
        fitting = int(seconds / self._per_point) if self._per_point > 0 else _MOST
        return max(_LEAST, min(_MOST, fitting))

    def result(self) -> Tensor:
        """f(x) for all points, on the CPU."""
        return torch.cat(self._parts).cpu()
