"""A window in which nothing happens does nothing: no widget asks for layout or paint for ever."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from genplay.ui.app import App

_WORK = {QEvent.Type.LayoutRequest, QEvent.Type.Paint, QEvent.Type.Resize, QEvent.Type.UpdateRequest}


class _Count(QObject):
    """Counts the work that widgets are asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _WORK:
            self.asked[f"{type(watched).__name__} {event.type().name}"] += 1
        return False


def _work(app: QApplication, seconds: float) -> Counter[str]:
    count = _Count()
    app.installEventFilter(count)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)
    app.removeEventFilter(count)
    return count.asked


def _rests(app: QApplication, seconds: float = 30.0) -> None:
    """Views refine themselves first, some of them in jobs of their own; then there is nothing left to do."""
    end = time.monotonic() + seconds
    while sum((asked := _work(app, 0.5)).values()) > 20:
        assert time.monotonic() < end, asked.most_common(5)


@pytest.mark.parametrize("scale", [1.0, 1.75])
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_a_window_at_rest_rests(session: App, qapp: QApplication, world: str, scale: float) -> None:
    session.dispatch.run("world.choose", name=world)
    session.dispatch.run("window.scale", factor=scale)
    _rests(qapp)


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_an_open_race_at_rest_rests(session: App, qapp: QApplication, world: str) -> None:
    session.dispatch.run("world.choose", name=world)
    session.dispatch.run("race.open")
    _rests(qapp)
