"""The estimators' panel through real events: asked, drawn, read, stopped; in both worlds and at every width."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from genplay.metrics.estimators.convergence import Convergence
from genplay.quantity import estimate, exact
from genplay.ui.panels.convergence_plot import ConvergencePlot, Way, values_in_view
from genplay.ui.panels.estimators import EstimatorsPanel
from tests.ui.pictures import Scene, near, pixel, shown


@pytest.fixture
def scene(theme, request) -> Iterator[Scene]:
    made = Scene(theme, getattr(request, "param", "plane"))
    yield made
    made.experiment.close()


def opened(qtbot, scene: Scene, width: int = 900, height: int = 380) -> EstimatorsPanel:
    return shown(qtbot, EstimatorsPanel(scene.experiment, scene.actions, scene.theme), width, height)


def beat(panel: EstimatorsPanel, until, condition, what: str) -> None:
    def ready() -> bool:
        panel._experiment.poll()
        panel.beat()
        return bool(condition())

    until(ready, what)


def way(value=(1.0, 1.8, 2.0), axis="draws") -> Convergence:
    n = np.array([10.0, 100.0, 1000.0])
    return Convergence(
        "x",
        "A way",
        axis,
        "It says why.",
        n,
        np.array(value),
        np.array([0.8, 0.3, 0.1]),
        estimate(value[-1], 0.1, "as told"),
    )


@pytest.mark.parametrize("width", [1000, 560, 300])
def test_the_entropy_is_estimated_beside_its_truth(qtbot, scene: Scene, until, width: int) -> None:
    panel = opened(qtbot, scene, width, 560)
    panel.question.setCurrentIndex(panel.question.findData("entropy"))
    panel.question.activated.emit(panel.question.currentIndex())
    assert scene.experiment.estimation.question.id == "entropy"
    assert "Press Estimate" in panel.words.texts[0]
    panel.run.setFocus()
    QTest.keyClick(panel.run, Qt.Key.Key_Space)
    beat(
        panel,
        until,
        lambda: scene.experiment.estimation.state == "done" and panel.words.texts[1:],
        "for the answer",
    )
    said = " ".join(panel.words.texts)
    assert "Truth" in said
    assert "= " in said
    assert "Monte Carlo" in said
    assert "nearest neighbours" in said
    assert panel.plots[0].isVisible()
    assert not panel.plots[1].isVisible()
    assert "Monte Carlo" in panel.plots[0].accessibleName()
    assert panel.run.text() == "Estimate"
    until(
        lambda: all(label.height() >= label.heightForWidth(label.width()) for label, _ in panel.words._texts),
        "for all texts to have their room",
    )


def test_a_reason_takes_the_place_of_an_answer(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    scene.actions.run("estimators.choose", question="evidence")
    QTest.mouseClick(panel.run, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: scene.experiment.estimation.state == "failed", "for the reason")
    beat(panel, until, lambda: "no hidden code" in panel.words.texts[0], "to be told why")


def test_a_knob_counts_for_its_question_only(qtbot, scene: Scene) -> None:
    panel = opened(qtbot, scene)
    assert set(panel.form.fields) == {"samples", "temperatures", "chains", "seed"}
    scene.actions.run("estimators.choose", question="evidence")
    assert set(panel.form.fields) == {"codes", "draws", "points", "seed"}
    panel.form.fields["codes"].changed.emit("codes", 500)
    assert scene.experiment.estimation.knobs.codes == 500


def test_the_plot_shows_the_truth_as_a_line_and_the_bars_as_a_band(qtbot, theme) -> None:
    plot = shown(qtbot, ConvergencePlot(theme), 400, 260)
    one, truth = way(), exact(2.05, "closed form")
    ends = values_in_view([one], truth.value)
    plot.show_ways("draws", (Way(one, "#FF0000", 1),), (), truth, ends)
    area = plot._area()
    line = plot._points(area, np.array([30.0]), np.array([2.05]))[0].toPoint()
    assert any(near(pixel(plot, line + QPointF(0, dy).toPoint()), theme.color("truth")) for dy in (-1, 0, 1))
    dot = plot._points(area, one.n, one.value)[1].toPoint()
    assert near(pixel(plot, dot), "#FF0000")
    band = plot._points(area, np.array([100.0]), np.array([1.8 + 0.4]))[0].toPoint()
    away = plot._points(area, np.array([1000.0]), np.array([1.785]))[0].toPoint()
    inside, outside = pixel(plot, band), pixel(plot, away + QPointF(-2, 0).toPoint())
    assert inside.green() < outside.green()


def test_the_value_axis_holds_the_truth_and_forgives_a_wild_beginning() -> None:
    low, high = values_in_view([way((900.0, 2.1, 2.0))], 5.0)
    assert high < 10
    assert low < 1.9
    assert values_in_view([way((np.nan, np.nan, np.nan))], None) == (0.0, 1.0)


def test_pointing_reads_the_nearest_size(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    scene.actions.run("estimators.choose", question="entropy")
    scene.actions.run("estimators.run")
    beat(
        panel,
        until,
        lambda: scene.experiment.estimation.state == "done" and panel.words.texts[1:],
        "for the answer",
    )
    plot = panel.plots[0]
    QTest.mouseMove(plot, plot._area().center().toPoint())
    until(lambda: "Monte Carlo" in panel.readout.text(), "for the values")
    assert "±" in panel.readout.text()
