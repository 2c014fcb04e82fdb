"""The Gaussians on the stage: seen as ellipses, dragged by the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from genplay.ui.app import App
from genplay.ui.stage.components import WIDTHS, ellipses
from tests.ui.support import Until


def test_ellipses_lie_at_their_widths() -> None:
    rng = np.random.default_rng(0)
    means, factors = rng.normal(size=(3, 2)), np.tril(rng.normal(size=(3, 2, 2))) + 2 * np.eye(2)
    lines = ellipses(means, factors)
    assert lines.shape[0] == 3 * len(WIDTHS)
    for i, line in enumerate(lines):
        k, width = i % 3, WIDTHS[i // 3]
        white = np.linalg.solve(factors[k], (line - means[k]).T)
        np.testing.assert_allclose(np.hypot(*white), width, rtol=1e-9)


def shown(session: App, until: Until, model: str) -> None:
    session.dispatch.run("model.choose", name=model)
    session.dispatch.run("stage.layer", name="components", on=True)
    session.dispatch.run("train.step", n=2)
    components = session.window.stage.plane.components
    until(
        lambda: (
            len(components.means) > 0 and (s := session.experiment.snapshot()) is not None and s.step >= 1
        ),
        "for the ellipses",
    )


def pixel_of(session: App, x: float, y: float) -> QPoint:
    canvas = session.window.stage.plane.canvas
    from PySide6.QtCore import QPointF

    return canvas.mapFromScene(canvas.view.mapViewToScene(QPointF(x, y)))


def test_a_mean_is_dragged(session: App, until: Until) -> None:
    shown(session, until, "gmm")
    plane = session.window.stage.plane
    viewport = plane.canvas.viewport()
    start = plane.components.means[3].copy()
    box = plane.canvas.seen()
    target = start + np.array([0.1 * box.width, 0.1 * box.height]) * np.where(start > 0, -1, 1)
    before = pixel_of(session, *start)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=before)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(viewport, pixel_of(session, *(start + share * (target - start))))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=pixel_of(session, *target))

    def now() -> np.ndarray:
        means, _ = session.experiment.query("components").result(10)
        return means[3]

    until(lambda: np.abs(now() - target).max() < 0.05, "for the mean to have moved")
    seen = plane.canvas.seen()
    # A panel beside it may have taken or given a few pixels of width meanwhile.
    assert (seen.y0, seen.y1) == (box.y0, box.y1), "the view stays where it is"
    assert seen.x0 + seen.x1 == pytest.approx(box.x0 + box.x1, abs=1e-9)
    marks = session.experiment.snapshot().history.marks
    assert any("by hand" in mark.text for mark in marks)


def test_without_gaussians_the_layer_is_not_offered(session: App, until: Until) -> None:
    session.dispatch.run("model.choose", name="nsf")
    assert "components" not in session.window.stage.plane.layers
    session.dispatch.run("model.move_component", index=0, x=0.0, y=0.0)
    assert "no Gaussians" in session.window.toasts.texts()[-1]


@pytest.mark.parametrize("model", ["gaussian"])
def test_a_finished_model_has_work_again(session: App, until: Until, model: str) -> None:
    shown(session, until, model)
    until(lambda: session.experiment.snapshot().state == "finished", "for the closed form")
    session.dispatch.run("model.move_component", index=0, x=1.0, y=1.0)
    until(lambda: session.experiment.snapshot().state == "paused", "for it to rest")
    session.dispatch.run("train.start")
    until(lambda: session.experiment.snapshot().state == "finished", "for the fit")
    means, _ = session.experiment.query("components").result(10)
    assert np.abs(means[0] - session.experiment.data.x_train.mean(axis=0)).max() < 1e-3
