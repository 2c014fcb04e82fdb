"""Questions to the model from a view: only the newest one counts, and one at a time is on its way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from genplay.errors import GenplayError
from genplay.ui.inbox import door

__all__ = ["LatestAsk"]

Question = Callable[[], "Future[Any]"]


class LatestAsk(QObject):
    """Sends the newest question when the one before has been answered; older ones that wait are dropped.

    ``answered`` carries the tag of the question and the answer, ``failed`` the tag and one sentence why there is none,
    in the thread of the window.
    """

    answered = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: tuple[object, Question] | None = None
        self._busy = False
        self._forgotten = 0
        self._door = door(self)

    def put(self, tag: object, question: Question) -> None:
        """Ask, now or as soon as the question on its way is answered."""
        self._waiting = (tag, question)
        if not self._busy:
            self._send()

    def forget(self) -> None:
        """Drop what waits, and the answer that is on its way (another run is open)."""
        self._waiting = None
        self._forgotten += 1

    @property
    def busy(self) -> bool:
        return self._busy

    def _send(self) -> None:
        if self._waiting is None:
            return
        tag, question = self._waiting
        self._waiting = None
        try:
            future = question()
        except GenplayError:
            return  # no run to ask yet: the view keeps what it shows
        self._busy = True
        future.add_done_callback(partial(self._door, self._take, self._forgotten, tag))

    def _take(self, stamp: int, tag: object, future: Future[Any]) -> None:
        self._busy = False
        if stamp == self._forgotten and not future.cancelled():
            error = future.exception()
            if error is None:
                self.answered.emit(tag, future.result())
            else:
                self.failed.emit(tag, str(error))
        self._send()
