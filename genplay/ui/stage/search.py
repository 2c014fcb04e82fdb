"""The search for the most probable images among all 2^25, beside the window, with progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from genplay.errors import GenplayError
from genplay.spaces.ranking import most_probable
from genplay.training.priority import lower_priority

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["Found", "ImageSearch", "copy_with_blocks"]

Found = tuple[NDArray[np.int64], NDArray[np.float64]]
Blocks = Callable[[int, int], NDArray[np.float64]]


def copy_with_blocks(model: Model) -> Callable[[], Blocks] | None:
    """In the training thread: a copy of the model, as a function that prepares its tables; None if it has none."""
    from genplay.models.base import HasBlocks
    from genplay.training.queries import copy

    if not isinstance(model, HasBlocks):
        return None
    other = copy(model)

    def prepare() -> Blocks:
        import torch

        with torch.no_grad():
            blocks: Blocks = other.log_prob_blocks()  # type: ignore[operator]
        return blocks

    return prepare


class ImageSearch(QObject):
    """One search at a time; a new one cancels the one before.

    ``progressed`` carries the share that is done, ``found`` the tag and the result (None: the model cannot tell).
    """

    progressed = Signal(float)
    found = Signal(object, object)
    _prepared = Signal(object, object)
    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(
            1, thread_name_prefix="genplay-search", initializer=lower_priority, initargs=("idle",)
        )
        self._cancel = threading.Event()
        self._tag: object = None
        self._prepared.connect(self._run)
        self._ended.connect(self._finish)

    @property
    def running(self) -> bool:
        return self._tag is not None

    def start(self, tag: object, ask: Callable[[Callable[[Model], Any]], Future[Any]], k: int) -> None:
        """Search the k most probable images of the model that ``ask`` reaches."""
        self.cancel()
        self._tag = tag
        self._k = k
        try:
            future = ask(copy_with_blocks)
        except GenplayError:
            self._tag = None
            return
        future.add_done_callback(lambda done: _emit(self._prepared, tag, done))

    def _run(self, tag: object, future: Future[Any]) -> None:
        if tag != self._tag:
            return
        if future.cancelled() or future.exception() is not None:
            self._tag = None
            return
        prepare = future.result()
        if prepare is None:
            self._tag = None
            self.found.emit(tag, None)
            return
        self._cancel = cancel = threading.Event()
        self._pool.submit(self._search, tag, prepare, self._k, cancel)

    def _search(self, tag: object, prepare: Callable[[], Blocks], k: int, cancel: threading.Event) -> None:
        try:
            result = None
            if not cancel.is_set():
                block = prepare()
                result = most_probable(
                    block, k,
                    progress=lambda share: _emit(self.progressed, share),
                    cancelled=cancel.is_set,
                )  # fmt: skip
        except Exception as error:  # told to the user by the view: a search must never take the window along
            _emit(self._ended, tag, error)
            return
        if result is not None:
            _emit(self._ended, tag, result)

    def _finish(self, tag: object, result: Found | Exception) -> None:
        if tag == self._tag:
            self._tag = None
            self.found.emit(tag, result)

    def cancel(self) -> None:
        """Stop the search that is running, if there is one."""
        self._cancel.set()
        self._tag = None

    def close(self) -> None:
        """Stop, and wait for the thread to end."""
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _emit(signal: Any, *values: object) -> None:
    try:
        signal.emit(*values)
    except RuntimeError:
        pass  # the window has been closed meanwhile
