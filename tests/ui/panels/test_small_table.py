"""Bayes' rule by hand in the panel Inside."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from genplay.ui.panels.inside import InsidePanel
from genplay.ui.panels.small_table import SmallTableView
from tests.ui.pictures import Scene, shown


def opened(qtbot, scene: Scene) -> SmallTableView:
    scene.actions.run("model.choose", name="naive-bayes")
    view = SmallTableView(scene.experiment, scene.actions, scene.theme)
    return shown(qtbot, view, 320, 700)


def test_counts_are_typed_rows_chosen_and_edits_taken_back(qtbot, theme) -> None:
    scene = Scene(theme)
    view = opened(qtbot, scene)
    assert view.counts.currentRow() == 0
    assert "94.7%" in view.facts[0].rows[0][1].text()
    assert "no answer" in view.facts[1].rows[0][1].text()
    view.counts.setFocus()
    view.counts.setCurrentCell(0, 2)
    QTest.keyClick(view.counts, "6")
    editor = view.counts.findChild(QLineEdit)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: scene.experiment.desk().table.total == 26)
    assert scene.experiment.desk().table.count(("yes", "yes")) == (6, 0)
    assert "100.0%" in view.facts[1].rows[0][1].text()
    QTest.keyClick(view.counts, Qt.Key.Key_Down)
    assert scene.experiment.subject.row == ("yes", "no")
    assert "free: yes, link: no" in view.asked.text()
    scene.actions.run("edit.undo")
    assert view.counts.item(0, 2).text() == "0"
    assert not scene.notices


def test_a_count_that_is_none_is_refused_and_put_back(qtbot, theme) -> None:
    scene = Scene(theme)
    view = opened(qtbot, scene)
    view.counts.item(1, 2).setText("many")
    assert view.counts.item(1, 2).text() == "4"
    assert scene.notices
    view.features.entered.emit("9")
    assert view.features.lineEdit().text() == "2"


def test_columns_and_smoothing_change_the_table_and_an_empty_one_says_so(qtbot, theme) -> None:
    scene = Scene(theme)
    view = opened(qtbot, scene)
    view.features.stepBy(1)
    assert view.counts.rowCount() == 8
    view.smoothing.entered.emit("0.5")
    assert scene.experiment.desk().table.smoothing == 0.5
    QTest.mouseClick(view.example, Qt.MouseButton.LeftButton)
    assert view.counts.rowCount() == 4
    table = scene.experiment.desk().table
    for x in table.combinations:
        for y in table.classes:
            scene.actions.run("table.count", row=x, label=y, n=0)
    assert "Nothing was counted" in view.titles[0].text()
    assert not view.bars.isVisible()


def test_the_panel_inside_offers_it_for_naive_bayes_alone(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = shown(qtbot, InsidePanel(scene.experiment, scene.actions, scene.theme), 320, 500)
    assert panel.by_hand is None
    scene.actions.run("model.choose", name="naive-bayes")
    scene.experiment.poll()
    assert panel.by_hand is not None
    section = panel.by_hand[1]
    assert not section.opened
    scene.actions.run("table.row", row=["no", "yes"])
    assert section.opened, "what an action is about is shown"
    scene.actions.run("model.choose", name="gmm")
    scene.experiment.poll()
    assert panel.by_hand is None
