"""The search for the most probable images among all 2^25, beside the window, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from genplay.errors import GenplayError
from genplay.training.jobs import Job, Jobs
from genplay.ui.inbox import door
from genplay.ui.share_bar import ShareBar

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["ImageSearch", "SearchRow"]

_TITLE = "most probable images"
_LOOK_MS = 100


def _copied(model: Model) -> Model:
    """In the training thread: a copy that training will not touch."""
    from genplay.training.queries import copy

    return copy(model)


class ImageSearch(QObject):
    """One search at a time; a new one cancels the one before.

    ``progressed`` carries the share that is done, ``found`` the tag and the ``Ranking`` (None: it cannot be had).
    """

    progressed = Signal(float)
    found = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs("genplay-search")
        self._job: Job[Any] | None = None
        self._tag: object = None
        self._k = 0
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._progress)
        self._door = door(self)

    @property
    def running(self) -> bool:
        return self._tag is not None

    def start(self, tag: object, ask: Callable[[Callable[[Model], Model]], Future[Any]], k: int) -> None:
        """Search the k most probable images of the model that ``ask`` reaches."""
        self.cancel()
        self._tag, self._k = tag, k
        try:
            future = ask(_copied)
        except GenplayError:
            self._tag = None
            return
        future.add_done_callback(partial(self._door, self._run, tag))

    def _run(self, tag: object, copied: Future[Any]) -> None:
        if tag != self._tag:
            return
        if copied.cancelled() or copied.exception() is not None:
            self._finish(tag, copied)
            return
        model, k = copied.result(), self._k

        def work(progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Any:
            import torch

            from genplay.training.enumeration import most_probable

            with torch.no_grad():
                return most_probable(model, k, progress, cancelled)

        self._job = self._jobs.submit(work, _TITLE)
        self._job.future.add_done_callback(partial(self._door, self._finish, tag))
        self._look.start()

    def _progress(self) -> None:
        if self._job is not None:
            self.progressed.emit(self._job.progress[0])

    def _finish(self, tag: object, done: Future[Any]) -> None:
        if tag != self._tag:
            return
        self._tag, self._job = None, None
        self._look.stop()
        failed = done.cancelled() or done.exception() is not None
        self.found.emit(tag, None if failed else done.result())

    def cancel(self) -> None:
        """Stop the search that is running, if there is one."""
        if self._job is not None:
            self._job.cancel()
        self._tag, self._job = None, None
        self._look.stop()

    def close(self) -> None:
        """Stop; the thread ends by itself, at the latest with the block it is at, and does not keep the program open."""
        self.cancel()
        self._jobs.close(timeout=0.2)


class SearchRow(QWidget):
    """How far the search is, and a button that stops it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ShareBar("Search through all images", self)
        self.stop = QPushButton("Stop", self)
        self.stop.setProperty("role", "quiet")
        self.stop.setToolTip("Stop the search through all 33,554,432 images.")
        self.stop.setAccessibleName("Stop the search")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
