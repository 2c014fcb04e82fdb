"""The tab bars of the docks: all their tabs can be reached, and none stays where it does not belong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar, QToolButton

from genplay.ui.theme import Theme

__all__ = ["MoreTabs", "dress_tab_bars", "in_front"]

_ARROWS = ("ScrollLeftButton", "ScrollRightButton")
"""Qt's names of the two buttons that it shows at the end of a tab bar with too little room."""


def in_front(dock: QDockWidget) -> bool:
    """Whether a dock can be seen, and is no tab behind another."""
    return dock.isVisible() and not dock.visibleRegion().isEmpty()


class MoreTabs(QToolButton):
    """One button in place of the arrows of a tab bar whose tabs do not all fit; its menu names every tab."""

    def __init__(self, bar: QTabBar, theme: Theme) -> None:
        super().__init__(bar)
        self._bar, self._theme = bar, theme
        self._arrows = [arrow for name in _ARROWS if (arrow := bar.findChild(QToolButton, name)) is not None]
        self.setAccessibleName("All panels of this row")
        self.setToolTip("More panels: not all tabs fit here. Ctrl+G goes to any panel.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.list = QMenu(self)
        self.list.aboutToShow.connect(self._fill)
        self.setMenu(self.list)
        for arrow in self._arrows:
            arrow.installEventFilter(self)
        theme.changed.connect(self._dress)
        self._dress()
        self._follow()

    def _fill(self) -> None:
        self.list.clear()
        for index in range(self._bar.count()):
            entry = self.list.addAction(self._bar.tabText(index))
            entry.setCheckable(True)
            entry.setChecked(index == self._bar.currentIndex())
            entry.triggered.connect(lambda _checked=False, index=index: self._bar.setCurrentIndex(index))

    def _follow(self) -> None:
        shown = [arrow for arrow in self._arrows if not arrow.isHidden()]
        self.setVisible(bool(shown))
        if shown:
            place = shown[0].geometry()
            for arrow in shown[1:]:
                place = place.united(arrow.geometry())
            self.setGeometry(place)
            self.raise_()

    def _dress(self) -> None:
        self.setIcon(self._theme.icon("ellipsis", "text_dim"))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        return False


def dress_tab_bars(window: QMainWindow, docks: Sequence[QDockWidget], theme: Theme) -> None:
    """Give the tab bars of ``docks`` their look and their button, and hide those that Qt has left behind."""
    groups = list(_groups(window, docks))
    for bar in window.findChildren(QTabBar):
        if bar.parent() is not window:
            continue
        if bar.count():
            # Qt sometimes leaves a bar behind when docks are put elsewhere, in the corner or where it was.
            titles = {bar.tabText(index) for index in range(bar.count())}
            bar.setVisible(titles in groups and not _astray(window, bar))
        bar.setExpanding(False)
        bar.setDrawBase(False)
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar.setAccessibleName("Panels")
        if bar.findChild(MoreTabs) is None:
            MoreTabs(bar, theme)


def _groups(window: QMainWindow, docks: Sequence[QDockWidget]) -> Iterable[set[str]]:
    """The titles of the docks that stand together in tabs."""
    shown = [dock for dock in docks if dock.toggleViewAction().isChecked() and not dock.isFloating()]
    for dock in shown:
        together = (dock, *window.tabifiedDockWidgets(dock))
        yield {other.windowTitle() for other in together if other in shown}


def _astray(window: QMainWindow, bar: QTabBar) -> bool:
    """Whether a tab bar lies over the bars at the top of the window."""
    head = window.menuWidget()
    return head is not None and bar.geometry().intersects(head.geometry())
