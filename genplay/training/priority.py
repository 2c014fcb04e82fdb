"""A lower operating-system priority for the calling thread, so that computing never makes the window wait."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import Literal

__all__ = ["Level", "lower_priority"]

Level = Literal["background", "idle"]

_NICE = {"background": 10, "idle": 19}
_WINDOWS = {"background": -1, "idle": -2}  # THREAD_PRIORITY_BELOW_NORMAL, THREAD_PRIORITY_LOWEST
_MACOS = {"background": 0x11, "idle": 0x09}  # QOS_CLASS_UTILITY, QOS_CLASS_BACKGROUND


def lower_priority(level: Level = "background") -> bool:
    """Lower the calling thread's priority to ``background`` or ``idle``; False where the system refuses.

    On Linux a nice value belongs to a thread, so the window's thread keeps its own.
    """
    try:
        return _lower(level)
    except (OSError, AttributeError):
        return False


def _lower(level: Level) -> bool:
    done = False
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE[level])
        done = True
    elif sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentThread.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.GetCurrentThread())
        done = bool(kernel.SetThreadPriority(handle, _WINDOWS[level]))
    elif sys.platform == "darwin":
        libc = ctypes.CDLL(None)
        done = bool(libc.pthread_set_qos_class_self_np(_MACOS[level], 0) == 0)
    return done
