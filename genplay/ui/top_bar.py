"""The top bar: menus, the switch between the worlds, the command palette, undo and redo, text size and theme."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from genplay.lab.experiment import Experiment
from genplay.ui.dispatch import Dispatch
from genplay.ui.menus import Menus
from genplay.ui.theme import SCALES, Theme

__all__ = ["TopBar", "next_scale"]

_STEPS = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)


def next_scale(scale: float, larger: bool) -> float:
    """The next text size up or down."""
    sizes = [s for s in _STEPS if (s > scale + 1e-9 if larger else s < scale - 1e-9)]
    if not sizes:
        return min(max(scale, SCALES[0]), SCALES[1])
    return sizes[0] if larger else sizes[-1]


class TopBar(QFrame):
    """One line above everything; when it is narrow, words become icons and the menus move behind one button."""

    def __init__(
        self,
        experiment: Experiment,
        actions: Dispatch,
        theme: Theme,
        menus: Menus,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self.menu_bar = QMenuBar()
        self.menu_bar.setNativeMenuBar(False)
        self.menu_bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.menu_button = self._button("Menu")
        all_menus = QMenu(self.menu_button)
        for _title, menu in menus.titled():
            self.menu_bar.addMenu(menu)
            all_menus.addMenu(menu)
        self.menu_button.setMenu(all_menus)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.worlds = self._world_switch()
        self.palette_button = QPushButton("Search actions   Ctrl+K")
        self.palette_button.setAccessibleName("Command palette")
        self.palette_button.setToolTip(actions.tip("window.palette"))
        self.palette_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.palette_button.clicked.connect(lambda: actions.run("window.palette"))
        self.undo = self._button("Undo", "edit.undo")
        self.redo = self._button("Redo", "edit.redo")
        self.smaller = self._button("Smaller text")
        self.smaller.setToolTip("Smaller text and controls (Ctrl+−)")
        self.smaller.clicked.connect(lambda: self._resize(False))
        self.larger = self._button("Larger text")
        self.larger.setToolTip("Larger text and controls (Ctrl++)")
        self.larger.clicked.connect(lambda: self._resize(True))
        self.theme_button = self._button("Light or dark", "window.theme")
        self._row.addWidget(self.menu_button)
        self._row.addWidget(self.menu_bar)
        self._row.addStretch(1)
        self._row.addWidget(self._switch)
        self._row.addStretch(1)
        for widget in (
            self.palette_button,
            self.undo,
            self.redo,
            self.smaller,
            self.larger,
            self.theme_button,
        ):
            self._row.addWidget(widget)
        experiment.world_changed.connect(self.refresh)
        experiment.undo_changed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    def _button(self, name: str, id: str = "") -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setAccessibleName(name)
        button.setToolTip(self._actions.tip(id) if id else name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if id:
            button.clicked.connect(lambda: self._actions.run(id))
        return button

    def _world_switch(self) -> dict[str, QPushButton]:
        self._switch = QFrame()
        self._switch.setProperty("role", "sunken")
        self._switch.setAccessibleName("World")
        row = QHBoxLayout(self._switch)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        group = QButtonGroup(self)
        out = {}
        for world, title, help in (
            ("plane", "Plane", "Points of the plane: every integral is a quadrature."),
            ("digits", "5×5 digits", "All 2²⁵ binary images of 5×5 pixels: every sum runs over all of them."),
        ):
            button = QPushButton(title)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(help)
            button.clicked.connect(
                lambda _checked=False, world=world: self._actions.run("world.choose", name=world)
            )
            group.addButton(button)
            row.addWidget(button)
            out[world] = button
        return out

    def refresh(self) -> None:
        """Show which world is open and what can be undone."""
        self.worlds[self._experiment.world].setChecked(True)
        stack = self._experiment.undo_stack
        for button, id, label in (
            (self.undo, "edit.undo", stack.undo_label),
            (self.redo, "edit.redo", stack.redo_label),
        ):
            button.setEnabled(bool(label))
            spec = self._actions.spec(id)
            button.setToolTip(f"{spec.title}: {label} ({spec.shortcut})" if label else self._actions.tip(id))

    def _resize(self, larger: bool) -> None:
        self._actions.run("window.scale", factor=next_scale(self._theme.scale, larger))

    def _fit(self) -> None:
        self.menu_button.hide()
        for widget in (self.menu_bar, self.smaller, self.larger):
            widget.show()
        self.palette_button.setText("Search actions   Ctrl+K")
        if self._wanted() > self.width():
            self.palette_button.setText("")
        if self._wanted() > self.width():
            self.menu_bar.hide()
            self.menu_button.show()
        if self._wanted() > self.width():
            self.smaller.hide()
            self.larger.hide()

    def _wanted(self) -> int:
        self._row.invalidate()
        return self._row.sizeHint().width()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(2), theme.space(1), theme.space(3), theme.space(1))
        self._row.setSpacing(theme.space(1))
        self.menu_button.setIcon(theme.icon("list"))
        self.palette_button.setIcon(theme.icon("search", "text_dim"))
        self.undo.setIcon(theme.icon("undo-2"))
        self.redo.setIcon(theme.icon("redo-2"))
        self.smaller.setIcon(theme.icon("a-arrow-down"))
        self.larger.setIcon(theme.icon("a-arrow-up"))
        self.theme_button.setIcon(theme.icon("sun" if theme.tokens.dark else "moon"))
        # The style sheet of the new scale reaches the buttons only after this call.
        QTimer.singleShot(0, self, self._fit)
