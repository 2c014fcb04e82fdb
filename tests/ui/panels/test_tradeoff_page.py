"""The page of trade-offs: drawn by a real click, read with mouse and keys, switched, stopped; and the numbers of its picture."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from genplay.lab.tradeoffs import Curve, Point
from genplay.quantity import bound, estimate, exact
from genplay.ui.panels.tradeoff_picture import picture_of
from genplay.ui.panels.tradeoffs import TradeoffPage
from tests.ui.pictures import Scene, near, pixel, shown

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def scene(theme) -> Iterator[Scene]:
    made = Scene(theme)
    made.snapshot(5, "paused")
    yield made
    made.experiment.close()


def opened(qtbot, scene: Scene, width: int = 380, height: int = 460) -> TradeoffPage:
    return shown(qtbot, TradeoffPage(scene.experiment, scene.actions, scene.theme), width, height)


def beat(page: TradeoffPage, until, condition, what: str = "") -> None:
    def ready() -> bool:
        page._experiment.poll()
        page.beat()
        return bool(condition())

    until(ready, what)


def rate(beta: float, r: float, d: float) -> Point:
    figures = {
        "rate": estimate(r, 0.01, "m"), "distortion": estimate(d, 0.02, "m"),
        "negative_elbo": bound(r + d, "upper", "m", 0.02),
    }  # fmt: skip
    return Point(beta, figures)


def rates() -> Curve:
    points = (rate(0.1, 4.0, -1.0), rate(1.0, 2.0, 0.2), rate(10.0, 0.5, 2.5))
    return Curve(
        "rate-distortion", "VAE", "vae", "two-moons", 5, points, exact(1.0, "m"), rate(2.0, 1.5, 1.0)
    )


def cost(
    run: str = "DDPM", worst: float = 1.0, floor: float = 0.05, measure: str = "sliced_wasserstein"
) -> Curve:
    points = tuple(
        Point(
            n,
            {
                "seconds": estimate(n * 1e-4, 1e-5, "m", "s"),
                "quality": estimate(worst / n, 0.01, "m", "units"),
            },
        )
        for n in (2, 4, 8)
    )
    return Curve("cost", run, "ddpm", "two-moons", 5, points, estimate(floor, 0.01, "m"), measure=measure)


def put(scene: Scene, *curves: Curve) -> None:
    run = scene.experiment.evaluation.tradeoffs
    run._curves[curves[0].id] = curves
    run.choose(curves[0].id)
    run.changed.emit()


def test_bars_and_the_floor_are_in_the_picture() -> None:
    picture = picture_of([rates()], "steps")
    x0, x1, y0, y1 = picture.ends()
    assert x0 < 0.5 - 0.0196
    assert x1 > 4.0196
    assert y0 < -1.0392
    assert y1 > 2.5392
    assert picture.diagonal
    assert picture.floor == 1.0
    assert picture.best == pytest.approx(2.2)
    assert [place.own for _, place in picture.places()] == [False, False, False, True]


def test_what_lies_far_apart_is_drawn_in_ratios_and_time_in_milliseconds() -> None:
    far = picture_of([cost(worst=2.0)], "steps")
    assert far.log_x
    assert far.log_y
    assert far.x_marks == (2, 4, 8)
    assert not picture_of([cost(worst=0.4, floor=0.04)], "steps").log_y
    assert picture_of([cost(), cost("flow")], "time").series[1].places[2].x == pytest.approx(0.8)
    unsteady = Point(4, {"seconds": estimate(1e-3, 2e-3, "m", "s")})
    times = picture_of([Curve("dimensions", "MADE", "made", "glyphs", 5, (unsteady,))], "steps")
    assert -0.5 < times.ends()[2] <= 0.0, "no time is negative"
    assert far.floor_is_low()
    high = picture_of([cost(floor=0.9, measure="precision")], "steps")
    assert not high.floor_is_low()
    assert "Precision" in high.y_title
    for picture in (far, high):
        assert all(math.isfinite(end) for end in picture.ends())


def test_a_click_draws_and_the_same_button_stops(qtbot, scene: Scene, until) -> None:
    page = opened(qtbot, scene)
    assert not page.plot.isVisible()
    assert "VAE" in page.words.text()
    scene.actions.run("tradeoffs.set", name="training", value=50_000)
    QTest.mouseClick(page.go, LEFT)
    beat(page, until, lambda: page.go.text() == "Stop" and page.progress.isVisible())
    QTest.mouseClick(page.go, LEFT)
    beat(page, until, lambda: page.go.text() == "Draw")
    assert page.words.text().startswith("Stopped.")
    for name, value in (("training", 10), ("betas", 2)):
        scene.actions.run("tradeoffs.set", name=name, value=value)
    page.go.setFocus()
    QTest.keyClick(page.go, Qt.Key.Key_Space)
    beat(page, until, lambda: page.plot.isVisible() and page.go.text() == "Draw", "for the curve")
    assert "β = 0.1: R ≈" in page.plot.accessibleDescription()
    assert "distortion D" in page.plot.accessibleName()
    assert "VAEs with the usual knobs" in page.legend.text().replace("&nbsp;", " ")
    assert page.out.isVisible()
    QTest.mouseClick(page.clear, LEFT)
    assert not page.plot.isVisible()


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("width", [270, 380, 900])
def test_the_floor_is_drawn_where_rate_and_distortion_sum_to_it(
    qtbot, scene: Scene, name: str, width: int
) -> None:
    scene.theme.set(name)
    page = opened(qtbot, scene, width)
    put(scene, rates())
    QTest.qWait(1)
    area = page.plot._area()
    at = page.plot._at(area, 1.0, 0.0)
    assert near(pixel(page.plot, at), scene.theme.color("truth"))
    dot = page.plot.point_of(1)
    assert near(pixel(page.plot, dot), scene.theme.class_color(0))
    assert page.plot._area().height() >= 60
    assert (page._words.x() > page.plot.x()) == (width == 900)


def test_points_are_read_with_mouse_and_keys(qtbot, scene: Scene) -> None:
    page = opened(qtbot, scene)
    put(scene, rates())
    QTest.qWait(1)
    assert page.readout.text() == "Point at a dot to read it."
    QTest.mouseMove(page.plot, page.plot.point_of(1).toPoint())
    assert page.readout.text().startswith("VAEs like the run at step 5, β = 1: R ≈ 2.000")
    QTest.mouseMove(page.plot, QPoint(2, 2))
    assert page.readout.text() == "Point at a dot to read it."
    page.plot.setFocus()
    QTest.keyClick(page.plot, Qt.Key.Key_Right)
    assert "β = 0.1" in page.readout.text()
    QTest.keyClick(page.plot, Qt.Key.Key_Left)
    assert "the run itself" in page.readout.text()


def test_quality_is_drawn_against_steps_or_time(qtbot, scene: Scene) -> None:
    page = opened(qtbot, scene)
    assert not page.axes["time"].isVisible()
    put(scene, cost(), cost("Flow"))
    assert page.choice.currentData() == "cost"
    assert page.axes["steps"].isChecked()
    QTest.mouseClick(page.axes["time"], LEFT)
    assert scene.experiment.evaluation.tradeoffs.axis == "time"
    assert "time a sample" in page.plot.accessibleName()
    assert "Flow" in page.legend.text()
    page.choice.setCurrentIndex(page.choice.findData("rate-distortion"))
    page.choice.activated.emit(page.choice.currentIndex())
    assert scene.experiment.evaluation.tradeoffs.chosen.id == "rate-distortion"
    assert not page.plot.isVisible()


def test_what_cannot_be_drawn_says_why(qtbot, scene: Scene, until) -> None:
    page = opened(qtbot, scene)
    scene.actions.run("tradeoffs.choose", curve="cost")
    scene.worker.model.knobs = scene.experiment.plan().model_knobs
    QTest.mouseClick(page.go, LEFT)
    beat(page, until, lambda: "does not make its samples in steps" in page.words.text())


def test_dimensions_are_offered_for_images_only(qtbot, scene: Scene) -> None:
    page = opened(qtbot, scene)
    assert page.choice.findData("dimensions") < 0
    scene.actions.run("world.choose", name="digits")
    assert page.choice.findData("dimensions") >= 0
    scene.actions.run("tradeoffs.choose", curve="dimensions")
    assert page.choice.currentData() == "dimensions"
    scene.actions.run("world.choose", name="plane")
    assert page.choice.currentData() == "rate-distortion"
