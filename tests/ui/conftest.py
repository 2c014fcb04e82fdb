"""The window under test is the real one, wired by the app itself, on a screen that nobody sees."""

from __future__ import annotations

import gc
import importlib
import os
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from genplay.lab.options import GuiOptions
from genplay.ui.app import App
from genplay.ui.main_window import MainWindow
from genplay.ui.theme import Theme
from tests.ui.support import Until, bury, flush, own_threads


@pytest.fixture
def until(qapp: QApplication) -> Until:
    """Let the event loop run until something is true; fail with a word if it does not become so."""

    def wait(condition: Callable[[], object], what: str = "", seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited {seconds:g} s in vain {what}"
            qapp.processEvents()
            time.sleep(0.002)
        qapp.processEvents()

    return wait


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """A light theme on the application."""
    made = Theme("light")
    made.apply(qapp)
    yield made
    made.deleteLater()


@pytest.fixture(scope="session", autouse=True)
def frozen_imports() -> None:
    """What is imported lives for ever: collecting garbage need not look at it again and again."""
    # A window's first run would import it only after this.
    importlib.import_module("genplay.training.worker")
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def buried(qapp: QApplication) -> Iterator[None]:
    """What a test closed is gone after it: else each style sheet and each scale dresses the widgets of all tests before."""
    yield
    bury()


@pytest.fixture
def session(qapp: QApplication, until: Until) -> Iterator[App]:
    """The whole program as the app wires it, 1280×800, with its ready experiment open."""
    made = App(qapp, GuiOptions(size=(1280, 800), theme="light", scale=1.0))
    made.show()
    made.experiment.warm_up()
    made.experiment.ready()
    until(
        lambda: (s := made.experiment.bench.latest()) is not None and s.state == "ready", "for the first run"
    )
    yield made
    errors = made.crashes.count
    made.close()
    window = made.window
    flush()
    until(lambda: not own_threads(), f"for threads to end: {own_threads()}")
    timers = [timer for timer in window.findChildren(QTimer) if timer.isActive()] if alive(window) else []
    assert not timers, f"left-over timers: {timers}"
    assert errors == 0, "unexpected errors were raised in the window"


def alive(thing: QObject) -> bool:
    from shiboken6 import isValid

    return bool(isValid(thing))


@pytest.fixture
def window(session: App) -> MainWindow:
    """The window of a session."""
    return session.window
