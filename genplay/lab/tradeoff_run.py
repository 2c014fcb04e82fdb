"""Curves of what is bought with what, drawn in the window and by scripts from a copy of the open model."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from genplay.errors import BadInput
from genplay.lab.model_job import ModelJob, State
from genplay.lab.tradeoffs import (
    TRADEOFFS,
    Curve,
    Tradeoff,
    TradeoffId,
    TradeoffKnobs,
    tradeoff,
    write_curves,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genplay.lab.experiment import Experiment
    from genplay.models.base import Model

__all__ = ["Axis", "MOST_CURVES", "TradeoffRun"]

Axis = Literal["steps", "time"]
MOST_CURVES = 5


class TradeoffRun:
    """``changed`` is emitted when something was chosen, begun or stopped; an end is seen by looking at ``state``.

    ``curves`` are the newest ones of the kind chosen, on these data: a model's new curve takes the place of its old one.
    ``axis`` is what quality is drawn against.
    """

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.chosen: Tradeoff = TRADEOFFS[0]
        self.knobs = TradeoffKnobs()
        self.axis: Axis = "steps"
        self._curves: dict[TradeoffId, tuple[Curve, ...]] = {}
        self._taken: Curve | None = None
        self._job: ModelJob[Curve] = ModelJob(experiment, "genplay-tradeoffs")
        experiment.run_changed.connect(self._other_run)
        for signal in (experiment.world_changed, experiment.data_changed):
            signal.connect(self._other_data)

    # What is chosen

    def choose(self, name: str) -> None:
        """Take another kind of curve; what is at work is stopped. Raises ``BadInput`` for one that is not of this world."""
        found = tradeoff(name)
        if self._experiment.world not in found.worlds:
            raise BadInput(f"The curve '{name}' belongs to the world '{found.worlds[0]}'.")
        if found is not self.chosen:
            self._take()
            self.chosen = found
            self._job.forget()
            self.changed.emit()

    def set(self, name: str, value: object) -> None:
        """Change a knob; it counts from the next curve on."""
        info = self.knobs.info(name)
        if not info.applies(self._experiment.world, self.chosen.id):
            raise BadInput(f"{name} means nothing for the curve '{self.chosen.id}'.")
        self.knobs = self.knobs.replace(**{name: value})
        self.changed.emit()

    def choose_axis(self, name: Axis) -> None:
        """Draw the quality against the number of steps, or against the time a sample takes."""
        self.axis = name
        self.changed.emit()

    # What is known

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._job.state

    @property
    def message(self) -> str:
        """Why there is no curve."""
        return self._job.message

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and what is being done."""
        return self._job.progress

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What has been drawn of the kind chosen, the newest last."""
        self._take()
        return self._curves.get(self.chosen.id, ())

    @property
    def all_curves(self) -> tuple[Curve, ...]:
        """What has been drawn of every kind."""
        self._take()
        return tuple(curve for curves in self._curves.values() for curve in curves)

    def bring_back(self, curves: Sequence[Curve]) -> None:
        """Take the curves of a project file in place of those there are."""
        self._take()
        self._curves = {kind.id: tuple(c for c in curves if c.id == kind.id) for kind in TRADEOFFS}
        self.changed.emit()

    def _take(self) -> None:
        """Put a curve that is ready among the others."""
        new = self._job.result
        if new is None or new is self._taken:
            return
        self._taken = new
        others = [old for old in self._curves.get(new.id, ()) if self._differs(old, new)]
        self._curves[new.id] = (*others, new)[-MOST_CURVES:]
        self._experiment.touch()

    @staticmethod
    def _differs(old: Curve, new: Curve) -> bool:
        """Whether two curves can be told apart in one picture: of other models, and of the same measure.

        Rate and distortion are those of VAEs with the usual knobs, whatever other model is open.
        """
        if new.id == "rate-distortion":
            return (old.model == "vae") != (new.model == "vae")
        return old.run != new.run and old.measure == new.measure

    # What is done

    def run(self) -> Future[Curve]:
        """Draw the curve of the model as it is now; the future holds it."""
        bench, name, knobs = self._experiment.bench, self.chosen.id, self.knobs
        plan, latest = bench.told, bench.latest()
        if plan is None or latest is None or bench.opening:
            raise BadInput("There is no model yet: it is being loaded.")
        self._take()

        def work(
            model: Model, progress: Callable[[float, str], None], cancelled: Callable[[], bool]
        ) -> Curve:
            from genplay.lab.tradeoff_curves import curve_of

            return curve_of(name, model, plan, latest.step, knobs, None, plan.card.title, progress, cancelled)

        answer = self._job.start(self.chosen.title, work)
        self.changed.emit()
        return answer

    def stop(self) -> None:
        """Leave what is at work."""
        if self._job.stop():
            self.changed.emit()

    def clear(self) -> None:
        """Take the curves of this kind away."""
        self._take()
        if self._curves.pop(self.chosen.id, None):
            self._experiment.touch()
        self.changed.emit()

    def export(self, path: Path) -> Path:
        """Write the curves that are shown as CSV; raises ``BadInput`` where there are none."""
        if not self.curves:
            raise BadInput("There is no curve yet: draw one first.")
        written = write_curves(self.curves, path)
        self._experiment.say(f"Wrote {written.name}.")
        return written

    def _other_run(self, *_: object) -> None:
        """What is at work belongs to a run that is gone; what was drawn stays beside what comes."""
        self._take()
        self._job.forget()
        self.changed.emit()

    def _other_data(self, *_: object) -> None:
        self._job.forget()
        self._curves = {}
        if self._experiment.world not in self.chosen.worlds:
            self.chosen = TRADEOFFS[0]
        self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        self._job.close()
