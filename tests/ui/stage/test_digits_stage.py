"""The stage of the digit world under real events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from genplay.spaces.binary import codes
from genplay.ui.stage.digits_view import TOP
from genplay.ui.stage.image_card import log_p_text
from genplay.ui.stage.stage import Stage
from tests.ui.pictures import Scene, near, pixel, shown


@pytest.fixture
def scene(theme) -> Scene:
    return Scene(theme, "digits")


@pytest.fixture
def stage(qtbot, scene: Scene):
    made = Stage(scene.experiment, scene.actions, scene.theme)
    shown(qtbot, made, 760, 560)
    yield made
    made.close_threads()


def test_nothing_is_empty_before_training(scene: Scene, stage: Stage) -> None:
    view = stage.digits
    assert view.data.shown > 20, "training images at once"
    assert "made ready" in view._sections["samples"].caption
    stage.render(scene.snapshot(step=0, state="ready"))
    assert view.samples.shown > 20
    assert "Not trained yet" in view._sections["samples"].caption
    assert view.card.numbers.text()
    assert stage.fields() == ()
    assert stage.samples_wanted() > 0


def test_while_training_the_most_probable_of_the_samples(scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    view = stage.digits
    pictures, log_p = view._top
    gallery = scene.worker.snapshot.gallery
    assert log_p[0] == gallery.log_prob.max()
    assert (np.diff(log_p) <= 0).all()
    assert len(np.unique(codes(pictures))) == len(pictures), "each image once"
    assert "Of the samples" in view._sections["density"].caption
    assert not view.search.running


def test_at_rest_all_images_are_searched(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot(state="paused"))
    view = stage.digits
    qtbot.waitUntil(lambda: view.search.running, timeout=5000)
    assert view._search_row.isVisible()
    qtbot.waitUntil(lambda: view._exact_for is not None, timeout=20_000)
    # Independent pixels: the best image lights every pixel with positive log odds; the next ones flip the weakest.
    odds = scene.worker.model.log_odds.detach().double().numpy()
    best = (odds > 0).astype(float)
    assert (view._top[0][0] == best).all()
    weakest = np.sort(np.abs(odds))
    assert view._top[1][0] - view._top[1][1] == pytest.approx(weakest[0], abs=1e-6)
    assert view._top[1][0] - view._top[1][2] == pytest.approx(weakest[1], abs=1e-6)
    assert len(view._top[0]) == TOP
    assert "33,554,432" in view._sections["density"].caption
    assert "exact" in view._sections["density"].caption
    assert not view._search_row.isVisible()
    # Training goes on: the exact list belongs to the step before.
    stage.render(scene.snapshot(step=101))
    assert "Of the samples" in view._sections["density"].caption


def test_the_search_can_be_stopped_and_does_not_begin_again(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot(state="paused"))
    view = stage.digits
    qtbot.waitUntil(lambda: view.search.running, timeout=5000)
    QTest.mouseClick(view._stop, Qt.MouseButton.LeftButton)
    assert not view.search.running
    assert not view._search_row.isVisible()
    stage.render(scene.snapshot(state="paused"))
    qtbot.wait(600)
    assert not view.search.running
    assert view._exact_for is None


def test_hovering_an_image_reads_its_probabilities(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    view = stage.digits
    x = view._data_images[3]
    QTest.mouseMove(view.data, view.data.rect_of(3).center())
    true = float(scene.experiment.data.law.log_prob(x[None])[0])
    odds = scene.worker.model.log_odds.detach().double().numpy()
    learned = float((x * odds - np.logaddexp(0.0, odds)).sum())
    qtbot.waitUntil(lambda: log_p_text(learned, "exact") in view.card.numbers.text())
    text = view.card.numbers.text()
    assert log_p_text(true, "exact") in text
    assert f"{int(codes(x[None])[0]):,}" in text
    # The large image shows it: the colour of the first pixel.
    ink = scene.theme.tokens.data if x[0] else scene.theme.tokens.sunken
    assert near(pixel(view.card.image, QPoint(5, 5)), ink, 4)


def test_a_click_keeps_a_sample_and_tells(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    view, told = stage.digits, []
    stage.sample_marked.connect(told.append)
    QTest.mouseClick(view.samples, Qt.MouseButton.LeftButton, pos=view.samples.rect_of(5).center())
    QTest.mouseMove(view.samples, view.samples.rect().bottomRight() - QPoint(1, 1))
    assert told == [5]
    assert view._image_section._title.text() == "Sample 6"
    stage.mark(2)
    assert view._image_section._title.text() == "Sample 3"
    assert told == [5]


def test_the_decode_of_the_code_is_shown_large(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    assert scene.actions.run("latent.set", index=0, value=3.0)
    qtbot.waitUntil(lambda: stage.digits._image_section._title.text().startswith("Decode"))
    assert stage.digits._shown_image[1][0] == pytest.approx(1 / (1 + np.exp(-3.0)))


def test_layers_switch_the_parts(scene: Scene, stage: Stage) -> None:
    view = stage.digits
    switches = {s.word.layer: s for s in stage.sentence.switches()}
    assert set(switches) == {"samples", "density", "data"}
    QTest.mouseClick(switches["density"], Qt.MouseButton.LeftButton)
    assert not view._sections["density"].isVisible()
    assert view._sections["samples"].isVisible()
    scene.actions.run("edit.undo")
    assert view._sections["density"].isVisible()


def test_going_to_the_plane_and_back(scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    scene.actions.run("world.choose", name="plane")
    scene.experiment.poll()
    assert stage.plane.isVisible()
    stage.render(scene.snapshot(wanted=stage.fields()))
    scene.actions.run("world.choose", name="digits")
    scene.experiment.poll()
    assert stage.digits.isVisible()
    assert stage.digits.samples.count == 0, "nothing of the run before"
    stage.render(scene.snapshot(step=5))
    assert stage.digits.samples.count > 0
    assert not scene.notices


def test_what_is_read_changes_as_the_model_learns(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    view = stage.digits
    qtbot.waitUntil(lambda: ">log p<" in view.card.numbers.text())
    before = view.card.numbers.text()
    scene.worker.model.log_odds.data += 0.5
    stage.render(scene.snapshot(step=101, state="paused"))
    qtbot.waitUntil(lambda: view.card.numbers.text() != before)


def test_another_data_set_is_not_shown_with_an_image_of_the_last(scene: Scene, stage: Stage) -> None:
    view = stage.digits
    assert "exact" in view.card.numbers.text(), "glyphs have a known law"
    scene.actions.run("data.choose", name="handwritten")
    title, image = view._shown_image
    assert title == "Training image 1"
    assert (image == scene.experiment.data.x_train[0]).all()
    assert "true log p unknown" in view.card.numbers.text()
    view._choose("data", 3)
    scene.actions.run("data.choose", name="glyphs")
    assert (view._shown_image[1] == scene.experiment.data.x_train[3]).all()


def test_an_answer_of_the_model_before_is_not_shown_for_another(qtbot, scene: Scene, stage: Stage) -> None:
    stage.render(scene.snapshot())
    view = stage.digits
    qtbot.waitUntil(lambda: not view._asker.busy)
    view._show("Sample 1", np.eye(5).ravel())
    # The answer waits in the inbox while a model without a density is chosen.
    scene.actions.run("model.choose", name="gan")
    qtbot.waitUntil(lambda: not view._asker.busy)
    qtbot.wait(20)
    assert "log p" not in view.card.numbers.text().replace("true log p", "")
