"""The panels around the stage as docks: they float, tab, hide and come back, and their places are remembered."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QWidget,
)

from genplay.errors import BadInput, unknown_name
from genplay.ui.choices import PANELS
from genplay.ui.dock_tabs import dress_tab_bars, in_front
from genplay.ui.theme import Theme

__all__ = ["Dock", "Docks"]

ROOMY = ("gallery", "latent", "inside", "sampling", "world", "estimators", "evaluate", "health")
"""Panels that show pictures, and are little use in a low place."""
PAGES = ("compare", "code", "evaluate", "health", "estimators")
"""Panels that judge and explain the model, read rather than watched: in a low window they are tabs of its panel."""
SIDE = 248
ROOMY_SIDE = 372
BOTTOM = 196
NARROW = 1000
LOW = 980
LOWER = 720
LOWEST = 600
"""Widths and heights, in pixels at scale 1, below which panels move to where they leave the stage more room."""


class _TitleBar(QWidget):
    """A slim title: the name, a button to float and one to hide."""

    def __init__(self, dock: Dock, theme: Theme) -> None:
        super().__init__(dock)
        self._dock = dock
        self._theme = theme
        self.label = QLabel(dock.windowTitle())
        self.label.setProperty("role", "dim")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.float = self._button("Float or dock this panel")
        self.float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.hide_button = self._button("Hide this panel; View › Panels brings it back")
        self.hide_button.clicked.connect(dock.hide)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.float)
        self._row.addWidget(self.hide_button)
        theme.changed.connect(self._dress)
        self._dress()

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "title-button")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(3), theme.space(0.5), theme.space(1), theme.space(0.5))
        self._row.setSpacing(0)
        self.float.setIcon(theme.icon("maximize", "text_dim"))
        self.hide_button.setIcon(theme.icon("x", "text_dim"))


class _NoTitleBar(QWidget):
    """Stands in for the title of a tabbed dock: its tab already says the name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(0)


class Dock(QDockWidget):
    """One panel. Its title bar gives way to the tab while it is tabbed."""

    def __init__(self, name: str, body: QWidget, theme: Theme, window: QMainWindow) -> None:
        super().__init__(PANELS[name], window)
        self.name = name
        self.setObjectName(f"dock-{name}")
        self.setWidget(body)
        self.setAccessibleName(PANELS[name])
        self._title = _TitleBar(self, theme)
        self._none = _NoTitleBar(self)
        self.setTitleBarWidget(self._title)

    def show_title(self, shown: bool) -> None:
        """Show the title bar, or nothing in its place."""
        wanted = self._title if shown else self._none
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.show()
            (self._none if shown else self._title).hide()


class Docks(QObject):
    """All docks of the window, by name."""

    def __init__(self, window: QMainWindow, theme: Theme, bodies: dict[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self.docks = {name: Dock(name, body, theme, window) for name, body in bodies.items()}
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            window.setCorner(corner, area)
        for dock in self.docks.values():
            dock.topLevelChanged.connect(self._later)
            dock.dockLocationChanged.connect(self._later)
            dock.visibilityChanged.connect(self._later)
        for name in dict.fromkeys((*ROOMY, *PAGES)):
            if name in self.docks:
                self.docks[name].visibilityChanged.connect(partial(self._give_room, name))
        theme.changed.connect(self._later)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._tidy)
        window.installEventFilter(self)
        self.mode = ""
        self._settling = False
        self.absent: dict[str, str] = {}

    def dock(self, name: str) -> Dock:
        """One dock; raises ``BadInput`` naming the nearest."""
        if name not in self.docks:
            raise unknown_name("panel", name, self.docks)
        return self.docks[name]

    def show(self, name: str, shown: bool | None) -> None:
        """Show, hide or (None) toggle a panel; a shown one comes to the front of its tabs."""
        dock = self.dock(name)
        if name in self.absent and shown is not False:
            raise BadInput(self.absent[name])
        wanted = not in_front(dock) if shown is None else shown
        dock.setVisible(wanted)
        if wanted:
            dock.raise_()

    def set_absent(self, name: str, reason: str) -> None:
        """Take a panel that does not apply away and say why, or ('') let it come back to where it was."""
        dock, was = self.dock(name), name in self.absent
        if reason:
            self.absent[name] = reason
        else:
            self.absent.pop(name, None)
        dock.toggleViewAction().setVisible(not reason)
        if reason:
            dock.hide()
        elif was:
            front = [d for d in self._window.tabifiedDockWidgets(dock) if in_front(d)]
            dock.show()
            for other in front:
                other.raise_()

    def focus(self, name: str) -> None:
        """Show a panel and give it the keyboard."""
        self.show(name, True)
        body = self.dock(name).widget()
        target = body.nextInFocusChain() if body.focusPolicy() == Qt.FocusPolicy.NoFocus else body
        while target is not None and target is not body and not (
            body.isAncestorOf(target) and target.focusPolicy() & Qt.FocusPolicy.TabFocus and target.isVisible()
        ):  # fmt: skip
            target = target.nextInFocusChain()
        (target or body).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def fitting_mode(self) -> str:
        """How the panels best stand around the stage at this size.

        ``wide``: data left, model right, the others below the stage. ``low``: what judges and explains the model in tabs
        with it, the others below it; ``lower``: in tabs with it. ``narrow``: all on the left, in two groups of tabs; ``small``: in one.
        """
        width, height = self._window.width() / self._theme.scale, self._window.height() / self._theme.scale
        if width < NARROW:
            return "small" if height < LOWEST else "narrow"
        return "lower" if height < LOWER else "low" if height < LOW else "wide"

    def arrange(self, keep: bool = False) -> None:
        """Put all panels where they fit best at this size; ``keep``: save those that are hidden or float."""
        self.mode = self.fitting_mode()
        window, docks = self._window, self.docks
        hidden = [dock for dock in docks.values() if keep and not dock.toggleViewAction().isChecked()]
        floating = [dock for dock in docks.values() if keep and dock.isFloating()]
        for dock in docks.values():
            if dock not in floating:
                dock.setFloating(False)
                window.removeDockWidget(dock)
        docks = {name: dock for name, dock in docks.items() if dock not in floating}
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        sides = [docks[name] for name in ("data", "model") if name in docks]
        model = docks.get("model")
        beside = PAGES if self.mode == "low" and model is not None else ()
        pages = [docks[name] for name in beside if name in docks]
        others = [dock for dock in docks.values() if dock not in sides and dock not in pages]
        one_side = self.mode in ("narrow", "small")
        for dock in sides:
            window.addDockWidget(right if dock is model and not one_side else left, dock)
        if one_side:
            self._tab(sides)
        if pages and model is not None:
            self._tab([model, *pages])
        area = below if self.mode == "wide" else left if one_side else right
        for dock in others:
            window.addDockWidget(area, dock)
        self._tab(others)
        if others and self.mode == "small":
            self._tab([*sides, *others])
        elif others and self.mode == "lower" and model is not None:
            self._tab([model, *others])
        for dock in docks.values():
            dock.setVisible(dock not in hidden and dock.name not in self.absent)
        for dock in (*others[:1], *reversed(sides)):
            if dock not in hidden:
                dock.raise_()
        self.resize()
        self._settling = True
        self._timer.start()

    def _tab(self, docks: list[Dock]) -> None:
        for dock in docks[1:]:
            self._window.tabifyDockWidget(docks[0], dock)

    def resize(self) -> None:
        """Give the docks their usual sizes at this scale; the stage takes the rest."""
        window, theme = self._window, self._theme
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        side = max(theme.px(SIDE), round(window.width() * 0.165))
        if self.mode in ("narrow", "small"):
            side = min(theme.px(SIDE + 40), round(window.width() * 0.4))
        right = max(side, theme.px(SIDE + 24))
        if self.mode == "low":  # the panels that show pictures stand there too
            right = max(right, min(theme.px(ROOMY_SIDE), round(window.width() * 0.29)))
        self._give({"data": side, "model": right}, horizontal)
        height = window.height()
        if self.mode == "wide":
            self._give({"curves": max(theme.px(BOTTOM), round(height * 0.27))}, vertical)
        elif self.mode == "low":
            self._give({"model": round(height * 0.45), "curves": round(height * 0.35)}, vertical)

    def _give(self, sizes: dict[str, int], way: Qt.Orientation) -> None:
        """Give docks these sizes; one that floats or is hidden lets another speak that shares its place."""
        placed: dict[QDockWidget, int] = {}
        for name, size in sizes.items():
            dock = self.docks[name]
            group = [dock, *self._window.tabifiedDockWidgets(dock)]
            shown = [d for d in group if not d.isFloating() and not d.isHidden()]
            if shown:
                placed[shown[0]] = size
        if placed:
            self._window.resizeDocks(list(placed), list(placed.values()), way)

    def _give_room(self, name: str, visible: bool) -> None:
        """Model and curves share one side: what needs height takes it from the other group when it comes to the front."""
        if not visible:
            return  # also while the window is being taken down, when it can no longer be asked for its height
        dock, wanted = self.docks[name], round(self._window.height() * 0.58)
        if self.mode == "low" and not dock.isFloating() and dock.height() < wanted:
            other = "curves" if name in PAGES else "model"
            self._give({other: round(wanted * 0.4), name: wanted}, Qt.Orientation.Vertical)

    def _later(self, *_: object) -> None:
        self._timer.start()

    def _tidy(self) -> None:
        """Titles only where no tab says the name; the usual sizes, once the panels have been put elsewhere."""
        for dock in self.docks.values():
            tabbed = bool(self._window.tabifiedDockWidgets(dock)) and not dock.isFloating()
            dock.show_title(not tabbed)
        dress_tab_bars(self._window, list(self.docks.values()), self._theme)
        if self._settling:
            # Only now do all panels ask for as little room as they need.
            self._settling = False
            self.resize()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ChildAdded:
            self._timer.start()
        return False
