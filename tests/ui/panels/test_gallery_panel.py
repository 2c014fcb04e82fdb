"""The gallery in both worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from genplay.ui.panels.gallery import DIGITS, GalleryPanel
from tests.ui.pictures import Scene, shown


def opened(qtbot, scene: Scene) -> GalleryPanel:
    panel = GalleryPanel(scene.experiment, scene.actions, scene.theme)
    return shown(qtbot, panel, 900, 260)


def test_digits_are_chosen_by_mouse_and_keyboard_and_become_anchors(qtbot, theme) -> None:
    scene = Scene(theme, "digits")
    panel = opened(qtbot, scene)
    assert panel.samples_wanted() == DIGITS
    panel.render(scene.snapshot())
    told = []
    panel.sample_marked.connect(told.append)
    QTest.mouseClick(panel.tiles, Qt.MouseButton.LeftButton, pos=panel.tiles.rect_of(4).center())
    QTest.keyClick(panel.tiles, Qt.Key.Key_A)
    QTest.keyClick(panel.tiles, Qt.Key.Key_Right)
    QTest.keyClick(panel.tiles, Qt.Key.Key_B)
    scene.experiment.poll()
    images = scene.worker.snapshot.gallery.images
    assert told == [4, 5]
    assert (scene.experiment.latent.a.x == images[4]).all()
    assert (scene.experiment.latent.b.x == images[5]).all()
    log_p = scene.worker.snapshot.gallery.log_prob[5]
    assert f"{log_p:.2f}".replace("-", "−") in panel.readout.text()
    assert "exact" in panel.readout.text()
    assert set(panel.tiles._badges.values()) <= {"A", "B"}
    assert panel.tiles._badges
    assert not scene.notices


def test_the_plane_keeps_moments_and_lets_samples_be_chosen(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    for step in (0, 5, 12, 100, 1200):
        panel.render(scene.snapshot(step=step))
    assert [step for step, _ in panel._moments] == [0, 12, 100, 1200]
    assert panel.moments.count == 4
    told = []
    panel.sample_marked.connect(told.append)
    samples = scene.worker.snapshot.samples
    target = int(np.argmin(np.abs(samples - [0.8, 0.8]).sum(1)))
    at = panel.cloud.pixel_of(samples[target])
    QTest.mouseClick(panel.cloud, Qt.MouseButton.LeftButton, pos=at.toPoint())
    chosen = told[-1]
    assert np.linalg.norm(samples[chosen] - samples[target]) < 0.1
    panel.cloud.setFocus()
    QTest.keyClick(panel.cloud, Qt.Key.Key_Right)
    assert told[-1] == (chosen + 1) % len(samples)
    QTest.mouseClick(panel.to_a, Qt.MouseButton.LeftButton)
    scene.experiment.poll()
    assert scene.experiment.latent.a.x == pytest.approx(samples[told[-1]], abs=1e-6)
    # Look closer at a moment, and back.
    QTest.mouseClick(panel.moments, Qt.MouseButton.LeftButton, pos=panel.moments.rect_of(1).center())
    assert panel._cloud_part._title.text() == "Step 12"
    QTest.mouseClick(panel.moments, Qt.MouseButton.LeftButton, pos=panel.moments.rect_of(1).center())
    assert panel._cloud_part._title.text().startswith("Now")


def test_a_rewind_begins_the_moments_anew_and_so_does_a_new_run(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    for step in (0, 50, 0):
        panel.render(scene.snapshot(step=step))
    assert [step for step, _ in panel._moments] == [0]
    panel.render(replace(scene.snapshot(step=20), run_id=99))
    assert len(panel._moments) == 1, "a snapshot of another run is not taken"
    scene.experiment.ready()
    scene.experiment.poll()
    assert panel._moments == []
    assert "made ready" in panel._cloud_part.caption


def test_a_hidden_gallery_wants_nothing(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    with qtbot.waitSignal(panel.request_changed):
        panel.hide()
    assert panel.samples_wanted() == 0


def test_without_a_latent_code_there_are_no_anchors(qtbot, theme) -> None:
    scene = Scene(theme, model="gmm")
    panel = opened(qtbot, scene)
    panel.render(scene.snapshot())
    assert not panel.to_a.isVisible()
    QTest.keyClick(panel.cloud, Qt.Key.Key_A)
    assert not scene.notices


def test_a_class_is_chosen_by_the_box_or_by_keys_where_the_model_knows_classes(qtbot, theme) -> None:
    scene = Scene(theme, "digits")
    scene.actions.run("model.choose", name="naive-bayes")
    scene.experiment.ready()
    scene.experiment.poll()
    panel = opened(qtbot, scene)
    subject = scene.experiment.subject
    panel.render(scene.snapshot())
    assert not panel.label.isVisible(), "the toy knows no classes"
    panel.render(replace(scene.snapshot(), classes=10))
    assert panel.label.isVisible()
    assert [panel.label.box.itemText(i) for i in (0, 1, 10)] == ["all", "0", "9"]
    panel.label.box.setFocus()
    QTest.keyClick(panel.label.box, Qt.Key.Key_Down)
    panel.label.box.activated.emit(panel.label.box.currentIndex())
    assert subject.label == 0
    QTest.keyClick(panel.tiles, "4")
    assert subject.label == 4
    assert panel.label.box.currentText() == "4"
    panel.render(replace(scene.snapshot(), classes=10, samples_label=4))
    assert panel._grid_part._title.text() == "Samples of class 4"
    QTest.keyClick(panel.tiles, "*")
    assert subject.label is None
    assert not scene.notices


def test_the_moments_of_another_class_begin_anew(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    for step in (0, 12, 100):
        panel.render(scene.snapshot(step=step))
    panel.render(replace(scene.snapshot(step=100), samples_label=1, classes=2))
    assert [step for step, _ in panel._moments] == [100]
    name = scene.experiment.data.class_names[1]
    assert panel._cloud_part._title.text() == f"Now, step 100, class {name}"
    scene.worker.snapshot = replace(scene.worker.snapshot, classes=2)
    panel.cloud.setFocus()
    QTest.keyClick(panel.cloud, "0")
    assert scene.notices, "nsf cannot be asked for a class, and it is said"
