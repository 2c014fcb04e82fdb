"""The panel Inside: exhibits of the open model about a point that is picked, under real events."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from genplay.models.exhibits import Facts
from genplay.quantity import exact
from genplay.ui.exhibits.facts import FactsView
from genplay.ui.exhibits.kinds import VIEWS
from genplay.ui.panels.gallery import GalleryPanel
from genplay.ui.panels.inside import InsidePanel
from genplay.ui.stage.stage import Stage
from tests.ui.exhibits.samples import digit_exhibits, plane_exhibits
from tests.ui.pictures import Scene, shown

LEFT = Qt.MouseButton.LeftButton


def opened(qtbot, scene: Scene, exhibits, width: int = 300, height: int = 700) -> InsidePanel:
    scene.worker.model.exhibits = exhibits
    panel = shown(qtbot, InsidePanel(scene.experiment, scene.actions, scene.theme), width, height)
    panel.render(scene.snapshot(1, "paused"))
    settle(scene)
    return panel


def settle(scene: Scene) -> None:
    for _ in range(5):
        QApplication.processEvents()
        scene.experiment.poll()


def about_x(about) -> tuple:
    """An exhibit that says what it is about."""
    where = " ".join(f"{v:.2f}" for v in about.x[0, :2].tolist())
    assert len(about.x) == 1
    assert about.data.dtype == torch.float32
    assert about.labels.dtype == torch.int64
    assert len(about.data) == len(about.labels)
    return (
        Facts("Where", (("x", where), ("noise", f"{torch.rand(1, generator=about.generator).item():.6f}"))),
    )


def said(panel: InsidePanel) -> list[str]:
    (view,) = (v for _, v in panel.sections.values() if isinstance(v, FactsView))
    return [value.text() for _, value in view.rows]


def test_every_kind_is_a_section_that_folds_and_stays_folded(qtbot, theme) -> None:
    scene = Scene(theme, "digits")
    shift = [0.0]
    panel = opened(qtbot, scene, lambda about: digit_exhibits(shift[0]))
    titles = [section.head.text() for section, _ in panel.sections.values()]
    assert titles == [e.title for e in digit_exhibits()]
    assert {type(view) for _, view in panel.sections.values()} >= {VIEWS[type(e)] for e in digit_exhibits()}
    section, view = next(iter(panel.sections.values()))
    assert "picked" in section.head.toolTip()
    before = view
    QTest.mouseClick(section.head, LEFT)
    assert not view.isVisible()
    shift[0] = 1.0
    panel.render(scene.snapshot(2, "paused"))
    settle(scene)
    section, view = next(iter(panel.sections.values()))
    assert view is before, "the same exhibit keeps its view"
    assert not section.opened
    assert said(panel)[0] == "= −8.250 nats"
    scene.experiment.ready()
    settle(scene)
    assert panel.sections == {}
    scene.worker.model.exhibits = lambda about: digit_exhibits()
    panel.render(scene.snapshot(1, "paused"))
    settle(scene)
    assert not next(iter(panel.sections.values()))[0].opened, "folded once is folded in the next run"


def test_a_click_on_the_stage_picks_the_point(qtbot, theme) -> None:
    scene = Scene(theme)
    stage = shown(qtbot, Stage(scene.experiment, scene.actions, theme), 700, 500)
    panel = opened(qtbot, scene, about_x)
    panel.about_shown.connect(stage.plane.show_subject)
    first = scene.experiment.data.x_train[0]
    assert said(panel)[0] == f"{first[0]:.2f} {first[1]:.2f}"
    assert "training point 1" in panel.subject.text()
    assert not panel.back.isVisible()
    canvas = stage.plane.canvas
    at = canvas.rect().center()
    QTest.mouseClick(canvas.viewport(), LEFT, pos=at)
    settle(scene)
    x = scene.experiment.subject.chosen
    wanted = canvas._plane(at.toPointF())
    assert x == pytest.approx(wanted, abs=0.02)
    assert said(panel)[0] == f"{x[0]:.2f} {x[1]:.2f}"
    assert stage.plane.canvas.overlay.subject == pytest.approx(x)
    assert "you picked" in panel.subject.text()
    QTest.mouseClick(panel.back, LEFT)
    settle(scene)
    assert said(panel)[0] == f"{first[0]:.2f} {first[1]:.2f}"
    panel.hide()
    assert stage.plane.canvas.overlay.subject is None, "nobody looks: nothing is marked"
    stage.close_threads()


def test_an_image_of_the_gallery_and_of_the_stage(qtbot, theme) -> None:
    scene = Scene(theme, "digits")
    panel = opened(qtbot, scene, about_x)
    gallery = shown(qtbot, GalleryPanel(scene.experiment, scene.actions, theme), 500, 400)
    snapshot = scene.worker.snapshot
    gallery.render(snapshot)
    QTest.mouseClick(gallery.tiles, LEFT, pos=gallery.tiles.rect_of(3).center())
    settle(scene)
    image = snapshot.gallery.images[3]
    assert scene.experiment.subject.chosen == pytest.approx(image)
    assert said(panel)[0] == f"{image[0]:.2f} {image[1]:.2f}"
    stage = shown(qtbot, Stage(scene.experiment, scene.actions, theme), 700, 600)
    grid = stage.digits.data
    QTest.mouseClick(grid, LEFT, pos=grid.rect_of(5).center())
    settle(scene)
    assert scene.experiment.subject.chosen == pytest.approx(scene.experiment.data.x_train[5])
    stage.close_threads()


def test_a_sample_of_the_plane(qtbot, theme) -> None:
    scene = Scene(theme)
    gallery = shown(qtbot, GalleryPanel(scene.experiment, scene.actions, theme), 600, 400)
    snapshot = scene.snapshot()
    gallery.render(snapshot)
    at = gallery.cloud.pixel_of(snapshot.samples[7].astype(np.float64)).toPoint()
    QTest.mouseClick(gallery.cloud, LEFT, pos=at)
    settle(scene)
    assert scene.experiment.subject.chosen == pytest.approx(snapshot.samples[gallery._marked])


def test_asks_once_a_second_while_training_and_once_at_rest(qtbot, theme, monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("genplay.ui.panels.inside.time.monotonic", lambda: now[0])
    scene = Scene(theme)
    panel = opened(qtbot, scene, about_x)
    before = scene.worker.asked
    for step in range(2, 30):
        panel.render(scene.snapshot(step))
        now[0] += 0.0333
        settle(scene)
    assert scene.worker.asked == before, "it has asked, and not again for nearly a second"
    now[0] += 0.5
    panel.render(scene.snapshot(30))
    settle(scene)
    assert scene.worker.asked == before + 1
    for _ in range(3):
        panel.render(scene.snapshot(31, "paused"))
        settle(scene)
    assert scene.worker.asked == before + 2, "once after the pause"
    panel.hide()
    now[0] += 5
    panel.render(scene.snapshot(40))
    settle(scene)
    assert scene.worker.asked == before + 2, "nobody looks: nothing is asked"
    panel.show()
    settle(scene)
    assert scene.worker.asked == before + 3


def test_the_noise_of_an_exhibit_is_frozen(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, about_x)
    first = said(panel)
    panel.render(scene.snapshot(2, "paused"))
    settle(scene)
    assert said(panel) == first


def test_answers_of_an_old_run_are_never_drawn(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, lambda about: plane_exhibits())
    scene.worker.waiting = []
    panel.render(scene.snapshot(2, "paused"))
    QApplication.processEvents()
    asked = scene.worker.waiting
    assert len(asked) == 1
    scene.actions.run("model.choose", name="gmm")
    assert panel.sections == {}, "what the old model has shown goes with it"
    scene.worker.waiting = asked
    scene.worker.answer()
    settle(scene)
    assert panel.sections == {}
    scene.worker.waiting = None


def test_a_model_without_exhibits_and_one_that_fails(qtbot, theme) -> None:
    scene = Scene(theme, model="gmm")
    panel = shown(qtbot, InsidePanel(scene.experiment, scene.actions, theme), 300, 500)
    panel.render(scene.snapshot(1, "paused"))
    settle(scene)
    assert "Gaussian mixture" in panel.words.text()
    assert panel.sections == {}

    def broken(_about):
        raise ValueError("no mask today")

    scene.worker.waiting = []
    scene.worker.model.exhibits = broken
    panel.render(scene.snapshot(2, "paused"))
    (future, fn) = scene.worker.waiting.pop()
    from genplay.errors import Failure

    with pytest.raises(ValueError, match="no mask"):
        fn(scene.worker.model)
    future.set_exception(Failure("The model could not answer: ValueError: no mask today"))
    qtbot.waitUntil(lambda: "no mask today" in panel.words.text())
    scene.worker.waiting = None
    scene.worker.model.exhibits = about_x
    panel.render(scene.snapshot(3, "paused"))
    settle(scene)
    assert not panel.words.isVisible()


@pytest.mark.parametrize(
    ("width", "scale", "columns"),
    [(272, 1.0, 1), (480, 1.75, 1), (1100, 1.0, 4), (1920, 1.75, 4), (600, 0.8, 2)],
)
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_nothing_is_wider_than_its_column(
    qtbot, theme, width: int, scale: float, columns: int, world: str
) -> None:
    theme.set_scale(scale)
    scene = Scene(theme, world)
    made = plane_exhibits() if world == "plane" else digit_exhibits()
    panel = opened(qtbot, scene, lambda about: made, width, 900)
    assert len(panel._columns) == columns
    qtbot.waitUntil(lambda: not panel._scroll.horizontalScrollBar().isVisible())
    views = [view for _, view in panel.sections.values()]
    assert len(views) == len(made)
    for section, view in panel.sections.values():
        assert view.isVisible()
        assert view.width() <= panel._scroll.viewport().width() // columns
        needed = view.heightForWidth(view.width()) if view.hasHeightForWidth() else view.sizeHint().height()
        assert view.height() >= needed, section.head.text()
        for label in view.findChildren(QLabel):
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_facts_say_what_they_are(qtbot, theme) -> None:
    view = shown(qtbot, FactsView(theme), 300, 100)
    view.show_exhibit(Facts("F", (("log p", exact(-1.5, "by hand")), ("words", "some text"))))
    (_, value), (_, text) = view.rows
    assert value.text() == "= −1.500 nats"
    assert value.toolTip() == "exact: by hand"
    assert (text.text(), text.toolTip()) == ("some text", "")
    view.show_exhibit(Facts("F", (("log p", exact(-1.25, "by hand")),)))
    assert len(view.rows) == 1
    assert view.rows[0][1] is value
