"""Formulas: LaTeX set by ziamath in the background, drawn as SVG in the colour of the text."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from genplay.ui.inbox import Door, door
from genplay.ui.theme import Theme

__all__ = ["FormulaView"]

_lock = threading.Lock()


@lru_cache(maxsize=128)
def _svg(latex: str, colour: str) -> str:
    """The SVG of one formula; '' if it cannot be set."""
    with _lock:
        import ziamath

        # Plain paths instead of symbols: every SVG renderer knows those.
        ziamath.config.svg2 = False  # type: ignore[attr-defined]
        try:
            return str(ziamath.Latex(latex, size=20, color=colour).svg())  # type: ignore[attr-defined]
        except Exception:  # whatever the parser raises, the formula is shown as text then
            return ""


def _set(latex: str, colour: str, leave: Door, take: Callable[[str, str, str], None]) -> None:
    leave(take, latex, colour, _svg(latex, colour))


class FormulaView(QWidget):
    """One formula, as large as the theme's text and never wider than the panel."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._latex = ""
        self._renderer: QSvgRenderer | None = None
        self._size = QSize(0, 0)
        self._door = door(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._again)

    def show_formula(self, latex: str) -> None:
        """Set and show a formula."""
        if latex != self._latex:
            self._latex = latex
            self.setAccessibleName(f"Formula: {latex}")
            self.setToolTip(latex)
            self._again()

    def _again(self) -> None:
        if self._latex:
            work = (self._latex, self._theme.tokens.text, self._door, self._take)
            threading.Thread(target=_set, args=work, name="genplay-formula", daemon=True).start()

    def _take(self, latex: str, colour: str, svg: str) -> None:
        if latex != self._latex or colour != self._theme.tokens.text:
            return
        self._renderer = QSvgRenderer(QByteArray(svg.encode())) if svg else None
        if self._renderer is not None:
            self._size = self._renderer.defaultSize()
        self.updateGeometry()
        self._fit()
        self.update()

    def _target(self) -> QRectF:
        wanted = 0.72 * self._theme.scale
        width, height = self._size.width() * wanted, self._size.height() * wanted
        shrink = min(1.0, (self.width() - 2) / width) if width else 1.0
        return QRectF(0, 0, width * shrink, height * shrink)

    def _fit(self) -> None:
        height = round(self._target().height()) if self._renderer is not None else self._theme.px(24)
        self.setFixedHeight(max(height, self._theme.px(20)))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._renderer is not None:
            self._renderer.render(painter, self._target())
        painter.end()
