"""What the window's tests share."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent

__all__ = ["Until", "bury", "flush", "own_threads"]

Until = Callable[..., None]
"""``until(condition, what, seconds)``: the fixture that lets the event loop run until something is true."""


def bury() -> None:
    """Deliver what Qt deletes later, which ``processEvents`` does not."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def flush() -> None:
    """Deliver what Qt deletes later, and collect what Python still holds."""
    for _ in range(3):
        bury()
        gc.collect()


def own_threads() -> list[str]:
    """Names of the program's threads that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("genplay")]
