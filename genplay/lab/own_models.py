"""The user's own model files: opened, tried out, and read again whenever they are saved, while the run goes on.

A file is a program. It is run only when the user has said so: ``trust`` in a script, an answer in the window, its name on
the command line.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from genplay.errors import BadInput, Failure, GenplayError
from genplay.lab.experiment import Experiment
from genplay.lab.state import ModelChoice
from genplay.models import registry
from genplay.models.own_file import OwnCard, read_model, trial
from genplay.paths import resource

if TYPE_CHECKING:
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan

__all__ = ["OwnModels", "open_model", "warning_of", "write_template"]

T = TypeVar("T")
TEMPLATE = "templates/my_model.py"


def warning_of(path: Path) -> str:
    """What has to be said before a file is run."""
    return (
        f"{path.name} is a program: opening it runs its code, with all that you may do on this computer. "
        "Open it only if you know where it comes from."
    )


def open_model(path: Path) -> OwnCard:
    """Run a file, try its model out and make it known; raises ``BadInput`` naming the file and the line."""
    path = path.resolve()
    before = {c.id: c for c in registry.cards().values()}
    taken = tuple(id for id, c in before.items() if not (isinstance(c, OwnCard) and c.path == path))
    card = read_model(path, taken)
    trial(card)
    registry.add(card)
    return card


def write_template(path: Path) -> Path:
    """Write a model to begin with; raises ``BadInput`` if there is such a file already or it cannot be written."""
    target = path if path.suffix == ".py" else path.with_suffix(".py")
    if target.exists():
        raise BadInput(f"{target} exists already: choose another name, or open it.")
    try:
        shutil.copyfile(resource(TEMPLATE), target)
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror}.") from None
    return target


class OwnModels:
    """Opens model files in an experiment and watches those that have been opened."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._seen: dict[Path, float] = {}
        self._reading: tuple[Path, Future[OwnCard]] | None = None

    def trusts(self, path: Path) -> bool:
        """Whether the file has been opened with trust before."""
        return path.resolve() in self._seen

    def open(self, path: Path, trust: bool) -> None:
        """Run the file and choose its model; refused without trust, unless it has been trusted before."""
        path = path.resolve()
        if not trust and not self.trusts(path):
            raise BadInput(f"{warning_of(path)} (With trust=true it is opened.)")
        stamp = _stamp(path)
        card = open_model(path)
        self._seen[path] = stamp
        self._choose(card)

    def new(self, path: Path) -> Path:
        """Write the template to a file and open it."""
        target = write_template(path)
        self.open(target, trust=True)
        self._experiment.say(
            f"{target} is yours: change it in any editor; each time it is saved it is read again."
        )
        return target

    def _choose(self, card: OwnCard) -> None:
        experiment = self._experiment
        if experiment.world not in card.worlds:
            experiment.choose_world(card.worlds[0])
        if experiment.model_id == card.id:
            self._take(card)
        else:
            experiment.choose_model(ModelChoice.default(card.id, experiment.world), f"Choose {card.title}")

    def poll(self) -> None:
        """Look whether an opened file has been saved again, and take in what has been read; call it now and then."""
        if self._reading is not None:
            path, future = self._reading
            if future.done():
                self._reading = None
                self._read(path, future)
            return
        for path, seen in self._seen.items():
            stamp = _stamp(path)
            if stamp not in (seen, 0.0):
                self._seen[path] = stamp
                self._reading = (path, _in_background(partial(open_model, path)))
                return

    def _read(self, path: Path, future: Future[OwnCard]) -> None:
        error = future.exception()
        if error is not None:
            text = str(error) if isinstance(error, GenplayError) else f"{path.name}: {error}"
            self._experiment.say(f"{text} The version before it goes on.", "error")
            return
        card = future.result()
        if self._experiment.model_id == card.id:
            self._take(card)
        self._experiment.say(f"{path.name} has been read again.")

    def _take(self, card: OwnCard) -> None:
        """Go on with the new version of the open model: its parameters are kept where their shapes are the same."""
        experiment = self._experiment
        running, kept = experiment.running, experiment.bench.checkpoint()
        experiment.bench.drop_model(card.id)
        experiment.put_desk(experiment.world, experiment.desk())
        plan = experiment.plan()
        experiment.bench.open(plan, _fitting(plan, kept) if kept is not None else None)
        experiment.poll()
        if running:
            experiment.bench.start()
        experiment.model_changed.emit()


def _fitting(plan: RunPlan, kept: Future[Checkpoint]) -> Future[Checkpoint]:
    """The checkpoint if the new version has parameters of the same names and shapes, else a failure."""

    def look() -> Checkpoint:
        from genplay.training.trainer import Trainer

        checkpoint = kept.result()
        fresh = {name: value.shape for name, value in Trainer(plan).parameters_state().items()}
        if fresh != {name: value.shape for name, value in checkpoint.state.items()}:
            raise Failure("The new version has other parameters.")
        return checkpoint

    return _in_background(look)


def _in_background(act: Callable[[], T]) -> Future[T]:
    out: Future[T] = Future()

    def work() -> None:
        try:
            out.set_result(act())
        except Exception as error:
            out.set_exception(error)

    threading.Thread(target=work, name="genplay-own-model", daemon=True).start()
    return out


def _stamp(path: Path) -> float:
    """When the file was saved last; 0 while it is away (some editors put another in its place)."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
