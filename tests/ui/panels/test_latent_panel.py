"""The latent panel: sliders, map, decode, and the way from A to B, under real events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from genplay.ui.panels.latent import LatentPanel
from genplay.ui.panels.latent_path import dragged_sample
from tests.ui.pictures import DOUBLE, Scene, drag, shown


def opened(qtbot, scene: Scene, width: int = 1100, height: int = 300) -> LatentPanel:
    panel = shown(qtbot, LatentPanel(scene.experiment, scene.actions, scene.theme), width, height)
    panel.render(scene.snapshot())
    settle(scene)
    return panel


def settle(scene: Scene) -> None:
    for _ in range(4):
        QApplication.processEvents()
        scene.experiment.poll()


def drop(widget, text: str) -> bool:
    """Drop dragged text on a widget, with the events that Qt would send."""
    mime = QMimeData()
    mime.setText(text)
    at = widget.rect().center()
    enter = QDragEnterEvent(
        at, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(
        widget,
        QDropEvent(
            QPointF(at),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        ),
    )
    return True


def test_a_slider_for_every_dimension_with_a_live_decode(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    assert len(panel.sliders.sliders) == 2
    slider = panel.sliders.sliders[1]
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    settle(scene)
    assert scene.experiment.latent.z == pytest.approx((0.0, 0.5))
    assert panel._decoded == pytest.approx([0.0, 0.5 * DOUBLE])
    assert "(0.00, 1.00)" in panel.words.text()
    learned = -0.5 * 0.25 - np.log(2 * np.pi * DOUBLE**2)
    assert f"{learned:.3f}".replace("-", "−") in panel.words.text()
    assert "exact" in panel.words.text()
    box = panel.sliders.boxes[0]
    box.setFocus()
    box.lineEdit().selectAll()
    QTest.keyClicks(box, "-1.25")
    QTest.keyClick(box, Qt.Key.Key_Return)
    settle(scene)
    assert scene.experiment.latent.z == pytest.approx((-1.25, 0.5))
    assert panel.sliders.sliders[0].value() == -125


def test_decoding_never_queues(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    scene.worker.waiting = []
    before = scene.worker.asked
    for value in range(-200, 200, 10):
        panel.sliders.sliders[0].setValue(value)
    assert scene.worker.asked == before + 1
    scene.worker.answer()
    qtbot.waitUntil(lambda: scene.worker.asked == before + 2)
    scene.worker.answer()
    qtbot.waitUntil(lambda: panel._decoded is not None and panel._decoded[0] == pytest.approx(1.9 * DOUBLE))


def test_the_point_on_the_map_can_be_dragged(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    assert panel.map._groups, "training points, encoded"
    to = panel.map.pixel_of(np.array([1.0, -2.0])).toPoint()
    drag(panel.map, panel.map.pixel_of(np.zeros(2)).toPoint(), to)
    settle(scene)
    assert scene.experiment.latent.z == pytest.approx((1.0, -2.0), abs=0.06)
    QTest.keyClick(panel.map, Qt.Key.Key_Left)
    assert scene.experiment.latent.z[0] == pytest.approx(0.9, abs=0.06)
    QTest.mouseClick(panel.centre, Qt.MouseButton.LeftButton)
    assert scene.experiment.latent.z == (0.0, 0.0)


def test_a_point_of_the_data_space_is_encoded(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    QTest.mouseClick(
        panel.plane, Qt.MouseButton.LeftButton, pos=panel.plane.pixel_of(np.array([1.0, -1.0])).toPoint()
    )
    settle(scene)
    assert scene.experiment.latent.z == pytest.approx((0.5, -0.5), abs=0.03)


def test_from_a_to_b(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    walk = panel.walk
    assert not walk.slider.isEnabled()
    assert drop(walk.a, "genplay/sample:3")
    assert not drop(walk.a, "something else")
    settle(scene)
    # B from where the sliders stand.
    panel.sliders.sliders[0].setValue(200)
    settle(scene)
    QTest.mouseClick(walk.b, Qt.MouseButton.LeftButton)
    settle(scene)
    state = scene.experiment.latent
    assert state.a.x == pytest.approx(scene.worker.snapshot.samples[3], abs=1e-6)
    assert state.b.x == pytest.approx([2.0 * DOUBLE, 0.0])
    assert state.path is not None, "as soon as both ends are set, the way is walked"
    assert state.path.x[0] == pytest.approx(state.a.x, abs=1e-5)
    assert len(walk.profile._values) == state.steps
    assert "exact" in walk.profile._title
    walk.slider.setValue(500)
    settle(scene)
    middle = (state.path.z[0] + state.path.z[-1]) / 2
    assert scene.experiment.latent.z == pytest.approx(tuple(middle), abs=0.01)
    assert panel._decoded == pytest.approx(middle * DOUBLE, abs=0.02)
    # More steps, and along the sphere.
    walk.steps.setValue(21)
    walk.kind.setCurrentText("spherical")
    walk.kind.activated.emit(1)
    settle(scene)
    assert len(scene.experiment.latent.path.z) == 21
    assert scene.experiment.latent.kind == "spherical"
    assert not scene.notices


def test_playing_walks_there_and_back(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    for slot, sample in (("a", 1), ("b", 2)):
        scene.actions.run("latent.anchor", slot=slot, sample=sample)
    settle(scene)
    QTest.mouseClick(panel.walk.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: scene.experiment.latent.position > 0.02)
    scene.actions.run("latent.position", t=0.999)
    qtbot.waitUntil(lambda: panel.walk._way_back)
    QTest.mouseClick(panel.walk.play, Qt.MouseButton.LeftButton)
    at = scene.experiment.latent.position
    qtbot.wait(80)
    assert scene.experiment.latent.position == at


def test_digits_strip_and_drawing(qtbot, theme) -> None:
    scene = Scene(theme, "digits")
    panel = opened(qtbot, scene, 1100, 640)
    assert len(panel.sliders.sliders) == 25
    assert panel._axes_row.isVisible()
    for slot, sample in ((panel.walk.a, 0), (panel.walk.b, 1)):
        assert drop(slot, f"genplay/sample:{sample}")
    settle(scene)
    images = scene.worker.snapshot.gallery.images
    assert panel.walk.strip.isVisible()
    assert panel.walk.strip.count == scene.experiment.latent.steps
    assert np.round(scene.experiment.latent.path.x[-1]) == pytest.approx(images[1])
    QTest.mouseClick(panel.walk.strip, Qt.MouseButton.LeftButton, pos=panel.walk.strip.rect_of(2).center())
    settle(scene)
    assert scene.experiment.latent.position == pytest.approx(2 / (scene.experiment.latent.steps - 1))
    # Click one pixel of the decode: the changed image is encoded.
    before = np.round(panel._decoded)
    cell = panel.pad.cell()
    QTest.mouseClick(panel.pad, Qt.MouseButton.LeftButton, pos=QPoint(cell // 2, cell // 2))
    settle(scene)
    after = np.round(panel._decoded)
    assert after[0] == 1 - before[0]
    assert (after[1:] == before[1:]).all()
    assert not scene.notices


def test_a_model_without_a_code_says_so_and_offers_others(qtbot, theme) -> None:
    scene = Scene(theme, model="gmm")
    panel = opened(qtbot, scene)
    assert panel.without.why.isVisible()
    assert "has no latent code" in panel.without.why.text()
    offer = next(b for b in panel.findChildren(QPushButton) if b.isVisible() and "spline" in b.text().lower())
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    settle(scene)
    assert scene.experiment.model_id == "nsf"
    assert panel.sliders.isVisible()


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(1280, 240, 1.0), (760, 480, 1.0), (1240, 420, 1.75), (380, 600, 1.0), (275, 330, 1.0)],
)
def test_parts_do_not_overlap(qtbot, theme, width: int, height: int, scale: float) -> None:
    theme.set_scale(scale)
    scene = Scene(theme)
    panel = opened(qtbot, scene, width, height)
    assert not panel._scroll.horizontalScrollBar().isVisible()
    parts = [part.geometry() for part in panel._parts]
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            assert not one.intersects(other)
    for widget in (panel.centre, panel.draw_one, panel.walk.kind, panel.walk.steps):
        assert widget.width() >= widget.minimumSizeHint().width()
        assert widget.parentWidget().rect().contains(widget.geometry())


def test_dragged_text() -> None:
    assert dragged_sample("genplay/sample:12") == 12
    assert dragged_sample("genplay/sample:x") is None
    assert dragged_sample("12") is None
