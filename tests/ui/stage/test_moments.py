"""Layers that are seen at a moment between noise and data: paths, velocity, the warped grid, noised data; decision regions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.models import registry
from genplay.spaces.plane import Box, Grid
from genplay.training.snapshot import Field
from genplay.ui.stage.layers import MOMENTS
from genplay.ui.stage.moments import grid_lines
from genplay.ui.stage.scales import posterior_picture
from genplay.ui.stage.stage import Stage
from genplay.ui.theme import LIGHT
from tests.ui.pictures import Scene, near, pixel, shown

LEFT = Qt.MouseButton.LeftButton
STEPS = 10
ALL = ("trajectory", "velocity", "layers", "forward", "posterior")


@pytest.fixture
def scene(theme, monkeypatch) -> Scene:
    for name in ("nsf", "vae"):
        card = registry.cards()[name]
        can = (*card.capabilities, *(a for a in ALL if a not in card.capabilities))
        monkeypatch.setitem(registry._installed(), name, replace(card, capabilities=can, limited={}))
    return Scene(theme)


def able(scene: Scene) -> None:
    """The toy on its way: from its noise straight to its samples; layers that shrink; data that go to the origin."""
    model = scene.worker.model
    model.noise = lambda n, generator: torch.randn(n, model.latent_dim, generator=generator)
    model.trajectory = lambda z: torch.stack(
        [z + (model.decode(z) - z) * i / STEPS for i in range(STEPS + 1)]
    )
    model.velocity = lambda x, t: torch.stack([t, -t], dim=1)
    model.stages = lambda x: torch.stack([x, x / 2, x / 4])
    model.noised = lambda x, t, generator: x * (1 - t)
    model.noised_score = lambda x, t: -x
    model.class_posterior = lambda x: torch.stack(
        [torch.sigmoid(9 * x[:, 0]), torch.sigmoid(-9 * x[:, 0])], dim=1
    )


def opened(qtbot, scene: Scene, *layers: str, state: str = "paused") -> Stage:
    able(scene)
    for name in ("samples", "density", *layers):
        scene.actions.run("stage.layer", name=name, on=name in layers)
    stage = shown(qtbot, Stage(scene.experiment, scene.actions, scene.theme), 760, 560)
    stage.render(scene.snapshot(5, state))
    settle(scene)
    return stage


def settle(scene: Scene) -> None:
    for _ in range(4):
        QApplication.processEvents()
        scene.experiment.poll()


def close(stage: Stage) -> None:
    stage.close_threads()


def test_the_switches_are_there_only_for_models_that_can(qtbot, scene) -> None:
    stage = opened(qtbot, scene)
    words = {switch.word.layer for switch in stage.sentence.switches()}
    assert {*MOMENTS, "posterior"} <= words
    assert not stage.scrubber.isVisible(), "nothing to scrub is switched on"
    scene.actions.run("model.choose", name="gmm")
    words = {switch.word.layer for switch in stage.sentence.switches()}
    assert not words & {*MOMENTS, "posterior"}
    close(stage)


def test_paths_are_scrubbed_from_noise_to_data(qtbot, scene) -> None:
    stage = opened(qtbot, scene)
    switch = next(s for s in stage.sentence.switches() if s.word.layer == "paths")
    QTest.mouseClick(switch, LEFT)
    settle(scene)
    moments, moving = stage.plane.moments, stage.plane.moving
    assert stage.scrubber.isVisible()
    assert moments.paths.shape == (STEPS + 1, 48, 2)
    ends = moments.paths[-1]
    assert moments.samples_now() == pytest.approx(ends)
    assert moving.trails.shown
    assert moving.ahead.shown
    slider = stage.scrubber.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert scene.experiment.subject.t == 0.0
    assert moments.samples_now() == pytest.approx(moments.paths[0])
    assert "t = 0.00" in stage.scrubber.words.text()
    assert f"step 0 of {STEPS}" in stage.scrubber.words.text()
    slider.setValue(450)
    assert moments.samples_now() == pytest.approx((moments.paths[4] + moments.paths[5]) / 2)
    head = moments.samples_now()[0]
    to_view = stage.plane.canvas.view.mapViewToScene
    from PySide6.QtCore import QPointF

    at = to_view(QPointF(*head))
    assert near(pixel(stage.plane.canvas, at.toPoint()), scene.theme.tokens.model, 60)
    QTest.mouseClick(switch, LEFT)
    assert not moving.trails.shown
    assert not stage.scrubber.isVisible()
    close(stage)


def test_playing_goes_to_the_data_and_stops_there(qtbot, scene) -> None:
    stage = opened(qtbot, scene, "paths")
    QTest.mouseClick(stage.scrubber.play, LEFT)
    assert stage.scrubber.playing
    qtbot.waitUntil(lambda: 0 < scene.experiment.subject.t < 1)
    scene.actions.run("stage.time", t=0.999)
    qtbot.waitUntil(lambda: not stage.scrubber.playing)
    assert scene.experiment.subject.t == 1.0
    QTest.mouseClick(stage.scrubber.play, LEFT)
    stage.hide()
    assert not stage.scrubber.playing, "nobody looks"
    close(stage)


def test_velocity_is_asked_at_the_moment(qtbot, scene) -> None:
    stage = opened(qtbot, scene, "velocity")
    wanted = []
    stage.request_changed.connect(lambda: wanted.append(stage.fields()))
    scene.actions.run("stage.time", t=0.25)
    assert wanted
    (request,) = [r for r in wanted[-1] if r.name == "velocity"]
    assert request.t == 0.25
    grid = Grid(request.box, 32)
    values = np.ones((32, 32, 2), np.float32)
    snapshot = replace(
        scene.snapshot(5, "paused"), fields={"velocity": Field("velocity", grid, values, "exact", "", 5)}
    )
    stage.render(snapshot)
    assert stage.plane.moving.velocity.shown
    assert not stage.plane.canvas.arrows.shown, "the score has arrows of its own"
    close(stage)


def test_the_grid_is_warped_layer_by_layer(qtbot, scene) -> None:
    stage = opened(qtbot, scene, "warp")
    moments, box = stage.plane.moments, scene.experiment.data.box
    assert moments.warp_now() == pytest.approx(grid_lines(box), abs=1e-5)
    assert stage.plane.moving.warp.shown
    assert "layer 0 of 2" in stage.scrubber.words.text()
    scene.actions.run("stage.time", t=0.0)
    assert moments.warp_now() == pytest.approx(grid_lines(box) / 4, abs=1e-5)
    scene.actions.run("stage.time", t=0.75)
    assert moments.warp_now() == pytest.approx(grid_lines(box) * 0.75, abs=1e-5)
    close(stage)


def test_data_turn_to_noise(qtbot, scene) -> None:
    stage = opened(qtbot, scene, "data", "noised")
    x = scene.experiment.data.x_train
    assert stage.plane.moments.noised == pytest.approx(x, abs=1e-5)
    scene.actions.run("stage.time", t=0.25)
    settle(scene)
    assert stage.plane.moments.noised == pytest.approx(0.25 * x, abs=1e-5)
    drawn = np.concatenate([group for group, _ in stage.plane.canvas.points._groups])
    assert np.abs(drawn).max() == pytest.approx(0.25 * np.abs(x).max(), abs=1e-5)
    scene.actions.run("stage.layer", name="noised", on=False)
    drawn = np.concatenate([group for group, _ in stage.plane.canvas.points._groups])
    assert np.abs(drawn).max() == pytest.approx(np.abs(x).max(), abs=1e-5)
    close(stage)


def test_once_a_second_while_training_and_never_of_an_old_run(qtbot, scene, monkeypatch) -> None:
    now = [50.0]
    monkeypatch.setattr("genplay.ui.stage.moments.time.monotonic", lambda: now[0])
    stage = opened(qtbot, scene, "paths", state="running")
    before = scene.worker.asked
    for step in range(6, 26):
        now[0] += 0.033
        stage.render(scene.snapshot(step, "running"))
        settle(scene)
    paths = scene.worker.asked
    now[0] += 1.0
    stage.render(scene.snapshot(30, "running"))
    settle(scene)
    assert (paths - before, scene.worker.asked - paths) == (0, 1)
    scene.worker.waiting = []
    stage.render(scene.snapshot(31, "paused"))
    asked = scene.worker.waiting
    assert asked
    scene.actions.run("model.choose", name="vae")
    settle(scene)
    scene.worker.waiting = asked
    able(scene)
    scene.worker.answer()
    settle(scene)
    assert stage.plane.moments.paths is None
    scene.worker.waiting = None
    close(stage)


def test_images_are_scrubbed_in_their_tiles(qtbot, scene) -> None:
    scene.actions.run("world.choose", name="digits")
    settle(scene)
    able(scene)
    scene.actions.run("stage.layer", name="paths", on=True)
    scene.actions.run("stage.layer", name="noised", on=True)
    stage = shown(qtbot, Stage(scene.experiment, scene.actions, scene.theme), 800, 640)
    stage.render(scene.snapshot(5, "paused"))
    settle(scene)
    view = stage.digits
    assert stage.scrubber.isVisible()
    done = view.samples._tiles.copy()
    assert len(done) == 48
    scene.actions.run("stage.time", t=0.0)
    settle(scene)
    assert not np.array_equal(view.samples._tiles, done)
    assert np.array_equal(view.moments.samples_now(), view.moments.paths[0])
    assert view._data_images == pytest.approx(0.0), "all noise"
    scene.actions.run("stage.time", t=1.0)
    settle(scene)
    assert np.array_equal(view.samples._tiles, done)
    assert view._data_images == pytest.approx(scene.experiment.data.x_train[:48])
    scene.actions.run("stage.layer", name="paths", on=False)
    settle(scene)
    assert len(view.samples._tiles) == len(scene.worker.snapshot.gallery.images)
    close(stage)


def test_decision_regions_have_the_hue_of_their_class(qtbot, scene) -> None:
    stage = opened(qtbot, scene, "posterior")
    (request,) = stage.fields()
    assert request.name == "posterior"
    grid = Grid(request.box, 40)
    with torch.no_grad():
        posterior = scene.worker.model.class_posterior(torch.as_tensor(grid.points(), dtype=torch.float32))
    best, label = posterior.max(1)
    values = (label + best.clamp(max=0.999)).reshape(40, 40).numpy()
    field = Field("posterior", grid, values, "exact", "P(y | x)", 5)
    stage.render(replace(scene.snapshot(5, "paused"), fields={"posterior": field}))
    caption = stage.plane.caption
    assert caption.title == "decision regions"
    assert [text for _, text in caption.ticks] == list(scene.experiment.data.class_names)
    left, right = (stage.plane.canvas.view.mapViewToScene(_point(x)).toPoint() for x in (-1.9, 1.9))
    assert pixel(stage.plane.canvas, right) != pixel(stage.plane.canvas, left)
    close(stage)


def _point(x: float):
    from PySide6.QtCore import QPointF

    return QPointF(x, 1.5)


def test_a_sure_class_is_darker_than_an_unsure_one() -> None:
    values = np.array([[0.5, 0.999, 1.5, 1.999]])
    picture = posterior_picture(values, ("a", "b"), "exact", "", LIGHT)
    colours = picture.colours.take(picture.values.astype(int))[0]
    lightness = [sum((int(c) >> s) & 255 for s in (0, 8, 16)) for c in colours]
    assert lightness[0] > lightness[1]
    assert lightness[2] > lightness[3]
    assert colours[1] != colours[3]
    assert picture.high == 255.0


def test_a_place_where_no_class_is_likely_has_none() -> None:
    values = np.array([[0.5, np.inf, np.nan, -np.inf]])
    picture = posterior_picture(values, ("a", "b"), "exact", "", LIGHT)
    assert np.isfinite(picture.values).tolist() == [[True, False, False, False]]


def test_grid_lines_span_the_box() -> None:
    lines = grid_lines(Box(-1, 2, 0, 3))
    assert lines.reshape(-1, 2).min(axis=0) == pytest.approx([-1, 0])
    assert lines.reshape(-1, 2).max(axis=0) == pytest.approx([2, 3])
    upright, level = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    assert (np.ptp(upright[..., 0], axis=1) == 0).all()
    assert (np.ptp(level[..., 1], axis=1) == 0).all()


@pytest.mark.parametrize("layer", ["paths", "warp", "noised"])
def test_what_cannot_be_shown_says_why_once_and_goes_when_it_can_or_is_not_wanted(
    qtbot, scene, layer
) -> None:
    stage = opened(qtbot, scene, layer)
    assert not stage.trouble.isVisible()
    name = {"paths": "trajectory", "warp": "stages", "noised": "noised"}[layer]
    good = getattr(scene.worker.model, name)
    told = []
    stage.plane.moments.changed.connect(lambda: told.append(stage.trouble.text()))

    def broken(*_: object) -> torch.Tensor:
        raise ValueError("no way")

    for step, answers in ((6, lambda *_: torch.full((3, 4, 2), torch.nan)), (7, broken), (8, broken)):
        setattr(scene.worker.model, name, answers)
        stage.render(scene.snapshot(step, "paused"))
        settle(scene)
    assert len(told) == 2, "the same reason is not told again"
    assert "no number" in told[0]
    assert "no way" in told[1]
    assert stage.trouble.isVisible()
    assert not scene.notices
    setattr(scene.worker.model, name, good)
    stage.render(scene.snapshot(9, "paused"))
    settle(scene)
    assert not stage.trouble.isVisible()
    setattr(scene.worker.model, name, broken)
    stage.render(scene.snapshot(10, "paused"))
    settle(scene)
    assert stage.trouble.isVisible()
    scene.actions.run("stage.layer", name=layer, on=False)
    assert not stage.trouble.isVisible()
