"""The families of models as cards: each folds open to its models, the chosen one marked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QVBoxLayout, QWidget

from genplay.models.card import Card
from genplay.spaces import World
from genplay.ui.emptying import empty
from genplay.ui.section import Section
from genplay.ui.theme import Theme

__all__ = ["Families", "ModelRow"]


class ModelRow(QAbstractButton):
    """One model: its title and its summary in one sentence."""

    def __init__(self, card: Card, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self._theme = theme
        self.setText(card.title)
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(card.summary)
        self.setToolTip(card.summary)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def _wrapped(self, width: int) -> int:
        """The height of the summary at this width."""
        from PySide6.QtGui import QFontMetrics

        metrics = QFontMetrics(self._theme.font("small"))
        room = QRect(0, 0, max(width - self._theme.space(5), 40), 1000)
        return metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.card.summary).height()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        title = self.fontMetrics().height()
        return title + self._wrapped(width) + self._theme.space(4)

    def sizeHint(self) -> QSize:
        width = self._theme.px(220)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(40))

    def enterEvent(self, event: object) -> None:
        super().enterEvent(event)  # type: ignore[arg-type]
        self.update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = self.rect().adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(QPen(theme.color("accent"), 1) if self.isChecked() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft" if self.isChecked() else "sunken"))
            painter.drawRoundedRect(body, theme.px(6), theme.px(6))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.drawRoundedRect(body, theme.px(6), theme.px(6))
        left, top = theme.space(2.5), theme.space(1.5)
        width = self.width() - 2 * left
        painter.setFont(theme.font("title"))
        painter.setPen(theme.color("text"))
        metrics = painter.fontMetrics()
        title = metrics.elidedText(self.card.title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QPoint(left, top + metrics.ascent()), title)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text_dim"))
        rest = QRect(left, top + metrics.height() + theme.space(0.5), width, self.height())
        painter.drawText(rest, int(Qt.TextFlag.TextWordWrap), self.card.summary)
        painter.end()


class Families(QFrame):
    """All families that have a model in the world; ``choose(id)`` is called when the user picks one."""

    def __init__(self, theme: Theme, choose: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._choose = choose
        self._world: World | None = None
        self.sections: dict[str, Section] = {}
        self.rows: dict[str, ModelRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_model(self, world: World, model: str) -> None:
        """Mark the chosen model; its family is open, the others as the user left them."""
        from genplay.models.registry import cards

        offered = [card for card in cards().values() if world in card.worlds]
        if world != self._world or offered != [row.card for row in self.rows.values()]:
            self._world = world
            self._build(offered)
        for id, row in self.rows.items():
            was = row.isChecked()
            row.setChecked(id == model)
            if id == model and not was:
                self._open_only(row.card.family)

    def _open_only(self, family: str) -> None:
        for name, section in self.sections.items():
            section.open(name == family)

    def _build(self, offered: list[Card]) -> None:
        empty(self._column)
        self.sections, self.rows = {}, {}
        for card in offered:
            if card.family not in self.sections:
                section = Section(card.family, self._theme, opened=False)
                self.sections[card.family] = section
                self._column.addWidget(section)
            row = ModelRow(card, self._theme)
            row.clicked.connect(lambda _checked=False, name=card.id: self._pick(name))
            self.rows[card.id] = row
            self.sections[card.family].add(row)
        for family, section in self.sections.items():
            section.set_note(", ".join(r.card.title for r in self.rows.values() if r.card.family == family))

    def _pick(self, model: str) -> None:
        for id, row in self.rows.items():
            row.setChecked(id == model)
        self._choose(model)
