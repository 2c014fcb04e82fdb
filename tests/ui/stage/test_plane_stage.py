"""The stage of the plane under real events: layers, pictures, reading, marking, moving."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.lab.state import Anchor, Interpolation
from genplay.spaces.plane import HOME
from genplay.ui.stage.stage import Stage
from tests.ui.pictures import Scene, drag, near, pixel, shown


@pytest.fixture
def scene(theme) -> Scene:
    return Scene(theme)


@pytest.fixture
def stage(qtbot, scene: Scene):
    made = Stage(scene.experiment, scene.actions, scene.theme)
    shown(qtbot, made, 640, 520)
    yield made
    made.close_threads()


def draw(scene: Scene, stage: Stage, **options) -> None:
    stage.render(scene.snapshot(wanted=stage.fields(), **options))


def place(stage: Stage, x: float, y: float) -> QPoint:
    """Where a point of the plane lies in the canvas."""
    canvas = stage.plane.canvas
    return canvas.mapFromScene(canvas.view.mapViewToScene(QPointF(x, y)))


def colour(stage: Stage, x: float, y: float):
    return pixel(stage.plane.canvas, place(stage, x, y))


def only(scene: Scene, *layers: str) -> None:
    for name in scene.experiment.stage.layers - set(layers):
        scene.actions.run("stage.layer", name=name, on=False)
    for name in layers:
        scene.actions.run("stage.layer", name=name, on=True)


def names(stage: Stage) -> dict:
    return {switch.word.layer: switch for switch in stage.sentence.switches()}


def test_one_unit_is_as_long_across_as_up_and_the_whole_box_is_seen(stage: Stage) -> None:
    across = place(stage, 1, 0).x() - place(stage, 0, 0).x()
    up = place(stage, 0, 0).y() - place(stage, 0, 1).y()
    assert across == pytest.approx(up, abs=1)
    seen = stage.plane.canvas.seen()
    assert seen.x0 <= HOME.x0
    assert seen.x1 >= HOME.x1
    assert seen.y0 <= HOME.y0
    assert seen.y1 >= HOME.y1


def test_a_switch_shows_and_hides_its_layer(qtbot, scene: Scene, stage: Stage) -> None:
    only(scene, "density", "data")
    draw(scene, stage)
    assert [request.name for request in stage.fields()] == ["density"]
    assert not near(colour(stage, 0, 0), scene.theme.tokens.canvas)
    QTest.mouseClick(names(stage)["density"], Qt.MouseButton.LeftButton)
    assert scene.experiment.stage.layers == {"data"}
    assert stage.fields() == ()
    assert near(colour(stage, 0.3, 1.7), scene.theme.tokens.canvas)
    # By keyboard: from the canvas' neighbour with Tab, pressed with Space as any button.
    switch = names(stage)["samples"]
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert "samples" in scene.experiment.stage.layers
    scene.actions.run("edit.undo")
    assert not names(stage)["samples"].isChecked(), "the sentence follows undo"


def test_of_the_fields_one_is_shown_and_the_truth_may_lie_over_it(qtbot, theme) -> None:
    from genplay.models.registry import cards

    if "ebm" not in cards():
        pytest.skip("no model with an energy yet")
    scene = Scene(theme, model="ebm")
    stage = Stage(scene.experiment, scene.actions, theme)
    shown(qtbot, stage, 640, 520)
    only(scene, "density", "truth")
    QTest.mouseClick(names(stage)["energy"], Qt.MouseButton.LeftButton)
    assert scene.experiment.stage.layers == {"energy", "truth"}
    assert [request.name for request in stage.fields()] == ["energy"]
    draw(scene, stage)
    assert stage.bar.caption.title.startswith("energy")
    stage.close_threads()


def test_what_a_model_lacks_is_absent_with_a_word_why(qtbot, theme) -> None:
    from genplay.models.registry import cards

    lacking = next((c.id for c in cards().values() if "plane" in c.worlds and "plane" not in c.density), None)
    if lacking is None:
        pytest.skip("every model has a density so far")
    scene = Scene(theme, model=lacking)
    stage = Stage(scene.experiment, scene.actions, theme)
    shown(qtbot, stage, 640, 520)
    assert not {"density", "contours", "error"} & set(names(stage))
    assert "has no density" in stage.sentence.accessibleDescription()
    assert "density" not in {request.name for request in stage.fields()}
    stage.close_threads()


def test_switches_say_what_they_are(stage: Stage) -> None:
    for switch in stage.sentence.switches():
        assert switch.accessibleName()
        assert switch.toolTip()
        assert switch.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_heat_is_brightest_at_the_peak_and_a_caption_names_it(scene: Scene, stage: Stage) -> None:
    only(scene, "density")
    draw(scene, stage)
    canvas = np.array(scene.theme.color("canvas").getRgb()[:3], float)

    def strength(x: float, y: float) -> float:
        return float(np.abs(np.array(colour(stage, x, y).getRgb()[:3]) - canvas).sum())

    assert strength(0, 0) > strength(1.2, 0) > strength(1.9, 1.9)
    caption = stage.bar.caption
    assert caption.title == "learned density"
    assert caption.kind.startswith("exact")
    assert "closed form" in caption.explained
    assert stage.bar.accessibleDescription()


def test_contours_close_around_the_peak(scene: Scene, stage: Stage) -> None:
    only(scene, "contours")
    draw(scene, stage)
    image = stage.plane.canvas.grab().toImage()
    paper = scene.theme.color("canvas")
    row = place(stage, 0, 0.31).y()
    left, middle, right = (place(stage, x, 0).x() for x in (-2.0, 0.0, 2.0))
    inked = [x for x in range(left + 4, right - 4) if not near(image.pixelColor(x, row), paper, 40)]
    assert any(x < middle for x in inked)
    assert any(x > middle for x in inked)


def test_the_truth_and_the_signed_error(qtbot, scene: Scene, stage: Stage) -> None:
    only(scene, "truth")
    draw(scene, stage)
    qtbot.waitUntil(lambda: stage.bar.caption is not None and stage.bar.caption.title == "true density")
    law = scene.experiment.data.law
    peak = scene.experiment.data.x_train[np.argmax(law.log_prob(scene.experiment.data.x_train))]
    assert not near(colour(stage, *peak), scene.theme.tokens.canvas, 30)
    assert near(colour(stage, -1.9, 1.9), scene.theme.tokens.canvas, 6)
    only(scene, "error")
    draw(scene, stage)
    qtbot.waitUntil(lambda: stage.bar.caption is not None and "error" in stage.bar.caption.title)
    lacking, excess = colour(stage, *peak), colour(stage, 0.0, 0.0)
    assert lacking.blue() > lacking.red(), "violet where the model has too little"
    assert excess.red() > excess.blue(), "red where it has too much"


def test_hover_reads_the_exact_values(qtbot, scene: Scene, stage: Stage) -> None:
    draw(scene, stage)
    at = place(stage, 0.5, -0.25)
    QTest.mouseMove(stage.plane.canvas.viewport(), at)
    qtbot.waitUntil(lambda: stage.readout.text().count("log p") == 2 and "true log p" in stage.readout.text())
    reading = stage._reading
    x = np.array([[reading.x, reading.y]])
    assert x == pytest.approx(np.array([[0.5, -0.25]]), abs=0.02)
    assert reading.true == pytest.approx(float(scene.experiment.data.law.log_prob(x)[0]))
    assert reading.learned == pytest.approx(-(x**2).sum() / 8 - np.log(8 * np.pi), abs=1e-5)
    assert "exact" in stage.readout.text()
    QTest.mouseMove(stage.plane.canvas.viewport(), QPoint(2, 2))
    qtbot.waitUntil(lambda: stage._reading is None)


def test_hovering_asks_one_question_at_a_time(qtbot, scene: Scene, stage: Stage) -> None:
    draw(scene, stage)
    scene.worker.waiting = []
    before = scene.worker.asked
    for x in np.linspace(-1, 1, 20):
        QTest.mouseMove(stage.plane.canvas.viewport(), place(stage, x, 0.1))
    qtbot.wait(20)
    assert scene.worker.asked == before + 1
    scene.worker.answer()
    qtbot.waitUntil(lambda: scene.worker.asked == before + 2)
    scene.worker.answer()
    qtbot.waitUntil(lambda: stage._reading is not None and not stage._reading.waiting)


def test_a_click_marks_the_nearest_sample_and_it_is_followed(qtbot, scene: Scene, stage: Stage) -> None:
    only(scene, "samples")
    draw(scene, stage)
    samples = scene.worker.snapshot.samples
    inside = int(np.argmin(np.abs(samples - [1.0, -1.0]).sum(1)))
    told = []
    stage.sample_marked.connect(told.append)
    viewport = stage.plane.canvas.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(stage, *samples[inside]))
    assert told == [inside]
    overlay = stage.plane.canvas.overlay
    assert overlay.marked == pytest.approx(samples[inside])
    moved = scene.snapshot(step=200)
    object.__setattr__(moved, "samples", samples + np.float32(0.25))
    stage.render(moved)
    assert overlay.marked == pytest.approx(samples[inside] + 0.25)
    assert len(overlay.trail) == 2
    stage.mark(-1)
    assert overlay.marked is None


def test_wheel_drag_and_double_click(qtbot, scene: Scene, stage: Stage) -> None:
    canvas = stage.plane.canvas
    viewport = canvas.viewport()
    at = QPointF(place(stage, 0.0, 0.0))
    with qtbot.waitSignal(stage.request_changed):
        QApplication.sendEvent(
            viewport,
            QWheelEvent(
                at, QPointF(viewport.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip
    closer = scene.experiment.stage.box
    assert closer.width < 4.0
    assert stage.fields()[0].box.width == pytest.approx(canvas.seen().width)
    with qtbot.waitSignal(stage.request_changed):
        drag(viewport, place(stage, 0.0, 0.0), place(stage, 0.5, 0.0))
    assert scene.experiment.stage.box.x0 < closer.x0
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place(stage, 0.0, 0.0))
    assert scene.experiment.stage.box == HOME
    seen = canvas.seen()
    assert seen.y1 - seen.y0 == pytest.approx(4.0, rel=1e-3)
    assert not scene.notices


def test_arrow_keys_and_plus_and_minus(qtbot, scene: Scene, stage: Stage) -> None:
    canvas = stage.plane.canvas
    before = canvas.seen()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.seen().x0 > before.x0
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.seen().width < before.width
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.seen().width == pytest.approx(before.width)


def test_zoomed_in_the_contours_keep_the_shares_of_the_whole(scene: Scene, stage: Stage) -> None:
    only(scene, "contours")
    scene.actions.run("stage.box", x0=-12.0, x1=12.0, y0=-12.0, y1=12.0)
    draw(scene, stage, n=128)
    whole = list(stage.plane.paint.levels)
    scene.actions.run("stage.box", x0=-0.5, x1=0.5, y0=-0.5, y1=0.5)
    draw(scene, stage, n=128)
    assert stage.plane.paint.levels == whole


def test_the_latent_path_is_drawn_in_the_data_space(qtbot, scene: Scene, stage: Stage) -> None:
    from dataclasses import replace

    only(scene)
    z = np.linspace([-0.5, -0.5], [0.5, 0.5], 5)
    path = Interpolation(z, 2 * z, None, 0)
    state = replace(scene.experiment.latent, a=Anchor(2 * z[0], z[0]), b=Anchor(2 * z[-1], z[-1]), path=path)
    scene.experiment.set_latent(replace(state, z=(0.25, -0.25)))
    qtbot.waitUntil(lambda: stage.plane.canvas.overlay.decode is not None)
    assert stage.plane.canvas.overlay.decode == pytest.approx([0.5, -0.5], abs=1e-6)
    accent = scene.theme.tokens.accent
    assert near(colour(stage, -0.5, -0.5), accent, 60), "a node of the path"
    ring = place(stage, -1, -1) - QPoint(8, 0)
    assert near(pixel(stage.plane.canvas, ring), accent, 60), "the disc of A"
    assert near(colour(stage, 0.5, -0.5), accent, 60), "the decode of the current code"


def test_the_decode_moves_as_the_model_learns(qtbot, scene: Scene, stage: Stage) -> None:
    draw(scene, stage)
    scene.actions.run("latent.set", index=0, value=0.5)
    overlay = stage.plane.canvas.overlay
    qtbot.waitUntil(lambda: overlay.decode is not None)
    scene.worker.model.decode = lambda z: z * 3.0
    draw(scene, stage, step=101, state="paused")
    qtbot.waitUntil(lambda: overlay.decode[0] == pytest.approx(1.5))


def test_a_snapshot_of_another_run_is_not_drawn(scene: Scene, stage: Stage) -> None:
    only(scene, "density")
    draw(scene, stage)
    from dataclasses import replace

    stage.render(replace(scene.worker.snapshot, run_id=99, step=7))
    assert stage.plane._snapshot.step == 100
    # A new run: nothing of the old one stays.
    scene.experiment.ready()
    scene.experiment.poll()
    assert stage.plane._snapshot is None
    assert not stage.plane.canvas.heat.shown


def test_both_themes_and_the_largest_text_fit(qtbot, scene: Scene, stage: Stage) -> None:
    draw(scene, stage)
    for name, scale in (("dark", 1.0), ("dark", 1.75), ("light", 1.75)):
        scene.theme.set(name)
        scene.theme.set_scale(scale)
        QApplication.processEvents()
        corner = QPoint(2, stage.plane.canvas.height() - 3)
        assert near(pixel(stage.plane.canvas, corner), scene.theme.tokens.canvas)
        for switch in stage.sentence.switches():
            assert stage.sentence.rect().contains(switch.geometry())
            assert switch.fontMetrics().horizontalAdvance(switch.text()) < switch.width()
        assert stage.sentence.height() >= stage.sentence.heightForWidth(stage.sentence.width())
        assert stage.readout.height() >= stage.readout.heightForWidth(stage.readout.width())


def test_the_words_at_the_foot_keep_to_two_lines_where_the_stage_is_narrow(
    qtbot, scene: Scene, stage: Stage
) -> None:
    draw(scene, stage)
    words = stage.readout
    assert words.x() > stage.bar.geometry().right(), "beside the colours"
    scene.theme.set_scale(1.75)
    stage.resize(740, 540)
    qtbot.wait(60)
    line = words.fontMetrics().height()
    assert words.y() >= stage.bar.geometry().bottom(), "below the colours"
    assert words.heightForWidth(words.width()) <= words.height() < 2.5 * line
    assert stage.plane.height() > 0.3 * stage.height()
