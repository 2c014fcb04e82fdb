"""The true density on a grid, computed beside the window: a law of many components takes longer than a frame."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from genplay.datasets.base import Law
from genplay.spaces.plane import Grid
from genplay.ui.inbox import door

__all__ = ["TruthField", "law_on_grid"]

_CHUNK = 2048
_KEPT = 6


def law_on_grid(law: Law, grid: Grid, cancelled: threading.Event | None = None) -> NDArray[np.float32] | None:
    """log p on a grid (n, n), [row y, column x]; None if cancelled on the way."""
    points = grid.points()
    out = np.empty(len(points), np.float32)
    for start in range(0, len(points), _CHUNK):
        if cancelled is not None and cancelled.is_set():
            return None
        out[start : start + _CHUNK] = law.log_prob(points[start : start + _CHUNK])
    return out.reshape(grid.n, grid.n)


class TruthField(QObject):
    """log p of the data's law on the grids that are asked for; ``ready`` is emitted when one has been computed."""

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="genplay-truth")
        self._cancel = threading.Event()
        self._kept: OrderedDict[tuple[int, Grid], tuple[Law, NDArray[np.float32]]] = OrderedDict()
        self._asked: tuple[int, Grid] | None = None
        self._closed = False
        self._door = door(self)

    def on(self, law: Law, grid: Grid, *, patient: bool = False) -> NDArray[np.float32] | None:
        """The values if they are known; else None, and they are being computed: now, or (patient) after what is under way."""
        key = (id(law), grid)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][1]
        waits = patient and self._asked is not None
        if self._asked != key and not waits and not self._closed:
            self._asked = key
            self._cancel.set()
            self._cancel = threading.Event()
            self._pool.submit(self._work, law, grid, self._cancel)
        return None

    def _work(self, law: Law, grid: Grid, cancelled: threading.Event) -> None:
        values = law_on_grid(law, grid, cancelled)
        if values is not None:
            self._door(self._take, law, grid, values)

    def _take(self, law: Law, grid: Grid, values: NDArray[np.float32]) -> None:
        # The law is kept with its values, so that its id cannot pass to another law.
        self._kept[id(law), grid] = (law, values)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        if self._asked == (id(law), grid):
            self._asked = None
        self.ready.emit()

    def close(self) -> None:
        """Stop computing; the thread ends after the chunk it is at."""
        self._closed = True
        self._cancel.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
