"""Curves: what is drawn, switched, marked and read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.ui.panels.curve_plot import CurvePlot, value_range
from genplay.ui.panels.curves import CurvesPanel
from tests.ui.pictures import Scene, near, shown


@pytest.fixture
def scene(theme) -> Scene:
    made = Scene(theme)
    steps = np.arange(1, 1001)
    values = np.stack([2.0 + np.exp(-steps / 100), np.full(1000, 1.5)], axis=1)
    made.history.extend(steps, steps * 0.01, ("loss", "penalty"), values)
    for step in range(0, 1001, 100):
        made.history.record("nll_train", step, 0.4)
        made.history.record("nll_test", step, 0.5 + np.exp(-step / 100))
    made.history.mark(600, "learning rate 0.001 → 0.0001")
    return made


@pytest.fixture
def panel(qtbot, scene: Scene) -> CurvesPanel:
    made = CurvesPanel(scene.experiment, scene.actions, scene.theme)
    shown(qtbot, made, 900, 260)
    made.render(scene.snapshot(step=1000))
    qtbot.waitUntil(lambda: not made._later.isActive())
    return made


def test_every_term_and_the_likelihood_over_its_floor(scene: Scene, panel: CurvesPanel) -> None:
    assert set(panel.loss.plot._curves) == {"loss", "penalty"}
    assert set(panel.nll.plot._curves) == {"nll_train", "nll_test"}
    plot = panel.nll.plot
    floor = plot._pixel(0.0, 0.29)
    image = plot.grab().toImage()
    row = [
        image.pixelColor(x, int(floor.y()))
        for x in range(int(plot.view.geometry().left()) + 2, plot.width() - 20)
    ]
    green = [near(c, scene.theme.tokens.truth, 60) for c in row]
    assert 0.2 < np.mean(green) < 0.95, "a dashed line in the colour of the truth"
    assert "exact" in plot.floor_text
    assert "0.290 nats" in plot.floor_text


def test_a_curve_lies_where_its_values_are(scene: Scene, panel: CurvesPanel) -> None:
    plot = panel.loss.plot
    at = plot._pixel(800.0, 1.5)
    image = plot.grab().toImage()
    hue = panel._colour("penalty", ["loss", "penalty"])
    assert any(near(image.pixelColor(int(at.x()), int(at.y()) + dy), hue, 60) for dy in (-1, 0, 1))
    assert plot._box.x1 == pytest.approx(1100)


def test_of_few_values_all_are_in_sight() -> None:
    low, high = value_range([np.array([17.0, 9.0, 8.5])], [6.4], log=False)
    assert low < 6.4
    assert high > 17.0


def test_the_step_axis_moves_only_when_it_must(qtbot, theme) -> None:
    plot = CurvePlot(theme, "loss")
    qtbot.addWidget(plot)
    ends = []
    for last in (1, 2, 10, 1000, 1050, 1099, 1101, 1211, 500):
        plot.show_curves({}, None, (), last)
        ends.append(plot._box.x1)
        assert last <= plot._box.x1 <= max(1.25 * last, 1.0)
    assert ends[3] == ends[4] == ends[5] < ends[6]


def test_the_legend_switches_curves(panel: CurvesPanel) -> None:
    switch = next(s for s in panel.loss.sentence.switches() if s.word.layer == "penalty")
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert set(panel.loss.plot._curves) == {"loss"}
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert set(panel.loss.plot._curves) == {"loss", "penalty"}
    floor = next(s for s in panel.nll.sentence.switches() if s.word.layer == "entropy")
    QTest.mouseClick(floor, Qt.MouseButton.LeftButton)
    assert panel.nll.plot._floor is None


def test_hover_reads_values_and_marks(panel: CurvesPanel) -> None:
    plot = panel.loss.plot
    x = int(plot._pixel(300.0, 0.0).x())
    QTest.mouseMove(plot.viewport(), QPoint(x, plot.height() // 2))
    assert "penalty 1.500" in panel.loss.readout.text()
    read = int(panel.loss.readout.text().split(":")[0].removeprefix("step ").replace(",", ""))
    assert read == pytest.approx(300, abs=4)
    mark = int(plot.mark_pixels()[0][0])
    QTest.mouseMove(plot.viewport(), QPoint(mark + 1, plot.height() // 2))
    assert "learning rate" in panel.loss.readout.text()
    QTest.mouseMove(plot.viewport(), QPoint(1, 1))
    assert "step 1,000" in panel.loss.readout.text()


def test_logarithmic_axes(panel: CurvesPanel) -> None:
    QTest.mouseClick(panel.log_loss, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.log_steps, Qt.MouseButton.LeftButton)
    plot = panel.loss.plot
    assert plot._box.x1 == pytest.approx(np.log10(1100))
    assert plot._box.y0 < np.log10(1.5) < np.log10(3.0) < plot._box.y1 + 0.02
    assert not panel.nll.plot.log_y, "a likelihood may be negative"
    assert plot.y_of(np.array([-1.0, 100.0]))[1] == pytest.approx(2.0)
    assert np.isnan(plot.y_of(np.array([-1.0]))[0])


def test_at_most_ten_drawings_a_second(qtbot, scene: Scene, panel: CurvesPanel, monkeypatch) -> None:
    drawn = []
    original = panel.loss.plot.show_curves
    monkeypatch.setattr(panel.loss.plot, "show_curves", lambda *a: (drawn.append(1), original(*a)))
    for _ in range(30):
        panel.render(scene.snapshot(step=1000))
        qtbot.wait(10)
    assert 1 <= len(drawn) <= 7


def test_a_model_without_a_density_has_no_likelihood(qtbot, theme) -> None:
    from genplay.models.registry import cards

    lacking = next((c.id for c in cards().values() if "plane" in c.worlds and "plane" not in c.density), None)
    if lacking is None:
        pytest.skip("every model has a density so far")
    scene = Scene(theme, model=lacking)
    panel = shown(qtbot, CurvesPanel(scene.experiment, scene.actions, theme), 700, 240)
    assert not panel.nll.isVisible()
    assert panel.loss.isVisible()


def test_before_training_a_word_instead_of_nothing(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = shown(qtbot, CurvesPanel(scene.experiment, scene.actions, theme), 700, 240)
    assert "as soon as training begins" in panel.loss.sentence.accessibleDescription()


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e6, 1e6)), st.booleans())
def test_ranges_hold_the_values(values: np.ndarray, log: bool) -> None:
    low, high = value_range([values], [0.5], log)
    assert low < high
    place = np.log10(0.5) if log else 0.5
    assert low <= place <= high
    if not log:
        assert low <= values.min()


def test_largest_text_and_narrow(qtbot, scene: Scene, panel: CurvesPanel) -> None:
    scene.theme.set("dark")
    scene.theme.set_scale(1.75)
    panel.resize(420, 1000)
    QApplication.processEvents()
    assert panel.nll.y() > panel.loss.y(), "one above the other"
    for half in (panel.loss, panel.nll):
        for switch in half.sentence.switches():
            assert half.sentence.rect().contains(switch.geometry())


def test_in_a_small_dock_one_of_the_two(panel: CurvesPanel) -> None:
    panel.resize(275, 330)
    QApplication.processEvents()
    assert panel.width() == 275
    assert panel.nll.isVisible()
    assert not panel.loss.isVisible()
    QTest.mouseClick(panel.show_loss, Qt.MouseButton.LeftButton)
    assert panel.loss.isVisible()
    assert not panel.nll.isVisible()
    assert panel.loss.plot.height() > 150
    assert panel.log_loss.isVisible()


def test_terms_of_other_units_are_switched_off_at_first(scene: Scene, panel: CurvesPanel) -> None:
    scene.history.record("learning_rate", 500, 1e-3)
    panel.render(scene.snapshot(step=1000))
    panel._draw()
    assert "learning_rate" not in panel.loss.plot._curves
    switch = next(s for s in panel.loss.sentence.switches() if s.word.layer == "learning_rate")
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert "learning_rate" in panel.loss.plot._curves
