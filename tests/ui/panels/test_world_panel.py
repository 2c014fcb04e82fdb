"""The panel of all images through real events: the job with its bar and Stop, and everything that is looked at in a census."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from genplay.errors import Failure
from genplay.lab import census_taking
from genplay.ui.panels.world import WorldPanel
from tests.ui.pictures import Scene, near, pixel, shown
from tests.worlds import boltzmann_census


@pytest.fixture
def scene(theme, monkeypatch) -> Iterator[Scene]:
    there = boltzmann_census()
    monkeypatch.setattr(census_taking, "census_of", lambda *_: there)
    made = Scene(theme, "digits")
    yield made
    made.experiment.close()


def opened(qtbot, scene: Scene, width: int = 330, height: int = 900) -> WorldPanel:
    return shown(qtbot, WorldPanel(scene.experiment, scene.actions, scene.theme), width, height)


def beat(panel: WorldPanel, until, condition, what: str) -> None:
    def ready() -> bool:
        panel._experiment.poll()
        return bool(condition())

    until(ready, what)


def computed(panel: WorldPanel, until) -> None:
    QTest.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    beat(
        panel, until, lambda: panel._run.census is not None and panel._run.place is not None, "for the census"
    )


def press(button: QPushButton) -> None:
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def test_before_anything_is_found_it_says_what_can_be(qtbot, scene: Scene) -> None:
    panel = opened(qtbot, scene)
    assert panel.go.text() == "Look through all images"
    assert "33,554,432" in panel.words.text()
    assert not panel._scroll.isVisible()
    assert not panel.bar.isVisible()


def test_the_job_has_a_bar_and_can_be_stopped(qtbot, scene: Scene, until, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def census_of(model, data, on, progress, cancelled):
        progress(0.4, "log p of all images")
        begun.set()
        while not cancelled() and not go_on.wait(0.01):
            pass
        raise Failure("stopped")

    monkeypatch.setattr(census_taking, "census_of", census_of)
    panel = opened(qtbot, scene)
    QTest.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: begun.is_set() and panel.bar.value() == 400, "for the bar")
    assert panel.bar.isVisible()
    assert panel.words.text() == "Log p of all images … 40%. Training goes on meanwhile."
    assert panel.go.text() == "Stop"
    press(panel.go)
    beat(panel, until, lambda: panel._run.state == "stopped", "to stop")
    assert panel.words.text().startswith("Stopped. ")
    assert not panel.bar.isVisible()
    assert panel.go.text() == "Look through all images"
    assert not scene.notices


def test_a_failure_is_said(qtbot, scene: Scene, until, monkeypatch) -> None:
    def census_of(*_):
        raise Failure("The model 'gan' has neither a density nor an energy.")

    monkeypatch.setattr(census_taking, "census_of", census_of)
    panel = opened(qtbot, scene)
    QTest.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: panel._run.state == "failed", "to fail")
    assert "neither a density" in panel.words.text()


def test_numbers_and_the_step_they_belong_to(qtbot, scene: Scene, until) -> None:
    scene.snapshot(step=1200, state="paused")
    panel = opened(qtbot, scene)
    computed(panel, until)
    texts = {name.text(): value.text() for name, value in panel.facts.rows}
    assert texts["Sum over all images"] == "= 1.000"
    assert texts["Local minima"] == f"= {len(boltzmann_census().basins):,} images"
    assert "exact" in panel.facts.rows[0][1].toolTip()
    assert panel.words.text() == "Boltzmann machine as it was at step 1,200."
    panel.render(scene.snapshot(step=1500, state="paused"))
    assert "gone on by 300 steps" in panel.words.text()
    assert panel.go.text() == "Renew"
    QTest.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: panel._run.step == 1500, "for the new one")
    assert panel.words.text().endswith("at step 1,500.")


def test_the_image_that_is_looked_at_is_marked_in_the_order(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    census = boltzmann_census()
    best = census.images(census.top[:1])[0]
    scene.actions.run("inside.about", pixels=best.tolist())
    beat(panel, until, lambda: panel._run.place is not None, "for its place")
    assert "The image you picked" in panel.order.told.text()
    assert "rank 1 of 33,554,432" in panel.order.told.text()
    curve = panel.order.curve
    at = curve.pixel_of(1.0, float(census.log_p.max()))
    assert near(pixel(curve, at), scene.theme.color("accent"))
    assert "90 % of the mass" in curve.accessibleDescription()
    assert "log p" in curve.tip_at(QPoint(curve.width() // 2, curve.height() // 2))


def test_minima_are_chosen_and_crossed_to(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    run, census = panel._run, boltzmann_census()
    assert panel.minima.told.text().startswith("Minimum 1 of")
    assert not panel.minima.cross.isEnabled()
    QTest.mouseClick(panel.minima.grid, Qt.MouseButton.LeftButton, pos=panel.minima.grid.rect_of(2).center())
    assert run.minimum == 2
    assert panel.minima.told.text().startswith("Minimum 3 of")
    press(panel.minima.cross)
    assert (run.way.start, run.way.end) == (0, 2)
    assert "It climbs" in panel.walk.told.text()
    press(panel.minima.look)
    assert (scene.experiment.subject.x[0] == census.images(census.basins.minima[2:3])[0]).all()


def test_the_tree_of_the_minima(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    panel._scroll.ensureWidgetVisible(panel.tree)
    panel.tree.grab()
    leaves = panel.tree.leaves
    assert len(leaves) >= 4
    assert len(set(leaves)) == len(leaves)
    QTest.mouseClick(panel.tree, Qt.MouseButton.LeftButton, pos=panel.tree.rect_of(leaves[3]).center())
    assert panel._run.minimum == leaves[3]
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    assert panel._run.minimum == leaves[2]
    assert panel.tree.tip_at(panel.tree.rect_of(leaves[1]).center()).startswith(
        f"Minimum {leaves[1] + 1}: log p"
    )
    # The deepest ends lowest.
    found = boltzmann_census().basins
    feet = {leaf: panel.tree._y(-float(found.log_p[leaf])) for leaf in leaves}
    assert max(feet, key=feet.__getitem__) == min(leaves)


def test_a_walk_from_noise_step_by_step(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    walk, run = panel.walk, panel._run
    assert not walk.slider.isVisible()
    press(walk.random)
    steps = len(run.way.images) - 1
    assert walk.grid.count == steps + 1
    assert walk.slider.maximum() == steps
    walk.slider.setFocus()
    QTest.keyClick(walk.slider, Qt.Key.Key_Right)
    assert run.at == 1
    assert "Step 1: log p" in walk.told.text()
    walk._timer.setInterval(1)
    press(walk.play)
    assert walk.play.text() == "Pause"
    beat(panel, until, lambda: run.at == steps and walk.play.text() == "Play", "to arrive")
    press(walk.from_image)
    assert (run.way.images[0] == scene.experiment.subject.x[0]).all()
    if len(run.way.images) > 1:
        QTest.mouseClick(walk.grid, Qt.MouseButton.LeftButton, pos=walk.grid.rect_of(1).center())
        assert run.at == 1


def test_known_pixels_by_mouse_and_keyboard(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    known, run = panel.known, panel._run
    assert "Nothing is known" in known.told.text()
    QTest.mouseClick(known.pad, Qt.MouseButton.LeftButton, pos=known.pad.rect_of(7).center())
    assert run.known[7] == 1
    known.pad.setFocus()
    QTest.keyClick(known.pad, Qt.Key.Key_Right)
    QTest.keyClick(known.pad, Qt.Key.Key_0)
    assert (run.known[7], run.known[8]) == (1, 0)
    beat(panel, until, lambda: run.cube is not None and run.cube.known == run.known, "for the sums")
    assert "images agree" in known.told.text()
    p = float(run.cube.lit[0])
    assert f"P(ink) = {p:.4f}" in known.pad.tip_of(0)
    assert "known to be ink" in known.pad.tip_of(7)
    assert known.picture.isVisible()
    press(known.draw)
    assert run.completion[7] == 1
    assert run.completion[8] == 0
    press(known.best)
    assert (run.completion == boltzmann_census().images(np.array([run.cube.best]))[0]).all()
    QTest.keyClick(known.pad, Qt.Key.Key_Question)
    assert run.known[8] is None
    press(known.clear)
    assert all(k is None for k in run.known)
    assert not known.clear.isEnabled()
    assert not scene.notices


@pytest.mark.parametrize(("width", "columns"), [(330, 1), (700, 2), (1300, 4)])
def test_the_parts_stand_in_as_many_columns_as_there_is_room_for(
    qtbot, scene: Scene, until, width, columns
) -> None:
    panel = opened(qtbot, scene, width, 500)
    computed(panel, until)
    QApplication.processEvents()
    lefts = {section.mapTo(panel, QPoint(0, 0)).x() for section in panel.sections.values()}
    assert len(lefts) == columns
    for section in panel.sections.values():
        assert section.mapTo(panel, QPoint(0, 0)).x() + section.width() <= panel.width()


def test_every_control_has_a_name_and_a_tip(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    computed(panel, until)
    press(panel.walk.random)
    for button in panel.findChildren(QPushButton):
        if button.property("role") != "disclosure":
            assert button.accessibleName(), button.text()
            assert button.toolTip(), button.text()
    for widget in (
        panel.of,
        panel.bar,
        panel.known.pad,
        panel.tree,
        panel.order.curve,
        panel.walk.curve,
        panel.walk.slider,
    ):
        assert widget.accessibleName()
