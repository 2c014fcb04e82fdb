"""A picker of labels: ten swatches, each in its class's colour and shape."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from genplay.ui.paint.points import marker_path
from genplay.ui.theme import Theme

__all__ = ["LabelPicker"]

LABELS = 10


class LabelPicker(QWidget):
    """Which class the next stroke or digit belongs to. ``picked`` carries the label after the user chose it."""

    picked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.label = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ownKeys", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Label")
        theme.changed.connect(self._dress)

    def pick(self, label: int) -> None:
        """Choose a label as the user would."""
        label %= LABELS
        if label != self.label:
            self.label = label
            self.picked.emit(label)
            self.update()

    def show_label(self, label: int) -> None:
        """Show a label; tells nobody."""
        self.label = label
        self.update()

    def cell(self, label: int) -> QRectF:
        """Where a swatch is drawn."""
        width = min(self.width() / LABELS, self._theme.px(28))
        return QRectF(label * width, 0, width, self.height())

    def _at(self, position: QPointF) -> int | None:
        label = int(position.x() // self.cell(0).width())
        return label if 0 <= label < LABELS else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        label = self._at(event.position())
        if label is not None:
            self.pick(label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self.pick(self.label - 1)
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self.pick(self.label + 1)
        elif event.text().isdigit():
            self.pick(int(event.text()))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            label = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), f"Label {label}" if label is not None else "", self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(LABELS * self._theme.px(22), self._theme.px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(LABELS * self._theme.px(14), self._theme.px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        for label in range(LABELS):
            rect = self.cell(label)
            if label == self.label:
                width = theme.px(2) if self.hasFocus() else 1
                painter.setPen(QPen(theme.color("focus" if self.hasFocus() else "border_strong"), width))
                painter.setBrush(theme.color("accent_soft"))
                painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), theme.px(4), theme.px(4))
            size = min(rect.width(), rect.height()) * 0.5
            place = QTransform.fromTranslate(rect.center().x(), rect.center().y()).scale(size, size)
            painter.fillPath(place.map(marker_path(theme.tokens.markers[label])), theme.class_color(label))
        painter.end()

    def _dress(self) -> None:
        self.updateGeometry()
        self.update()
