"""How the minima join: each hangs at its energy, and two branches meet at the lowest saddle between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from genplay.spaces.binary import SIDE
from genplay.spaces.joints import Joint, joints
from genplay.ui.exhibits.view import Painted, plain
from genplay.ui.moves import claim_arrows
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import digit_tiles
from genplay.ui.stage.axes import tick_text, ticks
from genplay.ui.theme import Theme

if TYPE_CHECKING:
    from genplay.metrics.census import Census

__all__ = ["WorldTree"]

_HEIGHT, _PIXEL, _MOST = 220, 5, 40


class WorldTree(Painted):
    """As many of the heaviest basins as there is room for. ``chosen`` carries the minimum that was clicked or gone to by arrows."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._census: Census | None = None
        self._leaves: list[int] = []
        self._trees: list[Joint] = []
        self._drawn = 0
        self._current = -1
        self._colour = "model"
        self._plot = QRectF()
        self._range = (0.0, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("How the minima join")

    def show_census(self, census: Census | None, current: int, colour: str) -> None:
        """Draw the tree of this census, and mark one minimum."""
        if census is not self._census:
            self._census, self._drawn = census, 0
        self._current, self._colour = current, colour
        self.setAccessibleDescription(self.tip_of(current) if census is not None else "")
        self.update()

    def height_for(self, _width: int) -> int:
        return self._theme.px(_HEIGHT)

    @property
    def leaves(self) -> list[int]:
        """The minima that are drawn, from left to right."""
        return self._leaves

    def _lay(self) -> None:
        """Choose the minima for this width, and order them so that no branches cross."""
        census, theme = self._census, self._theme
        room = max(2, min(_MOST, int((self.width() - theme.px(48)) / theme.px(SIDE * _PIXEL + 5))))
        if census is None or census.saddles is None:
            self._leaves, self._trees = [], []
            return
        if room != self._drawn:
            self._drawn = room
            heaviest = np.sort(np.argsort(-census.basins.mass, kind="stable")[:room])
            self._trees = joints(census.basins, census.saddles, heaviest.tolist())
            self._leaves = [leaf for tree in self._trees for leaf in tree.leaves()]
        energies = [-tree.log_p for tree in self._trees] + [
            -float(census.basins.log_p[i]) for i in self._leaves
        ]
        energies = [e for e in energies if np.isfinite(e)] or [0.0, 1.0]
        margin = 0.06 * (max(energies) - min(energies)) or 1.0
        self._range = (min(energies) - margin, max(energies) + margin)

    def x_of(self, leaf: int) -> float:
        """Where a minimum hangs."""
        pitch = self._plot.width() / max(len(self._leaves), 1)
        return self._plot.left() + (self._leaves.index(leaf) + 0.5) * pitch

    def _y(self, energy: float) -> float:
        low, high = self._range
        return self._plot.bottom() - (energy - low) / (high - low) * self._plot.height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        census, theme, metrics = self._census, self._theme, self.small()
        if census is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        self._lay()
        if not self._leaves:
            painter.setPen(theme.color("text_dim"))
            words = f"With {len(census.basins):,} minima their barriers are not sought."
            painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, words)
            painter.end()
            return
        at = ticks(*self._range, 4)
        step = at[1] - at[0] if len(at) > 1 else 1.0
        texts = [tick_text(v, step) for v in at]
        left = max(metrics.horizontalAdvance(t) for t in texts) + theme.px(6)
        side = theme.px(_PIXEL) * SIDE
        above = metrics.height() + theme.px(2)
        self._plot = QRectF(
            left, above, self.width() - left - theme.px(4), self.height() - above - side - theme.px(8)
        )
        painter.setPen(theme.color("text_dim"))
        painter.drawText(QPointF(0, metrics.ascent()), "energy −log p, nats")
        for value, text in zip(at, texts, strict=True):
            y = self._y(value)
            painter.setPen(QPen(theme.color("grid"), 0))
            painter.drawLine(QLineF(self._plot.left(), y, self._plot.right(), y))
            painter.setPen(theme.color("text_dim"))
            painter.drawText(
                QPointF(left - theme.px(4) - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2),
                text,
            )
        painter.setPen(QPen(theme.color(self._colour), theme.px(1.4)))
        for tree in self._trees:
            self._branch(painter, tree, tree.log_p)
        self._pictures(painter)
        painter.end()

    def _branch(self, painter: QPainter, joint: Joint, upper: float) -> float:
        """Draw what is below a joint, and the line up from it; returns where it stands."""
        if joint.parts:
            places = [self._branch(painter, part, joint.log_p) for part in joint.parts]
            y = self._y(-joint.log_p)
            painter.drawLine(QLineF(min(places), y, max(places), y))
            x = sum(places) / len(places)
        else:
            x = self.x_of(joint.leaf)
        if upper != joint.log_p:
            painter.drawLine(QLineF(x, self._y(-joint.log_p), x, self._y(-upper)))
        return x

    def rect_of(self, leaf: int) -> QRect:
        """Where the picture of a minimum lies."""
        side = self._theme.px(_PIXEL) * SIDE
        return QRect(round(self.x_of(leaf) - side / 2), self.height() - side - 2, side, side)

    def _pictures(self, painter: QPainter) -> None:
        census, theme = self._census, self._theme
        assert census is not None
        colour = theme.color(self._colour)
        tiles = digit_tiles(
            census.images(census.basins.minima[self._leaves]).astype(float),
            ink_table(theme.tokens.sunken, colour.name()),
        )
        for leaf, tile in zip(self._leaves, np.ascontiguousarray(tiles), strict=True):
            target = self.rect_of(leaf)
            foot = self._y(-float(census.basins.log_p[leaf]))
            painter.setPen(QPen(theme.color("border_strong"), 0, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(self.x_of(leaf), foot, self.x_of(leaf), target.top()))
            painter.drawImage(target, QImage(tile.data, SIDE, SIDE, SIDE * 4, QImage.Format.Format_RGB32))
            current = leaf == self._current
            painter.setPen(QPen(theme.color("focus" if current else "border"), theme.px(2) if current else 0))
            painter.drawRect(target.adjusted(-1, -1, 0, 0))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent") if current else colour)
            painter.drawEllipse(QPointF(self.x_of(leaf), foot), theme.px(3), theme.px(3))
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def tip_of(self, leaf: int) -> str:
        """What is known of one minimum."""
        census = self._census
        if census is None or not 0 <= leaf < len(census.basins):
            return ""
        found = census.basins
        climb = float(census.escape()[leaf])
        out = f", climbs {plain(climb)} nats to a deeper one" if np.isfinite(climb) else ""
        return (
            f"Minimum {leaf + 1}: log p = {plain(float(found.log_p[leaf]))}, basin of {found.size[leaf]:,} images with "
            f"{found.mass[leaf]:.1%} of the mass{out}"
        )

    def leaf_at(self, at: QPoint) -> int:
        """The minimum whose column a place is in, −1 for none."""
        if not self._leaves or not self._plot.left() <= at.x() <= self._plot.right():
            return -1
        pitch = self._plot.width() / len(self._leaves)
        return self._leaves[min(int((at.x() - self._plot.left()) / pitch), len(self._leaves) - 1)]

    def tip_at(self, at: QPoint) -> str:
        return self.tip_of(self.leaf_at(at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        leaf = self.leaf_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and leaf >= 0:
            self.chosen.emit(leaf)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._leaves:
            event.ignore()
            return
        here = self._leaves.index(self._current) if self._current in self._leaves else -step
        self.chosen.emit(self._leaves[min(max(here + step, 0), len(self._leaves) - 1)])

    def event(self, event: QEvent) -> bool:
        return True if claim_arrows(event) else super().event(event)
