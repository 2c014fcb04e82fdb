"""Points lie where they should, whole at the border, and never wrap around."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from genplay.spaces.plane import HOME
from genplay.ui.paint.points import Marker, PointsItem, cloud, marker_path, sprite, stamp
from genplay.ui.tokens import MARKERS
from tests.ui.pictures import near, pixel, shown

RED = Marker("o", 7.0, "#FF0000")


@given(st.floats(-200, 300), st.floats(-200, 300))
def test_a_stamp_covers_its_own_pixels_and_no_others(column: float, row: float) -> None:
    picture = np.zeros((100 + 64, 100 + 64), np.uint32)
    stamp(picture, [(np.array([column]), np.array([row]), RED)], 1.0)
    rows, columns = np.nonzero(picture[32:-32, 32:-32])
    if len(rows):
        assert np.abs(rows + 0.5 - row).max() <= 5.5
        assert np.abs(columns + 0.5 - column).max() <= 5.5
    else:
        assert not (1 <= column < 99 and 1 <= row < 99)


def test_points_that_are_not_finite_are_left_out() -> None:
    picture = np.zeros((164, 164), np.uint32)
    stamp(picture, [(np.array([np.nan, np.inf, 50.0]), np.array([50.0, 50.0, np.nan]), RED)], 1.0)
    assert not picture.any()


def test_an_edge_never_eats_into_a_body() -> None:
    outlined = Marker("o", 9.0, "#FF0000", "#FFFFFF")
    picture = np.zeros((164, 164), np.uint32)
    stamp(picture, [(np.array([50.0, 54.0]), np.array([50.0, 50.0]), outlined)], 1.0)
    assert picture[32 + 50, 32 + 50] == 0xFFFF0000
    assert picture[32 + 50, 32 + 54] == 0xFFFF0000


@pytest.mark.parametrize("shape", MARKERS)
def test_every_class_has_a_shape_of_its_own(shape: str) -> None:
    assert 0.05 < marker_path(shape).boundingRect().width() <= 1.25
    shapes = {
        frozenset(zip(*(a.tolist() for a in sprite(Marker(s, 12.0, "#FF0000"))[:2]), strict=True))
        for s in MARKERS
    }
    assert len(shapes) == len(MARKERS)


def test_too_large_a_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        stamp(
            np.zeros((164, 164), np.uint32),
            [(np.array([5.0]), np.array([5.0]), Marker("o", 60.0, "#FF0000"))],
            1.0,
        )


def test_groups_that_take_turns_do_not_hide_each_other() -> None:
    n, blue = 1000, Marker("o", 7.0, "#0000FF")
    red, other = np.random.default_rng(0).uniform(20, 80, (2, 2, n))
    seen = {}
    for handfuls in (1, 8):
        picture = np.zeros((164, 164), np.uint32)
        stamp(picture, [(*red, RED), (*other, blue)], 1.0, handfuls)
        seen[handfuls] = [int((picture == value).sum()) for value in (0xFFFF0000, 0xFF0000FF)]
    # The last handful, an eighth of the points, always lies on top; all blue ones hide all red ones.
    assert seen[1][0] < 0.02 * seen[1][1]
    assert 0.15 < seen[8][0] / seen[8][1] < 1.0


def test_a_cloud_has_its_y_axis_upwards() -> None:
    picture = cloud([(np.array([[1.0, 1.5]]), RED)], HOME, 80, "#FFFFFF")
    rows, columns = np.nonzero(picture != 0xFFFFFFFF)
    assert columns.mean() == pytest.approx(60, abs=1)
    assert rows.mean() == pytest.approx(10, abs=1)


def test_the_item_stamps_where_the_view_says(qtbot) -> None:
    view = pg.GraphicsView(background="#FFFFFF")
    box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
    view.setCentralItem(box)
    item = PointsItem()
    box.addItem(item, ignoreBounds=True)
    item.show_points(
        [(np.array([[0.5, 0.25]]), RED), (np.array([[-0.5, -0.5]]), Marker("s", 9.0, "#0000FF"))]
    )
    shown(qtbot, view, 240, 200)
    box.setRange(QRectF(-1, -1, 2, 2), padding=0.0)
    for place, colour in (((0.5, 0.25), "#FF0000"), ((-0.5, -0.5), "#0000FF"), ((0.0, 0.0), "#FFFFFF")):
        at = view.mapFromScene(box.mapViewToScene(QPointF(*place)))
        assert near(pixel(view, at), colour)
    # Another view of the plane, the same points.
    box.setRange(QRectF(-2, -2, 4, 4), padding=0.0)
    at = view.mapFromScene(box.mapViewToScene(QPointF(0.5, 0.25)))
    assert near(pixel(view, at), "#FF0000")
    assert item.count == 2
