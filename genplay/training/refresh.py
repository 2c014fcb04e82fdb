"""Keeps the wanted views fresh: a bounded share of the time while the run trains, to the last detail when it rests.

While training, the item that has had least time for its weight goes next, at a resolution that fits into a few
milliseconds; what it costs has to be earned by training first. At rest everything is computed coarsely, then as asked,
then finely. Work is cut into short turns, so that commands are served in between.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genplay.quantity import Quantity
from genplay.spaces.plane import Box
from genplay.training.chunks import Chunked
from genplay.training.device import flushed_denormals
from genplay.training.likelihood import Likelihood, Split
from genplay.training.snapshot import Field, FieldName, FieldRequest, Gallery, ViewRequest
from genplay.training.trainer import Trainer
from genplay.training.views import FieldWork, classes_of, field_source, frozen, gallery, of_class

__all__ = ["Refresher"]

SHARE = 0.1
"""Seconds of views that a second of training earns; half of it where only points are wanted and no field."""
TURN = 0.012
"""How long to work before commands are looked at, seconds."""

_MOST_CREDIT = 0.06
_COARSE = 0.018
_FEWEST_SAMPLES = 64
_COARSEST = 24
_FAST_PERIOD = 0.033
_EVALUATION_PERIOD = 1.0
_FIRST_EVALUATION_PERIOD = 0.1
_EVALUATION_SLOWING = 1.2
"""Likelihoods are measured often while they fall fastest, at the start, then less and less often."""
_EVALUATED = 500
"""Points that a likelihood is the mean of, at rest too: a curve over changing points would step where nothing was learned."""
_NO_NUMBER = (
    "{what} came out as no number: the model has gone too far. The last good view is kept. Rewind, or lower the learning "
    "rate and train on."
)


@dataclass
class _Item:
    """One thing that is kept fresh, what it costs, and how much time it has had (divided by its weight)."""

    weight: float
    period: float
    per_point: float | None = None
    rung: int = 0
    spent: float = 0.0
    begun: float = -math.inf
    done_version: int = -1
    done_size: int = 0
    done_place: tuple[Box, float] | None = None
    broken: bool = False


@dataclass
class _Work:
    """Something in the making."""

    key: str
    size: int
    version: int
    step: int
    task: FieldWork | Chunked | Likelihood
    request: FieldRequest | None = None
    label: int | None = None


class Refresher:
    """The views of one run. ``version`` says which state of the model a result belongs to; any change has a new one."""

    def __init__(self, trainer: Trainer, request: ViewRequest) -> None:
        self._trainer = trainer
        self._items: dict[str, _Item] = {}
        self._work: _Work | None = None
        self._credit = _MOST_CREDIT
        self._noise: Tensor | None = None
        self._generator = torch.Generator(trainer.device).manual_seed(trainer.view_seed)
        self.fields: dict[FieldName, Field] = {}
        self.samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
        self.samples_step = 0
        self.samples_label: int | None = None
        self.gallery: Gallery | None = None
        self.nll: dict[Split, Quantity] = {}
        self.test_log_prob: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
        self._troubles: dict[str, str] = {}
        self.want(request)

    def want(self, request: ViewRequest) -> None:
        """Take a new request; what is no longer wanted is dropped."""
        self._request = request
        if self._label != self.samples_label:
            self._items.pop("samples", None)
        if self._work is not None and self._work.key == "samples" and self._work.label != self._label:
            self._work = None
        keys = [f"field {r.name}" for r in request.fields]
        keys += ["samples"] if request.samples > 0 else []
        keys += ["nll train", "nll test"] if request.evaluate else []
        for key in keys:
            item = self._items.setdefault(key, self._new_item(key))
            item.broken = False
        for key in [k for k in self._items if k not in keys]:
            del self._items[key]
        if self._work is not None and self._work.key not in self._items:
            self._work = None
        wanted = {r.name for r in request.fields}
        self.fields = {name: f for name, f in self.fields.items() if name in wanted}
        if request.samples <= 0:
            self.samples = self.gallery = None
        self._troubles.clear()

    @property
    def _label(self) -> int | None:
        """The class that the samples are to be of; None for all, also where the model does not know the one asked for."""
        label = self._request.label
        return label if label is not None and label < classes_of(self._trainer.model) else None

    @property
    def trouble(self) -> str:
        """Why something cannot be shown now, as a sentence; '' if all is well."""
        return next(iter(self._troubles.values()), "")

    @staticmethod
    def _new_item(key: str) -> _Item:
        if key.startswith("nll"):
            return _Item(weight=0.5, period=min(_FIRST_EVALUATION_PERIOD, _EVALUATION_PERIOD))
        return _Item(weight=1.0, period=_FAST_PERIOD)

    @property
    def busy(self) -> bool:
        """Whether something is half done; the model must not train on until it is finished."""
        return self._work is not None

    # While training

    def earn(self, seconds: float) -> None:
        """Count a slice of training."""
        self._credit = min(_MOST_CREDIT, self._credit + self._share * seconds)

    @property
    def _share(self) -> float:
        return self._request.boost * (SHARE if self._request.fields else SHARE / 2)

    def due_in(self) -> float:
        """Seconds of training after which ``share`` has something to do: an item is due, and its time is earned."""
        whole = [item for item in self._items.values() if not item.broken]
        if not whole:
            return math.inf
        due = min(item.begun + item.period for item in whole) - time.perf_counter()
        return max(due, -self._credit / self._share, 0.0)

    def pay(self, seconds: float) -> None:
        """Take what something else beside the training has cost out of the views' share."""
        self._credit -= seconds

    def share(self, version: int) -> bool:
        """Spend what has been earned, for one turn, on the most neglected items; True if a result is new."""
        self._drop_stale(version)
        began, fresh = time.perf_counter(), False
        while True:
            if self._work is None:
                key = self._most_neglected(began)
                if key is None:
                    return fresh
                self._begin(key, self._live_size(key), version)
            fresh |= self._go_on()
            if self._work is not None or time.perf_counter() - began > TURN:
                return fresh

    def _most_neglected(self, turn_began: float) -> str | None:
        """The item to compute next: due, affordable, and not yet done in this turn."""
        if self._credit <= 0:
            return None
        now = time.perf_counter()
        due = [
            # Of items that have had as little, pictures come before numbers, which may cost much more.
            (item.spent, key.startswith("nll"), key)
            for key, item in self._items.items()
            if not item.broken and item.begun < turn_began and now - item.begun >= item.period
        ]
        if not due:
            return None
        key = min(due)[2]
        # An item that was not due for long has no claim on the time it left to others.
        least = max(item.spent for item in self._items.values()) - 2 * _MOST_CREDIT
        self._items[key].spent = max(self._items[key].spent, least)
        return key

    def _drop_stale(self, version: int) -> None:
        """Give up what was begun on another state of the model."""
        if self._work is not None and self._work.version != version:
            self._work = None

    def _live_size(self, key: str) -> int:
        """How many cells a side, samples or points are computed while training: a rung of the item's ladder."""
        ladder = self._ladder(key)
        return ladder[min(self._items[key].rung, len(ladder) - 1)]

    def _ladder(self, key: str) -> tuple[int, ...]:
        """The sizes an item may have while training, coarsest first."""
        if key.startswith("nll"):
            return (_EVALUATED,)
        if key == "samples":
            most = self._request.samples
            return tuple(min(most, max(_FEWEST_SAMPLES, most * k // 8)) for k in (1, 2, 4, 8))
        most = self._field(key).n
        return tuple(min(most, max(_COARSEST, most * k // 4)) for k in (1, 2, 3, 4))

    def _climb(self, key: str, size: int, seconds: float) -> None:
        """After a result: a finer one next time if this one was cheap, a coarser one if it was dear.

        By rungs, not by cost a point: much of a cost may not depend on the size.
        """
        item, ladder = self._items[key], self._ladder(key)
        if size != self._live_size(key):
            return
        if seconds < 0.6 * _COARSE and item.rung < len(ladder) - 1:
            item.rung += 1
        elif seconds > 1.5 * _COARSE and item.rung > 0:
            item.rung -= 1

    # At rest

    def rest(self, version: int) -> bool:
        """Work for one turn on what is not yet as fine as it can be; False when all is done."""
        self._credit = _MOST_CREDIT
        self._drop_stale(version)
        if self._work is None:
            step = self._next_at_rest(version)
            if step is None:
                return False
            self._begin(*step, version, resting=True)
        self._go_on()
        for item in self._items.values():
            # Time at rest is nobody's loss: all begin alike when training goes on.
            item.spent = 0.0
        return True

    def _next_at_rest(self, version: int) -> tuple[str, int] | None:
        fine = {key: item for key, item in self._items.items() if not item.broken}
        # Coarse first, everything once; then as asked; then refined.
        for key, item in fine.items():
            if item.done_version != version or self._moved(key):
                return key, self._live_size(key)
        for key, item in fine.items():
            if item.done_size < (size := self._asked_size(key)):
                return key, size
        for key, item in fine.items():
            if key.startswith("field") and item.done_size < self._request.refine:
                return key, self._request.refine
        return None

    def _asked_size(self, key: str) -> int:
        if key == "samples":
            return self._request.samples
        return _EVALUATED if key.startswith("nll") else self._field(key).n

    def _moved(self, key: str) -> bool:
        return key.startswith("field") and self._items[key].done_place != self._field(key).place

    # Both

    def _field(self, key: str) -> FieldRequest:
        return next(r for r in self._request.fields if f"field {r.name}" == key)

    def _begin(self, key: str, size: int, version: int, resting: bool = False) -> None:
        item, trainer = self._items[key], self._trainer
        model = trainer.model
        item.begun = time.perf_counter()
        task: FieldWork | Chunked | Likelihood | None = None
        request = None
        if key == "samples" and not model.draws:
            task = None
        elif key == "samples":
            task = Chunked(of_class(model, self._label), self._frozen_noise()[:size], item.per_point)
        elif key.startswith("nll"):
            split: Split = "train" if key.endswith("train") else "test"
            data = trainer.plan.data
            with trainer.viewing():
                task = Likelihood.of(model, data, split, size, trainer.view_seed, item.per_point, resting)
        else:
            request = self._field(key)
            source = field_source(model, request.name, request.t)
            if source is not None:
                task = FieldWork(model, source, request, size, trainer.step_count, item.per_point)
        if task is None:
            item.broken = True
            return
        self._work = _Work(key, size, version, trainer.step_count, task, request, self._label)

    def _frozen_noise(self) -> Tensor:
        n = self._request.samples
        if self._noise is None or len(self._noise) < n:
            # Drawn afresh from the start, as a longer list: the same request always gets the same noise.
            generator = torch.Generator(self._trainer.device).manual_seed(self._trainer.view_seed)
            self._noise = self._trainer.model.fresh_noise(n, generator)
        return self._noise

    def _go_on(self) -> bool:
        work = self._work
        if work is None:
            return False
        item = self._items[work.key]
        began = time.perf_counter()
        try:
            with self._trainer.viewing(), flushed_denormals():
                done = work.task.work(TURN)
                if done:
                    self._take(work)
        except Exception as error:
            # A view that fails must not stop the training; it is left out, and the reason is told.
            self._work, item.broken, done = None, True, False
            what = work.key.removeprefix("field ")
            self._troubles[work.key] = f"The {what} cannot be shown: {type(error).__name__}: {error}"
        spent = time.perf_counter() - began
        self._credit -= spent
        item.spent += spent / item.weight
        if not done:
            return False
        self._work = None
        self._climb(work.key, work.size, work.task.seconds)
        if work.key.startswith("nll"):
            item = self._items[work.key]
            item.period = min(_EVALUATION_PERIOD, _EVALUATION_SLOWING * item.period)
        cost = work.task.per_point
        item.per_point = cost if item.per_point is None else 0.5 * (item.per_point + cost)
        item.done_version, item.done_size = work.version, work.size
        item.done_place = work.request.place if work.request is not None else None
        return True

    def _take(self, work: _Work) -> None:
        task = work.task
        self._troubles.pop(work.key, None)
        if isinstance(task, FieldWork):
            result = task.result()
            # A density may be 0, log p = −∞; what is no number at all must not be drawn.
            if np.isnan(result.values).any():
                self._troubles[work.key] = _NO_NUMBER.format(what=f"The {result.name}")
                return
            self.fields[result.name] = result
        elif isinstance(task, Likelihood):
            split: Split = "train" if work.key.endswith("train") else "test"
            self.nll[split] = value = task.result()
            if split == "test":
                self.test_log_prob = frozen(task.log_prob(), np.float32)
            self._trainer.history.record(f"nll_{split}", work.step, value.value)
        else:
            samples = frozen(task.result(), np.float32)
            if not np.isfinite(samples).all():
                self._troubles[work.key] = _NO_NUMBER.format(what="Some samples")
                return
            self.samples = samples
            self.samples_step, self.samples_label = work.step, work.label
            if self._trainer.plan.world == "digits":
                self.gallery = gallery(self._trainer.model, self.samples)
