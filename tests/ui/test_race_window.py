"""A race in the real window, by real keys and clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from genplay.ui.app import App
from genplay.ui.main_window import MainWindow
from tests.ui.support import Until, own_threads
from tests.ui.test_layout import clipped, overlaps

LEFT = Qt.MouseButton.LeftButton
QUICK = ["gmm", "realnvp"]


@pytest.fixture
def raced(window: MainWindow, until: Until) -> MainWindow:
    """The window with a race of two quick models, ready."""
    assert window.dispatch.run("race.open", models=QUICK)
    race = window.experiment.race
    until(
        lambda: len(race.snapshots()) == 2 and {s.state for s in race.snapshots()} == {"ready"}, "for lanes"
    )
    return window


def steps(window: MainWindow) -> list[int]:
    return [snapshot.step for snapshot in window.experiment.race.snapshots()]


def test_the_transport_opens_a_race_of_three_and_its_own_bar_leaves_it(
    window: MainWindow, until: Until
) -> None:
    race = window.experiment.race
    QTest.mouseClick(window.transport.race, LEFT)
    until(lambda: len(race.lanes) == 3, "for three lanes")
    page, bar = window.middle.race, window.middle.race_bar
    assert page.isVisible()
    assert bar.isVisible()
    assert not window.stage.isVisible()
    assert not window.transport.isVisible()
    assert [card.title.text() for card in page.cards] == [lane.title for lane in race.lanes]
    assert window.status.parts["state"].text().startswith("race:")
    QTest.mouseClick(bar.leave, LEFT)
    assert window.stage.isVisible()
    assert window.transport.isVisible()
    until(lambda: window.status.parts["state"].text().startswith("ready"), "for the single run's words")


def test_space_starts_and_pauses_all_lanes(raced: MainWindow, until: Until) -> None:
    bar, race = raced.middle.race_bar, raced.experiment.race
    QTest.keyClick(raced, Qt.Key.Key_Space)
    until(lambda: all(step > 1 for step in steps(raced)), "for steps in every lane")
    assert bar.play.text() == "Pause all"
    QTest.keyClick(raced, Qt.Key.Key_Space)
    until(lambda: {s.state for s in race.snapshots()} <= {"paused", "finished"}, "for the last steps")
    assert not race.running
    until(lambda: bar.play.text() == "Start all", "for the button")
    before = steps(raced)
    QTest.qWait(200)
    assert steps(raced) == before
    assert raced.experiment.snapshot().step == 0, "the single run is untouched"
    QTest.mouseClick(bar.step, LEFT)
    until(lambda: steps(raced)[1] == before[1] + 1, "for a step")
    QTest.mouseClick(bar.rewind, LEFT)
    until(lambda: steps(raced) == [0, 0], "for the start")


def test_pictures_and_figures_come_alive(raced: MainWindow, until: Until) -> None:
    page = raced.middle.race
    raced.dispatch.run("race.start")
    until(lambda: all(card.picture.canvas.heat.shown for card in page.cards), "for densities")
    until(lambda: all("=" in card.figures.texts["nll"].text() for card in page.cards), "for likelihoods")
    until(lambda: len(page.curves._curves) == 2, "for curves")
    assert page.bar.caption is not None
    drawn = {card.run_id: card.picture._snapshot.step for card in page.cards}
    until(lambda: page.cards[1].picture._snapshot.step > drawn[page.cards[1].run_id], "for a further picture")


def test_a_lane_is_forked_and_taken_out_by_its_buttons(raced: MainWindow, until: Until) -> None:
    page, race = raced.middle.race, raced.experiment.race
    QTest.mouseClick(page.cards[1].buttons["fork"], LEFT)
    until(lambda: len(page.cards) == 3, "for the fork")
    assert len({card.colour for card in page.cards}) == 3
    kept = [card.run_id for card in page.cards[1:]]
    button = page.cards[0].buttons["remove"]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert [lane.run_id for lane in race.lanes] == kept
    assert [card.number for card in page.cards] == [1, 2]


def test_taking_a_lane_opens_its_run_as_it_is(raced: MainWindow, until: Until) -> None:
    race, experiment = raced.experiment.race, raced.experiment
    raced.dispatch.run("race.step", n=7)
    until(lambda: steps(raced)[1] == 7, "for seven steps")
    QTest.mouseClick(raced.middle.race.cards[1].buttons["take"], LEFT)
    assert not race.opened
    assert raced.stage.isVisible()
    until(
        lambda: (s := experiment.snapshot()) is not None and s.model == "realnvp" and s.step == 7,
        "for the run",
    )


def test_models_are_added_from_the_menu_of_families(raced: MainWindow, until: Until) -> None:
    bar, race = raced.middle.race_bar, raced.experiment.race
    bar._fill_models()
    families = {entry.text(): entry.menu() for entry in bar._models.actions()}
    wanted = {card.family for card in _cards() if "plane" in card.worlds}
    assert set(families) == wanted
    entry = next(a for a in families["Classical"].actions() if a.text() == "Histogram")
    entry.trigger()
    until(lambda: len(race.lanes) == 3, "for the lane")
    assert race.lanes[-1].plan.model == "histogram"
    raced.dispatch.run("race.fork", lane=3)
    until(lambda: len(race.lanes) == 4, "for the fourth")
    assert not bar.add.isEnabled()
    assert "at most four" in bar.add.toolTip()


def _cards():
    from genplay.models.registry import cards

    return cards().values()


def test_each_lane_can_be_told_to_stop_after_some_seconds(raced: MainWindow) -> None:
    bar = raced.middle.race_bar
    next(a for a in bar._limits.actions() if a.text() == "20 seconds each").trigger()
    assert raced.experiment.race.limit == 20
    assert bar.limit.text() == "Stop after 20 s"


def test_the_bar_shows_that_the_lanes_have_stopped_by_themselves(raced: MainWindow, until: Until) -> None:
    raced.dispatch.run("race.seconds", seconds=0.05)
    raced.dispatch.run("race.start")
    bar = raced.middle.race_bar
    assert bar.play.text() == "Pause all"
    until(lambda: bar.play.text() == "Start all", "for the end of the seconds")


def test_the_axis_is_switched_by_the_keyboard(raced: MainWindow) -> None:
    curves, race = raced.middle.race.curves, raced.experiment.race
    button = curves.axes["steps"]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert race.axis == "steps"
    assert button.isChecked()
    assert not curves.axes["seconds"].isChecked()
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert button.isChecked(), "one of the two is always on"


def test_another_world_leaves_the_race_and_has_one_of_its_own(raced: MainWindow, until: Until) -> None:
    race, page = raced.experiment.race, raced.middle.race
    QTest.mouseClick(raced.top_bar.worlds["digits"], LEFT)
    assert not race.opened
    assert raced.stage.isVisible()
    raced.dispatch.run("race.open", models=["bernoulli-mixture"])
    until(lambda: len(race.snapshots()) == 1 and race.snapshots()[0].state == "ready", "for the lane")
    until(lambda: page.cards[0].picture.samples.count > 0, "for samples")
    raced.dispatch.run("race.pause")
    tiles = page.cards[0].picture.samples
    QTest.mouseMove(tiles, tiles.rect_of(0).center())
    gap = page.cards[0].figures.texts["gap"]
    until(lambda: gap.text().startswith("log p = "), "for log p of the image")
    page._point(None)
    until(lambda: gap.text().startswith("gap"), "for the gap in its place")


def test_every_control_of_the_bar_has_a_name_a_tip_and_the_keyboard(raced: MainWindow) -> None:
    for button in raced.middle.race_bar.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_closing_the_window_in_the_middle_of_a_race_ends_its_threads(
    session: App, raced: MainWindow, until: Until
) -> None:
    raced.dispatch.run("race.start")
    until(lambda: steps(raced)[1] > 0, "for steps")
    assert "genplay-race" in own_threads()
    # The fixture closes the session, and waits for every thread of the program to end.


def test_the_palette_offers_models_and_lanes_by_name(raced: MainWindow, until: Until) -> None:
    palette, race = raced.palette_panel, raced.experiment.race
    palette.open()
    QTest.keyClicks(palette.input, "fork lane real")
    assert any("RealNVP" in title for title in palette.titles())
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    until(lambda: len(race.lanes) == 3, "for the fork")
    assert race.lanes[-1].plan.model == "realnvp"
    palette.open()
    QTest.keyClicks(palette.input, "add model race histogram")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    until(lambda: len(race.lanes) == 4, "for the added lane")
    assert race.lanes[-1].plan.model == "histogram"


def test_a_race_that_was_left_comes_back_with_its_lanes(raced: MainWindow, until: Until) -> None:
    page, race = raced.middle.race, raced.experiment.race
    raced.dispatch.run("race.step", n=3)
    until(lambda: steps(raced)[1] == 3, "for three steps")
    ids = [lane.run_id for lane in race.lanes]
    raced.dispatch.run("race.close")
    assert not page.cards
    raced.dispatch.run("race.open")
    assert [card.run_id for card in page.cards] == ids
    until(lambda: page.cards[1].picture._snapshot is not None, "for the picture")
    assert page.cards[1].picture._snapshot.step == 3


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(1280, 800, 1.0), (1920, 1080, 1.0), (1280, 800, 1.75), (1920, 1080, 1.75)]
)
def test_nothing_of_a_race_is_clipped_or_overlaps(
    raced: MainWindow, until: Until, width: int, height: int, scale: float
) -> None:
    raced.resize(width, height)
    raced.dispatch.run("window.scale", factor=scale)
    for lanes in (2, 3, 4):
        if lanes > 2:
            raced.dispatch.run("race.add", model="histogram")
        until(lambda: len(raced.middle.race.cards) == lanes)  # noqa: B023
        QTest.qWait(150)
        assert (raced.width(), raced.height()) == (width, height), "the race has forced the window wider"
        # Places and figures come while this is looked at; each has its room at the next turn of the event loop.
        until(lambda: not clipped(raced), f"for texts with room: {clipped(raced)}", 3.0)
        until(lambda: not overlaps(raced), f"for parts beside each other: {overlaps(raced)}", 3.0)
