"""Scroll areas without a frame: of a page that first shrinks down to its least size, and of one that only scrolls down."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

__all__ = ["fitting_scroll_area", "upright_scroll_area"]


class _Page(QWidget):
    # A scroll area gives a layout whose labels wrap its *preferred* height and scrolls at once; this page has no layout
    # of its own and asks only for the least height of what it holds.

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        content.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._content.setGeometry(self.rect())
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        least, layout = self._content.minimumSizeHint(), self._content.layout()
        if layout is not None and layout.hasHeightForWidth():
            # Labels that wrap need more height here than at their best width.
            least.setHeight(max(least.height(), layout.minimumHeightForWidth(self.width())))
        return least

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()


def fitting_scroll_area(content: QWidget, parent: QWidget) -> QScrollArea:
    """A frameless scroll area that ``content`` (which has a layout) fills before it begins to scroll."""
    return _frameless(_Page(content), parent)


def upright_scroll_area(content: QWidget, parent: QWidget) -> QScrollArea:
    """A frameless scroll area that is as wide as ``content`` is to be."""
    area = _frameless(content, parent)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _frameless(page: QWidget, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    # What stands in it has the keyboard, and is scrolled to; the area itself would be a stop that shows nothing.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
