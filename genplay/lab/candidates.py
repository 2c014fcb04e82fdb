"""What can be measured: a run where it stood, a saved run, and the two traps that are made from a run and its data.

Nothing is built before ``model()`` is called, which a job does in its own thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure, unknown_name
from genplay.lab.score_table import RowKind, ScoreRow
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.models.base import Model
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan

__all__ = ["TRAPS", "Candidate", "Trap", "opened", "row_of", "trap"]

SHARE = 0.01
WIDTH = 0.002
FLIP = 1e-4
"""The memoriser's kernels: of this standard deviation in data units, or with this flip probability a pixel."""

_WORST = 400

TRAPS = {
    "noise": ("99 % noise", "Good likelihood, bad samples"),
    "memoriser": ("memoriser", "Good samples, bad likelihood"),
}
"""The traps by name: what their row is called, and what they show."""

_NOTES = {
    "noise": (
        "Good likelihood, bad samples: 0.01 × {base} + 0.99 × noise. Ninety-nine samples in a hundred are pure noise, yet the NLL rises by at most "
        "log 100 = 4.61 nats, in any number of dimensions: likelihood hardly sees how bad the samples are."
    ),
    "memoriser": (
        "Good samples, bad likelihood: a tiny bump on each training point and nothing else. Its samples are copies of real data and look perfect; "
        "new data it finds all but impossible: good samples say nothing about likelihood."
    ),
}


@dataclass(eq=False)
class Candidate:
    """A run as it stood at one step; ``trap`` names what it is turned into, ``marks`` are the changes made to it by then."""

    plan: RunPlan
    checkpoint: Checkpoint | None = None
    trap: str = ""
    marks: tuple[object, ...] = ()
    _model: Model | None = None

    @property
    def data(self) -> Data:
        return self.plan.data

    @property
    def step(self) -> int:
        if self.trap == "memoriser":
            return 0
        return self.checkpoint.step if self.checkpoint is not None else 0

    def model(self) -> Model:
        """The model in evaluation mode, built at the first call; for one thread at a time."""
        if self._model is None:
            self._model = self._built()
        return self._model

    def _built(self) -> Model:
        from genplay.training.device import single_thread

        single_thread()
        if self.trap == "memoriser":
            return _memoriser(self.plan)
        good = _restored(self.plan, self.checkpoint)
        if self.trap != "noise":
            return good
        from genplay.models.base import HasDensity
        from genplay.models.spoilt import spoilt

        if not isinstance(good, HasDensity):
            raise Failure(f"'{self.plan.card.title}' has no density that could be spoilt.")
        return spoilt(good, self.data.box, SHARE)


def _restored(plan: RunPlan, checkpoint: Checkpoint | None) -> Model:
    from genplay.training.queries import copy
    from genplay.training.trainer import Trainer

    trainer = Trainer(plan)
    if checkpoint is not None:
        trainer.load_state(checkpoint.state)
    else:
        # What is not trained but fitted has one width to find, or one sum to take: soon done.
        while plan.card.id == "kde" and not trainer.finished and trainer.step_count < _WORST:
            trainer.advance(1)
    with trainer.viewing() as model:
        return copy(model)


def _memoriser(plan: RunPlan) -> Model:
    from genplay.training.plan import RunPlan as Plan

    knobs: dict[str, object] = {"rule": "manual", "bandwidth": WIDTH}
    if plan.world == "digits":
        knobs = {"flip_rule": "manual", "flip": FLIP}
    return _restored(Plan("kde", plan.world, plan.data, None, knobs, {}, plan.seed, plan.device), None)


def row_of(
    candidate: Candidate, key: str, kind: RowKind, title: str, note: str = "", base: str = ""
) -> ScoreRow:
    """The row of a candidate, without figures; ``base`` is the key of the row that a trap was made from."""
    plan = candidate.plan
    return ScoreRow(
        key, title, kind, plan.card.id, plan.world, plan.data.spec, candidate.step, {}, note, base
    )


def opened(path: Path, world: World | None = None) -> Candidate:
    """The trained run of a .genplay file; raises ``BadInput`` if it holds none (of this world)."""
    from genplay.lab.project import read

    project = read(path)
    chosen = world or (project.world if project.world in project.runs else next(iter(project.runs), None))
    if chosen is None or chosen not in project.runs:
        where = f" of the world {world}" if world and project.runs else ""
        raise BadInput(
            f"{path} holds no trained run{where}: train in the window and save, or use `genplay train --out`."
        )
    saved = project.runs[chosen]
    return Candidate(saved.plan(chosen), saved.checkpoint)


@dataclass(frozen=True, eq=False)
class Trap:
    """What is measured, how its row is called, the words that explain it, and the honest model it was made from."""

    candidate: Candidate
    title: str
    note: str
    base: Candidate


def trap(name: str, base: Candidate) -> Trap:
    """A trap made from a run and its data; raises ``BadInput`` for an unknown name.

    Where the run has no likelihood to keep, for lack of a density or of training, a kernel density of the same data has.
    """
    if name not in TRAPS:
        raise unknown_name("trap", name, TRAPS)
    plan = base.plan
    if name == "noise" and (plan.world not in plan.card.density or base.step == 0):
        from genplay.training.plan import RunPlan as Plan

        base = Candidate(Plan("kde", plan.world, plan.data, None, {}, {}, plan.seed, plan.device))
    note = _NOTES[name].format(base=base.plan.card.title)
    return Trap(replace(base, trap=name, _model=None), TRAPS[name][0], note, base)
