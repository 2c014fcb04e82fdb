"""The menus, made from the actions: one entry an action, a submenu where it chooses one of several things."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from genplay.lab.action_spec import ActionSpec
from genplay.ui.choices import Choices
from genplay.ui.dispatch import Dispatch

__all__ = ["Menus"]

ORDER = ("File", "Edit", "Data", "Model", "Train", "Latent", "Sample", "Evaluate", "View", "Help")
_SUBMENUS = (
    "world.choose",
    "data.choose",
    "model.choose",
    "model.objective",
    "gallery.label",
    "sampler.choose",
    "sampler.target",
    "evaluate.trap",
)


class Menus:
    """All menus of the window, and a ``QAction`` with its shortcut for every action that has one."""

    def __init__(self, actions: Dispatch, choices: Choices, window: QWidget) -> None:
        self._actions = actions
        self._choices = choices
        self._window = window
        self.menus = {title: QMenu(f"&{title}", window) for title in ORDER}
        self.entries: dict[str, QAction] = {}
        for spec in actions.specs():
            self._add(spec)
        for menu in self.menus.values():
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(self._refresh)

    def _add(self, spec: ActionSpec) -> None:
        if spec.id in _SUBMENUS and spec.menu:
            submenu = QMenu(spec.title, self._window)
            submenu.aboutToShow.connect(lambda: self._fill(spec, submenu))
            self.menus[spec.menu].addMenu(submenu)
            return
        if not spec.menu and not spec.shortcut:
            return
        entry = QAction(spec.title, self._window)
        entry.setToolTip(spec.help)
        entry.setStatusTip("")
        if spec.shortcut:
            entry.setShortcut(QKeySequence(spec.shortcut))
        entry.triggered.connect(lambda: self._actions.request(spec.id))
        self.entries[spec.id] = entry
        self._window.addAction(entry)
        if spec.menu:
            self.menus[spec.menu].addAction(entry)

    def _fill(self, spec: ActionSpec, submenu: QMenu) -> None:
        submenu.clear()
        group = QActionGroup(submenu)
        current = self._choices.current(spec.id)
        param = spec.params[0]
        for value, title in self._choices(spec.id, param):
            entry = submenu.addAction(title)
            # What only does something, and chooses nothing that stays, has no mark.
            entry.setCheckable(bool(current))
            entry.setChecked(value == current)
            group.addAction(entry)
            entry.triggered.connect(
                lambda _checked=False, value=value: self._actions.run(spec.id, **{param.name: value})
            )

    def _refresh(self) -> None:
        """Say beside each entry what it does, or why it cannot be done now."""
        for id, entry in self.entries.items():
            reason = self._actions.why_not(id)
            # The shortcut stays alive: pressed, it tells the reason.
            entry.setToolTip(reason or self._actions.spec(id).help)

    def titled(self) -> Iterable[tuple[str, QMenu]]:
        """The menus in order, with their titles."""
        return self.menus.items()
