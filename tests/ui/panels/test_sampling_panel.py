"""The sampling panel through real events: by mouse and keyboard, in both worlds, at every width."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea

from genplay.lab.sampling_words import event_words, figures, state_words
from genplay.sampling.cards import cards
from genplay.sampling.events import Flip, Propose
from genplay.ui.panels.sampling import SamplingPanel
from tests.ui.pictures import Scene, near, pixel, shown


@pytest.fixture
def scene(theme, request) -> Iterator[Scene]:
    made = Scene(theme, getattr(request, "param", "plane"))
    yield made
    made.experiment.close()


def opened(qtbot, scene: Scene, width: int = 900, height: int = 420) -> SamplingPanel:
    return shown(qtbot, SamplingPanel(scene.experiment, scene.actions, scene.theme), width, height)


def beat(panel: SamplingPanel, until, condition, what: str) -> None:
    def ready() -> bool:
        panel._experiment.poll()
        panel.beat()
        return bool(condition())

    until(ready, what)


def press(widget) -> None:
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Space)


def test_events_one_by_one_and_full_speed(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    QTest.mouseClick(panel.next, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: sampling.view.told == 1, "for the first event")
    assert isinstance(sampling.view.event, Propose)
    assert "is proposed: taken with probability" in panel.told.text()
    press(panel.next)
    beat(panel, until, lambda: sampling.view.told == 2, "for the answer")
    assert panel.told.text().startswith(("Chain 1. Accepted", "Chain 1. Rejected"))
    QTest.mouseClick(panel.play, Qt.MouseButton.LeftButton)
    assert panel.play.text() == "Pause"
    beat(panel, until, lambda: "R-hat" in panel.figures.text(), "for the figures")
    assert "≈" in panel.figures.text()
    press(panel.play)
    beat(panel, until, lambda: sampling.view.state == "paused", "to rest")
    assert panel.play.text() == "Sample"
    QTest.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    beat(panel, until, lambda: panel._shown.steps == 0, "to begin again")
    assert not scene.notices


def test_the_picture_shows_density_chains_and_the_proposal(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    scene.actions.run("sampler.set", name="step", value=1.0)
    scene.actions.run("sampler.step", n=121)
    beat(panel, until, lambda: sampling.view.told == 121, "for events")
    view = sampling.view
    assert isinstance(view.event, Propose)
    here = panel.picture.pixel_of(view.event.at).toPoint()
    assert near(pixel(panel.picture, here), scene.theme.color("accent"))
    row, column = np.unravel_index(view.log_density.argmax(), view.log_density.shape)
    n = len(view.log_density)
    x = view.box.x0 + view.box.width * (column + 0.5) / n
    y = view.box.y0 + view.box.height * (row + 0.5) / n
    empty = pixel(panel.picture, panel.picture.pixel_of((view.box.x0 + 0.1, view.box.y1 - 0.1)).toPoint())
    dense = pixel(panel.picture, panel.picture.pixel_of((float(x), float(y))).toPoint())
    assert near(empty, scene.theme.color("canvas"))
    assert not near(dense, scene.theme.color("canvas"))


def test_what_is_chosen_by_hand(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    beat(panel, until, lambda: sampling.reasons, "for the target")
    panel.choice.setFocus()
    start = panel.choice.currentIndex()
    QTest.keyClick(panel.choice, Qt.Key.Key_Down)
    assert sampling.sampler == panel.choice.itemData(start + 1)
    scene.actions.run("sampler.choose", name="hmc")
    assert panel.choice.currentData() == "hmc"
    leaps = panel.form.fields["leaps"]
    leaps.submit(7)
    assert sampling.knobs.leaps == 7
    panel.speed.setFocus()
    QTest.keyClick(panel.speed, Qt.Key.Key_Up)
    assert sampling.speed == 10.0
    scene.actions.run("sampler.step")
    beat(panel, until, lambda: sampling.view.told == 1, "for an event")
    panel.form.fields["chains"].submit(10)
    assert panel.form.fields["chains"].label.property("role") == "restart"
    assert panel.form.fields["leaps"].label.property("role") != "restart"


@pytest.mark.parametrize("scene", ["digits"], indirect=True)
def test_images_with_the_flipped_pixel_marked(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    beat(panel, until, lambda: sampling.reasons, "for the target")
    assert panel.choice.findData("hmc") < 0
    assert panel.choice.findData("gibbs") >= 0
    QTest.mouseClick(panel.others.head, Qt.MouseButton.LeftButton)
    assert "Hamiltonian Monte Carlo: it needs a gradient" in panel._why.text()
    scene.actions.run("sampler.choose", name="gibbs")
    scene.actions.run("sampler.step")
    beat(panel, until, lambda: sampling.view.told == 1, "for a flip")
    flip = sampling.view.event
    assert isinstance(flip, Flip)
    tile = panel.tiles.rect_of(0)
    at = tile.topLeft()
    at.setX(round(tile.left() + tile.width() * (flip.pixel % 5 + 0.5) / 5))
    at.setY(round(tile.top() + tile.height() * (flip.pixel // 5 + 0.5) / 5))
    wanted = "accent" if flip.lit else "accent_soft"
    assert near(pixel(panel.tiles, at), scene.theme.color(wanted))
    assert f"Row {flip.pixel // 5 + 1}, column {flip.pixel % 5 + 1}" in panel.told.text()


def test_every_control_can_be_named_and_reached(qtbot, scene: Scene) -> None:
    panel = opened(qtbot, scene)
    for control in (panel.on, panel.choice, panel.speed, panel.play, panel.next, panel.reset):
        assert control.accessibleName()
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    for field in panel.form.fields.values():
        assert field.label.text()
    assert panel.picture.accessibleName()
    assert panel.curve.toolTip()


@pytest.mark.parametrize(("width", "scale"), [(250, 1.75), (520, 1.0), (520, 1.75), (900, 1.75)])
def test_nothing_is_cut_at_any_width(qtbot, scene: Scene, until, scale: float, width: int) -> None:
    scene.theme.set_scale(scale)
    panel = opened(qtbot, scene, round(width * scale), round(560 * scale))
    sampling = scene.experiment.sampling
    for name in ("metropolis", "hmc", "annealed-langevin", "importance"):
        scene.actions.run("sampler.choose", name=name)
        told = sampling.view.told if sampling.view.sampler == name else 0
        scene.actions.run("sampler.step")
        beat(panel, until, lambda told=told: sampling.view.told > told, f"for {name}")
        QApplication.processEvents()
        assert panel.told.needs(panel.told.width()) <= panel.told.height(), panel.told.text()
    for button in panel.findChildren(QPushButton):
        if button.isVisible():
            assert button.fontMetrics().horizontalAdvance(button.text()) <= button.width(), button.text()
    assert panel.picture.square().width() >= 80 * scale
    scene.theme.set_scale(1.0)


def test_a_hidden_panel_does_nothing(qtbot, scene: Scene) -> None:
    panel = SamplingPanel(scene.experiment, scene.actions, scene.theme)
    qtbot.addWidget(panel)
    panel.beat()
    assert scene.experiment.sampling.view.state == "empty"
    assert not scene.experiment.sampling.reasons


def test_words_for_every_event(qtbot, scene: Scene, until) -> None:
    """Every sampler's events become sentences, and its figures have names."""
    from genplay.sampling.registry import make
    from tests.sampling.targets import gaussian, spins

    for target in (gaussian(), spins(6)[0]):
        for name, card in cards().items():
            if card.why_not(target):
                continue
            for event in make(name, target).step():
                assert event_words(event).endswith(".")
    view = scene.experiment.sampling.view
    assert state_words(view)
    assert figures(view) == {}


def test_the_watched_chain_is_chosen_by_box_and_click_and_its_events_are_told(
    qtbot, scene: Scene, until
) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    scene.actions.run("sampler.step", n=21)
    beat(panel, until, lambda: sampling.view.told == 21, "for events")
    panel.chain.setFocus()
    QTest.keyClick(panel.chain, Qt.Key.Key_Up)
    beat(panel, until, lambda: sampling.view.watched == 1, "for the second chain")
    view = sampling.view
    assert view.told == 21, "nothing is sampled for it"
    assert isinstance(view.event, Propose)
    assert view.event.chain == 1
    assert panel.told.text().startswith("Chain 2. ")
    assert (view.trail[-1] == view.chains[1]).all()
    scene.actions.run("sampler.step", n=20)
    beat(panel, until, lambda: sampling.view.told == 41, "for more events")
    view = sampling.view
    far = int(np.argmax(np.hypot(*(view.chains - view.chains[1]).T)))
    at = panel.picture.pixel_of(tuple(view.chains[far])).toPoint()
    QTest.mouseClick(panel.picture, Qt.MouseButton.LeftButton, pos=at)
    beat(panel, until, lambda: sampling.view.watched not in (0, 1), "for a clicked chain")
    chosen = sampling.view.watched
    assert np.hypot(*(view.chains[chosen] - view.chains[far])) < 0.1
    assert panel.chain.lineEdit().text() == str(chosen + 1)
    here = panel.picture.pixel_of(sampling.view.event.at).toPoint()
    assert near(pixel(panel.picture, here), scene.theme.color("accent"))
    assert not scene.notices
    panel.chain.entered.emit("100000")
    assert "Allowed" in scene.notices[-1].text
    assert panel.chain.lineEdit().text() == str(chosen + 1)


def test_watching_another_chain_changes_nothing_that_is_sampled(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling, ends = scene.experiment.sampling, []
    for chain in (1, 7):
        scene.actions.run("sampler.reset")
        for watched in (1, chain, 1):
            scene.actions.run("sampler.chain", chain=watched)
            told = sampling.view.told
            scene.actions.run("sampler.step", n=6)
            beat(panel, until, lambda told=told: sampling.view.told == told + 6, "for events")
        scene.actions.run("sampler.chain", chain=chain)
        beat(panel, until, lambda chain=chain: sampling.view.watched == chain - 1, "to follow")
        steps = sampling.view.steps
        scene.actions.run("sampler.step", n=2 * (40 - steps))
        beat(panel, until, lambda: sampling.view.steps == 40, "for forty steps")
        ends.append(sampling.view.chains)
    assert (ends[0] == ends[1]).all()


@pytest.mark.parametrize("scene", ["digits"], indirect=True)
def test_an_image_is_chosen_to_be_watched(qtbot, scene: Scene, until) -> None:
    panel = opened(qtbot, scene)
    sampling = scene.experiment.sampling
    scene.actions.run("sampler.choose", name="gibbs")
    scene.actions.run("sampler.step", n=3)
    beat(panel, until, lambda: sampling.view.told == 3, "for events")
    QTest.mouseClick(panel.tiles, Qt.MouseButton.LeftButton, pos=panel.tiles.rect_of(4).center())
    beat(panel, until, lambda: sampling.view.watched == 4, "for the fifth image")
    view = sampling.view
    assert isinstance(view.event, Flip)
    assert panel.tiles.current == 4
    tile, plain = panel._images(view)[4], panel._images(view)[0]
    row, column = divmod(view.event.pixel, 5)
    token = "accent" if view.event.lit else "accent_soft"
    assert tile[row, column] == scene.theme.color(token).rgb()
    assert scene.theme.color("accent").rgb() not in plain


@pytest.mark.parametrize(("width", "narrow"), [(900, False), (600, False), (300, True)])
def test_no_scroll_area_lies_within_another(qtbot, scene: Scene, width: int, narrow: bool) -> None:
    panel = opened(qtbot, scene, width, 500)
    areas = [area for area in panel.findChildren(QScrollArea) if area.isVisible()]
    assert areas
    assert not [a for a in areas if any(b is not a and b.isAncestorOf(a) for b in areas)]
    assert (len(areas) == 1) == (narrow or width == 600)
    assert panel.picture.square().width() >= 160
