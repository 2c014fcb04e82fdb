"""A look at the installation: versions, device, Qt, fonts, writable folders; what is wrong, and the mend."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genplay import paths
from genplay.errors import GenplayError

__all__ = ["Finding", "examine", "has_display", "window_trouble"]

_CORE = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "safetensors",
    "platformdirs",
    "pillow",
    "psygnal",
    "contourpy",
)
_WINDOW = ("PySide6-Essentials", "pyqtgraph", "qasync", "ziamath")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``mend`` says what to do where it is not ``ok``."""

    id: str
    title: str
    value: str
    ok: bool = True
    mend: str = ""

    def to_json(self) -> dict[str, object]:
        """What ``doctor --json`` lists."""
        return {"id": self.id, "title": self.title, "value": self.value, "ok": self.ok, "mend": self.mend}


def has_display() -> bool:
    """Whether a window can be opened: always assumed on Windows and macOS, or where Qt's platform is set."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def window_trouble() -> str:
    """Why the window cannot be opened, as one line; '' if it can."""
    try:
        for name in ("PySide6.QtWidgets", "pyqtgraph"):
            importlib.import_module(name)
    except ImportError as error:
        return (
            f"The window cannot be opened ({error}). `genplay doctor` says what is missing; "
            "`genplay train` works without a window."
        )
    if not has_display():
        return (
            "There is no display here. Set QT_QPA_PLATFORM=offscreen to run without a screen "
            "(with --script or --screenshot), or use `genplay train`."
        )
    return ""


def examine() -> list[Finding]:
    """Everything, in the order in which it is shown."""
    from genplay import __version__

    ok = sys.version_info >= (3, 11)
    found = [
        Finding("genplay", "genplay", __version__),
        Finding("python", "Python", platform.python_version(), ok, "" if ok else "Use Python 3.11 or newer."),
        Finding("system", "System", f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]
    found += [_package(name, "core") for name in _CORE]
    found.append(_device())
    found += [_package(name, "window") for name in _WINDOW]
    found += [_qt(), _display()]
    found.append(_there("fonts", "Fonts", lambda: paths.resource("fonts")))
    for id, title, folder in (
        ("settings", "Settings", paths.settings_dir),
        ("logs", "Logs", paths.log_dir),
        ("autosave", "Autosaves", paths.autosave_dir),
    ):
        found.append(_writable(id, title, folder))
    return found


def _package(name: str, part: str) -> Finding:
    try:
        return Finding(name.lower(), name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        needed = (
            "genplay needs it" if part == "core" else "the window needs it; the command line works without"
        )
        return Finding(name.lower(), name, "missing", False, f"{needed}: pip install {name}")


def _device() -> Finding:
    try:
        from genplay.training.device import available, choose

        return Finding("device", "Device", f"{choose('auto').type} (there are: {', '.join(available())})")
    except (ImportError, OSError, GenplayError) as error:
        return Finding(
            "device", "Device", "none", False, f"torch cannot be loaded ({error}): install it again."
        )


def _qt() -> Finding:
    """Whether Qt's libraries can be loaded at all; on a bare Linux a system library is the usual thing missing."""
    try:
        version = importlib.import_module("PySide6.QtCore").qVersion()
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        mend = "Install PySide6-Essentials."
        if ".so" in str(error):
            mend = f"A system library is missing ({error}). On Debian or Ubuntu: apt install libegl1 libgl1 libxkbcommon0 libdbus-1-3."
        return Finding("qt", "Qt", "cannot be loaded", False, mend)
    return Finding("qt", "Qt", str(version))


def _display() -> Finding:
    chosen = os.environ.get("QT_QPA_PLATFORM")
    if chosen:
        return Finding("platform", "Qt platform", f"{chosen} (from QT_QPA_PLATFORM)")
    if has_display():
        return Finding("platform", "Qt platform", "the system's own")
    return Finding(
        "platform",
        "Qt platform",
        "no display",
        False,
        "No window can be shown here. For pictures without a screen set QT_QPA_PLATFORM=offscreen; "
        "`genplay train` needs no screen.",
    )


def _there(id: str, title: str, find: Callable[[], Path]) -> Finding:
    try:
        folder = find()
    except GenplayError as error:
        return Finding(id, title, "missing", False, str(error))
    count = sum(1 for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf"))
    return Finding(
        id,
        title,
        f"{count} in {folder}",
        count > 0,
        "" if count else "Install genplay again: its fonts are missing.",
    )


def _writable(id: str, title: str, folder: Callable[[], Path]) -> Finding:
    try:
        path = folder()
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        return Finding(
            id,
            title,
            f"not writable: {error}",
            False,
            "Make the folder writable, or set GENPLAY_HOME to another one.",
        )
    return Finding(id, title, str(path))
