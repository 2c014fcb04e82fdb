"""How an estimator comes nearer to the truth: its value and standard error at growing sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Quantity

__all__ = ["BAR", "Convergence", "sizes_up_to"]

Array = NDArray[np.float64]

BAR = 1.96
"""Error bars reach so many standard errors: they should hold the truth 95 times in 100."""


@dataclass(frozen=True, eq=False)
class Convergence:
    """One estimator at sizes ``n`` (m,): ``value`` (m,) and standard error ``error`` (m,) in nats.

    ``axis`` says what is counted, ``why`` in plain words what the estimator does and where it goes wrong. ``final`` is its
    last value as a quantity. A standard error is infinite where one value says nothing of its own spread.
    """

    id: str
    title: str
    axis: str
    why: str
    n: Array
    value: Array
    error: Array
    final: Quantity

    @property
    def low(self) -> Array:
        """The lower end of the 95 % error bars, (m,)."""
        return self.value - BAR * self.error

    @property
    def high(self) -> Array:
        """The upper end of the 95 % error bars, (m,)."""
        return self.value + BAR * self.error

    def covers(self, truth: float) -> bool:
        """Whether the last error bar holds a value."""
        return bool(self.low[-1] <= truth <= self.high[-1])


def sizes_up_to(most: int, least: int = 16, count: int = 14) -> NDArray[np.int64]:
    """About ``count`` sizes from ``least`` to ``most``, evenly spaced in their logarithm."""
    grid = np.geomspace(min(least, most), most, count)
    return np.unique(np.round(grid).astype(np.int64))
