"""A daemon thread that works in turns and takes commands between them.

Commands may be posted from any thread and are done in order. Between them ``turn`` is called; it returns the seconds to wait
for the next one (0: none, None: until there is a command) and should return soon once ``interrupted`` says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from genplay.errors import Failure, GenplayError
from genplay.training.device import single_thread
from genplay.training.priority import lower_priority

__all__ = ["CommandThread"]

T = TypeVar("T")


@dataclass(frozen=True)
class _Command:
    """Something to do in the thread; ``future`` is told if it can no longer be done."""

    act: Callable[[], None]
    future: Future[Any] | None = None


class CommandThread:
    """``wake`` is the lock of whatever the thread shares with its callers; ``end`` is the last thing the thread does."""

    def __init__(self, name: str, turn: Callable[[], float | None], end: Callable[[], None]) -> None:
        self.wake = threading.Condition()
        self._turn = turn
        self._last = end
        self._commands: deque[_Command] = deque()
        self._posted = self._done = 0
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def begin(self) -> None:
        """Start the thread, once everything that its turns need is there."""
        self._thread.start()

    def interrupted(self) -> bool:
        """Whether a command waits, or the thread is to end."""
        return bool(self._commands) or self._closed

    def post(self, act: Callable[[], None], future: Future[Any] | None = None) -> None:
        """Do something in the thread; it must not raise."""
        with self.wake:
            if self._closed:
                if future is not None:
                    future.set_exception(Failure("The training thread was closed."))
                return
            self._commands.append(_Command(act, future))
            self._posted += 1
            self.wake.notify_all()

    def obeyed(self) -> Callable[[], bool]:
        """To be asked later: whether all that was posted until now has been done."""
        mark = self._posted
        return lambda: self._done >= mark

    def request(self, fn: Callable[[], T]) -> Future[T]:
        """Run fn in the thread; the future fails with ``Failure`` where it cannot be answered."""
        future: Future[T] = Future()

        def command() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn()
            except GenplayError as error:
                future.set_exception(error)
            except Exception as error:
                wrong = Failure(f"The model could not answer: {type(error).__name__}: {error}")
                wrong.__cause__ = error
                future.set_exception(wrong)
            else:
                future.set_result(result)

        self.post(command, future)
        return future

    def stop(self) -> None:
        """Tell the thread to end."""
        with self.wake:
            self._closed = True
            self.wake.notify_all()

    def close(self, timeout: float | None) -> None:
        """End the thread; whoever still waits for an answer gets ``Failure``."""
        self.stop()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _loop(self) -> None:
        lower_priority()
        single_thread()
        while not self._closed:
            while self._commands and not self._closed:
                self._commands.popleft().act()
                self._done += 1
            wait = self._turn()
            with self.wake:
                if not self._commands and not self._closed and (wait is None or wait > 0):
                    self.wake.wait(wait)
        self._last()
        with self.wake:
            left, self._commands = self._commands, deque()
        for command in left:
            if command.future is not None and not command.future.done():
                command.future.set_exception(Failure("The training thread was closed."))
