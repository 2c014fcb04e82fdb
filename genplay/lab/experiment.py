"""The open experiment: its state, the signals that tell of a change, and the edits that make one.

Everything is called from one thread (the window's, or a script's). ``snapshot`` is the heartbeat: what has become ready
since the last one (a run, an answer of the model) takes effect there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from psygnal import Signal

from genplay.datasets.base import DataSpec
from genplay.errors import GenplayError
from genplay.lab.bench import Bench, PastRun
from genplay.lab.census_run import CensusRun
from genplay.lab.edits import Edit, UndoStack
from genplay.lab.estimation import Estimation
from genplay.lab.evaluation import Evaluation
from genplay.lab.health import Health
from genplay.lab.open_desks import OpenDesks
from genplay.lab.race import Race
from genplay.lab.region import Region
from genplay.lab.sampling_run import SamplingRun
from genplay.lab.state import Desk, LatentState, ModelChoice, Notice
from genplay.lab.subject import Subject
from genplay.spaces import WORLDS, World

if TYPE_CHECKING:
    from genplay.models.base import Model
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.snapshot import Snapshot, ViewRequest
    from genplay.training.worker import Worker

__all__ = ["Experiment"]

T = TypeVar("T")


class Experiment(OpenDesks):
    """What is open in the program: one desk a world, the run of the current one, and what can be undone."""

    data_changed = Signal()
    model_changed = Signal()
    world_changed = Signal()
    run_changed = Signal()
    stage_changed = Signal()
    latent_changed = Signal()
    undo_changed = Signal()
    notice = Signal(Notice)
    dirty_changed = Signal(bool)

    def __init__(
        self,
        worker: Worker | None = None,
        *,
        desks: Mapping[World, Desk] | None = None,
        device: str = "auto",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(desks, device)
        self.path: Path | None = None
        self.dirty, self.version = False, 0
        self.bench = Bench(worker, self._opened)
        self.subject = Subject(self)
        self._undo: dict[World, UndoStack] = {world: UndoStack(clock) for world in WORLDS}
        self._latent: dict[World, LatentState] = {world: LatentState() for world in WORLDS}
        self._later: list[tuple[Future[Any], Callable[[Any], None], int | None]] = []
        self._failed = self._reviving = False
        self._taken = 0
        self.sampling, self.census = SamplingRun(self), CensusRun(self)
        self.estimation, self.region, self.health = Estimation(self), Region(self), Health(self)
        self.evaluation = Evaluation(self)
        self.race = Race(self)

    @property
    def latent(self) -> LatentState:
        return self._latent[self._world]

    # The run

    @property
    def run_id(self) -> int | None:
        return self.bench.run_id

    @property
    def running(self) -> bool:
        """Whether training is under way."""
        return self.bench.running

    @property
    def past_runs(self) -> tuple[PastRun, ...]:
        """The runs that another model took the place of, oldest first, at most eight."""
        return tuple(self.bench.past)

    @property
    def pending_restart(self) -> tuple[str, ...]:
        """Names of the knobs whose new values wait for ``train.restart``; the run keeps its old ones."""
        return self.bench.pending(self.plan())

    def warm_up(self) -> None:
        """Begin importing torch in the background."""
        self.bench.warm_up()

    def ready(self, *, wait: bool = False) -> None:
        """Open the run, state ``ready``, so that training can be started; ``wait`` blocks until torch is imported."""
        self.bench.open(self.plan())
        if wait:
            self.bench.wait_warm()
        self.poll()

    def poll(self) -> None:
        """Let take effect what has become ready: a run to be opened, answers of the model, a failure to be told."""
        try:
            self.bench.settle()
        except GenplayError as error:
            self.notice.emit(Notice("error", str(error)))
            return
        for entry in [entry for entry in self._later if entry[0].done()]:
            self._later.remove(entry)
            future, act, run_id = entry
            dropped = future.cancelled() or (run_id is not None and run_id != self.run_id)
            if not dropped and future.exception() is None:
                act(future.result())
        latest = self.bench.latest()
        failed = latest is not None and latest.state == "failed"
        if latest is not None and failed and not self._failed:
            self.notice.emit(Notice("error", latest.message or "Training failed."))
        self._failed = failed
        self.health.poll()
        self.race.poll()

    def _opened(self, trouble: str) -> None:
        if trouble:
            self.say(trouble, "warning")
        # A run that came back from before may be behind the desk.
        self.bench.follow(self.plan())
        self.run_changed.emit()
        self.model_changed.emit()
        self.later(self.ask(lambda model: int(getattr(model, "latent_dim", 0))), self._set_latent_dim)

    def _set_latent_dim(self, dim: int) -> None:
        if dim != self.latent.dim:
            self.set_latent(replace(self.latent, z=(0.0,) * dim, dim=dim, a=None, b=None, path=None))

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot of the open run, or None; also the heartbeat (see ``poll``)."""
        self.poll()
        return self.bench.latest()

    def want(self, view: ViewRequest) -> None:
        """Say what the visible views want computed."""
        self.bench.want(view)

    def ask(self, fn: Callable[[Model], T]) -> Future[T]:
        """Run fn(model) in the training thread, between slices, without gradients."""
        return self.bench.ask(fn)

    def query(self, name: str, *args: Any, **options: Any) -> Future[Any]:
        """Ask one of ``training.queries`` (log_prob, encode, decode, interpolate, sample, energy, score) by name."""

        def call(model: Model) -> Any:
            from genplay.training import queries

            return getattr(queries, name)(model, *args, **options)

        return self.ask(call)

    def later(self, future: Future[T], act: Callable[[T], None], *, any_run: bool = False) -> Future[T]:
        """Call ``act`` with the result at a heartbeat, unless another run is open by then; a failure stays in the future."""
        self._later.append((future, act, None if any_run else self.run_id))
        return future

    def close(self) -> None:
        """End the threads."""
        self.sampling.close()
        self.census.close()
        self.estimation.close()
        self.region.close()
        self.evaluation.close()
        self.race.close()
        self.bench.close()

    # Edits

    def edit(self, label: str, *, merge: str = "", **changes: object) -> None:
        """Change fields of the current desk, undoably; raises ``BadInput`` with nothing changed."""
        self._undo[self._world].do(Edit(label, self._world, changes, merge), self)
        self.touch()
        self.undo_changed.emit()

    def put_desk(self, world: World, desk: Desk) -> None:
        """Replace a desk and bring the run in line; for edits, which know the inverse."""
        before = self._desks[world]
        desk = replace(desk, choice=desk.choice.fitted(world))
        if desk.data is not before.data:
            self.built(world, desk)
        self._desks[world] = desk
        if world == self._world:
            self._tell(before, desk)

    def _tell(self, before: Desk, desk: Desk) -> None:
        if desk.taken != before.taken:
            self.bench.exchange(before.taken, desk.taken, self.plan())
        elif desk.data is not before.data or desk.choice != before.choice or desk.seed != before.seed:
            waits = self.bench.follow(self.plan(), revive=self._reviving)
            if waits:
                self.say(waits, "warning")
        if desk.data is not before.data or desk.cleared != before.cleared:
            self.data_changed.emit()
        if desk.choice != before.choice or desk.seed != before.seed:
            self.model_changed.emit()
        if desk.stage != before.stage:
            self.stage_changed.emit()

    def undo(self) -> str:
        """Take back the last edit of this world; returns its label, ``''`` if there is none."""
        return self._travel(self._undo[self._world].undo)

    def redo(self) -> str:
        """Do again what was taken back last; returns its label, ``''`` if there is none."""
        return self._travel(self._undo[self._world].redo)

    def _travel(self, move: Callable[[Experiment], str]) -> str:
        self._reviving = True
        try:
            label = move(self)
        finally:
            self._reviving = False
        if label:
            self.touch()
            self.undo_changed.emit()
        return label

    @property
    def undo_stack(self) -> UndoStack:
        """What can be undone in this world."""
        return self._undo[self._world]

    def choose_world(self, world: World) -> None:
        """Go to the other world; its data, model, run and undo list are as they were left. Not an edit."""
        if world == self._world:
            return
        if self.run_id is not None:
            self.bench.leave(self._world)
        self._world = world
        if self.run_id is not None or self.bench.opening:
            self.bench.come_back(self.plan())
        self.touch()
        self.world_changed.emit()
        self.undo_changed.emit()

    def choose_data(self, spec: DataSpec, label: str, *, merge: str = "") -> None:
        """Take another data set or other knobs; the one before is kept under its name."""
        desk = self.desk()
        kept = {**desk.kept_data, desk.data.name: desk.data}
        self.edit(label, merge=merge, data=spec, kept_data=kept, cleared=False)

    def set_data_knob(self, name: str, value: object) -> None:
        """Change one knob of the data set, or one of ``DataSettings``."""
        from genplay.lab.data_knobs import with_knobs

        changed = with_knobs(self.data_spec, self._world, {name: value})
        self.edit(f"Set {name}", merge=f"data.{name}", data=changed)

    def choose_model(self, choice: ModelChoice, label: str, *, merge: str = "") -> None:
        """Take another model, objective, knobs or recipe; the choice before is kept under the model's name."""
        desk = self.desk()
        kept: Mapping[str, ModelChoice] = desk.kept_choices
        if choice.model != desk.choice.model:
            kept = {**kept, desk.choice.model: desk.choice}
        self.edit(label, merge=merge, choice=choice, kept_choices=kept)

    def take_run(self, choice: ModelChoice, seed: int, checkpoint: Future[Checkpoint], label: str) -> None:
        """Let a run that was trained elsewhere be the open one, as an edit: undo brings the one before back."""
        desk = self.desk()
        self._taken += 1
        self.bench.offer(self._taken, self.plan_with(choice, self._world, seed), checkpoint)
        kept = {**desk.kept_choices, desk.choice.model: desk.choice}
        self.edit(label, choice=choice, seed=seed, kept_choices=kept, taken=self._taken)

    def set_stage(self, label: str, *, merge: str = "", **changes: Any) -> None:
        """Change what the stage shows."""
        self.edit(label, merge=merge, stage=replace(self.stage, **changes))

    def set_latent(self, latent: LatentState) -> None:
        """Move the latent point or the anchors; not an edit."""
        self._latent[self._world] = latent
        self.latent_changed.emit()

    def load(self, world: World, desks: Mapping[World, Desk]) -> None:
        """Put a whole experiment in place of this one (new, opened, recovered); what could be undone is forgotten."""
        for name, desk in desks.items():
            self.built(name, desk)
        self._desks.update(desks)
        self._world = world
        for stack in self._undo.values():
            stack.clear()
        self._latent = {name: LatentState() for name in WORLDS}
        self.bench.forget()
        self.race.forget()
        self.subject.forget()
        for signal in (self.world_changed, self.data_changed, self.stage_changed, self.undo_changed):
            signal.emit()

    # Saved or not

    def touch(self) -> None:
        """Note that there is something new to save."""
        self.version += 1
        self.set_dirty(True)

    def set_dirty(self, dirty: bool) -> None:
        """Note whether there is something that has not been saved."""
        if dirty != self.dirty:
            self.dirty = dirty
            self.dirty_changed.emit(dirty)

    def say(self, text: str, level: str = "info") -> None:
        """Tell the user one line."""
        self.notice.emit(Notice(level, text))  # type: ignore[arg-type]
