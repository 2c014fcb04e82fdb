"""Golden-section search [1] for the maximum of a function of one number, one trial at a time.

The bracket shrinks by 0.618 a trial, and one of its two inner points is always kept.

[1] Kiefer 1953.
"""

from __future__ import annotations

import math

__all__ = ["GoldenSection"]

_RATIO = (math.sqrt(5) - 1) / 2


class GoldenSection:
    """Ask for ``trial``, ``tell`` its value, until ``enclosed``; a plateau of −inf is left to the right."""

    def __init__(self, low: float, high: float, tolerance: float) -> None:
        self._low, self._high = low, high
        self._tolerance = tolerance
        self._left: float | None = None
        self._right: float | None = None
        self.best, self.best_value = high, -math.inf

    @property
    def trial(self) -> float:
        """Where to look next."""
        step = _RATIO * (self._high - self._low)
        return self._high - step if self._left is None else self._low + step

    @property
    def enclosed(self) -> bool:
        """Whether the bracket has become narrower than the tolerance."""
        return self._high - self._low < self._tolerance

    def tell(self, value: float) -> None:
        """The function's value at ``trial``."""
        if value > self.best_value:
            self.best, self.best_value = self.trial, value
        if self._left is None:
            self._left = value
        else:
            self._right = value
        if self._left is None or self._right is None:
            return
        inner = self._high - self._low
        if self._left > self._right:
            self._high = self._low + _RATIO * inner
            self._left, self._right = None, self._left
        else:
            self._low = self._high - _RATIO * inner
            self._left, self._right = self._right, None
