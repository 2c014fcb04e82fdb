"""A question put to its estimators in the window and in scripts: on a copy of the model, beside everything else."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from genplay.errors import BadInput
from genplay.metrics.estimators.questions import QUESTIONS, EstimatorKnobs, Question, question
from genplay.training.jobs import Cancelled, Job, Jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from genplay.lab.experiment import Experiment
    from genplay.metrics.estimators.study import Study
    from genplay.models.base import Model

__all__ = ["Estimation", "State"]

State = Literal["empty", "running", "done", "stopped", "failed"]


class Estimation:
    """``changed`` is emitted when something was chosen, begun or stopped; an end is seen by looking at ``state``.

    ``study`` is the last answer, and ``step`` how far the model had been trained then.
    """

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.question: Question = QUESTIONS[0]
        self.knobs = EstimatorKnobs()
        self.step = 0
        self._jobs = Jobs("genplay-estimators")
        self._job: Job[Study] | None = None
        self._answer: Future[Study] | None = None
        for signal in (experiment.world_changed, experiment.data_changed, experiment.run_changed):
            signal.connect(self._forget)

    # What is chosen

    def choose(self, name: str) -> None:
        """Ask another question; what is at work is stopped."""
        found = question(name)
        if found is not self.question:
            self.question = found
            self._forget()

    def set(self, name: str, value: object) -> None:
        """Change a knob; it counts from the next run on."""
        info = self.knobs.info(name)
        if not info.applies(self._experiment.world, self.question.id):
            raise BadInput(f"{name} means nothing for the question '{self.question.id}' here.")
        self.knobs = self.knobs.replace(**{name: value})
        self.changed.emit()

    # What is known

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
    def study(self) -> Study | None:
        """The answer, if there is one."""
        return self._answer.result() if self._answer is not None and self.state == "done" else None

    @property
    def message(self) -> str:
        """Why there is no answer."""
        return str(self._answer.exception()) if self._answer is not None and self.state == "failed" else ""

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and what is being done."""
        return self._job.progress if self._job is not None else (0.0, "copying the model")

    # What is done

    def run(self) -> Future[Study]:
        """Put the question to the model as it is now; the future holds the ``Study``."""
        self.stop()
        name, knobs, data = self.question.id, self.knobs, self._experiment.data
        copied = self._experiment.query("copy")
        answer: Future[Study] = Future()
        self._answer, self._job = answer, None
        snapshot = self._experiment.bench.latest()
        self.step = snapshot.step if snapshot is not None else 0

        def begin(done: Future[Model]) -> None:
            if done.cancelled() or done.exception() is not None:
                self._settle(answer, done)
                return
            model = done.result()

            def work(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Study:
                from genplay.metrics.estimators.study import study
                from genplay.metrics.watch import Watch
                from genplay.spaces.one_thread import one_thread
                from genplay.training.device import single_thread

                single_thread()
                with one_thread():
                    return study(model, data, name, knobs, Watch(progress, cancelled))

            job = self._jobs.submit(work, self.question.title)
            if self._answer is answer and not answer.done():
                self._job = job
            else:
                job.cancel()
            job.future.add_done_callback(lambda ended: self._settle(answer, ended))

        copied.add_done_callback(begin)
        self.changed.emit()
        return answer

    @staticmethod
    def _settle(answer: Future[Study], done: Future[Any]) -> None:
        """Hand on what became of the work, unless it has been stopped meanwhile."""
        if answer.done():
            return
        if done.cancelled():
            answer.cancel()
        elif (error := done.exception()) is not None:
            answer.set_exception(error)
        else:
            answer.set_result(done.result())

    def stop(self) -> None:
        """Leave what is at work."""
        if self.state != "running" or self._answer is None:
            return
        if self._job is not None:
            self._job.cancel()
        self._answer.cancel()
        self.changed.emit()

    def _forget(self, *_: object) -> None:
        """Another question, world, data or run: the answer belongs to what is gone."""
        self.stop()
        self._answer = self._job = None
        self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        self.stop()
        self._jobs.close()
