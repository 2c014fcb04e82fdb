"""Tabs of the panels at the usual sizes: all can be reached, and none lies where it does not belong."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QTabBar

from genplay.ui.choices import PANELS
from genplay.ui.main_window import MainWindow


def bars(window: MainWindow) -> list[QTabBar]:
    return [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.parent() is window]


def test_every_panel_is_a_dock_and_comes_to_the_front(window: MainWindow, qtbot) -> None:
    assert {"inside", "compare", "code"} <= set(window.docks.docks) <= set(PANELS)
    window.dispatch.run("world.choose", name="digits")  # on the plane the panel World is absent
    for name in window.docks.docks:
        window.dispatch.run("window.panel", name=name, shown=True)
        qtbot.waitUntil(lambda name=name: not window.docks.dock(name).visibleRegion().isEmpty())


@pytest.mark.parametrize("scale", [1.0, 1.75])
def test_no_tab_bar_is_left_behind_when_panels_move(window: MainWindow, qtbot, scale: float) -> None:
    window.dispatch.run("window.scale", factor=scale)
    for width, height in ((1280, 800), (1920, 1080), (1024, 640), (800, 560), (1280, 800)):
        window.resize(width, height)
        qtbot.wait(120)
        head = window.menuWidget()
        top = QRect(head.mapTo(window, QPoint()), head.size())
        for bar in bars(window):
            assert not bar.geometry().intersects(top), [bar.tabText(i) for i in range(bar.count())]
        shown = sorted(bar.tabText(i) for bar in bars(window) for i in range(bar.count()))
        assert len(shown) == len(set(shown)), "no panel has two tabs"


def test_in_a_low_window_pages_about_the_model_are_tabs_of_its_panel(window: MainWindow, qtbot) -> None:
    qtbot.waitUntil(lambda: len(bars(window)) == 2)
    tabs = [{bar.tabText(i) for i in range(bar.count())} for bar in bars(window)]
    assert {"Model", "Compare", "Code"} in tabs
    assert any({"Curves", "Gallery", "Latent", "Inside"} <= names for names in tabs)
    window.dispatch.run("window.panel", name="code", shown=True)
    qtbot.waitUntil(lambda: window.code.height() > 0.4 * window.height())
