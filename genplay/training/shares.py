"""Whose turn it is: lanes share the time of one thread in equal parts, whatever a turn of each costs.

The next turn goes to the lane that has had the least time, so that no two lanes are ever further apart than the longest
single turn (start-time fair queueing [1] with equal weights).

[1] Goyal, Vin and Cheng 1996.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["MOST_LANES", "Shares"]

MOST_LANES = 4
"""So many runs share a thread at most: more would be slow to watch, and hard to."""


class Shares:
    """The time each lane has had, in seconds, since it came to the others."""

    def __init__(self) -> None:
        self._had: dict[int, float] = {}

    def next(self, wanting: Collection[int]) -> int:
        """The lane to take the next turn, of those that want one (at least one); among equals the first."""
        for lane in wanting:
            # One that comes later has no claim on the time before, and none of the others on it.
            self._had.setdefault(lane, min(self._had.values(), default=0.0))
        return min(wanting, key=lambda lane: self._had[lane])

    def charge(self, lane: int, seconds: float) -> None:
        """Count what a turn has taken."""
        self._had[lane] += seconds

    def leave(self, lane: int) -> None:
        """Forget a lane that wants no more turns; it leaves its part to the others. One that waits need not leave."""
        self._had.pop(lane, None)
