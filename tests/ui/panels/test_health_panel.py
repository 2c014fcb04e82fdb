"""The panel Health and the chip in the status bar, under real events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.models.exhibits import Bars, Curves
from genplay.quantity import estimate
from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Finding, Remedy
from genplay.ui.main_window import MainWindow
from genplay.ui.panels.health import HealthPanel
from genplay.ui.status import StatusBar
from tests.ui.pictures import Scene, shown

LEFT = Qt.MouseButton.LeftButton
ALARM = "exploding-loss"


def found(id: str, state: str = "ill", seen: str = "as seen") -> Finding:
    condition = CONDITIONS[id]
    curve = Curves(
        "Loss so far", {"loss": (np.arange(5.0), np.arange(5.0))}, "step", "loss", help="It should fall."
    )
    bars = Bars("Parts", ("a", "b"), np.array([1.0, 0.2]), errors=np.array([0.1, 0.1]))
    fix = (
        Remedy("Lower the learning rate to 0.0001.", recipe={"learning_rate": 1e-4})
        if state == "ill"
        else None
    )
    figures = (("train/test gap", estimate(1.2, 0.1, "a mean")),)
    return Finding(id, condition.title, 9, state, seen, figures, (curve, bars), condition.show_me.words, fix)


def tell(scene: Scene, panel: HealthPanel, *findings: Finding) -> None:
    """Let the run have findings, as the window would learn of them."""
    scene.worker.snapshot = replace(scene.snapshot(9, "running"), health=findings)
    scene.experiment.poll()
    panel.render(scene.worker.snapshot)
    QApplication.processEvents()


def opened(qtbot, scene: Scene, width: int = 300, height: int = 700) -> HealthPanel:
    return shown(qtbot, HealthPanel(scene.experiment, scene.actions, scene.theme), width, height)


def rows(panel: HealthPanel) -> list[str]:
    role = Qt.ItemDataRole.AccessibleTextRole
    return [panel.list.item(i).data(role) for i in range(panel.list.count())]


def test_all_conditions_are_listed_with_their_state(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    assert panel.summary.text().startswith("Train the model")
    tell(scene, panel, found(ALARM, "well"), found("memorisation", "open"))
    said = rows(panel)
    assert len(said) == len(CONDITIONS)
    assert "Exploding loss: not seen" in said
    assert "Memorisation: not known yet" in said
    assert "Mode collapse: does not apply to this model" in said
    assert panel.summary.text().startswith("Nothing is wrong")
    assert panel.fix.isHidden()
    assert panel.dismiss.isHidden()
    assert panel.show_me.isVisible()


def test_what_is_seen_stands_first_and_is_told_with_its_evidence(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    tell(scene, panel, found(ALARM, "well"), found("memorisation", seen="samples are copies."))
    assert rows(panel)[0] == "Memorisation: seen"
    assert panel.chosen == "memorisation"
    assert panel.title.text() == "Memorisation"
    assert panel.seen.text() == "Samples are copies."
    assert "Lower the learning rate" in panel.remedy.text()
    assert panel.fix.isVisible()
    kinds = [kind.__name__ for kind, _, _ in panel.views]
    assert kinds == ["Curves", "Bars", "Facts"]
    kept = [view for _, _, view in panel.views]
    tell(scene, panel, found("memorisation", seen="still copies."))
    assert [view for _, _, view in panel.views] == kept
    assert panel.seen.text() == "Still copies."


def test_a_row_is_chosen_by_click_and_by_keyboard(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    tell(scene, panel, found(ALARM, "well"))
    item = panel.list.item(2)
    QTest.mouseClick(panel.list.viewport(), LEFT, pos=panel.list.visualItemRect(item).center())
    assert panel.chosen == list(CONDITIONS)[2]
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert panel.title.text() == CONDITIONS[list(CONDITIONS)[1]].title
    assert panel.views == []


def test_leaving_it_quietens_and_fixing_is_an_edit(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    bar = shown(qtbot, StatusBar(scene.experiment, scene.actions, theme), 900, 30)
    tell(scene, panel, found(ALARM))
    assert bar.health.isVisible()
    assert bar.health.text() == "Exploding loss"
    QTest.mouseClick(panel.dismiss, LEFT)
    assert not bar.health.isVisible()
    assert panel.dismiss.isHidden()
    assert panel.fix.isVisible()
    before = scene.experiment.recipe.learning_rate
    told: list = []
    scene.experiment.bench.started = True
    scene.worker.set_recipe = lambda *what: told.append(what)
    QTest.mouseClick(panel.fix, LEFT)
    assert scene.experiment.recipe.learning_rate == 1e-4
    assert told == [("learning_rate", 1e-4)]
    scene.actions.run("edit.undo")
    assert scene.experiment.recipe.learning_rate == before


def test_several_findings_share_one_chip(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    bar = shown(qtbot, StatusBar(scene.experiment, scene.actions, theme), 900, 30)
    tell(scene, panel, found(ALARM), found("memorisation"))
    assert bar.health.text() == "Exploding loss and 1 more"
    assert "Memorisation: as seen" in bar.health.toolTip()
    tell(scene, panel, found(ALARM, "well"))
    assert not bar.health.isVisible()


@pytest.mark.parametrize(("width", "height"), [(260, 300), (300, 700), (760, 260), (1100, 240)])
@pytest.mark.parametrize("scale", [1.0, 1.75])
def test_nothing_is_clipped_at_any_size(qtbot, theme, width: int, height: int, scale: float) -> None:
    scene = Scene(theme)
    theme.set_scale(scale)
    panel = opened(qtbot, scene, round(width * scale), round(height * scale))
    tell(scene, panel, found("mode-collapse", seen="of 8 modes 3 are hardly ever drawn. " * 3))
    qtbot.wait(20)
    content = panel._scroll.widget()
    assert content.width() <= panel._scroll.viewport().width()
    for label in (panel.meaning, panel.seen, panel.remedy):
        assert label.height() >= label.heightForWidth(label.width()) - 1
    for button in (panel.fix, panel.show_me, panel.dismiss):
        assert button.width() >= button.sizeHint().width() - 1
        assert button.mapTo(content, button.rect().topRight()).x() <= content.width()
    assert panel.list.visualItemRect(panel.list.currentItem()).intersects(panel.list.viewport().rect())


def test_the_chip_opens_the_panel_in_the_window(window: MainWindow, until, qtbot) -> None:
    window.dispatch.run("data.set", name="n", value=200)
    window.dispatch.run("health.show", condition="memorisation")
    until(lambda: window.status.health.isVisible(), "for the finding", 60)
    assert window.experiment.model_id == "kde"
    QTest.mouseClick(window.status.health, LEFT)
    until(lambda: not window.health.visibleRegion().isEmpty())
    until(lambda: window.health.fix.isVisible())
    QTest.mouseClick(window.health.fix, LEFT)
    assert window.experiment.knobs.rule == "likelihood"
    until(lambda: not window.status.health.isVisible(), "for the condition to go away", 60)
    window.dispatch.run("edit.undo")
    window.dispatch.run("edit.undo")
    assert window.experiment.model_id == "nsf"
