"""The way from other threads into the window's: a call is left in the inbox and runs there, in the order of arrival.

A signal is no such way where its object may go at any time: Qt does not allow an object to be deleted while another thread
emits its signal, and the program dies of it. Here, other threads touch a queue and a socket only, never an object of Qt.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier

__all__ = ["Door", "door"]

Door = Callable[..., None]
"""``door(call, *args)`` in any thread: the window's thread calls it soon, unless the owner has been deleted meanwhile."""


def door(owner: QObject) -> Door:
    """The door of an object of the window's thread, to be asked for in that thread."""
    return _inbox().door(owner)


class _Inbox(QObject):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._calls: SimpleQueue[tuple[QObject, Callable[..., object], tuple[object, ...]]] = SimpleQueue()
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._bell = QSocketNotifier(self._here.fileno(), QSocketNotifier.Type.Read, self)
        self._bell.activated.connect(self._take)

    def door(self, owner: QObject) -> Door:
        calls, there = self._calls, self._there

        def leave(call: Callable[..., object], *args: object) -> None:
            calls.put((owner, call, args))
            _ring(there)

        return leave

    def _take(self) -> None:
        with suppress(BlockingIOError):
            self._here.recv(4096)
        waiting = self._calls.qsize()
        # A call that raises, or opens a menu that waits, keeps nothing back: then the bell brings the rest.
        if waiting > 1:
            _ring(self._there)
        for _ in range(waiting):
            try:
                owner, call, args = self._calls.get_nowait()
            except Empty:
                return
            if shiboken6.isValid(owner):
                call(*args)


def _ring(bell: socket.socket) -> None:
    with suppress(OSError):  # it is ringing already, or nobody is there to hear it any more
        bell.send(b"!")


def _inbox() -> _Inbox:
    """The one of the application, made when it is first asked for."""
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no application yet")
    found = application.findChild(_Inbox)
    return found if isinstance(found, _Inbox) else _Inbox(application)
