"""The queue of what is to be measured, worked through beside everything else; figures come back one by one."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genplay.errors import GenplayError
from genplay.lab.candidates import Candidate
from genplay.lab.compare import measure
from genplay.lab.score_table import Figure
from genplay.training.jobs import Cancelled, Job, Jobs

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment

__all__ = ["Measuring"]

SEED = 0


@dataclass(frozen=True)
class _Task:
    candidate: Candidate
    title: str
    names: tuple[str, ...]


class Measuring:
    """``took(candidate, figures)`` is called at a heartbeat of the experiment for whatever has been measured, and
    ``ended()`` when there is nothing left to measure.

    Everything but the work itself happens in the experiment's thread.
    """

    def __init__(
        self,
        experiment: Experiment,
        took: Callable[[Candidate, Mapping[str, Figure]], None],
        ended: Callable[[], None],
    ) -> None:
        self._experiment, self._took, self._ended = experiment, took, ended
        self._jobs = Jobs("genplay-evaluate")
        self._job: Job[None] | None = None
        self._lock = threading.Lock()
        self._tasks: deque[_Task] = deque()
        self._at_work = False
        self._asked = self._done = 0
        self._found: queue.SimpleQueue[tuple[Candidate, Mapping[str, Figure]] | None] = queue.SimpleQueue()
        self._news: Future[None] = Future()
        self._waiting: list[Future[None]] = []
        self.busy = False

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done of all that was asked for, and what is going on."""
        if self._job is None or not self.busy:
            return 0.0, ""
        share, text = self._job.progress
        return min(1.0, (self._done + share) / max(1, self._asked)), text

    def ask(self, candidate: Candidate, title: str, names: tuple[str, ...]) -> None:
        """Put something on the list."""
        with self._lock:
            self._tasks.append(_Task(candidate, title, names))
        self._asked += 1

    def drop(self, candidate: Candidate) -> None:
        """Take a run that is no longer wanted from the list."""
        with self._lock:
            kept = [task for task in self._tasks if task.candidate is not candidate]
            self._asked -= len(self._tasks) - len(kept)
            self._tasks = deque(kept)

    def begin(self) -> Future[None]:
        """Work through the list; the future is done when it is empty and everything has been taken in."""
        out: Future[None] = Future()
        with self._lock:
            idle = not self._tasks and not self._at_work
            start = bool(self._tasks) and not self._at_work
            self._at_work = self._at_work or start
        if idle and not self.busy:
            self._asked = self._done = 0
            out.set_result(None)
            return out
        self._waiting.append(out)
        self.busy = True
        if start:
            self._listen()
            self._job = self._jobs.submit(self._work, "measuring")
        return out

    def cancel(self) -> None:
        """Stop; what has been measured stays."""
        with self._lock:
            self._tasks.clear()
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """End the thread."""
        self.cancel()
        self._jobs.close(timeout=0.5)

    # In the job's thread

    def _work(self, progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> None:
        while True:
            with self._lock:
                if not self._tasks or cancelled():
                    self._at_work = False
                    self._post(None)
                    return
                task = self._tasks.popleft()
            self._measure(task, progress, cancelled)
            self._done += 1

    def _measure(
        self, task: _Task, progress: Callable[[float, str], None], cancelled: Callable[[], bool]
    ) -> None:
        def told(share: float, text: str) -> None:
            progress(min(share, 0.999), f"{task.title}: {text}")

        had: set[str] = set()
        try:
            for figures in measure(task.candidate, task.names, SEED, told, cancelled):
                had |= set(figures)
                self._post((task.candidate, figures))
        except Cancelled:
            return
        except Exception as error:  # a model that cannot be built says so in its own row
            if not cancelled():
                said = str(error) if isinstance(error, GenplayError) else f"{type(error).__name__}: {error}"
                step = task.candidate.step
                self._post(
                    (
                        task.candidate,
                        {name: Figure(None, step, said) for name in task.names if name not in had},
                    )
                )

    def _post(self, found: tuple[Candidate, Mapping[str, Figure]] | None) -> None:
        # First into the queue, then the word that there is something: whoever has taken the word reads the queue after it.
        self._found.put(found)
        news = self._news
        if not news.done():
            news.set_result(None)

    # In the experiment's thread

    def _listen(self) -> None:
        self._news = Future()
        self._experiment.later(self._news, lambda _: self._take(), any_run=True)

    def _take(self) -> None:
        self._listen()
        while not self._found.empty():
            found = self._found.get()
            if found is not None:
                self._took(*found)
            elif not self._at_work:
                self.busy, self._asked, self._done = False, 0, 0
                self._ended()
                waiting, self._waiting = self._waiting, []
                for future in waiting:
                    future.set_result(None)
