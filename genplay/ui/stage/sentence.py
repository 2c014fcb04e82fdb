"""A sentence whose coloured words are switches: text that wraps, with buttons in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from genplay.ui.stage.layers import Word
from genplay.ui.theme import Theme

__all__ = ["Sentence", "Switch"]


class Switch(QAbstractButton):
    """One word that switches a layer: full colour and underlined when on, dim with a dotted line when off."""

    def __init__(self, word: Word, theme: Theme, parent: Sentence) -> None:
        super().__init__(parent)
        self.word = word
        self._sentence = parent
        self._theme = theme
        self.setText(word.text)
        self.setCheckable(True)
        self.setToolTip(word.help)
        self.setAccessibleName(word.text)
        self.setAccessibleDescription(word.help)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.restyle()

    def restyle(self) -> None:
        """Take fonts and sizes of the theme."""
        font = QFont(self._theme.font("body"))
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        swatch = self._theme.px(14) + self._theme.space(1)
        pad = self._theme.px(4)
        return QSize(
            metrics.horizontalAdvance(self.text()) + swatch + 2 * pad,
            metrics.height() + 2 * self._theme.px(2),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, on = self._theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(
                QPen(theme.color("focus"), theme.px(1.5)) if self.hasFocus() else Qt.PenStyle.NoPen
            )
            painter.setBrush(theme.color("sunken"))
            inside = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(inside, theme.px(4), theme.px(4))
        token = self.word.token
        own = self._sentence.colours.get(token)
        colour = theme.color("text_dim") if not on else QColor(own) if own else theme.color(token)
        pad = theme.px(4)
        swatch = QRectF(pad, (self.height() - theme.px(12)) / 2, theme.px(14), theme.px(12))
        _glyph(painter, self.word.glyph, swatch, colour, on, theme.px(1))
        text = QRect(self.rect())
        text.setLeft(round(swatch.right()) + theme.space(1))
        painter.setPen(colour)
        painter.setFont(self.font())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        line = QPen(colour, theme.px(1), Qt.PenStyle.SolidLine if on else Qt.PenStyle.DotLine)
        painter.setPen(line)
        y = self.height() - theme.px(2.5)
        painter.drawLine(QPointF(text.left(), y), QPointF(self.width() - pad, y))
        painter.end()


def _glyph(painter: QPainter, glyph: str, box: QRectF, colour: QColor, on: bool, thin: float) -> None:
    """A small picture of how the layer is drawn; hollow when it is off."""
    painter.setPen(QPen(colour, 1.4 * thin))
    painter.setBrush(colour if on else Qt.BrushStyle.NoBrush)
    middle = box.center()
    if glyph == "points":
        radius = box.height() * 0.3
        painter.drawEllipse(middle, radius, radius)
    elif glyph == "field":
        painter.drawRect(box.adjusted(1, 2, -1, -2))
    elif glyph == "lines":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, box.width() * 0.45, box.height() * 0.36)
        if on:
            painter.drawEllipse(middle, box.width() * 0.2, box.height() * 0.14)
    elif glyph in ("curve", "dashed"):
        painter.setPen(QPen(colour, 2 * thin if on else thin, c=Qt.PenCapStyle.FlatCap))
        whole = box.adjusted(0, 0, -2 * thin, 0)
        pieces = [(0.0, 1.0)] if glyph == "curve" else [(0.0, 0.4), (0.6, 1.0)]
        for start, stop in pieces:
            painter.drawLine(
                QPointF(whole.left() + start * whole.width(), middle.y()),
                QPointF(whole.left() + stop * whole.width(), middle.y()),
            )
    elif glyph == "arrows":
        tip = QPointF(box.right() - 1, middle.y())
        painter.drawLine(QPointF(box.left() + 1, middle.y()), tip)
        back = box.height() * 0.25
        painter.drawLine(tip, QPointF(tip.x() - back * 1.4, tip.y() - back))
        painter.drawLine(tip, QPointF(tip.x() - back * 1.4, tip.y() + back))


@dataclass(frozen=True, slots=True)
class _Placed:
    text: str
    at: QRect


class Sentence(QWidget):
    """Text with switches, wrapped to the width. ``switched`` tells the layer and whether it is wanted.

    ``colours`` may name colours that are no tokens of the theme.
    """

    switched = Signal(str, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.colours: dict[str, str] = {}
        self._parts: list[str | Switch] = []
        self._spec: list[str | Word] = []
        self._heights: dict[int, int] = {}
        self._placed: list[_Placed] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Layers of the stage")
        theme.changed.connect(self._restyle)

    def say(self, parts: Sequence[str | Word]) -> None:
        """Show another sentence; switches that stay keep the keyboard focus."""
        if list(parts) == self._spec:
            return
        self._spec = list(parts)
        old: dict[Word, Switch] = {part.word: part for part in self._parts if isinstance(part, Switch)}
        self._parts = []
        for part in parts:
            if isinstance(part, str):
                self._parts += part.split()
            else:
                self._parts.append(old.pop(part) if part in old else self._switch(part))
        for gone in old.values():
            gone.hide()
            gone.deleteLater()
        before: QWidget = self
        for switch in self.switches():
            if before is not self:
                QWidget.setTabOrder(before, switch)
            before = switch
        self.setAccessibleDescription(" ".join(p if isinstance(p, str) else p.text for p in parts))
        self._heights.clear()
        self._lay()
        self.updateGeometry()

    def _switch(self, word: Word) -> Switch:
        switch = Switch(word, self._theme, self)
        switch.clicked.connect(lambda on, layer=word.layer: self.switched.emit(layer, on))
        switch.show()
        return switch

    def switches(self) -> list[Switch]:
        """The switches in the order of the sentence."""
        return [part for part in self._parts if isinstance(part, Switch)]

    def set_on(self, layers: frozenset[str]) -> None:
        """Show which layers are on."""
        for switch in self.switches():
            switch.setChecked(switch.word.layer in layers)

    def _restyle(self) -> None:
        for switch in self.switches():
            switch.restyle()
        self._heights.clear()
        self._lay()
        self.updateGeometry()
        self.update()

    def _flow(self, width: int, place: bool) -> int:
        theme = self._theme
        metrics = QFontMetrics(theme.font("body"))
        height = metrics.height() + 2 * theme.px(2)
        gap, leading = metrics.horizontalAdvance(" "), theme.px(1)
        x = y = after_switch = 0
        placed: list[_Placed] = []
        for part in self._parts:
            stop = isinstance(part, str) and part in (".", ",")
            wide = part.sizeHint().width() if isinstance(part, Switch) else metrics.horizontalAdvance(part)
            if x and not stop and x + wide > width:
                x, y = 0, y + height + leading
            elif stop and x:
                x -= gap + after_switch
            if place:
                at = QRect(x, y, wide, height)
                if isinstance(part, Switch):
                    part.setGeometry(at)
                else:
                    placed.append(_Placed(part, at))
            x += wide + gap
            after_switch = theme.px(3) if isinstance(part, Switch) else 0
        if place:
            self._placed = placed
        return y + height

    def _lay(self) -> None:
        self._flow(max(self.width(), 1), True)
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        # Layouts ask many times over; the answer changes only with the words and the theme.
        if width not in self._heights:
            self._heights[width] = self._flow(max(width, 1), False)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(480), self.heightForWidth(max(self.width(), self._theme.px(320))))

    def minimumSizeHint(self) -> QSize:
        widest = max((s.sizeHint().width() for s in self.switches()), default=0)
        return QSize(max(widest, self._theme.px(120)), self._theme.px(22))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()
        self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("body"))
        painter.setPen(self._theme.color("text"))
        for word in self._placed:
            painter.drawText(word.at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, word.text)
        painter.end()
