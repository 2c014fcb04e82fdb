"""What the window's tests share."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent

__all__ = ["Until", "flush", "own_threads"]

Until = Callable[..., None]
"""``until(condition, what, seconds)``: the fixture that lets the event loop run until something is true."""


def flush() -> None:
    """Deliver what Qt deletes later, which ``processEvents`` does not, and collect what Python still holds."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()


def own_threads() -> list[str]:
    """Names of the program's threads that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("genplay")]
