"""The estimators in words, one below the other: mark, name, value, distance from the truth, and what each does."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from genplay.metrics.estimators.convergence import Convergence
from genplay.ui.emptying import empty
from genplay.ui.panels.convergence_plot import Way, draw_marker
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["EstimatorWords", "sentence"]


class _Mark(QWidget):
    """The colour and the marker of an estimator."""

    def __init__(self, theme: Theme, colour: str, marker: int) -> None:
        super().__init__()
        self._theme, self._colour, self._marker = theme, colour, marker
        self.setFixedWidth(theme.px(16))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(16), self._theme.px(16))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        draw_marker(painter, QPointF(self.width() / 2, self._theme.px(9)), self._theme.px(4), self._marker)
        painter.end()


class EstimatorWords(QWidget):
    """The estimators one below the other: mark, name, value, and what it does."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._texts: list[tuple[QLabel, bool]] = []
        self._total = 0
        # New labels get their fonts, and a scroll bar takes its room, only after they have been laid out.
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._fit)

    def say(self, head: str, ways: tuple[Way, ...], truth: float | None, notes: tuple[str, ...]) -> None:
        """Write them anew."""
        empty(self._grid)
        self._texts = []
        self._grid.setHorizontalSpacing(self._theme.space(1))
        self._grid.setVerticalSpacing(self._theme.space(2))
        row = 0
        if head:
            self._add(head, row)
            row += 1
        for way in ways:
            self._grid.addWidget(
                _Mark(self._theme, way.colour, way.marker), row, 0, Qt.AlignmentFlag.AlignTop
            )
            label = self._label(described(way.of, truth, self._theme), True)
            label.setToolTip(sentence(way.of.final.method))
            self._grid.addWidget(label, row, 1)
            row += 1
        for note in notes:
            self._add(f"<span style='color:{self._theme.tokens.text_dim}'>{escape(note)}</span>", row)
            row += 1
        for i in range(self._grid.rowCount()):
            self._grid.setRowStretch(i, int(i == row))
        self._fit()
        self._settle.start()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is written."""
        return tuple(label.text() for label, _ in self._texts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Each text exactly as high as it is at this width: a grid would give it the height of a narrower one."""
        room = self.width() - self._theme.px(16) - self._grid.horizontalSpacing()
        heights = []
        for label, indented in self._texts:
            label.ensurePolished()
            heights.append(max(label.heightForWidth(room if indented else self.width()), 1))
            label.setFixedHeight(heights[-1])
        total = sum(heights) + max(len(heights) - 1, 0) * self._grid.verticalSpacing()
        if total != self._total:
            self._total = total
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """All texts below one another: with less room they would lie on one another."""
        return QSize(super().minimumSizeHint().width(), self._total)

    def _add(self, text: str, row: int) -> None:
        self._grid.addWidget(self._label(text, False), row, 0, 1, 2)

    def _label(self, text: str, indented: bool) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.RichText)
        let_wrap(label)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._texts.append((label, indented))
        return label


def described(way: Convergence, truth: float | None, theme: Theme) -> str:
    dim = theme.tokens.text_dim
    off = ""
    if truth is not None and np.isfinite(way.final.value):
        gap = way.final.value - truth
        inside = way.covers(truth) if way.final.stderr is not None else None
        said = (
            ""
            if inside is None or way.final.kind == "bound"
            else ", within its bar"
            if inside
            else ", outside its bar"
        )
        off = f"; {abs(gap):.3f} {'above' if gap > 0 else 'below'} the truth{said}"
    return (
        f"<b>{escape(way.title)}</b> {escape(str(way.final))}{off}<br>"
        f"<span style='color:{dim}'>{escape(way.why)}</span>"
    )


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
