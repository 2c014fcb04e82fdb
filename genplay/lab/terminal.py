"""A progress bar on a terminal, and Ctrl-C as a wish instead of an exception."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from genplay.lab.fit import Progress

__all__ = ["Bar", "Interrupt"]

_WIDTH = 24


class Bar:
    """One line on standard error that is drawn over; nothing at all where that is not a terminal."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._length = 0

    def show(self, progress: Progress) -> None:
        """Draw how far training has come."""
        loss = next((f"  {k} {v:.4g}" for k, v in progress.terms.items() if "loss" in k), "")
        self.tell(progress.share, f"step {progress.step:,}{loss}")

    def tell(self, share: float, text: str) -> None:
        """Draw how far some work has come, and what it is at."""
        full = round(share * _WIDTH)
        self._draw(f"[{'#' * full}{'.' * (_WIDTH - full)}] {share:4.0%}  {text}")

    def _draw(self, line: str) -> None:
        if self._stream is not None:
            self._stream.write("\r" + line.ljust(self._length) + ("\r" if not line else ""))
            self._stream.flush()
            self._length = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw("")


class Interrupt:
    """While entered, the first Ctrl-C only makes the object true when called; a second one interrupts as usual."""

    def __init__(self) -> None:
        self._wished = False
        self._before: Any = None

    def __call__(self) -> bool:
        return self._wished

    def _wish(self, _number: int, _frame: FrameType | None) -> None:
        if self._wished:
            raise KeyboardInterrupt
        self._wished = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
