"""Unexpected errors: written to the log with their traceback and told in a toast; the window goes on."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject

from genplay.lab.state import Notice
from genplay.paths import log_dir
from genplay.ui.inbox import door

__all__ = ["Crashes", "log_file"]

_log = logging.getLogger("genplay")


def log_file() -> Path:
    """Where tracebacks go."""
    return log_dir() / "genplay.log"


class Crashes(QObject):
    """Stands in for Python's hooks while the window is open. ``count`` is how many errors there were."""

    def __init__(self, tell: Callable[[Notice], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        self._tell = tell
        self._handler = RotatingFileHandler(
            log_file(), maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        _log.addHandler(self._handler)
        self._before = (sys.excepthook, threading.excepthook)
        self._door = door(self)

    def install(self) -> None:
        """Take the hooks."""
        sys.excepthook = self.hook
        threading.excepthook = self._thread_hook

    def uninstall(self) -> None:
        """Give them back."""
        sys.excepthook, threading.excepthook = self._before
        _log.removeHandler(self._handler)
        self._handler.close()

    def hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log an error with its traceback and tell the user; a keyboard interrupt ends the program as ever."""
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        _log.error("unexpected error\n%s", text)
        self.count += 1
        self._door(self._show, f"{kind.__name__}: {error}")

    def _thread_hook(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            self.hook(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(self, what: str) -> None:
        self._tell(
            Notice(
                "error",
                f"Something went wrong in genplay itself, and your work is still here. {what}\n"
                f"The details are in {log_file()}.",
            )
        )
