"""What other threads leave for the window runs in the window's thread, and never touches what is gone."""

from __future__ import annotations

import threading

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.exceptions import capture_exceptions

from genplay.ui.formula import FormulaView
from genplay.ui.inbox import _Inbox, door
from genplay.ui.theme import Theme
from tests.ui.support import Until


def in_a_thread(*works) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_calls_run_in_the_window_s_thread_in_their_order(qapp: QApplication, until: Until) -> None:
    owner = QObject()
    leave = door(owner)
    came: list[tuple[int, threading.Thread]] = []

    def work() -> None:
        for i in range(5000):
            leave(lambda i=i: came.append((i, threading.current_thread())))

    in_a_thread(work)
    assert came == []
    until(lambda: len(came) == 5000, "for all calls")
    assert [i for i, _ in came] == list(range(5000))
    assert {thread for _, thread in came} == {threading.current_thread()}


def test_a_call_from_the_window_s_own_thread_waits_its_turn(qapp: QApplication, until: Until) -> None:
    owner = QObject()
    came: list[str] = []
    door(owner)(came.append, "first")
    assert came == []
    until(lambda: came == ["first"], "for the call")


def test_nothing_is_called_for_an_owner_that_is_gone(qapp: QApplication, until: Until) -> None:
    gone, here = QObject(), QObject()
    came: list[str] = []
    to_gone, to_here = door(gone), door(here)
    in_a_thread(lambda: to_gone(came.append, "gone"))
    shiboken6.delete(gone)
    in_a_thread(lambda: to_gone(came.append, "gone, too"), lambda: to_here(came.append, "here"))
    until(lambda: "here" in came, "for the call")
    assert came == ["here"]


def test_a_call_that_fails_keeps_nothing_back(qapp: QApplication, until: Until) -> None:
    owner = QObject()
    leave = door(owner)
    came: list[str] = []

    def fail() -> None:
        raise ValueError("on purpose")

    in_a_thread(lambda: (leave(fail), leave(came.append, "after")))
    with capture_exceptions() as errors:
        until(lambda: came == ["after"], "for the call after")
    assert [kind for kind, _, _ in errors] == [ValueError]


def test_speaking_to_an_application_that_has_ended_does_nothing(qapp: QApplication) -> None:
    inbox = _Inbox(QObject())
    leave = inbox.door(QObject())
    inbox._here.close()
    inbox._there.close()
    leave(print, "nobody hears this")


def test_a_formula_may_go_while_it_is_being_set(qapp: QApplication, until: Until, theme: Theme) -> None:
    """With signals emitted from the threads that set formulas, the program died of this within a second."""
    shown = FormulaView(theme)
    shown.show_formula("x^2")
    until(lambda: shown.height() > 0 and not _setting(), "for the formula")
    for _ in range(300):
        panel = QWidget()
        for _ in range(6):
            FormulaView(theme, panel).show_formula("x^2")
        shiboken6.delete(panel)
    until(lambda: not _setting(), "for the threads to end")
    shown.deleteLater()


def _setting() -> bool:
    return any(thread.name == "genplay-formula" for thread in threading.enumerate())
