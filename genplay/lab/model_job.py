"""Long work on a copy of the open model, beside everything else: begun, watched, stopped, and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from genplay.training.jobs import Cancelled, Job, Jobs

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.models.base import Model

__all__ = ["ModelJob", "State", "Work"]

T = TypeVar("T")
State = Literal["empty", "running", "done", "stopped", "failed"]
Work = Callable[["Model", Callable[[float, str], None], Callable[[], bool]], T]
"""``work(model, progress, cancelled)``, called in a thread of its own, without gradients and on one torch thread."""


class ModelJob(Generic[T]):
    """One piece of work at a time; ``name`` is that of its thread."""

    def __init__(self, experiment: Experiment, name: str) -> None:
        self._experiment = experiment
        self._jobs = Jobs(name)
        self._job: Job[T] | None = None
        self._answer: Future[T] | None = None

    @property
    def state(self) -> State:
        """Where it stands."""
        answer = self._answer
        if answer is None:
            return "empty"
        if not answer.done():
            return "running"
        error = None if answer.cancelled() else answer.exception()
        if answer.cancelled() or isinstance(error, Cancelled):
            return "stopped"
        return "failed" if error is not None else "done"

    @property
    def result(self) -> T | None:
        """What came of it, if it is done."""
        return self._answer.result() if self._answer is not None and self.state == "done" else None

    @property
    def message(self) -> str:
        """Why nothing came of it."""
        return str(self._answer.exception()) if self._answer is not None and self.state == "failed" else ""

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and what is being done."""
        return self._job.progress if self._job is not None else (0.0, "copying the model")

    def start(self, title: str, work: Work[T]) -> Future[T]:
        """Do this with the model as it is now, in place of what is at work; the future holds the result."""
        self.stop()
        copied = self._experiment.query("copy")
        answer: Future[T] = Future()
        self._answer, self._job = answer, None

        def begin(done: Future[Model]) -> None:
            if done.cancelled() or done.exception() is not None:
                _settle(answer, done)
                return
            model = done.result()

            def alone(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> T:
                import torch

                from genplay.spaces.one_thread import one_thread
                from genplay.training.device import single_thread

                single_thread()
                with one_thread(), torch.no_grad():
                    return work(model, progress, cancelled)

            job = self._jobs.submit(alone, title)
            if self._answer is answer and not answer.done():
                self._job = job
            else:
                job.cancel()
            job.future.add_done_callback(lambda ended: _settle(answer, ended))

        copied.add_done_callback(begin)
        return answer

    def stop(self) -> bool:
        """Leave what is at work; whether there was anything."""
        if self.state != "running" or self._answer is None:
            return False
        if self._job is not None:
            self._job.cancel()
        self._answer.cancel()
        return True

    def forget(self) -> None:
        """The result belongs to what is gone."""
        self.stop()
        self._answer = self._job = None

    def close(self) -> None:
        """End the thread."""
        self.stop()
        self._jobs.close()


def _settle(answer: Future[Any], done: Future[Any]) -> None:
    """Hand on what became of the work, unless it has been stopped meanwhile."""
    if answer.done():
        return
    if done.cancelled():
        answer.cancel()
    elif (error := done.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
