"""The plane as a canvas: axes, the layers' items, panning, zooming, hovering and clicking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from genplay.spaces.plane import HOME, Box
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.arrows import ArrowsItem
from genplay.ui.paint.contours import ContoursItem
from genplay.ui.paint.heat import HeatItem
from genplay.ui.paint.points import PointsItem
from genplay.ui.stage.axes import AxesItem
from genplay.ui.stage.overlay import OverlayItem
from genplay.ui.stage.region import corners
from genplay.ui.theme import Theme

__all__ = ["PlaneCanvas"]

_SETTLE_MS = 150
"""How long the view rests before it is said to be another one: fields are costly, wheels turn fast."""


class PlaneCanvas(pg.GraphicsView):  # type: ignore[misc]
    """A part of the plane with square units.

    ``grab_at`` says whether something that can be dragged lies at a place; ``dragged`` and ``dropped`` then follow it.
    ``hovered`` (x, y) and ``left`` follow the mouse, ``clicked`` is a click without a drag, ``box_settled`` a view that
    came to rest after the user moved it, ``home_asked`` a double click. With ``sketching`` on a drag draws a loop instead of
    moving the view, with Shift a rectangle, and ``looped`` carries its corners (m, 2). A ``bare`` canvas has no numbers beside it.
    """

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)
    box_settled = Signal(object)
    box_moved = Signal()
    home_asked = Signal()
    dragged = Signal(float, float)
    dropped = Signal()
    looped = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, bare: bool = False) -> None:
        super().__init__(parent, useOpenGL=False)
        self._theme, self._bare = theme, bare
        self._box = HOME
        self._pressed: QPointF | None = None
        self._moved_by_user = False
        self.grab_at: Callable[[float, float], bool] = lambda _x, _y: False
        self._dragging = False
        self._ring = False
        self.sketching = False
        self._sketch: list[tuple[float, float]] = []
        # Not by a click: arrow keys step the training unless somebody comes here by keyboard.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("The plane")
        self.setAccessibleDescription("Arrow keys move the view, plus and minus zoom, H shows the whole box.")
        self.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self.view = pg.ViewBox(lockAspect=1.0, enableMenu=False, defaultPadding=0.0)
        self.view.disableAutoRange()
        self.view.setMouseEnabled(True, True)
        self.view.suggestPadding = lambda *_: 0.0
        self.axes = AxesItem(theme)
        self.scene().addItem(self.axes)
        self.scene().addItem(self.view)
        self.heat = HeatItem()
        self.contours = ContoursItem()
        self.truth_contours = ContoursItem(z=-45.0)
        self.arrows = ArrowsItem()
        self.points = PointsItem()
        self.overlay = OverlayItem(theme)
        # A small picture has no room for the names of its contours.
        self.overlay.levels = () if bare else (self.truth_contours, self.contours)
        for item in (self.heat, self.contours, self.truth_contours, self.arrows, self.points, self.overlay):
            self.view.addItem(item, ignoreBounds=True)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self.view.sigRangeChanged.connect(self._range_changed)
        self.view.sigRangeChangedManually.connect(self._by_user)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_box(HOME)

    # Geometry

    def _restyle(self) -> None:
        self.setBackground(self._theme.color("canvas"))
        self._lay()
        # Axes are painted once a place, also where the place is the same as before.
        self.axes.update()
        self.scene().update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and hasattr(self, "view"):
            self._lay()

    def _lay(self) -> None:
        metrics = QFontMetricsF(self._theme.font("small"))
        top = right = self._theme.px(2)
        left, bottom = (
            metrics.horizontalAdvance("−0.00") + self._theme.px(6),
            metrics.height() + self._theme.px(5),
        )
        if self._bare:
            left = bottom = top = right = 1
        plot = QRectF(left, top, max(self.width() - left - right, 10), max(self.height() - top - bottom, 10))
        self.view.setGeometry(plot)
        self._fit()

    def _fit(self) -> None:
        """Show the whole of the wanted box, with more on the longer side."""
        self.view.setRange(QRectF(self._box.x0, self._box.y0, self._box.width, self._box.height), padding=0.0)

    def show_box(self, box: Box) -> None:
        """Show this part of the plane (and what lies beside it where the window is not square)."""
        seen = self.seen()
        if seen is not None and _close(seen, box):
            self._box = box
            return
        self._box = box
        self._moved_by_user = False
        self._fit()

    def seen(self) -> Box | None:
        """The part of the plane in view."""
        (x0, x1), (y0, y1) = self.view.viewRange()
        return Box(x0, x1, y0, y1) if x1 > x0 and y1 > y0 else None

    def _range_changed(self, *_: object) -> None:
        seen = self.seen()
        if seen is not None:
            whole = QRectF(0, 0, self.width(), self.height())
            self.axes.place(whole, self.view.geometry(), seen)
        self._settle.start()
        self.box_moved.emit()

    def _by_user(self, *_: object) -> None:
        self._moved_by_user = True

    def _settled(self) -> None:
        seen = self.seen()
        if seen is not None and self._moved_by_user:
            self._moved_by_user = False
            self._box = seen
            self.box_settled.emit(seen)
        else:
            self.box_settled.emit(None)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(520), self._theme.px(420))

    def minimumSizeHint(self) -> QSize:
        return (
            QSize(self._theme.px(60), self._theme.px(60))
            if self._bare
            else QSize(self._theme.px(160), self._theme.px(120))
        )

    # Keyboard and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        (x0, x1), (y0, y1) = self.view.viewRange()
        shift = {
            Qt.Key.Key_Left: (-0.1, 0.0), Qt.Key.Key_Right: (0.1, 0.0),
            Qt.Key.Key_Down: (0.0, -0.1), Qt.Key.Key_Up: (0.0, 0.1),
        }.get(Qt.Key(key))  # fmt: skip
        if shift is not None:
            self._by_user()
            self.view.translateBy(x=shift[0] * (x1 - x0), y=shift[1] * (y1 - y0))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._by_user()
            factor = 1.25 if key == Qt.Key.Key_Minus else 0.8
            self.view.scaleBy((factor, factor))
        else:
            event.ignore()
            return
        event.accept()

    def event(self, event: QEvent) -> bool:
        if claim_arrows(event):
            return True
        return bool(super().event(event))

    def _plane(self, position: QPointF) -> tuple[float, float] | None:
        if not self.view.geometry().contains(position):
            return None
        at = self.view.mapSceneToView(self.mapToScene(position.toPoint()))
        return float(at.x()), float(at.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        at = self._plane(event.position()) if self._pressed is not None else None
        if at is not None and self.sketching:
            self._sketch = [at]
            event.accept()
            return
        if at is not None and self.grab_at(*at):
            self._pressed, self._dragging = None, True
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            self.dropped.emit()
            event.accept()
            return
        if self._sketch:
            sketch, self._sketch = self._sketch, []
            self._show_sketch([])
            if len(sketch) > 1:
                self.looped.emit(np.array(sketch))
            event.accept()
            return
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, None
        if pressed is not None and (event.position() - pressed).manhattanLength() <= self._theme.px(4):
            at = self._plane(event.position())
            if at is not None:
                self.clicked.emit(*at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.home_asked.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._plane(event.position())
        if self._dragging:
            if at is not None:
                self.dragged.emit(*at)
            event.accept()
            return
        if self._sketch:
            if at is not None:
                straight = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                # The mouse tells every pixel; a loop is as good with a corner every third.
                near = np.hypot(at[0] - self._sketch[-1][0], at[1] - self._sketch[-1][1]) < 3 * self.pixel()
                if straight:
                    self._sketch = [self._sketch[0], at]
                elif not near:
                    self._sketch.append(at)
                self._show_sketch(self._sketch)
            event.accept()
            return
        super().mouseMoveEvent(event)
        if at is None:
            self.left.emit()
        else:
            self.hovered.emit(*at)

    def _show_sketch(self, sketch: list[tuple[float, float]]) -> None:
        """Draw the loop as far as it has come; two corners are a rectangle."""
        self.overlay.sketch = corners(np.array(sketch)) if len(sketch) > 1 else None
        self.overlay.refresh()

    def take_pencil(self, on: bool) -> None:
        """Draw loops with the mouse from now on, or no more."""
        self.sketching, self._sketch = on, []
        self._show_sketch([])
        if on:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.unsetCursor()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        # A ring for those who come by keyboard; a click shows where it was anyway.
        self._ring = event.reason() in (
            Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason
        )  # fmt: skip
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawForeground(painter, rect)
        if self._ring and self.hasFocus():
            painter.setPen(QPen(self._theme.color("focus"), 2))
            painter.drawRect(QRectF(self.view.geometry()).adjusted(0, 0, -1, -1))

    def pixel(self) -> float:
        """How much of the plane one pixel shows."""
        (x0, x1), _ = self.view.viewRange()
        return float((x1 - x0) / max(self.view.width(), 1.0))


def _close(seen: Box, box: Box) -> bool:
    """Whether the box is already in view as large as it can be."""
    scale = max(box.width, box.height) * 1e-3
    inside = (
        seen.x0 <= box.x0 + scale and seen.x1 >= box.x1 - scale
        and seen.y0 <= box.y0 + scale and seen.y1 >= box.y1 - scale
    )  # fmt: skip
    full = bool(
        np.isclose(seen.width, box.width, rtol=1e-3) or np.isclose(seen.height, box.height, rtol=1e-3)
    )
    return inside and full
