"""Autosave and recovery: the open experiment is saved as it changes, and offered again if it was not closed and saved.

Each session has a file of its own beside a lock that the operating system drops with the process, however it ended.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from genplay.errors import GenplayError
from genplay.lab.experiment import Experiment
from genplay.lab.project import SUFFIX, Project, capture, put, read, write
from genplay.paths import autosave_dir

__all__ = ["Autosave", "Recovery", "recoverable"]

DELAY = 2.0
LONGEST = 15.0
WHILE_TRAINING = 60.0
MOST_KEPT = 10
_CLOSING = 3.0


@dataclass(frozen=True)
class Recovery:
    """An experiment that was left without being saved; ``saved`` is the time of its last autosave (seconds, epoch)."""

    path: Path
    saved: float

    def into(self, experiment: Experiment) -> None:
        """Put it in place of the open experiment, unsaved as it was; raises ``BadInput`` with nothing changed."""
        put(experiment, read(self.path))
        experiment.path = None
        experiment.set_dirty(True)

    def discard(self) -> None:
        """Delete it."""
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".lock").unlink(missing_ok=True)


def recoverable(folder: Path | None = None) -> list[Recovery]:
    """What sessions that have ended left behind, newest first, ten at most."""
    folder = folder or autosave_dir()
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        lock = _Lock.take(path.with_suffix(".lock"))
        if lock is None:
            continue
        lock.release()
        with contextlib.suppress(OSError):
            found.append(Recovery(path, path.stat().st_mtime))
    found.sort(key=lambda recovery: recovery.saved, reverse=True)
    for old in found[MOST_KEPT:]:
        old.discard()
    return found[:MOST_KEPT]


class Autosave:
    """Watches an experiment; ``tick`` is called about once a second and returns at once."""

    def __init__(
        self,
        experiment: Experiment,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._experiment = experiment
        self._clock = clock
        self.path = (folder or autosave_dir()) / f"{uuid.uuid4().hex}{SUFFIX}"
        self._lock = _Lock.take(self.path.with_suffix(".lock"))
        self._seen = self._saved_version = experiment.version
        self._changed = self._saved_at = clock()
        self._saved_step = 0
        self._writing: Future[Path] | None = None
        self.trouble = ""

    def tick(self) -> None:
        """Save if there is something new: 2 s after the last change, 15 s after the last save, each minute of training."""
        now, version = self._clock(), self._experiment.version
        if version != self._seen:
            self._seen, self._changed = version, now
        if self._writing is not None:
            if not self._writing.done():
                return
            self._finish(self._writing)
        new = version != self._saved_version
        quiet = now - self._changed >= DELAY or now - self._saved_at >= LONGEST
        step = self._step()
        trained = step != self._saved_step and now - self._saved_at >= WHILE_TRAINING
        if (new and quiet) or trained:
            self._saved_version, self._saved_step, self._saved_at = version, step, now
            self._writing = self._write(capture(self._experiment))

    def _step(self) -> int:
        snapshot = self._experiment.bench.latest()
        return sum(s.step for s in (snapshot, *self._experiment.race.snapshots()) if s is not None)

    def _write(self, captured: Future[Project]) -> Future[Path]:
        out: Future[Path] = Future()

        def work() -> None:
            try:
                out.set_result(write(captured.result(timeout=60), self.path))
            except BaseException as error:  # kept in ``trouble``; saving is tried again at the next change
                out.set_exception(error)

        threading.Thread(target=work, name="genplay-autosave", daemon=True).start()
        return out

    def _finish(self, writing: Future[Path]) -> None:
        self._writing = None
        error = writing.exception()
        if error is not None and not self.trouble:
            self._experiment.say(f"The experiment could not be saved as it changed: {error}", "warning")
        self.trouble = str(error) if error is not None else ""

    def close(self) -> None:
        """End the session: what is not saved is kept for the next start, else nothing is left behind."""
        if self._writing is not None:
            with contextlib.suppress(Exception):
                self._writing.result(timeout=_CLOSING)
        if self._experiment.dirty:
            with contextlib.suppress(GenplayError, TimeoutError):
                write(capture(self._experiment).result(timeout=_CLOSING), self.path)
        else:
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()
            self.path.with_suffix(".lock").unlink(missing_ok=True)
            self._lock = None


class _Lock:
    """A file that one process holds locked; the system lets go of it when the process ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @staticmethod
    def take(path: Path) -> _Lock | None:
        """The lock, or None if another process (or another session of this one) holds it."""
        file = path.open("ab")
        try:
            if sys.platform == "win32":
                import msvcrt

                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return _Lock(file)

    def release(self) -> None:
        """Let go."""
        if sys.platform == "win32":
            import msvcrt

            with contextlib.suppress(OSError):
                self._file.seek(0)
                msvcrt.locking(self._file.fileno(), msvcrt.LK_UNLCK, 1)
        self._file.close()
