"""The page of a race: one scale for all lanes, linked pointing, figures and curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from genplay.spaces.plane import HOME
from genplay.ui.stage.race.page import RacePage
from tests.ui.pictures import Scene, near, pixel, shown
from tests.ui.stage.race.fake import FakeRace


@pytest.fixture
def scene(theme) -> Scene:
    return Scene(theme)


def opened(qtbot, scene: Scene, *models: str) -> tuple[RacePage, FakeRace]:
    race = scene.experiment.race = FakeRace(scene, *models)
    for name in scene.experiment.stage.layers - {"density"}:
        scene.actions.run("stage.layer", name=name, on=False)
    page = RacePage(scene.experiment, scene.actions, scene.theme)
    page.request_changed.connect(lambda: race.want(page.request()))
    shown(qtbot, page, 700, 620)
    return page, race


@pytest.fixture
def two(qtbot, scene: Scene):
    page, race = opened(qtbot, scene, "nsf", "gmm")
    yield page, race
    page.close_threads()


def colour(page: RacePage, lane: int, x: float, y: float):
    canvas = page.cards[lane].picture.canvas
    at: QPoint = canvas.mapFromScene(canvas.view.mapViewToScene(QPointF(x, y)))
    return pixel(canvas, at)


def halves(left: float, right: float, n: int = 32) -> np.ndarray:
    """log p: one density on the left, another on the right."""
    values = np.full((n, n), np.log(left))
    values[:, n // 2 :] = np.log(right)
    return values


def test_the_same_density_has_the_same_colour_in_every_lane(qtbot, scene: Scene, two) -> None:
    page, race = two
    race.put(1, halves(0.4, 0.02), HOME)
    race.put(2, halves(3.0, 0.4), HOME)
    qtbot.waitUntil(lambda: page.beat() or page.common._true_top is not None)
    page.redraw()
    strong, weak = colour(page, 0, -1, 0), colour(page, 0, 1, 0)
    assert not near(strong, weak, 30)
    assert colour(page, 1, 1, 0) == strong
    assert not near(colour(page, 1, -1, 0), strong, 30)
    assert page.bar.caption.title == "learned density"


def test_where_nobody_knows_the_truth_the_scale_holds_all_lanes(qtbot, theme) -> None:
    scene = Scene(theme)
    page, race = opened(qtbot, scene, "nsf", "gmm")
    page.common._experiment = _Lawless(scene.experiment)
    race.put(1, halves(0.4, 0.4), HOME)
    race.put(2, halves(0.4, 5.0), HOME)
    page.redraw()
    assert page.common.top >= 5.0
    assert colour(page, 0, -1, 0) == colour(page, 1, -1, 0)
    assert not near(colour(page, 1, 1, 0), colour(page, 1, -1, 0), 30)
    page.close_threads()


class _Lawless:
    """The experiment with data of which only a sample is known."""

    def __init__(self, experiment) -> None:
        self.data = replace(experiment.data, law=None)
        self.stage = experiment.stage


def test_all_lanes_are_asked_for_the_same_grid(two) -> None:
    page, race = two
    race.changed.emit()
    (request,) = race.wanted[-1].fields
    assert request.name == "density"
    assert race.wanted[-1].samples == 0
    page.cards[1].picture.canvas.setFocus()
    QTest.keyClick(page.cards[1].picture.canvas, Qt.Key.Key_Plus)
    QTest.qWait(250)
    boxes = [card.picture.canvas.seen() for card in page.cards]
    assert boxes[0].width == pytest.approx(boxes[1].width, rel=0.02)
    assert race.wanted[-1].fields[0].box.width < request.box.width


def test_a_word_of_the_legend_switches_the_layer_in_every_lane(scene: Scene, two) -> None:
    page, race = two
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME)
    page.redraw()
    words = {switch.word.layer: switch for switch in page.sentence.switches()}
    assert set(words) >= {"data", "samples", "density", "contours", "truth", "error"}
    QTest.mouseClick(words["density"], Qt.MouseButton.LeftButton)
    page.beat()
    for lane in (0, 1):
        assert near(colour(page, lane, 0.3, 1.7), scene.theme.tokens.canvas)
    assert page.bar.isHidden()


def test_pointing_in_one_lane_reads_log_p_in_all(qtbot, scene: Scene, two) -> None:
    page, race = two
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.1), HOME)
    page.redraw()
    canvas = page.cards[0].picture.canvas
    at = canvas.mapFromScene(canvas.view.mapViewToScene(QPointF(0.5, -0.25)))
    QTest.mouseMove(canvas.viewport(), at)
    overlays = [card.picture.canvas.overlay for card in page.cards]
    qtbot.waitUntil(lambda: all(overlay.said for overlay in overlays))
    assert set(race.asked) == {1, 2}
    for overlay in overlays:
        assert overlay.crosshair == pytest.approx([0.5, -0.25], abs=0.05)
    x = overlays[0].crosshair
    expected = -(x**2).sum() / 8 - np.log(8 * np.pi)
    assert overlays[1].said == f"log p = {expected:.3f}".replace("-", "−")
    assert "true log p" in page.readout.text()
    page._point(None)
    assert all(overlay.crosshair is None for overlay in overlays)


def test_figures_say_their_kind_and_the_place_is_told_in_words(two) -> None:
    page, race = two
    race.running = True
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME, step=1234)
    page.beat()
    first, second = page.cards
    assert first.figures.texts["nll"].text() == "NLL = 1.600"
    assert first.figures.texts["gap"].text().startswith("gap ≈ 1.31")
    assert "±" in first.figures.texts["gap"].text()
    assert first.figures.texts["progress"].text() == "step 1\u202f234 · 1.2 s · 50 steps/s"
    assert (first.place.text(), second.place.text()) == ("leads", "2nd")
    race.running = False
    page.redraw()
    assert first.place.text() == "best"


def test_a_lane_that_failed_says_so(two) -> None:
    page, race = two
    race.put(1, halves(0.4, 0.4), HOME)
    race.made[1] = replace(race.made[1], state="failed", message="The loss is no number.")
    page.redraw()
    note = page.cards[0].figures.texts["note"]
    assert note.text() == "The loss is no number."
    assert note.isVisible()


def test_a_model_without_a_density_says_what_it_lacks(qtbot, theme) -> None:
    scene = Scene(theme)
    page, race = opened(qtbot, scene, "nsf", "gan")
    race.put(1, halves(0.4, 0.4), HOME)
    race.put(2)
    race.made[2] = replace(race.made[2], nll_test=None)
    page.redraw()
    assert page.cards[1].figures.texts["note"].text() == "has no density"
    assert page.cards[1].figures.texts["nll"].text() == "no density, no NLL"
    page.close_threads()


def test_curves_by_seconds_and_by_steps_in_the_colours_of_the_cards(two) -> None:
    page, race = two
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME, step=100)
    page.redraw()
    curves = page.curves._curves
    assert [curves[str(card.run_id)].colour for card in page.cards] == [card.colour for card in page.cards]
    assert curves["2"].steps[-1] == pytest.approx(2.5)
    assert page.curves.plot.axes.x_label == "seconds"
    race.axis = "steps"
    race.changed.emit()
    page.redraw()
    assert page.curves._curves["2"].steps[-1] == 100
    assert page.curves.plot.axes.x_label == "steps"
    assert page.curves.axes["steps"].isChecked()
    assert "entropy = 0.290" in page.curves.plot.floor_text


def test_colours_stay_with_their_lanes(qtbot, scene: Scene) -> None:
    page, race = opened(qtbot, scene, "nsf", "gmm", "vae")
    colours = {card.run_id: card.colour for card in page.cards}
    assert len(set(colours.values())) == 3
    race.lanes = race.lanes[1:]
    race.changed.emit()
    assert [card.run_id for card in page.cards] == [2, 3]
    assert [card.number for card in page.cards] == [1, 2]
    assert {card.run_id: card.colour for card in page.cards} == {k: colours[k] for k in (2, 3)}
    page.close_threads()


def test_every_control_has_a_name_a_tip_and_the_keyboard(two) -> None:
    page, _ = two
    buttons = [b for b in page.findChildren(QAbstractButton) if b.isVisible()]
    assert len(buttons) > 6
    for button in buttons:
        assert button.accessibleName()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.accessibleName()
    assert page.cards[0].buttons["fork"].accessibleName() == "Fork lane 1: Lane of nsf"


def test_a_frame_leaves_lanes_that_it_has_no_time_for_to_the_next(monkeypatch, two) -> None:
    from genplay.ui.stage.race import page as module

    page, race = two
    page.redraw()
    drawn: list[int] = []
    for card in page.cards:
        monkeypatch.setattr(card, "render", lambda _snapshot, card=card: drawn.append(card.run_id))
    monkeypatch.setattr(module, "_FRAME", 0.0)
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME)
    page.beat()
    page.beat()
    assert drawn == [1, 2]
    race.put(1, halves(0.4, 0.4), HOME)
    race.put(2, halves(0.4, 0.4), HOME)
    page.beat()
    race.put(1, halves(0.4, 0.4), HOME)
    page.beat()
    assert drawn == [1, 2, 1, 2], "a lane that is always new does not keep the others from being drawn"


def test_each_curve_ends_in_the_number_of_its_lane(two) -> None:
    page, race = two
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME, step=100)
    page.redraw()
    plot = page.curves.plot
    curve = page.curves._curves["2"]
    end = plot._pixel(float(curve.steps[-1]), float(curve.values[-1]))
    inside = QPointF(min(end.x() + 2, plot.view.geometry().right() - 14), end.y())
    assert near(pixel(plot, inside), page.cards[1].colour, 40)


def test_the_first_burst_does_not_press_the_end_of_the_race_together(two) -> None:
    page, race = two
    made = race.put(1, halves(0.4, 0.4), HOME, step=1000)
    for step in range(20):
        made.history.record("nll_test", 1000 + 50 * step, 1.0)
        made.history.append(1001 + 50 * step, 2.0 + step, {"loss": 1.0})
    page.redraw()
    assert page.curves._curves["1"].values.max() == pytest.approx(4.0)
    assert page.curves.plot._box.y1 < 2.5
    assert page.curves.plot._box.y0 < 0.29, "the floor is in view"


def test_another_theme_dresses_pictures_and_badges(theme, two) -> None:
    page, race = two
    for run_id in (1, 2):
        race.put(run_id, halves(0.4, 0.4), HOME)
    page.redraw()
    canvas = page.cards[0].picture.canvas
    corner = QPointF(0, canvas.height() / 2)
    assert near(pixel(canvas, corner), theme.tokens.border)
    light = page.cards[0].badge.colour
    theme.set("dark")
    page.redraw()
    assert near(pixel(canvas, corner), theme.tokens.border)
    assert page.cards[0].badge.colour == page.cards[0].colour != light
