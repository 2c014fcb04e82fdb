"""Forms made from knobs: what applies now and what needs a restart, each in a part of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from genplay.knobs import KnobInfo, Value
from genplay.ui.emptying import empty
from genplay.ui.fields import Field, field_for
from genplay.ui.labels import repolish
from genplay.ui.theme import Theme

__all__ = ["Form"]


class Form(QWidget):
    """Fields for some knobs. ``change(name, value)`` is called after the user changed one, with the checked value.

    With ``parts``, live knobs stand under *Applies now* and the others under *Needs a restart*.
    """

    def __init__(
        self,
        theme: Theme,
        change: Callable[[str, Value], object],
        *,
        parts: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._change = change
        self._parts = parts
        self._infos: tuple[KnobInfo, ...] = ()
        self._heads: list[tuple[QHBoxLayout, QLabel, str, str]] = []
        self.fields: dict[str, Field] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        theme.changed.connect(self._dress)
        self._dress()

    def show_knobs(self, infos: Iterable[KnobInfo], values: Mapping[str, Value]) -> None:
        """Show these knobs with these values; fields are built anew only when the knobs are others."""
        infos = tuple(infos)
        if infos != self._infos:
            self._infos = infos
            self._build()
        self.set_values(values)

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Show values that came from elsewhere; calls nobody."""
        for name, field in self.fields.items():
            if name in values and values[name] != field.value:
                field.set_value(values[name])

    def mark_pending(self, names: Iterable[str]) -> None:
        """Mark the knobs whose new value waits for a restart."""
        pending = set(names)
        for name, field in self.fields.items():
            role = "restart" if name in pending else ""
            if field.label.property("role") != role:
                field.label.setProperty("role", role)
                repolish(field.label)

    def _build(self) -> None:
        empty(self._column)
        self.fields = {}
        self._heads = []
        live = [info for info in self._infos if info.live]
        rest = [info for info in self._infos if not info.live]
        if not self._parts:
            self._add(self._infos)
            return
        if live:
            self._head("zap", "accent", "Applies now", "A change works on the running model at once.")
            self._add(live)
        if rest:
            self._head(
                "rotate-ccw", "warning", "Needs a restart", "A change waits until the model is built again."
            )
            self._add(rest)

    def _head(self, icon: str, token: str, text: str, help: str) -> None:
        head = QWidget()
        head.setToolTip(help)
        row = QHBoxLayout(head)
        row.setContentsMargins(0, self._theme.space(1), 0, 0)
        picture = QLabel()
        label = QLabel(text)
        label.setProperty("role", "live" if token == "accent" else "restart")
        row.addWidget(picture)
        row.addWidget(label, 1)
        self._heads.append((row, picture, icon, token))
        self._column.addWidget(head)
        self._dress()

    def _add(self, infos: Iterable[KnobInfo]) -> None:
        for info in infos:
            field = field_for(info, self._theme)
            field.changed.connect(self._change)
            self.fields[info.name] = field
            self._column.addWidget(field)

    def _dress(self) -> None:
        theme = self._theme
        self._column.setSpacing(theme.space(2))
        for row, picture, icon, token in self._heads:
            picture.setPixmap(theme.icon(icon, token).pixmap(theme.px(14), theme.px(14)))
            row.setSpacing(theme.space(1))
        for field in self.fields.values():
            field.dress()
