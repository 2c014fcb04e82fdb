"""Toasts: seen, read, copied, dismissed; errors stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from genplay.lab.state import Notice
from genplay.ui import notify
from genplay.ui.notify import MOST, Toasts
from genplay.ui.theme import Theme


@pytest.fixture
def toasts(theme: Theme, qtbot: QtBot) -> Iterator[Toasts]:
    window = QWidget()
    window.resize(900, 600)
    qtbot.addWidget(window)
    made = Toasts(window, theme)
    window.show()
    qtbot.waitExposed(window)
    yield made
    for toast in list(made.toasts):
        toast.dismiss()


def test_an_error_stays_and_an_info_goes(
    toasts: Toasts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(notify._SECONDS, "info", 0.05)
    toasts.show(Notice("error", "points.csv, line 3: 'abc' is not a number."))
    toasts.show(Notice("info", "Saved."))
    qtbot.waitUntil(lambda: toasts.texts() == ["points.csv, line 3: 'abc' is not a number."])
    qtbot.wait(150)
    assert len(toasts.toasts) == 1


def test_toasts_stack_inside_the_window_without_overlap(toasts: Toasts) -> None:
    for i in range(3):
        toasts.show(Notice("error", f"Problem {i}. " + "A long explanation. " * (8 * i)))
    shown = [toast for toast in toasts.toasts if toast.isVisible()]
    assert len(shown) == 3
    frame = toasts.toasts[0].parentWidget().rect()
    for i, toast in enumerate(shown):
        assert frame.contains(toast.geometry())
        for other in shown[:i]:
            assert not toast.geometry().intersects(other.geometry())


def test_older_ones_wait_and_come_back(toasts: Toasts) -> None:
    for i in range(MOST + 2):
        toasts.show(Notice("error", f"Problem {i}"))
    assert not toasts.toasts[0].isVisible()
    for _ in range(3):
        assert toasts.dismiss_newest()
    assert toasts.toasts[0].isVisible()


def test_the_same_again_counts_up(toasts: Toasts) -> None:
    for _ in range(3):
        toasts.show(Notice("warning", "Again"))
    assert len(toasts.toasts) == 1
    assert toasts.toasts[0].times == 3


def test_copy_and_close_by_mouse(toasts: Toasts) -> None:
    toast = toasts.show(Notice("error", "The whole text"))
    QTest.mouseClick(toast.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "The whole text"
    QTest.mouseClick(toast.close_button, Qt.MouseButton.LeftButton)
    assert toasts.texts() == []


def test_an_answer_runs_and_closes(toasts: Toasts) -> None:
    answered: list[str] = []
    toast = toasts.show(
        Notice("info", "There is unsaved work."), ("Restore", lambda: answered.append("restore"))
    )
    button = next(b for b in toast.findChildren(QPushButton) if b.text() == "Restore")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert answered == ["restore"]
    assert toasts.texts() == []


def test_a_screen_reader_hears_what_it_is(toasts: Toasts) -> None:
    toast = toasts.show(Notice("error", "No such file."))
    assert toast.accessibleName() == "Problem: No such file."
