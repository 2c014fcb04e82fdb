"""Waiting for several answers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["answer", "gather"]

T = TypeVar("T")


def gather(asked: Sequence[Future[Any]], make: Callable[[], T]) -> Future[T]:
    """``make()`` once every one is done, failed or not: in the thread of the last one, or at once where nothing is asked."""
    out: Future[T] = Future()
    lock, left = threading.Lock(), [len(asked)]

    def finish() -> None:
        if not out.set_running_or_notify_cancel():
            return
        try:
            out.set_result(make())
        except BaseException as error:  # handed to whoever waits, whatever it was
            out.set_exception(error)

    def ended(_: Future[Any]) -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            finish()

    for future in asked:
        future.add_done_callback(ended)
    if not asked:
        finish()
    return out


def answer(future: Future[T]) -> T | None:
    """What a future that is done holds; None if it was cancelled or failed."""
    return None if future.cancelled() or future.exception() is not None else future.result()
