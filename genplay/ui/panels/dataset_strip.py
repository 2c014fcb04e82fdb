"""The strip of data sets: one tile each, with a thumbnail drawn by the data set's own generator."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from genplay.datasets.base import DatasetCard, DataSettings, DataSpec
from genplay.lab.experiment import Experiment
from genplay.spaces import World
from genplay.spaces.plane import Box
from genplay.ui.dispatch import Dispatch
from genplay.ui.inbox import Door, door
from genplay.ui.panels.thumbnails import cloud_pixmap, digits_pixmap
from genplay.ui.theme import Theme

__all__ = ["DatasetStrip", "Tile"]

Sample = tuple[np.ndarray, np.ndarray, int, Box]
POINTS = 350


class Tile(QAbstractButton):
    """One data set: its thumbnail above or beside its name; the chosen one has a frame of the accent colour."""

    def __init__(
        self, id: str, title: str, help: str, icon: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.id = id
        self._theme = theme
        self._icon = icon
        self._picture: QPixmap | None = None
        self.compact = False
        self.named = True
        self.setText(title)
        self.setAccessibleName(title)
        self.setToolTip(f"{title}\n{help}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def picture_side(self) -> int:
        return self._theme.px(28 if self.compact else 52)

    def show_picture(self, picture: QPixmap | None) -> None:
        """Show a thumbnail, or the icon where there is none."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        theme, side = self._theme, self.picture_side()
        text = self.fontMetrics().horizontalAdvance(self.text())
        pad = theme.space(1)
        if self.compact:
            if not self.named and not self.isChecked():
                return QSize(side + 2 * pad, side + 2 * pad)
            return QSize(side + min(text, theme.px(130)) + theme.space(5), side + 2 * pad)
        width = max(side, min(text, theme.px(110))) + theme.space(3)
        return QSize(width, side + self.fontMetrics().height() + 3 * pad)

    def enterEvent(self, event: object) -> None:
        super().enterEvent(event)  # type: ignore[arg-type]
        self.update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, side = self._theme, self.picture_side()
        pad = theme.space(1)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft" if self.isChecked() else "sunken"))
            painter.drawRoundedRect(body, theme.px(6), theme.px(6))
        left = pad if self.compact else (self.width() - side) // 2
        frame = QRectF(left, pad, side, side)
        clip = QPainterPath()
        clip.addRoundedRect(frame, theme.px(4), theme.px(4))
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(frame, theme.color("canvas"))
        if self._picture is not None:
            painter.drawPixmap(QPointF(left, pad), self._picture)
        elif self._icon:
            size = side // 2
            spot = QRect(left + (side - size) // 2, pad + (side - size) // 2, size, size)
            theme.icon(self._icon, "text_dim").paint(painter, spot)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(theme.color("accent" if self.isChecked() else "border"), 1.5 if self.isChecked() else 1)
        )
        painter.drawRoundedRect(frame, theme.px(4), theme.px(4))
        self._paint_text(painter, left + side, pad)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.drawRoundedRect(body, theme.px(6), theme.px(6))
        painter.end()

    def _paint_text(self, painter: QPainter, beside: int, pad: int) -> None:
        theme = self._theme
        if self.compact and not self.named and not self.isChecked():
            return
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(theme.tokens.text if self.isChecked() else theme.tokens.text_dim))
        if self.compact:
            rect = QRect(beside + pad, 0, self.width() - beside - 2 * pad, self.height())
            align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        else:
            top = self.picture_side() + 2 * pad
            rect = QRect(pad, top, self.width() - 2 * pad, self.height() - top)
            align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, align, text)


class _Row(QScrollArea):
    """A scroll area that the wheel moves sideways and that is as high as what is in it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.y() or delta.x()))


def _sample(ids: list[str], leave: Door, take: Callable[[str, Sample], None], gone: threading.Event) -> None:
    """Draw samples of ready-made data sets with their default knobs, one after another, until the strip is gone."""
    from genplay.datasets.registry import build

    for id in ids:
        if gone.is_set():
            return
        data = build(DataSpec(id, settings=DataSettings(n=POINTS, test=1, seed=1)))
        leave(take, id, (data.x_train, data.y_train, data.classes, data.box))


class DatasetStrip(QFrame):
    """All data sets of the world; their thumbnails come one after another, made by their generators, and are kept."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self._world: World | None = None
        self._compact = False
        self._height = 0
        self._samples: dict[str, Sample] = {}
        self.tiles: dict[str, Tile] = {}
        self.setProperty("role", "bar")
        self.setAccessibleName("Data sets")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._scroll = _Row()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setMinimumSize(1, 1)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inner = QWidget()
        self._row = QHBoxLayout(self._inner)
        self._scroll.setWidget(self._inner)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        self._door = door(self)
        self._gone = threading.Event()
        self.destroyed.connect(self._gone.set)
        experiment.world_changed.connect(self.refresh)
        experiment.data_changed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()

    def render(self, snapshot: object) -> None:  # type: ignore[override]
        """The strip does not depend on the run."""

    def set_compact(self, compact: bool) -> None:
        """One line of small tiles, for low windows."""
        if compact != self._compact:
            self._compact = compact
            self._dress()

    def refresh(self) -> None:
        """Show the data sets of the world and which one is chosen."""
        world = self._experiment.world
        if world != self._world:
            self._world = world
            self._build()
        name = self._experiment.data_spec.name
        for tile in self.tiles.values():
            tile.setChecked(tile.id == name)
        for card in self._cards():
            if self._own(card):
                self._take_own(card.id)
        self._fit()
        chosen = self.tiles.get(name)
        if chosen is not None:
            QTimer.singleShot(0, chosen, lambda: self._reveal(chosen))

    def _reveal(self, tile: Tile) -> None:
        self._scroll.ensureWidgetVisible(tile, self._theme.px(40), 0)
        self._scroll.verticalScrollBar().setValue(0)

    def _cards(self) -> list[DatasetCard]:
        from genplay.datasets.registry import cards

        return [card for card in cards().values() if self._experiment.world in card.worlds]

    @staticmethod
    def _own(card: DatasetCard) -> bool:
        """Whether its content is the user's."""
        return card.drawable or card.id == "file"

    def _build(self) -> None:
        for tile in self.tiles.values():
            tile.hide()
            tile.deleteLater()
        while self._row.count():
            self._row.takeAt(0)
        self.tiles = {}
        for card in self._cards():
            icon = "pencil" if card.drawable else "folder-open" if card.id == "file" else ""
            tile = Tile(card.id, card.title, card.summary, icon, self._theme, self._inner)
            tile.compact = self._compact
            tile.clicked.connect(lambda _checked=False, name=card.id: self._choose(name))
            self.tiles[card.id] = tile
            self._row.addWidget(tile)
        self._row.addStretch(1)
        missing = [card.id for card in self._cards() if not self._own(card) and card.id not in self._samples]
        for id in self.tiles:
            self._draw(id)
        if missing:
            work = (missing, self._door, self._take, self._gone)
            threading.Thread(target=_sample, args=work, name="genplay-thumbnails", daemon=True).start()

    def _fit(self) -> None:
        """Small tiles drop their names, save the chosen one's, where they would not fit."""
        for named in (True, False):
            for tile in self.tiles.values():
                tile.named = named
                tile.updateGeometry()
            self._row.invalidate()
            if not self._compact or self._row.sizeHint().width() <= self.width():
                break
        for tile in self.tiles.values():
            tile.setFixedHeight(tile.sizeHint().height())
            tile.update()
        # Room for the scroll bar where there is one, so that it never covers a name.
        scrolled = self._row.sizeHint().width() > self.width()
        self.setFixedHeight(self._height + (self._theme.px(10) if scrolled else 0))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        # A height set inside the event would be overruled by the layout's own answer to it.
        QTimer.singleShot(0, self, self._fit)

    def _choose(self, id: str) -> None:
        if id == "file" and id not in self._experiment.desk().kept_data:
            self._actions.request("data.open")
        else:
            self._actions.run("data.choose", name=id)
        self.refresh()

    def _draw(self, id: str) -> None:
        """Draw a tile's thumbnail from its samples, if there are any yet."""
        tile, sample = self.tiles.get(id), self._samples.get(id)
        if tile is None:
            return
        if sample is None:
            tile.show_picture(None)
            return
        x, y, classes, box = sample
        side, ratio = tile.picture_side(), self.devicePixelRatioF()
        if x.shape[1] == 2:
            tile.show_picture(cloud_pixmap(x, y, classes, box, side, self._theme, ratio))
        else:
            tile.show_picture(digits_pixmap(x, side, self._theme, ratio))

    def _take(self, id: str, sample: Sample) -> None:
        self._samples[id] = sample
        self._draw(id)

    def _take_own(self, id: str) -> None:
        """What the user has drawn or opened is drawn anew whenever it changes."""
        if self._experiment.data_spec.name == id:
            data = self._experiment.data
            self._samples[id] = (data.x_train[:POINTS], data.y_train[:POINTS], data.classes, data.box)
        self._draw(id)

    def _dress(self) -> None:
        theme = self._theme
        self._row.setContentsMargins(theme.space(2), theme.space(1), theme.space(2), theme.space(1))
        self._row.setSpacing(theme.space(1))
        for id, tile in self.tiles.items():
            tile.compact = self._compact
            tile.setFont(theme.font("small"))
            tile.updateGeometry()
            self._draw(id)
        probe = Tile("", "x", "", "", theme)
        probe.compact = self._compact
        probe.setFont(theme.font("small"))
        self._height = probe.sizeHint().height() + 2 * theme.space(1)
        probe.deleteLater()
        self._fit()
