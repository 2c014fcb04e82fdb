"""The words of marks stand beside the curve, not upon it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QLineF, QRectF

from genplay.ui.panels.world_curve import Mark, WorldCurve
from tests.ui.pictures import shown

RANKS = np.unique(np.logspace(0, 7.5, 300).astype(int))
LOG_P = -4.0 - 0.002 * RANKS**0.6


def crosses(line: QLineF, box: QRectF) -> bool:
    sides = (
        QLineF(box.topLeft(), box.topRight()), QLineF(box.bottomLeft(), box.bottomRight()),
        QLineF(box.topLeft(), box.bottomLeft()), QLineF(box.topRight(), box.bottomRight()),
    )  # fmt: skip
    crossed = QLineF.IntersectionType.BoundedIntersection
    return box.contains(line.p1()) or any(line.intersects(side)[0] == crossed for side in sides)


@pytest.mark.parametrize("scale", [1.0, 1.75])
@pytest.mark.parametrize(("rank", "held"), [(5, 40_000), (1, 3), (30_000_000, 33_000_000), (4000, 5000)])
@pytest.mark.parametrize("width", [330, 520, 900])
def test_words_cover_neither_the_curve_nor_a_dot_nor_each_other(
    qtbot, theme, scale: float, width: int, rank: int, held: int
) -> None:
    theme.set_scale(scale)
    view = shown(qtbot, WorldCurve(theme, "Order", log_x=True), round(width * scale), round(190 * scale))
    y = float(np.interp(rank, RANKS, LOG_P))
    marks = (Mark(held, None, "90 % of the mass"), Mark(rank, y, f"rank {rank:,}"))
    view.show_curve(RANKS, LOG_P, "model", ("rank", "log p, nats"), marks)
    view.grab()
    points = [view.pixel_of(float(x), float(y)) for x, y in zip(RANKS, LOG_P, strict=True)]
    dot = view.pixel_of(rank, y)
    assert len(view._words) == 2
    a, b = view._words
    assert not a.intersects(b)
    for box in view._words:
        assert view._plot.adjusted(-1, -1, 1, 1).contains(box)
        assert not box.contains(dot)
        assert not box.left() < view.pixel_of(held, 0.0).x() < box.right()
        assert not any(crosses(QLineF(p, q), box) for p, q in pairwise(points))


def test_a_plot_too_narrow_for_a_word_still_shows_it(qtbot, theme) -> None:
    view = shown(qtbot, WorldCurve(theme, "Order", log_x=True), 120, 120)
    view.show_curve(RANKS, LOG_P, "model", ("rank", "log p"), (Mark(5, None, "a word of some length"),))
    view.grab()
    assert len(view._words) == 1
