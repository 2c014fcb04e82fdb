"""Decimation loses no peak."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from genplay.spaces.plane import HOME, Grid
from genplay.ui.paint.arrows import arrow_segments
from genplay.ui.paint.curves import CurveItem, decimate


@given(arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6)), st.integers(1, 40))
def test_extremes_and_order_are_kept(y: np.ndarray, buckets: int) -> None:
    x = np.arange(len(y), dtype=np.float64)
    dx, dy = decimate(x, y, buckets)
    size = len(y) // buckets
    body = y if len(y) <= 2 * buckets else y[: size * buckets]
    assert body.min() in dy
    assert body.max() in dy
    assert (np.diff(dx) >= 0).all()
    assert np.isin(dx, x).all()
    assert dx[-1] == x[-1] or len(y) % buckets == 0
    assert len(dx) <= max(2 * buckets + 1, len(y) if len(y) <= 2 * buckets else 0)


def test_gaps_stay_gaps(qapp) -> None:
    y = np.sin(np.arange(1000.0))
    y[200:400] = np.nan
    dx, dy = decimate(np.arange(1000.0), y, 10)
    assert np.nanmax(np.abs(dy)) <= 1.0
    item = CurveItem(QPen())
    item.show_curve(dx, dy)
    assert item.boundingRect().width() > 900
    item.show_curve(np.array([np.nan]), np.array([1.0]))
    assert item.boundingRect().isNull()
    item.show_curve(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    assert not item.boundingRect().isEmpty()


def test_arrows_point_along_the_field_and_stay_in_their_cell() -> None:
    grid = Grid(HOME, 48)
    field = np.zeros((48, 48, 2))
    field[..., 0] = 3.0
    field[:24, :, 0] = -1e6
    segments = arrow_segments(field, grid, across=24)
    shafts = segments[: len(segments) // 3]
    direction = shafts[:, 1] - shafts[:, 0]
    lower = shafts[:, 0, 1] < 0
    assert (direction[lower, 0] < 0).all()
    assert (direction[~lower, 0] > 0).all()
    assert np.abs(direction[:, 1]).max() < 1e-9
    assert np.linalg.norm(direction, axis=1).max() <= 2 * 4 / 48
    assert len(arrow_segments(np.zeros((48, 48, 2)), grid)) == 0


def test_a_single_point_is_a_dot_that_can_be_seen(qapp) -> None:
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    item = CurveItem(QPen(QColor("black"), 0))
    item.show_curve(np.array([20.0, 30.0]), np.array([20.0, np.nan]))
    assert not item.boundingRect().isEmpty()
    painter = QPainter(image)
    item.paint(painter)
    painter.end()
    dark = [(x, y) for x in range(40) for y in range(40) if image.pixelColor(x, y).lightness() < 100]
    assert len(dark) >= 9
    assert all(abs(x - 20) <= 3 and abs(y - 20) <= 3 for x, y in dark)
