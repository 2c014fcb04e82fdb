"""The command palette: every action found by typing, with its arguments asked for one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.ui.dispatch import Dispatch
from genplay.ui.theme import Theme

__all__ = ["Entry", "Palette", "match"]

Choices = Callable[[str, Param], tuple[tuple[str, str], ...]]
"""Names an action's parameter can take now, as (value, title); empty if it is typed."""

MOST = 60


@dataclass(frozen=True)
class Entry:
    """One line of the palette: an action with the arguments that are settled so far."""

    spec: ActionSpec
    title: str
    args: dict[str, object] = field(default_factory=dict)
    missing: tuple[Param, ...] = ()


def match(text: str, title: str) -> int | None:
    """How well what was typed fits a title (lower is better), or None: every word must begin or lie in some word."""
    words = text.lower().split()
    lowered = title.lower()
    score = 0
    for word in words:
        at = lowered.find(word)
        if at < 0:
            return None
        begins = at == 0 or not lowered[at - 1].isalnum()
        score += at + (0 if begins else 100)
    return score


class Palette(QFrame):
    """A panel over the window, opened by Ctrl+K and closed by Esc or by going elsewhere."""

    closed = Signal()

    def __init__(
        self,
        actions: Dispatch,
        theme: Theme,
        choices: Choices,
        ask_path: Callable[[ActionSpec, Callable[[str], object]], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._theme = theme
        self._choices = choices
        self._ask_path = ask_path
        self._parent = parent
        self._stage: Entry | None = None
        self._before: QWidget | None = None
        self.setProperty("role", "toast")
        self.setAccessibleName("Command palette")
        self.input = QLineEdit()
        self.input.setAccessibleName("Find an action")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help = QLabel()
        self.help.setProperty("role", "small")
        self.help.setWordWrap(True)
        self._column = QVBoxLayout(self)
        for widget in (self.input, self.list, self.help):
            self._column.addWidget(widget)
        self.input.textChanged.connect(self._refresh)
        self.input.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._accept())
        self.list.currentRowChanged.connect(lambda _row: self._tell())
        parent.installEventFilter(self)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def open(self, id: str | None = None) -> None:
        """Show all actions, or ask for the arguments of one."""
        if not self.isVisible():
            self._before = self.window().focusWidget()
        self._stage = None
        if id is not None:
            self._stage = self._entry(self._actions.spec(id))
        self._prompt()
        self._place()
        self.show()
        self.raise_()
        self.input.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close and give the keyboard back to where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.PopupFocusReason)
            self._before = None
            self.closed.emit()

    def titles(self) -> list[str]:
        """What is listed now."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def _entry(self, spec: ActionSpec) -> Entry:
        missing = tuple(param for param in spec.params if param.required)
        return Entry(spec, spec.title.removesuffix(" …"), {}, missing)

    def _entries(self) -> list[Entry]:
        if self._stage is not None:
            return self._narrowed(self._stage)
        out: list[Entry] = []
        for spec in self._actions.specs():
            if spec.id == "window.palette" or self._actions.why_not(spec.id):
                continue
            if any(param.type in ("points", "pixels") for param in spec.params if param.required):
                continue
            entry = self._entry(spec)
            narrowed = self._narrowed(entry)
            out += narrowed if narrowed else [entry]
        return out

    def _narrowed(self, entry: Entry) -> list[Entry]:
        """One entry per value of the first missing argument, where its values are known."""
        if not entry.missing:
            return []
        param, rest = entry.missing[0], entry.missing[1:]
        values = self._choices(entry.spec.id, param)
        return [
            Entry(entry.spec, f"{entry.title}: {title}", {**entry.args, param.name: value}, rest)
            for value, title in values
        ]

    def _refresh(self) -> None:
        text = self.input.text()
        scored = []
        for order, entry in enumerate(self._entries()):
            score = match(text, entry.title)
            if score is None:
                help_score = match(text, f"{entry.title} {entry.spec.help} {entry.spec.id}")
                score = None if help_score is None else 1000 + help_score
            if score is not None:
                score += 60 if entry.missing else 0  # what runs at once comes before what asks for more
                scored.append((score if text else 0, order, entry))
        self.list.clear()
        for _score, _order, entry in sorted(scored, key=lambda found: found[:2])[:MOST]:
            shortcut = f"   {entry.spec.shortcut}" if entry.spec.shortcut else ""
            item = QListWidgetItem(entry.title + shortcut)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._tell()

    def _current(self) -> Entry | None:
        item = self.list.currentItem()
        entry: Entry | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return entry

    def _tell(self) -> None:
        entry = self._current()
        typed = self._stage is not None and self._stage.missing and not self.list.count()
        if typed and self._stage is not None:
            self.help.setText(f"{self._stage.missing[0].help}. Press Enter.")
        elif entry is not None:
            self.help.setText(entry.spec.help)
        else:
            self.help.setText("Nothing fits. Try another word.")

    def _prompt(self) -> None:
        stage = self._stage
        self.input.setPlaceholderText(
            "What do you want to do?" if stage is None else f"{stage.title}: {stage.missing[0].help}"
            if stage.missing else stage.title
        )  # fmt: skip
        self.input.blockSignals(True)
        self.input.clear()
        self.input.blockSignals(False)
        self._refresh()

    def _accept(self) -> None:
        entry, stage = self._current(), self._stage
        if stage is not None and stage.missing and not self._choices(stage.spec.id, stage.missing[0]):
            param, rest = stage.missing[0], stage.missing[1:]
            text = self.input.text().strip()
            if not text:
                return
            entry = Entry(stage.spec, f"{stage.title} {text}", {**stage.args, param.name: text}, rest)
        if entry is None:
            return
        if not entry.missing:
            self.dismiss()
            self._actions.run(entry.spec.id, **entry.args)
        elif entry.missing[0].type == "path":
            self.dismiss()
            name = entry.missing[0].name
            self._ask_path(
                entry.spec, lambda path: self._actions.run(entry.spec.id, **{**entry.args, name: path})
            )
        else:
            self._stage = entry
            self._prompt()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.input:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.isAncestorOf(
                self.window().focusWidget() or self
            ):  # fmt: skip
                self._before = None
                self.dismiss()
        elif event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            count = max(self.list.count(), 1)
            self.list.setCurrentRow((self.list.currentRow() + (1 if key == Qt.Key.Key_Down else -1)) % count)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            step = 8 if key == Qt.Key.Key_PageDown else -8
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))
        elif key == Qt.Key.Key_Backspace and not self.input.text() and self._stage is not None:
            self._stage = None
            self._prompt()
        else:
            return False
        return True

    def _place(self) -> None:
        theme, parent = self._theme, self._parent
        width = min(theme.px(640), parent.width() - theme.space(8))
        height = min(theme.px(420), parent.height() - theme.space(16))
        self.setGeometry((parent.width() - width) // 2, theme.space(12), width, height)

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(3)
        self._column.setContentsMargins(gap, gap, gap, gap)
        self._column.setSpacing(theme.space(2))
        if self.isVisible():
            self._place()
