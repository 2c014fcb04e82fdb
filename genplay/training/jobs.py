"""Long jobs (enumeration, ODE likelihoods, exports) one after another in a thread of low priority."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from genplay.errors import Failure, GenplayError
from genplay.training.priority import Level, lower_priority

__all__ = ["Cancelled", "Job", "Jobs"]

T = TypeVar("T")
Progress = Callable[[float, str], None]
Work = Callable[[Progress, Callable[[], bool]], T]


class Cancelled(Failure):
    """The job was cancelled before it had a result."""


class Job(Generic[T]):
    """A job that waits, runs or is done. ``progress`` is (share done from 0 to 1, what it is doing)."""

    def __init__(self, title: str, work: Work[T]) -> None:
        self.title = title
        self.future: Future[T] = Future()
        self.progress: tuple[float, str] = (0.0, "waiting")
        self._work = work
        self._cancel = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop; its future then fails with ``Cancelled``, and a result that still comes is dropped."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def run(self) -> None:
        """Do the work and settle the future; called by the executor."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = None if self.cancelled else self._work(self._report, self._cancel.is_set)
        except GenplayError as error:
            self.future.set_exception(Cancelled(f"{self.title}: cancelled.") if self.cancelled else error)
        except Exception as error:
            wrong = Failure(f"{self.title}: {type(error).__name__}: {error}")
            wrong.__cause__ = error
            self.future.set_exception(wrong)
        else:
            if self.cancelled:
                self.future.set_exception(Cancelled(f"{self.title}: cancelled."))
            else:
                self.progress = (1.0, "done")
                self.future.set_result(result)  # type: ignore[arg-type]

    def _report(self, share: float, text: str) -> None:
        self.progress = (min(1.0, max(0.0, share)), text)


class Jobs:
    """Runs jobs one at a time in the order they came; its thread begins with the first and ends with ``close``."""

    def __init__(self, name: str = "genplay-jobs", priority: Level = "idle") -> None:
        self._name = name
        self._priority: Level = priority
        self._wake = threading.Condition()
        self._queue: deque[Job[Any]] = deque()
        self._current: Job[Any] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Work[T], title: str = "job") -> Job[T]:
        """Queue ``work(progress, cancelled)``: it calls progress(share, text) and returns early if cancelled()."""
        job = Job(title, work)
        with self._wake:
            if self._closed:
                job.future.set_exception(Cancelled(f"{title}: the program is closing."))
                return job
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
                self._thread.start()
            self._queue.append(job)
            self._wake.notify()
        return job

    def pending(self) -> tuple[Job[Any], ...]:
        """The running job, then those that wait."""
        with self._wake:
            return (*([self._current] if self._current else []), *self._queue)

    def close(self, timeout: float | None = 10.0) -> None:
        """Cancel everything and end the thread."""
        with self._wake:
            self._closed = True
            for job in (*([self._current] if self._current else []), *self._queue):
                job.cancel()
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _loop(self) -> None:
        lower_priority(self._priority)
        while True:
            with self._wake:
                self._current = None
                while not self._queue and not self._closed:
                    self._wake.wait()
                if not self._queue:
                    return
                self._current = job = self._queue.popleft()
            job.run()
            del job
