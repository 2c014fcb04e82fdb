"""Colours of heat maps: even steps, the right end, the right way up."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QRectF

from genplay.spaces.plane import Box
from genplay.ui.paint.heat import HeatItem, ink_table, oklab, placed, table
from genplay.ui.tokens import DARK, LIGHT
from tests.ui.pictures import near, pixel, shown

DIVERGING = ("error", "discriminator")


def lab_of(colours: np.ndarray) -> np.ndarray:
    rgb = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1) / 255.0
    return oklab(rgb)


def test_oklab_against_published_values() -> None:
    # White, and the pairs given in Ottosson's text by way of their sRGB colours.
    assert oklab(np.array([[1.0, 1.0, 1.0]]))[0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
    assert oklab(np.array([[1.0, 0.0, 0.0]]))[0] == pytest.approx([0.628, 0.225, 0.126], abs=2e-3)
    assert oklab(np.array([[0.0, 0.0, 1.0]]))[0] == pytest.approx([0.452, -0.032, -0.312], abs=2e-3)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", list(LIGHT.heat))
def test_steps_are_even_and_lightness_tells_the_order(tokens, name: str) -> None:
    colours = table(tokens.heat[name], diverging=name in DIVERGING)
    lab = lab_of(colours)
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    halves = (slice(0, 127), slice(128, 255)) if name in DIVERGING else (slice(0, 255),)
    for half in halves:
        # Rounding to 8 bits alone moves a step by up to 0.004.
        smooth = np.convolve(steps[half], np.ones(9) / 9, mode="valid")
        assert smooth.max() < 1.6 * smooth.min() + 0.002
    if name in ("density", "truth", "energy"):
        lightness = np.convolve(lab[:, 0], np.ones(5) / 5, mode="valid")
        falling = np.diff(lightness)
        assert (falling < 2e-3).all() or (falling > -2e-3).all()


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_nothing_looks_like_the_empty_stage(tokens) -> None:
    canvas = int(tokens.canvas[1:], 16)
    assert table(tokens.heat["density"])[0] & 0xFFFFFF == canvas
    assert table(tokens.heat["truth"])[0] & 0xFFFFFF == canvas
    for name in DIVERGING:
        middle = table(tokens.heat[name], diverging=True)[127:129] & 0xFFFFFF
        assert list(middle) == [canvas, canvas]


def test_placed_on_both_scales_and_what_is_not_finite() -> None:
    values = np.array([-1.0, 0.0, 0.25, 1.0, 2.0, np.nan, np.inf, -np.inf])
    assert list(placed(values, 0.0, 1.0)) == [0, 0, 64, 255, 255, 0, 255, 0]
    assert list(placed(values, 0.0, 1.0, "root"))[:5] == [0, 0, 128, 255, 255]
    assert list(placed(np.array([3.0, 3.0]), 3.0, 3.0)) == [0, 0]


def test_row_0_lies_at_the_bottom(qtbot) -> None:
    view = pg.GraphicsView()
    box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
    view.setCentralItem(box)
    item = HeatItem()
    box.addItem(item)
    values = np.array([[1.0, 1.0], [0.0, 0.5]])
    item.show_values(values, Box(0.0, 2.0, 0.0, 2.0), ink_table("#000000", "#FFFFFF"), 0.0, 1.0)
    shown(qtbot, view, 200, 200)
    box.setRange(QRectF(0, 0, 2, 2), padding=0.0)
    assert near(pixel(view, QPoint(20, 180)), "#FFFFFF", 30), "bottom left is row 0"
    assert near(pixel(view, QPoint(180, 180)), "#FFFFFF", 30)
    assert near(pixel(view, QPoint(10, 10)), "#000000", 30), "top left is row 1, column 0"
    top_right = pixel(view, QPoint(190, 10)).lightness()
    assert 40 < top_right < 220
    item.clear()
    assert not item.shown
