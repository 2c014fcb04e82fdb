"""How a long measurement tells where it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genplay.errors import Failure

__all__ = ["Watch"]


def _silent(share: float, text: str) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Watch:
    """``progress(share, text)`` is told how far the work is (0 to 1); ``cancelled()`` is asked whether to stop."""

    progress: Callable[[float, str], None] = _silent
    cancelled: Callable[[], bool] = _never

    @staticmethod
    def of(progress: Callable[[float, str], None] | None, cancelled: Callable[[], bool] | None) -> Watch:
        """A watch from callbacks of which either may be missing."""
        return Watch(progress or _silent, cancelled or _never)

    def at(self, share: float, text: str) -> None:
        """Report; raise ``Failure`` if the work is no longer wanted."""
        if self.cancelled():
            raise Failure("The measurement was cancelled.")
        self.progress(share, text)

    def part(self, start: float, stop: float) -> Watch:
        """A watch for a part of the work, from share ``start`` to share ``stop`` of the whole."""
        return Watch(lambda share, text: self.progress(start + (stop - start) * share, text), self.cancelled)

    def forward(self) -> Watch:
        """The same work told forwards only: what a part has computed on the way, it does not begin again."""
        farthest = 0.0

        def progress(share: float, text: str) -> None:
            nonlocal farthest
            farthest = max(farthest, share)
            self.progress(farthest, text)

        return Watch(progress, self.cancelled)
