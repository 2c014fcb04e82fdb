"""Tiles under real mouse and keyboard events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from genplay.spaces.binary import images
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from tests.ui.pictures import near, pixel, shown


@pytest.fixture
def grid(qtbot, theme) -> TileGrid:
    made = TileGrid(theme, "images", drag_prefix="genplay/sample:")
    shown(qtbot, made, 300, 200)
    made.show_tiles(digit_tiles(images(np.arange(20)), ink_table("#FFFFFF", "#FF0000")))
    return made


def test_pixels_are_crisp_and_in_raster_order(grid: TileGrid) -> None:
    # Image 5 = 1·1 + 1·4 has ink in pixels 0 and 2 of its first row.
    tile = grid.rect_of(5)
    cell = tile.width() // 5
    for column, colour in enumerate(("#FF0000", "#FFFFFF", "#FF0000", "#FFFFFF", "#FFFFFF")):
        for x in (1, cell - 2):
            at = QPoint(tile.left() + column * cell + x, tile.top() + cell // 2)
            assert near(pixel(grid, at), colour, 2)
    assert near(pixel(grid, QPoint(tile.left() + cell // 2, tile.top() + cell + 3)), "#FFFFFF", 2)


def test_click_hover_and_arrow_keys(qtbot, grid: TileGrid) -> None:
    chosen, hovered, keys = [], [], []
    grid.chosen.connect(chosen.append)
    grid.hovered.connect(hovered.append)
    grid.key_pressed.connect(lambda text, i: keys.append((text, i)))
    QTest.mouseMove(grid, grid.rect_of(3).center())
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.rect_of(3).center())
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.rect().bottomRight() - QPoint(2, 2))
    assert chosen == [3], "a click beside the tiles chooses nothing"
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_A):
        QTest.keyClick(grid, key)
    columns = grid.at(grid.rect_of(0).center() + QPoint(0, grid.rect_of(0).height() + 10))
    assert chosen == [3, 4, 3, 3 + columns]
    assert keys == [("a", 3 + columns)]
    assert 3 in hovered


def test_a_tile_carries_its_number(grid: TileGrid) -> None:
    assert grid.drag_data(7).text() == "genplay/sample:7"


def test_as_many_as_fit_are_shown(qtbot, theme) -> None:
    made = TileGrid(theme, "images", least=26)
    made.show_tiles(np.full((500, 5, 5), 0xFF112233, np.uint32))
    shown(qtbot, made, 200, 100)
    assert 0 < made.shown < 500
    assert made.rect_of(0).width() >= 26
    assert all(made.rect().contains(made.rect_of(i)) for i in range(made.shown))
    assert made.at(made.rect_of(made.shown - 1).center()) == made.shown - 1


def test_a_choice_that_is_gone_is_given_up(grid: TileGrid) -> None:
    grid.choose(19)
    grid.show_tiles(np.zeros((3, 5, 5), np.uint32))
    assert grid.current == -1
    assert grid.count == 3
