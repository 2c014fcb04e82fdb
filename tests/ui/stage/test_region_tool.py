"""Measuring a region with the mouse, and what stands on the stage then."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from genplay.metrics.region import Masses
from genplay.quantity import estimate, exact
from genplay.ui.stage.region import corners, labelled, region_methods, region_words
from genplay.ui.stage.stage import Stage
from tests.ui.pictures import Scene, drag, near, pixel, shown


@pytest.fixture
def scene(theme):
    made = Scene(theme)
    yield made
    made.experiment.close()


@pytest.fixture
def stage(qtbot, scene: Scene):
    made = Stage(scene.experiment, scene.actions, scene.theme)
    shown(qtbot, made, 640, 520)
    yield made
    made.close_threads()


def place(stage: Stage, x: float, y: float) -> QPoint:
    canvas = stage.plane.canvas
    return canvas.mapFromScene(canvas.view.mapViewToScene(QPointF(x, y)))


def test_a_loop_is_drawn_only_with_the_tool_in_hand(stage: Stage, scene: Scene) -> None:
    canvas, region = stage.plane.canvas, scene.experiment.region
    before = canvas.seen()
    QTest.mouseClick(stage.pencil, Qt.MouseButton.LeftButton)
    assert region.tool
    assert canvas.sketching
    assert "Draw a closed loop" in stage.readout.text()
    QTest.mousePress(
        canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(stage, -1, -1)
    )
    for x, y in ((0, -1), (1, -1), (1, 1), (-1, 1)):
        QTest.mouseMove(canvas.viewport(), place(stage, x, y))
    QTest.mouseRelease(
        canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(stage, -1, 1)
    )
    assert region.loop is not None
    assert np.allclose(region.loop.max(axis=0), 1, atol=0.05)
    assert np.allclose(region.loop.min(axis=0), -1, atol=0.05)
    assert canvas.seen() == before
    assert canvas.overlay.region is not None
    scene.actions.run("stage.measure")
    assert canvas.overlay.region is None
    scene.actions.run("stage.measuring")
    assert not canvas.sketching
    assert not stage.pencil.isChecked()
    drag(canvas.viewport(), place(stage, 0, 0), place(stage, 0.5, 0))
    assert region.loop is None


def test_the_loop_is_seen(stage: Stage, scene: Scene, theme) -> None:
    scene.actions.run("stage.measure", points=[[-1, -1], [1, 1]])
    border = [place(stage, -1, 0.3) + QPoint(dx, 0) for dx in (-1, 0, 1)]
    assert any(near(pixel(stage.plane.canvas, at), theme.color("accent")) for at in border)


class Told:
    loop, tool, trouble = np.zeros((3, 2)), True, ""
    masses = Masses(exact(0.25, "by quadrature", ""), estimate(0.2, 0.01, "counted", ""))


def test_words_and_labels_say_what_each_number_is() -> None:
    told = Told()
    assert (
        region_words(told)
        == "Probability in the region: the model = 0.250, exact; the truth ≈ 0.200 ± 0.010."
    )
    assert region_methods(told) == "model: by quadrature\ntruth: counted"
    assert [text for text, _ in labelled(told).lines] == ["model = 0.250, exact", "truth ≈ 0.200 ± 0.010"]
    told.masses = Masses(None, None)
    assert "neither be integrated nor drawn from" in region_words(told)
    told.masses = None
    assert labelled(told).lines[0][0] == "measuring …"
    told.trouble = "It went wrong."
    assert region_words(told) == "It went wrong."
    told.loop = None
    assert labelled(told) is None


def test_two_points_are_a_rectangle() -> None:
    assert corners(np.array([[0.0, 1.0], [2.0, 3.0]])).tolist() == [[0, 1], [2, 1], [2, 3], [0, 3]]
    assert len(corners(np.zeros((5, 2)))) == 5


def test_each_contour_says_how_much_it_holds(stage: Stage, scene: Scene) -> None:
    scene.actions.run("stage.layer", name="contours", on=True)
    stage.render(scene.snapshot(wanted=stage.fields()))
    names = stage.plane.canvas.contours.names
    assert {name.text for name in names} <= {"50 %", "90 %", "99 %"}
    assert "50 %" in {name.text for name in names}
    assert stage.plane.canvas.overlay.levels[1].names is names
