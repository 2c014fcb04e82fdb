"""Where things lie: resources that come with the program, and the user's settings, logs and autosaves."""

from __future__ import annotations

import os
from pathlib import Path

from genplay.errors import Failure

__all__ = ["autosave_dir", "log_dir", "resource", "settings_dir"]


def resource(*parts: str) -> Path:
    """The path of a bundled file: in a wheel under ``genplay/resources``, in a checkout under ``resources``.

    Raises ``Failure`` if the installation lacks it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "resources", package.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise Failure(f"The installation lacks the resource {'/'.join(parts)}. Install genplay again.")


def _home(kind: str) -> Path:
    """The user's folder of this kind; ``GENPLAY_HOME`` puts them all under one folder."""
    override = os.environ.get("GENPLAY_HOME")
    if override:
        path = Path(override) / kind
    else:
        import platformdirs

        dirs = platformdirs.PlatformDirs("genplay", appauthor=False)
        path = {
            "settings": dirs.user_config_path,
            "logs": dirs.user_log_path,
            "autosave": dirs.user_state_path / "autosave",
        }[kind]
    path.mkdir(parents=True, exist_ok=True)
    return path


def settings_dir() -> Path:
    """Where window layout and preferences are kept."""
    return _home("settings")


def log_dir() -> Path:
    """Where tracebacks of unexpected errors are written."""
    return _home("logs")


def autosave_dir() -> Path:
    """Where the open experiment is saved as it changes."""
    return _home("autosave")
