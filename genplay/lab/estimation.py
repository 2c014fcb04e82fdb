"""A question put to its estimators in the window and in scripts: on a copy of the model, beside everything else."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from psygnal import Signal

from genplay.errors import BadInput
from genplay.lab.model_job import ModelJob, State
from genplay.metrics.estimators.questions import QUESTIONS, EstimatorKnobs, Question, question

if TYPE_CHECKING:
    from collections.abc import Callable

    from genplay.lab.experiment import Experiment
    from genplay.metrics.estimators.study import Study
    from genplay.models.base import Model

__all__ = ["Estimation", "State"]


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
        self._job: ModelJob[Study] = ModelJob(experiment, "genplay-estimators")
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
        return self._job.state

    @property
    def study(self) -> Study | None:
        """The answer, if there is one."""
        return self._job.result

    @property
    def message(self) -> str:
        """Why there is no answer."""
        return self._job.message

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and what is being done."""
        return self._job.progress

    # What is done

    def run(self) -> Future[Study]:
        """Put the question to the model as it is now; the future holds the ``Study``."""
        name, knobs, data = self.question.id, self.knobs, self._experiment.data

        def work(
            model: Model, progress: Callable[[float, str], None], cancelled: Callable[[], bool]
        ) -> Study:
            from genplay.metrics.estimators.study import study
            from genplay.metrics.watch import Watch

            return study(model, data, name, knobs, Watch(progress, cancelled))

        answer = self._job.start(self.question.title, work)
        snapshot = self._experiment.bench.latest()
        self.step = snapshot.step if snapshot is not None else 0
        self.changed.emit()
        return answer

    def stop(self) -> None:
        """Leave what is at work."""
        if self._job.stop():
            self.changed.emit()

    def _forget(self, *_: object) -> None:
        """Another question, world, data or run: the answer belongs to what is gone."""
        self._job.forget()
        self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        self._job.close()
