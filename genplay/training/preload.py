"""Loads torch's shared library without holding Python's lock, so that a window does not stand still meanwhile.

``import torch`` opens a library of hundreds of megabytes inside an import, where Python's lock is held: for 0.3 to 2 s no
other thread runs. Opened by a foreign call before, the same library is found loaded already. On Windows torch itself
opens its libraries by foreign calls.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

__all__ = ["preload"]

_NAMES = {"linux": "libtorch_python.so", "darwin": "libtorch_python.dylib"}


def preload() -> bool:
    """Open torch's library with the lock released; False where there is nothing to open. The import tells of any fault."""
    name = _NAMES.get(sys.platform)
    spec = importlib.util.find_spec("torch") if name is not None and "torch" not in sys.modules else None
    if name is None or spec is None or spec.origin is None:
        return False
    library = Path(spec.origin).parent / "lib" / name
    if not library.is_file():
        return False
    # A call through a loaded library releases the lock; ctypes.CDLL(path) opens the path while holding it.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    dlopen.restype = ctypes.c_void_p
    return bool(dlopen(os.fsencode(library), os.RTLD_LAZY))
