"""The race: up to four runs on the data of the desk that train at once with equal shares of time.

While it is open the experiment's own run rests. What has to wait (for torch, for a lane's parameters) takes effect at a
heartbeat of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from genplay.errors import BadInput, Failure, GenplayError
from genplay.lab.gathering import answer, gather
from genplay.lab.kept_race import Axis, KeptRace
from genplay.lab.lanes import Lane, titled, unlike
from genplay.lab.plan_changes import same_data
from genplay.lab.race_field import FULL, field
from genplay.lab.standings import Standing, standings
from genplay.lab.state import ModelChoice
from genplay.training.entrant import Entrant
from genplay.training.shares import MOST_LANES

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.models.base import Model
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan
    from genplay.training.race import RaceWorker
    from genplay.training.snapshot import Snapshot, ViewRequest

__all__ = ["MOST_LANES", "Axis", "Lane", "Race", "Standing"]

_NOT_READY = "The race is being made ready; try again in a moment."


class Race:
    """``changed`` is emitted when lanes came or went, and when the race is opened, closed, started or paused, or shown by
    another axis. Lanes keep their order; a reset gives them new run ids.
    """

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._worker: RaceWorker | None = None
        self._wanted: tuple[Entrant, ...] = ()
        self._waiting: list[Callable[[RaceWorker], None]] = []
        self._view: ViewRequest | None = None
        self._failed: set[int] = set()
        self._told_to_run = self._seen_running = False
        self._obeyed: Callable[[], bool] = lambda: True
        self.lanes: tuple[Lane, ...] = ()
        self.opened = False
        self.axis: Axis = "seconds"
        self.limit: float | None = None
        experiment.world_changed.connect(self.leave)
        experiment.data_changed.connect(self._follow_data)

    # Opened and left

    def begin(self, choices: Sequence[ModelChoice] | None = None) -> None:
        """Open a race of these models, state ready; None: come back to the one that was left, or race the desk's model with
        up to two of other families. ``BadInput`` with nothing changed.
        """
        experiment = self._experiment
        if choices is None and (self.opened or self._still_fits()):
            self._open()
            return
        if choices is None:
            choices = field(experiment)
        if not 1 <= len(choices) <= MOST_LANES:
            raise BadInput(f"A race has 1 to {MOST_LANES} models, not {len(choices)}.")
        plans: list[RunPlan] = []
        for choice in choices:
            plan = experiment.plan_with(choice, experiment.world, experiment.seed)
            plans.append(unlike(plan, plans).checked())
        self._bring([Entrant(plan) for plan in plans])
        experiment.touch()
        self._open()

    def _bring(self, entrants: Sequence[Entrant]) -> None:
        self._wanted, self.lanes = tuple(entrants), ()
        self._waiting.clear()
        self._failed.clear()
        self._told_to_run = False
        self._experiment.bench.warm_up()
        self._settle()

    def _open(self) -> None:
        self._experiment.bench.pause()
        self.opened = True
        self.changed.emit()

    def _still_fits(self) -> bool:
        """Whether the race that was left is about the data that are open now."""
        plans = [run.plan for run in self.lanes or self._wanted]
        experiment = self._experiment
        return bool(plans) and all(
            plan.world == experiment.world and same_data(plan.data, experiment.data) for plan in plans
        )

    def leave(self) -> None:
        """Back to the single run; the race rests and is kept."""
        if self.opened:
            self._tell(False, lambda worker: worker.pause())
            self.opened = False
            self.changed.emit()

    def forget(self) -> None:
        """Drop the race; the experiment is another one now."""
        there = bool(self.lanes or self._wanted)
        self._told_to_run = False
        self._wanted = self.lanes = ()
        self._waiting.clear()
        self.opened = False
        if self._worker is not None:
            self._worker.clear()
        if there:
            self.changed.emit()

    # In a project file

    def capture(self) -> Future[KeptRace | None]:
        """The race as it is now, None where there is none; parameters come from the race's thread when it has a moment."""
        axis, limit, opened, worker = self.axis, self.limit, self.opened, self._worker
        runs = self._wanted
        asked: list[Future[Checkpoint]] = []
        if worker is not None and not runs:
            runs = tuple(Entrant(lane.plan, None, worker.start_of(lane.run_id)) for lane in self.lanes)
            asked = [worker.checkpoint(lane.run_id) for lane in self.lanes]

        def kept() -> KeptRace | None:
            # A lane that could not be built has nowhere to go on from.
            now = (
                [replace(run, at=answer(at)) for run, at in zip(runs, asked, strict=True)] if asked else runs
            )
            return KeptRace(tuple(now), axis, limit, opened) if now else None

        return gather(asked, kept)

    def bring_back(self, kept: KeptRace) -> None:
        """Take the place of the race there is, on the stage if it was there when it was kept."""
        device: Any = self._experiment.device
        self.axis = kept.axis
        self._bring([replace(run, plan=replace(run.plan, device=device)) for run in kept.lanes])
        self.stop_after(kept.limit)
        if kept.opened and self._still_fits():
            self._open()

    def close(self) -> None:
        """End the thread."""
        if self._worker is not None:
            self._worker.close()

    # The heartbeat

    def poll(self) -> None:
        """Let take effect what has become ready, and tell of lanes that failed or have all come to rest by themselves."""
        self._settle()
        if self.running != self._seen_running:
            self._seen_running = self.running
            self.changed.emit()
        for lane, snapshot in zip(self.lanes, self.snapshots(), strict=False):
            if snapshot.state != "failed":
                self._failed.discard(lane.run_id)
            elif lane.run_id not in self._failed:
                self._failed.add(lane.run_id)
                self._experiment.say(f"{lane.title}: {snapshot.message or 'training failed.'}", "error")

    def _settle(self) -> None:
        """Open what is wanted as soon as torch is there."""
        bench = self._experiment.bench
        if not self._wanted or not bench.warm or bench.broken:
            return
        if self._worker is None:
            from genplay.training.race import RaceWorker

            self._worker = RaceWorker()
        entrants, self._wanted = self._wanted, ()
        try:
            ids = self._worker.bring(entrants)
        except GenplayError as error:
            self._waiting.clear()
            self.opened = False
            self._experiment.say(str(error), "error")
        else:
            self._put(
                Lane(run_id, "", entrant.plan, entrant.start.step if entrant.start is not None else None)
                for run_id, entrant in zip(ids, entrants, strict=True)
            )
            if self._view is not None:
                self._worker.want(self._view)
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                act(self._worker)
            self._listen()
        self.changed.emit()

    def _put(self, lanes: Any) -> None:
        self.lanes = titled(tuple(lanes))

    def _command(self, act: Callable[[RaceWorker], None]) -> None:
        """Tell the worker something now, or as soon as the race is ready."""
        if self._wanted:
            self._waiting.append(act)
        elif self._worker is not None:
            act(self._worker)

    def _ready(self) -> RaceWorker:
        """The worker of the open race; ``BadInput`` where there is none."""
        if not self.opened:
            raise BadInput("No race is open: open one first.")
        if self._worker is None or self._wanted:
            raise BadInput(_NOT_READY)
        return self._worker

    def _lane(self, run_id: int) -> Lane:
        for lane in self.lanes:
            if lane.run_id == run_id:
                return lane
        raise BadInput("This lane is no longer in the race.")

    # Lanes

    def add(self, choice: ModelChoice, seed: int | None = None) -> int:
        """A further lane; where the race runs, it runs too. Without a seed the desk's, or the next that no lane like it has."""
        worker, experiment = self._ready(), self._experiment
        if len(self.lanes) >= MOST_LANES:
            raise BadInput(FULL)
        plan = experiment.plan_with(choice, experiment.world, experiment.seed if seed is None else seed)
        if seed is None:
            plan = unlike(plan, [lane.plan for lane in self.lanes])
        run_id = worker.add(plan)
        self._put((*self.lanes, Lane(run_id, "", plan)))
        experiment.touch()
        self.changed.emit()
        return run_id

    def remove(self, run_id: int) -> None:
        """Take a lane away; without the last one the race is closed."""
        worker, lane = self._ready(), self._lane(run_id)
        worker.remove(run_id)
        self._put(other for other in self.lanes if other is not lane)
        self._experiment.touch()
        self.changed.emit()
        if not self.lanes:
            self.leave()

    def fork(self, run_id: int) -> Future[int]:
        """A further lane that goes on from where this one is: same parameters, an optimiser of its own, another seed."""
        worker, lane = self._ready(), self._lane(run_id)
        if len(self.lanes) >= MOST_LANES:
            raise BadInput(FULL)
        out: Future[int] = Future()

        def found(checkpoint: Checkpoint) -> None:
            plan = unlike(lane.plan, [other.plan for other in self.lanes])
            try:
                new = worker.add(plan, checkpoint)
            except GenplayError as error:
                out.set_exception(error)
                return
            self._put((*self.lanes, Lane(new, "", plan, checkpoint.step)))
            self._experiment.touch()
            self.changed.emit()
            out.set_result(new)

        asked = worker.checkpoint(run_id)
        asked.add_done_callback(lambda done: _pass_failure(done, out))
        self._experiment.later(asked, found, any_run=True)
        return out

    def take(self, run_id: int) -> None:
        """Make this lane's run the open run of the experiment, trained as it is; undo brings the one before back.

        The race is left, and kept.
        """
        worker, lane = self._ready(), self._lane(run_id)
        checkpoint = worker.checkpoint(run_id)
        self.leave()
        self._experiment.take_run(
            ModelChoice.of(lane.plan), lane.plan.seed, checkpoint, f"Take {lane.title} from the race"
        )

    # Training

    @property
    def running(self) -> bool:
        """Whether any lane trains, as far as it has been told: snapshots lag behind a command by as much as a step."""
        if self._wanted or not self._obeyed():
            return self._told_to_run
        states = {snapshot.state for snapshot in self.snapshots()}
        return "running" in states or (self._told_to_run and "building" in states)

    def _tell(self, run: bool, act: Callable[[RaceWorker], None]) -> None:
        self._told_to_run = run
        self._command(act)
        self._listen()

    def _listen(self) -> None:
        """Until the worker has done all it was told, believe what it was told, not its snapshots."""
        if self._worker is not None:
            self._obeyed = self._worker.obeyed()

    def start(self) -> None:
        """Train every lane, or go on."""
        self._go(True, lambda worker: worker.start())

    def pause(self) -> None:
        """Let every lane rest."""
        self._go(False, lambda worker: worker.pause())

    def step(self, n: int = 1) -> None:
        """n steps of every lane, then rest."""
        self._go(False, lambda worker: worker.step(n))

    def _go(self, run: bool, act: Callable[[RaceWorker], None]) -> None:
        if not self.opened:
            raise BadInput("No race is open: open one first.")
        self._tell(run, act)
        self.changed.emit()

    def reset(self) -> None:
        """Every lane back to its start, as a new run with a new id; a fork goes back to where it was forked."""
        worker = self._ready()
        self._told_to_run = False
        ids = worker.reset()
        self._listen()
        self._put(replace(lane, run_id=run_id) for lane, run_id in zip(self.lanes, ids, strict=True))
        self._experiment.touch()
        self.changed.emit()

    def stop_after(self, seconds: float | None) -> None:
        """Pause each lane, once, at so many seconds of its own training; None: do not."""
        if seconds is not None and seconds <= 0:
            raise BadInput(f"The seconds must be more than 0, not {seconds:g}.")
        self.limit = seconds
        self._command(lambda worker: worker.stop_after(seconds))
        self.changed.emit()

    def set_axis(self, axis: Axis) -> None:
        """Draw curves by seconds of training, or by steps."""
        if axis != self.axis:
            self.axis = axis
            self.changed.emit()

    def _follow_data(self) -> None:
        """An edit of the data reaches every lane of an open race."""
        experiment = self._experiment
        if not self.opened or self._still_fits():
            return
        data = experiment.data
        self._wanted = tuple(replace(run, plan=replace(run.plan, data=data)) for run in self._wanted)
        if self._worker is None or not self.lanes:
            return
        refused = self._worker.set_data(data)
        for lane in self.lanes:
            if lane.run_id in refused:
                experiment.say(f"{lane.title} keeps the data it has. {refused[lane.run_id]}", "warning")
        self._put(replace(lane, plan=replace(lane.plan, data=data)) for lane in self.lanes)

    # Looking

    def snapshots(self) -> tuple[Snapshot, ...]:
        """The newest snapshot of each lane, in lane order."""
        if self._worker is None:
            return ()
        known = {snapshot.run_id: snapshot for snapshot in self._worker.latest()}
        return tuple(known[lane.run_id] for lane in self.lanes if lane.run_id in known)

    def want(self, request: ViewRequest) -> None:
        """Say what the visible views want computed, the same of every lane."""
        self._view = request
        if self._worker is not None:
            self._worker.want(request)

    def standings(self) -> tuple[Standing, ...]:
        """Each lane's figures and place, in lane order."""
        return standings(self.lanes, self.snapshots())

    def ask(self, run_id: int, fn: Callable[[Model], Any]) -> Future[Any]:
        """Run fn(model) of a lane between turns of training, without gradients; fails in the future if it is not there."""
        try:
            if self._worker is None:
                raise Failure("There is no model yet: it is being loaded.")
            return self._worker.ask(run_id, fn)
        except Failure as error:
            refused: Future[Any] = Future()
            refused.set_exception(error)
            return refused


def _pass_failure(done: Future[Any], out: Future[Any]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None and not out.done():
        out.set_exception(error)
