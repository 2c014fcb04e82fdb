"""The table of runs where there is little room: lines, order, arrows, and that nothing is cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.datasets.base import DataSpec
from genplay.lab.metric_groups import available, first_look
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable
from genplay.quantity import estimate, exact
from genplay.ui.panels.score_grid import ScoreGrid
from genplay.ui.panels.score_narrow import figure_lines, wrapped
from tests.ui.pictures import shown

IDS = ("nll", "nll_train", "kl", "reverse_kl", "sliced_wasserstein", "precision", "recall", "js")


def table() -> ScoreTable:
    figures = {id: Figure(exact(1.25, "m"), 5) for id in IDS[:4]}
    figures |= {id: Figure(estimate(0.1234, 0.0123, "m"), 5) for id in IDS[4:]}
    cards = available("plane")
    rows = tuple(
        ScoreRow(key, title, "kept", "gmm", "plane", DataSpec("two-moons"), 5, figures)
        for key, title in (("a", "Neural spline flow"), ("b", "Generative adversarial network"))
    )
    return ScoreTable(rows, tuple(cards[id] for id in cards if id in IDS))


@pytest.fixture
def grid(qtbot, theme) -> ScoreGrid:
    made = shown(qtbot, ScoreGrid(theme), 354, 210)
    made.show_table(table(), ("", False))
    QApplication.processEvents()
    return made


def wholly_seen(grid: ScoreGrid) -> int:
    return grid.columnCount() - len(grid.hints.out_of_sight(1)) - len(grid.hints.out_of_sight(-1))


def test_names_and_figures_stand_in_two_lines_and_three_columns_are_seen(grid: ScoreGrid) -> None:
    assert wholly_seen(grid) >= 3
    assert [c.id for c in grid._table.columns][:3] == ["nll", "kl", "sliced_wasserstein"]
    assert grid.item(0, 2).text() == "≈ 0.123\n± 0.012"
    assert grid.text_of("a", "sliced_wasserstein") == "≈ 0.123 ± 0.012"
    assert grid.verticalHeaderItem(0).text() == "Neural spline\nflow · 5"
    assert grid.horizontalHeaderItem(2).text() == "Sliced\nWasserstein\nunits ↓"
    assert "Generative adversarial network · 5" in grid.verticalHeaderItem(1).toolTip()


def test_every_line_has_its_room(grid: ScoreGrid) -> None:
    metrics = grid.fontMetrics()
    assert grid.rowHeight(0) >= 2 * metrics.height()
    for j in range(grid.columnCount()):
        lines = grid.item(0, j).text().split("\n")
        assert max(map(metrics.horizontalAdvance, lines)) <= grid.columnWidth(j) - 6
    head = grid.horizontalHeader()
    most = max(grid.horizontalHeaderItem(j).text().count("\n") for j in range(grid.columnCount()))
    assert head.height() >= (most + 1) * metrics.height()


def test_the_arrows_in_the_corner_go_to_what_is_out_of_sight(grid: ScoreGrid) -> None:
    left, right = grid.hints.left, grid.hints.right
    assert right.isVisible()
    assert not left.isEnabled()
    seen = wholly_seen(grid)
    assert right.accessibleName() == f"{grid.columnCount() - seen} more columns to the right"
    assert right.geometry().right() < grid.horizontalHeader().geometry().left()
    for _ in range(grid.columnCount()):
        if right.isEnabled():
            QTest.mouseClick(right, Qt.MouseButton.LeftButton)
    assert grid.hints.out_of_sight(1) == []
    assert left.isEnabled()
    for _ in range(grid.columnCount()):
        if left.isEnabled():
            QTest.mouseClick(left, Qt.MouseButton.LeftButton)
    assert grid.hints.out_of_sight(-1) == []


def test_with_room_everything_stands_in_one_line_in_the_order_of_the_groups(grid: ScoreGrid) -> None:
    grid.resize(1400, 210)
    QApplication.processEvents()
    assert [c.id for c in grid._table.columns] == [c.id for c in table().columns]
    assert grid.item(0, 0).text() == "= 1.250"
    assert not any("\n" in grid.horizontalHeaderItem(j).text() for j in range(grid.columnCount()))
    assert not grid.hints.right.isVisible()
    grid.resize(354, 210)
    QApplication.processEvents()
    assert "\n" in grid.verticalHeaderItem(0).text()


@pytest.mark.parametrize("scale", [1.0, 1.75])
def test_two_columns_are_seen_in_the_narrowest_dock(qtbot, theme, scale: float) -> None:
    theme.set_scale(scale)
    grid = shown(qtbot, ScoreGrid(theme), round(270 * scale), round(180 * scale))
    grid.show_table(table(), ("kl", False))
    QApplication.processEvents()
    assert wholly_seen(grid) >= 2


def test_words(grid: ScoreGrid) -> None:
    metrics = QFontMetrics(grid.font())
    assert wrapped("One", metrics, 200) == "One"
    assert wrapped("One long name", metrics, metrics.horizontalAdvance("One long")) == "One long\nname"
    assert figure_lines("= 0.100") == "= 0.100"
    assert first_look(["js", "recall", "nll"]) == ("nll", "recall", "js")
