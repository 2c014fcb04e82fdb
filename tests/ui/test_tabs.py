"""Tabs of the panels at the usual sizes: all can be reached, and none lies where it does not belong."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QTabBar

from genplay.lab.state import Notice
from genplay.ui.choices import PANELS
from genplay.ui.dock_tabs import MoreTabs, in_front
from genplay.ui.main_window import MainWindow
from genplay.ui.menus import PanelMenu
from genplay.ui.notify import Toast


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


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(1280, 800, 1.0), (1600, 1000, 1.25), (1920, 1080, 1.0)]
)
def test_in_both_worlds_all_tabs_fit_in_the_usual_windows(
    window: MainWindow, qtbot, width: int, height: int, scale: float
) -> None:
    window.resize(width, height)
    window.dispatch.run("window.scale", factor=scale)
    for world in ("plane", "digits"):
        window.dispatch.run("world.choose", name=world)
        qtbot.wait(150)
        for bar in bars(window):
            assert sum(bar.tabRect(i).width() for i in range(bar.count())) <= bar.width()
            assert not bar.findChild(MoreTabs).isVisible()


def test_in_a_low_window_what_judges_the_model_stands_in_tabs_with_it(window: MainWindow, qtbot) -> None:
    qtbot.waitUntil(lambda: len(bars(window)) == 2)
    tabs = [{bar.tabText(i) for i in range(bar.count())} for bar in bars(window)]
    assert {"Model", "Compare", "Code", "Evaluate", "Health", "Estimators"} in tabs
    assert any({"Curves", "Gallery", "Latent", "Inside"} <= names for names in tabs)
    for name in ("code", "evaluate"):
        window.dispatch.run("window.panel", name=name, shown=True)
        qtbot.waitUntil(lambda name=name: window.docks.dock(name).height() > 0.4 * window.height())


def test_tabs_that_do_not_fit_are_listed_by_a_button(window: MainWindow, qtbot) -> None:
    window.dispatch.run("window.scale", factor=1.75)
    qtbot.waitUntil(lambda: len(bars(window)) == 1)
    bar = bars(window)[0]
    more = bar.findChild(MoreTabs)
    qtbot.waitUntil(more.isVisible)
    assert bar.rect().contains(more.geometry())
    assert not more.icon().isNull()
    more.list.aboutToShow.emit()
    entries = {entry.text(): entry for entry in more.list.actions()}
    assert list(entries) == [bar.tabText(i) for i in range(bar.count())]
    assert [name for name, entry in entries.items() if entry.isChecked()] == ["Data"]
    code = window.docks.dock("code")
    assert not in_front(code)
    entries["Code"].trigger()
    qtbot.waitUntil(lambda: in_front(code))


def test_the_menu_brings_a_panel_behind_another_to_the_front_and_hides_one_in_front(
    window: MainWindow, qtbot
) -> None:
    menu = window.findChild(PanelMenu)
    health = window.docks.dock("health")

    def choose() -> None:
        menu.aboutToShow.emit()
        entry = next(entry for entry in menu.actions() if entry.text() == "Health")
        assert entry.isChecked() == in_front(health)
        entry.trigger()

    assert not in_front(health)
    choose()
    qtbot.waitUntil(lambda: in_front(health))
    choose()
    assert not health.toggleViewAction().isChecked()
    choose()
    qtbot.waitUntil(lambda: in_front(health))


def test_a_key_goes_to_any_panel(window: MainWindow, qtbot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    palette = window.palette_panel
    qtbot.waitUntil(palette.isVisible)
    qtbot.keyClicks(palette.input, "sampl")
    qtbot.keyClick(palette.input, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: in_front(window.docks.dock("sampling")))


def test_panels_take_the_same_width_however_the_window_came_to_its_size(window: MainWindow, qtbot) -> None:
    def widths() -> tuple[int, ...]:
        qtbot.wait(200)
        return window.stage.width(), *(window.docks.dock(name).width() for name in ("data", "model"))

    usual = widths()
    for name in ("sampling", "health"):  # they stand in columns where they are wide
        window.resize(1920, 1080)
        window.dispatch.run("window.panel", name=name, shown=True)
        qtbot.wait(200)
    window.dispatch.run("window.scale", factor=1.75)
    wide = widths()
    assert wide[0] > wide[2]
    window.resize(1280, 800)
    small = widths()
    assert small[0] > small[1]
    window.dispatch.run("window.scale", factor=1.0)
    assert widths() == usual


def test_a_notice_stays_above_panels_that_are_put_elsewhere(window: MainWindow, qtbot) -> None:
    window.tell(Notice("error", "Something is worth reading."))
    toast = window.findChild(Toast)
    window.dispatch.run("window.scale", factor=1.75)
    qtbot.waitUntil(lambda: window.docks.mode == "small")
    window.dispatch.run("window.panel", name="sampling", shown=True)
    qtbot.waitUntil(lambda: in_front(window.docks.dock("sampling")))
    window.dispatch.run("window.scale", factor=1.0)
    qtbot.waitUntil(lambda: window.docks.mode == "low")
    qtbot.wait(200)
    middle = toast.mapTo(window, toast.rect().center())
    found = window.childAt(middle)
    assert found is toast or toast.isAncestorOf(found)
    right = toast.mapTo(window, QPoint(toast.width() - 4, toast.height() // 2))
    assert window.childAt(right) is toast
