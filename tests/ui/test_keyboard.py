"""By the keyboard: each stop of Tab can be seen, has a name, and comes where it stands in its panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit, QWidget

from genplay.ui.main_window import MainWindow

PANELS = ("curves", "gallery", "latent", "inside", "sampling", "estimators", "health", "compare", "code")


@pytest.fixture
def active(window: MainWindow, qtbot) -> MainWindow:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    return window


def name_of(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def stops(window: MainWindow, panel: str, qtbot) -> list[QWidget]:
    """What Tab comes to in a panel, from its first control on."""
    dock = window.docks.dock(panel)
    window.dispatch.run("window.panel", name=panel, shown=True)
    qtbot.wait(60)  # it is put in its place
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    window.dispatch.run("window.focus", name=panel)
    qtbot.waitUntil(lambda: dock.isAncestorOf(QApplication.focusWidget() or window))
    out: list[QWidget] = []
    for _ in range(60):
        here = QApplication.focusWidget()
        if here is None or here in out or not dock.isAncestorOf(here):
            break
        out.append(here)
        assert name_of(here), f"{panel}: a {type(here).__name__} has no name"
        assert not here.visibleRegion().isEmpty(), f"{panel}: {name_of(here)} has the keyboard unseen"
        if isinstance(here, QPlainTextEdit):
            break  # Tab is a letter there
        QTest.keyClick(here, Qt.Key.Key_Tab)
        qtbot.wait(5)
    return out


def test_all_stops_of_tab_have_a_name_and_can_be_seen(active: MainWindow, qtbot) -> None:
    active.dispatch.run("model.choose", name="vae")
    qtbot.wait(300)
    for panel in PANELS:
        assert stops(active, panel, qtbot), panel


def test_tab_goes_through_a_panel_as_it_stands(active: MainWindow, qtbot) -> None:
    names = [name_of(stop) for stop in stops(active, "sampling", qtbot)]
    place = [
        names.index(name) for name in ("Sample", "Next event", "What is sampled", "Sampler", "Watched chain")
    ]
    assert place == sorted(place)
    active.dispatch.run("window.focus", name="gallery")
    names = [name_of(stop) for stop in stops(active, "gallery", qtbot)]
    assert names.index("The sample cloud") < names.index("The sample cloud at moments of training")
