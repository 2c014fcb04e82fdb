"""The census in the window and in scripts: taken as a job on a copy of the model, and what is looked at in it.

The copy remembers the step it was made at. What training does afterwards does not change the census; ``behind`` says how far
it has gone on. Conditionals (some hundredths of a second) go through the same thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from genplay.errors import BadInput, Failure
from genplay.lab.params import KnownPixels, Pixels
from genplay.training.jobs import Cancelled, Job, Jobs

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.lab.sampled import On
    from genplay.metrics.census import Census, Place
    from genplay.spaces.subcube import Subcube

__all__ = ["NOTHING_KNOWN", "CensusRun", "State", "Way"]

State = Literal["empty", "running", "done", "stopped", "failed"]
NOTHING_KNOWN: KnownPixels = (None,) * 25
Completion = Literal["best", "sample"]


@dataclass(frozen=True, eq=False)
class Way:
    """A walk through the world: images (n, 25), log p of each (n,), the minima at its ends (−1: not one), what it climbs in nats.

    ``title`` says what it is: down from an image, or from one minimum to another.
    """

    title: str
    images: NDArray[np.uint8]
    log_p: NDArray[np.float64]
    start: int
    end: int
    climb: float


class CensusRun:
    """``changed`` is emitted when there is something new to see; ``progress`` is asked for while ``state`` is running."""

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._jobs = Jobs("genplay-census", "background")
        self._job: Job[Any] | None = None
        self._turn = 0
        self._walks = 0
        self.state: State = "empty"
        self.message = ""
        self.on: On = "model"
        self.census: Census | None = None
        self.step = 0
        self.minimum = 0
        self.place: Place | None = None
        self.way: Way | None = None
        self.at = 0
        self.known: KnownPixels = NOTHING_KNOWN
        self.cube: Subcube | None = None
        self.completion: NDArray[np.uint8] | None = None
        experiment.subject.changed.connect(self._look)
        experiment.world_changed.connect(self.drop)
        experiment.data_changed.connect(self._other_data)
        experiment.run_changed.connect(self._other_run)

    # The census itself

    @property
    def progress(self) -> tuple[float, str]:
        """How far the job is, 0 to 1, and what it is doing."""
        return self._job.progress if self._job is not None else (0.0, "copying the model")

    @property
    def behind(self) -> int:
        """How many steps training has made since the model was copied."""
        latest = self._experiment.bench.latest()
        if self.census is None or self.on == "truth" or latest is None:
            return 0
        return max(0, latest.step - self.step)

    def why_not(self) -> str:
        """Why there is no census to look into, as a sentence; '' if there is one."""
        if self._experiment.world != "digits":
            return "This belongs to the world of 5×5 digits; choose that world first."
        return "" if self.census is not None else "Look through all images first: World › Compute."

    def compute(self, on: On = "model") -> Future[Census]:
        """Take a census of the model as it is now, or of the truth; one that is under way is left."""
        if self._experiment.world != "digits":
            raise BadInput("All images can be visited in the world of digits only; choose that world first.")
        if on == "truth" and not hasattr(self._experiment.data.law, "log_prob_blocks"):
            raise BadInput("These data are bare samples: there is no true law whose images could be visited.")
        self._stop()
        turn = self._turn
        # The old table goes before the new one comes: only one has room.
        self._forget()
        self.state, self.on, self.message = "running", on, ""
        found: Future[Census] = Future()
        settled: Future[tuple[Census, int] | BaseException] = Future()
        settled.add_done_callback(partial(_tell, found))
        self._experiment.later(settled, partial(self._settle, turn), any_run=True)
        if on == "truth":
            self._begin(turn, None, 0, settled)
        else:
            copied = self._experiment.bench.copied()
            copied.add_done_callback(lambda done: self._copied(turn, done, settled))
        self.changed.emit()
        return found

    def _copied(self, turn: int, done: Future[tuple[Any, int]], settled: Future[Any]) -> None:
        """In the training thread: the copy is there, or cannot be made."""
        error = Cancelled("cancelled") if done.cancelled() else done.exception()
        if error is not None:
            settled.set_result(error)
        else:
            self._begin(turn, *done.result(), settled)

    def _begin(self, turn: int, model: Any, step: int, settled: Future[Any]) -> None:
        data, on = self._experiment.data, self.on

        def work(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> tuple[Census, int]:
            from genplay.lab.census_taking import census_of
            from genplay.training.device import single_thread

            single_thread()
            return census_of(model, data, on, progress, cancelled), step

        if turn != self._turn:
            settled.set_result(Cancelled("The census was stopped."))
            return
        self._job = self._jobs.submit(work, "All images")
        self._job.future.add_done_callback(lambda done: settled.set_result(done.exception() or done.result()))

    def _settle(self, turn: int, outcome: tuple[Census, int] | BaseException) -> None:
        """In the experiment's thread: take the census, or say why there is none."""
        if turn != self._turn:
            return
        self._job = None
        if isinstance(outcome, BaseException):
            stopped = isinstance(outcome, Cancelled)
            self.state, self.message = ("stopped", "") if stopped else ("failed", str(outcome))
        else:
            self.census, self.step = outcome
            self.state = "done"
            self._look()
        self.changed.emit()

    def stop(self) -> None:
        """Stop the census that is under way."""
        if self.state == "running":
            self._stop()
            self.state = "stopped"
            self.changed.emit()

    def _stop(self) -> None:
        self._turn += 1
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _forget(self) -> None:
        self.census = self.cube = self.completion = self.way = self.place = None
        self.minimum = self.at = 0

    def drop(self, *_: object) -> None:
        """Another world or run: nothing of this is true of it."""
        if self.state != "empty":
            self._stop()
            self._forget()
            self.state, self.known = "empty", NOTHING_KNOWN
            self.changed.emit()

    def _other_data(self, *_: object) -> None:
        if self.on == "truth":
            self.drop()

    def _other_run(self, *_: object) -> None:
        if self.on == "model":
            self.drop()

    def close(self) -> None:
        """End the thread."""
        self._stop()
        self._jobs.close()

    def _there(self) -> Census:
        if self.census is None:
            raise BadInput(self.why_not())
        return self.census

    # What is looked at

    def _look(self, *_: object) -> None:
        """Find out where the image that is looked at stands among all; that is some hundredths of a second."""
        census, image = self.census, self._experiment.subject.x[0]
        if census is None:
            return
        self.place = None
        job = self._jobs.submit(lambda _progress, _cancelled: census.place(image), "The place of an image")
        self._experiment.later(job.future, partial(self._placed, census, image), any_run=True)

    def _placed(self, census: Census, image: NDArray[np.float64], place: Place) -> None:
        if census is self.census and np.array_equal(image, self._experiment.subject.x[0]):
            self.place = place
            self.changed.emit()

    def choose_minimum(self, index: int) -> None:
        """Look at a local minimum, 0 the deepest."""
        self.minimum = self._index(index)
        self.changed.emit()

    def _index(self, index: int) -> int:
        n = len(self._there().basins)
        if not 0 <= index < n:
            raise BadInput(f"There is no minimum {index}. Allowed: 0 to {n - 1}.")
        return index

    def walk(self, pixels: Pixels | None = None, seed: int | None = None) -> None:
        """Steepest descent from an image, or from pixels tossed at random, to its minimum."""
        census = self._there()
        if pixels is None:
            self._walks += 1
            rng = np.random.default_rng(self._walks if seed is None else seed)
            pixels = tuple(int(b) for b in rng.integers(0, 2, 25))
        images, log_p = census.walk(pixels)
        end = census.basin_of(pixels)
        self.way = Way(f"down to minimum {end + 1}", images, log_p, -1, end, 0.0)
        self.at = 0
        self.changed.emit()

    def cross(self, start: int, end: int) -> None:
        """The lowest way from one minimum to another, over the saddle between them."""
        census = self._there()
        self._index(start)
        self._index(end)
        if start == end:
            raise BadInput("A way leads from one minimum to another: choose two.")
        if census.saddles is None:
            raise BadInput(f"With {len(census.basins):,} minima their barriers are not sought.")
        climb, images, log_p = census.barrier(start, end)
        if math.isinf(climb):
            raise BadInput(
                "Only images of probability 0 lie between these two: no way leads from one to the other."
            )
        self.way = Way(f"from minimum {start + 1} to {end + 1}", images, log_p, start, end, climb)
        self.at = 0
        self.changed.emit()

    def go(self, index: int) -> None:
        """Stand at one image of the walk, from 0."""
        if self.way is None:
            raise BadInput("There is no walk yet: begin one first.")
        if not 0 <= index < len(self.way.images):
            raise BadInput(f"There is no step {index}. Allowed: 0 to {len(self.way.images) - 1}.")
        self.at = index
        self.changed.emit()

    # What is known

    def know(self, known: KnownPixels) -> Future[Subcube]:
        """Say what is known of the pixels; what follows for the others comes at a heartbeat."""
        census = self._there()
        self.known = known
        job = self._jobs.submit(lambda _progress, _cancelled: census.know(known), "Known pixels")
        self._experiment.later(job.future, partial(self._found, census, known), any_run=True)
        self.changed.emit()
        return job.future

    def _found(self, census: Census, known: KnownPixels, cube: Subcube) -> None:
        if census is self.census and known == self.known:
            self.cube = cube
            self.completion = None if cube.log_mass == -math.inf else census.images(np.array([cube.best]))[0]
            self.changed.emit()

    def complete(self, how: Completion = "best", seed: int | None = None) -> None:
        """Fill in what is not known: by the most probable completion, or by one drawn from P(x | known)."""
        census, cube = self._there(), self.cube
        if cube is None:
            raise BadInput("Say first which pixels are known.")
        if cube.log_mass == -math.inf:
            raise BadInput("No image with these pixels has a probability above 0.")
        if how == "best":
            code = cube.best
        else:
            self._walks += 1
            code = cube.sample(np.random.default_rng(self._walks if seed is None else seed))
        self.completion = census.images(np.array([code]))[0]
        self.changed.emit()


def _tell(found: Future[Any], settled: Future[Any]) -> None:
    """Pass on what came out to whoever waits."""
    outcome = settled.result()
    if isinstance(outcome, Cancelled):
        found.cancel()
        found.set_running_or_notify_cancel()
    elif isinstance(outcome, BaseException):
        found.set_exception(outcome if isinstance(outcome, Failure | BadInput) else Failure(str(outcome)))
    else:
        found.set_result(outcome[0])
