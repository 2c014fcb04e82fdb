"""The record of a run: every loss term of every step, sparse curves, marks and keyframes of the parameters.

One thread writes, any number read. Readers get slices of arrays that the writer never changes in place, so a reader
holds the lock only while it takes references. Memory is bounded: old rows are averaged in pairs, old keyframes thinned.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["History", "Keyframe", "Mark"]

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

_MOST_MARKS = 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step and changed what the curves mean: a new knob, other data."""

    step: int
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The parameters as they were after a step, by name."""

    step: int
    state: Mapping[str, NDArray[np.generic]]

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in self.state.values())


class _Table:
    """Rows of (step, seconds, terms …) in arrays that grow by doubling and halve their older part when full."""

    def __init__(self, most_rows: int) -> None:
        self._most = most_rows
        self.length = 0
        self.columns: dict[str, Array] = {}
        self.steps: Steps = np.empty(256, np.int64)
        self.seconds: Array = np.empty(256)

    def extend(self, steps: Steps, seconds: Array, names: Sequence[str], values: Array) -> None:
        k = len(steps)
        while self.length and self.length + k > self._most:
            before = self.length
            self._thin()
            if self.length == before:
                break
        self._reserve(self.length + k)
        rows = slice(self.length, self.length + k)
        self.steps[rows], self.seconds[rows] = steps, seconds
        for name in names:
            if name not in self.columns:
                self.columns[name] = np.full(len(self.steps), np.nan)
        for i, name in enumerate(names):
            self.columns[name][rows] = values[:, i]
        self.length += k

    def copy(self) -> _Table:
        other = _Table(self._most)
        other.length = self.length
        other.steps, other.seconds = self.steps.copy(), self.seconds.copy()
        other.columns = {name: column.copy() for name, column in self.columns.items()}
        return other

    def _reserve(self, rows: int) -> None:
        size = len(self.steps)
        if rows <= size:
            return
        while size < rows:
            size *= 2
        # New arrays, never a resize in place: a reader may still look at the old ones.
        steps, seconds = np.empty(size, np.int64), np.empty(size)
        steps[: self.length], seconds[: self.length] = self.steps[: self.length], self.seconds[: self.length]
        columns = {}
        for name, column in self.columns.items():
            columns[name] = np.full(size, np.nan)
            columns[name][: self.length] = column[: self.length]
        self.steps, self.seconds, self.columns = steps, seconds, columns

    def _thin(self) -> None:
        """Average the older half in pairs: a row then stands at the later step of its pair."""
        old = self.length // 4 * 2
        later = slice(1, old, 2)

        def halved(column: Array) -> Array:
            first, second = column[0:old:2], column[later]
            mean = np.where(np.isnan(first), second, np.where(np.isnan(second), first, (first + second) / 2))
            out = np.full(len(column), np.nan)
            out[: self.length - old // 2] = np.concatenate([mean, column[old : self.length]])
            return out

        kept = self.length - old // 2
        steps, seconds = np.empty_like(self.steps), np.empty_like(self.seconds)
        steps[:kept] = np.concatenate([self.steps[later], self.steps[old : self.length]])
        seconds[:kept] = np.concatenate([self.seconds[later], self.seconds[old : self.length]])
        self.columns = {name: halved(column) for name, column in self.columns.items()}
        self.steps, self.seconds, self.length = steps, seconds, kept


class History:
    """What happened in a run; append-only, one writer, many readers.

    ``most_rows`` bounds the loss curves, ``most_points`` each sparse curve, ``most_frames`` and ``most_bytes`` the
    keyframes.
    """

    def __init__(
        self,
        most_rows: int = 1 << 18,
        most_points: int = 4096,
        most_frames: int = 128,
        most_bytes: int = 64 << 20,
    ) -> None:
        self._lock = threading.Lock()
        self._table = _Table(most_rows)
        self._sparse: dict[str, _Table] = {}
        self._most_points = most_points
        self._marks: list[Mark] = []
        self._frames: list[Keyframe] = []
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._stride = 1

    def copy(self) -> History:
        """The same record until now, for another run that goes on from here."""
        other = History(
            most_points=self._most_points, most_frames=self._most_frames, most_bytes=self._most_bytes
        )
        with self._lock:
            other._table = self._table.copy()
            other._sparse = {name: table.copy() for name, table in self._sparse.items()}
            other._marks, other._frames, other._stride = list(self._marks), list(self._frames), self._stride
        return other

    # Writing

    def append(self, step: int, seconds: float, terms: Mapping[str, float]) -> None:
        """Add the terms of one step; ``seconds`` is the training time since the run began."""
        self.extend(
            np.array([step]), np.array([seconds]), tuple(terms), np.array([list(terms.values())], np.float64)
        )

    def extend(self, steps: Steps, seconds: Array, names: Sequence[str], values: Array) -> None:
        """Add the terms ``names`` of many steps at once: steps (k,), seconds (k,), values (k, len(names))."""
        if len(steps):
            with self._lock:
                self._table.extend(steps, seconds, names, values)

    def record(self, name: str, step: int, value: float) -> None:
        """Add a point to a sparse curve, e.g. ``nll_test``, measured now and then."""
        with self._lock:
            table = self._sparse.setdefault(name, _Table(self._most_points))
            table.extend(np.array([step]), np.zeros(1), (name,), np.array([[value]], np.float64))

    def mark(self, step: int, text: str, subject: str = "") -> None:
        """Note that something changed at this step; the same subject at the same step replaces the mark."""
        new = Mark(step, text, subject or text)
        with self._lock:
            last = self._marks[-1] if self._marks else None
            if last is not None and (last.step, last.subject) == (step, new.subject):
                self._marks[-1] = new
            elif len(self._marks) < _MOST_MARKS:
                self._marks.append(new)

    def wants_keyframe(self, step: int) -> bool:
        """Whether a keyframe of this step would be kept; asking is cheap."""
        with self._lock:
            return not self._frames or step >= self._frames[-1].step + self._stride

    def keep(self, step: int, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep the parameters of this step (copied by the caller); when too many, every second one goes."""
        with self._lock:
            self._frames.append(Keyframe(step, dict(state)))
            while len(self._frames) > 2 and (
                len(self._frames) > self._most_frames
                or sum(f.nbytes for f in self._frames) > self._most_bytes
            ):
                # The first and the last stay, so that the time machine always reaches from start to now.
                last = self._frames[-1]
                thinned = self._frames[:-1:2]
                self._frames = [*thinned, last]
                gaps = max(1, len(self._frames) - 1)
                self._stride = max(self._stride, (last.step - self._frames[0].step) // gaps)

    # Reading

    def names(self) -> tuple[str, ...]:
        """All curves: the terms of each step first, then the sparse ones."""
        with self._lock:
            return (*self._table.columns, *(n for n in self._sparse if n not in self._table.columns))

    @property
    def length(self) -> int:
        """How many rows are kept (the number of steps, until old rows are averaged)."""
        return self._table.length

    @property
    def last_step(self) -> int:
        """The newest step that has a row; 0 if there is none."""
        with self._lock:
            return int(self._table.steps[self._table.length - 1]) if self._table.length else 0

    @property
    def marks(self) -> tuple[Mark, ...]:
        with self._lock:
            return tuple(self._marks)

    @property
    def keyframes(self) -> tuple[int, ...]:
        """The steps whose parameters are kept, in order."""
        with self._lock:
            return tuple(f.step for f in self._frames)

    def keyframe(self, step: int) -> Keyframe | None:
        """The nearest keyframe at or before this step (the first one if there is none before)."""
        with self._lock:
            before = [f for f in self._frames if f.step <= step]
            return before[-1] if before else (self._frames[0] if self._frames else None)

    @property
    def nbytes(self) -> int:
        """How much memory the record takes."""
        with self._lock:
            tables = [self._table, *self._sparse.values()]
            rows = sum(len(t.steps) * 8 * (2 + len(t.columns)) for t in tables)
            return rows + sum(f.nbytes for f in self._frames)

    def curve(self, name: str, start: int = 0, stop: int | None = None) -> tuple[Steps, Array]:
        """All kept points of a curve with start ≤ step < stop, without those that have no finite value."""
        steps, _, values = self._rows(name, start, stop)
        fine = np.isfinite(values)
        return steps[fine], values[fine]

    def seconds(self, steps: Steps) -> Array:
        """Training time in seconds at the given steps, interpolated between rows."""
        with self._lock:
            n, known, times = self._table.length, self._table.steps, self._table.seconds
        if not n:
            return np.zeros(len(steps))
        return np.interp(steps, known[:n], times[:n])

    def decimated(
        self, name: str, points: int = 600, start: int = 0, stop: int | None = None
    ) -> tuple[Steps, Array]:
        """A curve with at most ``points`` points: the mean of each run of rows, at the last step of the run.

        ``start`` and ``stop`` are steps. An unknown name gives an empty curve.
        """
        steps, values = self.curve(name, start, stop)
        n = len(steps)
        if n <= points:
            return steps.copy(), values.copy()
        edges = np.arange(points + 1) * n // points
        means = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
        return steps[edges[1:] - 1], means

    def _rows(self, name: str, start: int, stop: int | None) -> tuple[Steps, Array, Array]:
        with self._lock:
            table = self._table if name in self._table.columns else self._sparse.get(name)
            if table is None:
                return np.empty(0, np.int64), np.empty(0), np.empty(0)
            n, steps, seconds, values = table.length, table.steps, table.seconds, table.columns[name]
        first = int(np.searchsorted(steps[:n], start))
        last = n if stop is None else int(np.searchsorted(steps[:n], stop))
        return steps[first:last], seconds[first:last], values[first:last]
