"""The views of exhibits show the numbers they were given: colours, places and tooltips."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from genplay.models.exhibits import Bars, Curves, Facts, Matrix, Pictures, PixelGraph, PlanePicture, Polyline
from genplay.spaces.plane import Box
from genplay.ui.exhibits.bars import BarsView
from genplay.ui.exhibits.curves import CurvesView
from genplay.ui.exhibits.facts import FactsView
from genplay.ui.exhibits.kinds import view_of
from genplay.ui.exhibits.matrix import MatrixView
from genplay.ui.exhibits.pictures import PicturesView
from genplay.ui.exhibits.pixel_graph import PixelGraphView
from genplay.ui.exhibits.plane_picture import PlanePictureView
from genplay.ui.exhibits.scale import ValueColours
from genplay.ui.theme import DARK, LIGHT
from tests.ui.pictures import near, pixel, shown


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_signed_values_have_one_scale_about_zero(tokens) -> None:
    values = np.array([-0.5, 0.0, 0.5, 2.0])
    colours = ValueColours.of(values, "signed", tokens)
    assert colours.low == -colours.high == -2.0
    shades = [QColor(int(c)) for c in colours.take(values)]
    assert near(shades[1], tokens.canvas, 6), "nothing there looks like the empty stage"
    assert near(shades[3], tokens.heat["error"][-1])
    assert shades[0] != shades[2]
    assert ValueColours.of(np.array([0.2, 0.9]), "ink", tokens).high == 1.0
    assert ValueColours.of(np.array([0.0, 7.0]), "ink", tokens).high == 8.0
    assert ValueColours.of(np.array([np.nan]), "signed", tokens).high == 1.0


def test_pictures_show_each_pixel_in_its_place(qtbot, theme) -> None:
    values = np.zeros((3, 25))
    values[1, 7] = 1.0  # row 2, column 3
    view = shown(qtbot, PicturesView(theme), 260, 120)
    view.show_exhibit(Pictures("P", values, ("a", "b", "c")))
    box = view.rect_of(1)
    side = box.width() // 5
    at = box.topLeft() + QPoint(2 * side + side // 2, side + side // 2)
    assert near(pixel(view, at), theme.tokens.model)
    assert near(pixel(view, at + QPoint(side, 0)), theme.tokens.sunken)
    assert view.tip_at(at) == "b: row 2, column 3: 1"
    assert view.tip_at(QPoint(-5, -5)) == ""
    narrow, wide = view.heightForWidth(100), view.heightForWidth(400)
    assert narrow > wide, "pictures wrap"


def test_tooltips_come_with_the_mouse(qtbot, theme) -> None:
    view = shown(qtbot, MatrixView(theme), 200, 100)
    view.show_exhibit(Matrix("M", np.array([[0.25, np.nan]]), ("r",), ("c", "d")))
    at = view.rect_of(0, 0).center().toPoint()
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, at, view.mapToGlobal(at)))
    assert QToolTip.text() == "r, c: 0.25"
    assert view.tip_at(view.rect_of(0, 1).center().toPoint()) == "r, d: no connection"
    QToolTip.hideText()


def test_a_matrix_shows_its_cells(qtbot, theme) -> None:
    values = np.array([[1.0, 0.0], [np.nan, 0.5]])
    view = shown(qtbot, MatrixView(theme), 200, 120)
    view.show_exhibit(Matrix("M", values))
    corner = view.rect_of(0, 0).topLeft().toPoint() + QPoint(2, 2)
    assert near(pixel(view, corner), theme.tokens.model)
    empty = view.rect_of(1, 0).center().toPoint()
    assert near(pixel(view, empty), view.palette().color(view.backgroundRole())), "a masked cell stays empty"
    large = Matrix("M", np.random.default_rng(0).normal(size=(64, 25)), scale="signed")
    view.show_exhibit(large)
    assert view.rect_of(63, 24).right() <= view.width()
    assert view.heightForWidth(200) > view.rect_of(63, 0).bottom()


def test_a_graph_draws_strong_edges_in_the_colour_of_their_sign(qtbot, theme) -> None:
    edges = np.array([[0, 4], [20, 24]])
    view = shown(qtbot, PixelGraphView(theme), 260, 300)
    view.show_exhibit(PixelGraph("G", edges, np.array([2.0, -2.0]), nodes=np.eye(25)[12]))
    between = (view.place(0) + view.place(1)) / 2
    assert near(pixel(view, between), theme.tokens.error_positive)
    assert near(pixel(view, (view.place(20) + view.place(21)) / 2), theme.tokens.error_negative)
    assert near(pixel(view, view.place(12)), theme.tokens.model)
    tip = view.tip_at(view.place(0).toPoint())
    assert tip.splitlines() == ["row 1, column 1: 0", "with row 1, column 5: 2"]


def test_few_bars_are_as_long_as_their_values(qtbot, theme) -> None:
    view = shown(qtbot, BarsView(theme), 300, 80)
    view.show_exhibit(Bars("B", ("a", "b"), np.array([1.0, 0.25]), errors=np.array([0.1, 0.2])))
    image = view.grab().toImage()
    line = view._line()
    long = [
        sum(near(image.pixelColor(x, int(line * i + 4)), theme.tokens.model) for x in range(300))
        for i in (0, 1)
    ]
    assert long[1] == pytest.approx(long[0] / 4, abs=3)
    assert view.tip_at(QPoint(5, int(1.5 * line))) == "b: ≈ 0.25 ± 0.2"


def test_many_bars_stand_side_by_side_and_go_below_zero(qtbot, theme) -> None:
    values = np.where(np.arange(40) % 2 == 0, 1.0, -1.0)
    view = shown(qtbot, BarsView(theme), 400, 140)
    view.show_exhibit(Bars("B", tuple(f"u{i}" for i in range(40)), values, "activation"))
    plot = view._plot()
    pitch = plot.width() / 40
    above, below = plot.top() + plot.height() * 0.25, plot.top() + plot.height() * 0.75
    at = plot.left() + 4.4 * pitch
    assert near(pixel(view, QPoint(int(at), int(above))), theme.tokens.model)
    assert not near(pixel(view, QPoint(int(at), int(below))), theme.tokens.model)
    assert near(pixel(view, QPoint(int(at + pitch), int(below))), theme.tokens.model)
    assert view.tip_at(QPoint(int(at), int(above))) == "u4: 1 activation"


def test_curves_pass_through_their_points(qtbot, theme) -> None:
    x = np.linspace(0.0, 1.0, 50)
    view = shown(qtbot, CurvesView(theme), 300, 160)
    view.show_exhibit(Curves("C", {"model": (x, x), "truth": (x, 1 - x)}, "x", "y"))
    view.grab()
    assert near(pixel(view, view._pixel(0.25, 0.25)), theme.tokens.model, 60)
    assert near(pixel(view, view._pixel(0.25, 0.75)), theme.tokens.truth, 60)
    assert "model: 0.49" in view.tip_at(view._pixel(0.49, 0.5).toPoint())
    view.show_exhibit(Curves("C", {"nothing": (np.array([]), np.array([])), "nan": (x, np.full(50, np.nan))}))
    view.grab()


def test_a_curve_that_its_axis_names_is_not_named_twice(qtbot, theme) -> None:
    x = np.linspace(0, 1, 50)
    view = shown(qtbot, CurvesView(theme), 260, 160)
    view.show_exhibit(Curves("C", {"loss": (x, x)}, "step", "loss"))
    short = view.height_for(260)
    view.show_exhibit(Curves("C", {"loss": (x, x)}, "step", "nats"))
    assert view.height_for(260) > short


def test_the_plane_has_its_top_at_the_top(qtbot, theme) -> None:
    field = np.zeros((20, 20))
    field[15:, :5] = 1.0  # large y, small x
    square = np.array([[0.5, -0.5], [0.9, -0.5], [0.9, -0.9], [0.5, -0.9]])
    exhibit = PlanePicture(
        "P", Box(-1, 1, -1, 1),
        (Polyline(np.array([[0.0, 0.0]]), "data", dots=True, label="x"), Polyline(square, "truth", closed=True)), field,
    )  # fmt: skip
    view = shown(qtbot, PlanePictureView(theme), 220, 280)
    view.show_exhibit(exhibit)
    assert near(pixel(view, view.pixel_of(-0.9, 0.9)), theme.tokens.heat["density"][-1])
    assert near(pixel(view, view.pixel_of(0.9, 0.9)), theme.tokens.canvas)
    assert near(pixel(view, view.pixel_of(0.0, 0.0)), theme.tokens.data)
    assert near(pixel(view, view.pixel_of(0.9, -0.7)), theme.tokens.truth, 90), "a closed line comes back"
    assert near(pixel(view, view.pixel_of(0.5, -0.7)), theme.tokens.truth, 90)
    assert view.tip_at(view.pixel_of(-0.9, 0.9).toPoint()).endswith(": 1")


@pytest.mark.parametrize("scale", [1.0, 1.75])
def test_empty_exhibits_are_drawn_as_nothing(qtbot, theme, scale: float) -> None:
    theme.set_scale(scale)
    nothing = np.empty(0)
    for exhibit in (
        Pictures("P", np.empty((0, 25))),
        Matrix("M", np.empty((0, 0))),
        PixelGraph("G", np.empty((0, 2), np.int64), nothing),
        Curves("C", {}),
        Bars("B", (), nothing),
        PlanePicture("L", Box(0, 1, 0, 1), field=np.full((3, 3), np.nan)),
    ):
        view = shown(qtbot, view_of(exhibit, theme), 200, 100)
        view.grab()
        assert view.tip_at(QPoint(10, 10)) is not None


def test_no_word_of_a_fact_is_wider_than_its_column(qtbot, theme) -> None:
    view = shown(qtbot, FactsView(theme), 260, 160)
    view.show_exhibit(Facts("F", (("reconstruction, mean", "one word"), ("KL", "= 0.1 nats"))))
    theme.set_scale(1.6)
    qtbot.wait(30)
    for label in (label for row in view.rows for label in row):
        widest = max(label.fontMetrics().horizontalAdvance(word) for word in label.text().split())
        assert label.width() >= widest
