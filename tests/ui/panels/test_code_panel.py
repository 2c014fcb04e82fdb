"""The panel Code: the source of the open model, read, found in and copied, under real events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.lab.source import source_of
from genplay.models.registry import card
from genplay.ui.panels.code import CodePanel
from tests.ui.pictures import Scene, shown

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def opened(qtbot, scene: Scene, width: int = 420, height: int = 500) -> CodePanel:
    panel = shown(qtbot, CodePanel(scene.experiment, scene.actions, scene.theme), width, height)
    panel.activateWindow()
    panel.text.setFocus()
    QApplication.processEvents()
    return panel


def test_the_file_that_runs_is_shown_and_follows_the_model(qtbot, theme) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene)
    assert panel.text.toPlainText() == source_of(card("nsf"), "plane").text
    assert panel.text.isReadOnly()
    assert panel.reference.text() == card("nsf").reference
    assert panel.file.text().startswith("nsf.py")
    QTest.keyClicks(panel.text, "x")
    assert panel.text.toPlainText() == source_of(card("nsf"), "plane").text
    scene.actions.run("model.choose", name="gmm")
    assert panel.file.text().startswith("gmm.py")
    panel.hide()
    scene.actions.run("model.choose", name="kde")
    assert panel.file.text().startswith("gmm.py"), "nobody looks: no file is read"
    panel.show()
    assert panel.file.text().startswith("kde.py")


def test_selecting_and_copying_by_keyboard(qtbot, theme) -> None:
    panel = opened(qtbot, Scene(theme))
    QTest.keyClick(panel.text, Qt.Key.Key_A, CTRL)
    QTest.keyClick(panel.text, Qt.Key.Key_C, CTRL)
    assert QApplication.clipboard().text() == panel.text.toPlainText()


def test_find(qtbot, theme) -> None:
    panel = opened(qtbot, Scene(theme))
    assert not panel.find_row.isVisible()
    QTest.keyClick(panel.text, Qt.Key.Key_F, CTRL)
    assert panel.find_row.isVisible()
    assert panel.word.hasFocus()
    QTest.keyClicks(panel.word, "SELF")
    n = panel.text.toPlainText().lower().count("self")
    assert n > 1
    assert panel.count.text() == f"1 of {n}"
    first = panel.text.textCursor().selectionStart()
    assert panel.text.textCursor().selectedText().lower() == "self"
    QTest.keyClick(panel.word, Qt.Key.Key_Return)
    assert panel.count.text() == f"2 of {n}"
    QTest.keyClick(panel.word, Qt.Key.Key_Return, SHIFT)
    assert panel.count.text() == f"1 of {n}"
    QTest.mouseClick(panel.previous, Qt.MouseButton.LeftButton)
    assert panel.count.text() == f"{n} of {n}", "round and round"
    QTest.mouseClick(panel.next, Qt.MouseButton.LeftButton)
    assert panel.text.textCursor().selectionStart() == first
    QTest.keyClicks(panel.word, "zzz")
    assert panel.count.text() == "none"
    QTest.keyClick(panel.word, Qt.Key.Key_Escape)
    assert not panel.find_row.isVisible()
    assert panel.text.hasFocus()
    scene_word = panel.text.document().find("class")
    panel.text.setTextCursor(scene_word)
    QTest.keyClick(panel.text, Qt.Key.Key_F, CTRL)
    assert panel.word.text() == "class", "what is selected is looked for"


def test_a_source_that_cannot_be_found_is_told(qtbot, theme, monkeypatch) -> None:
    from genplay.errors import Failure

    def gone(*_):
        raise Failure("The source of NSF cannot be found.")

    monkeypatch.setattr("genplay.ui.panels.code.source_of", gone)
    panel = opened(qtbot, Scene(theme))
    assert panel.trouble.isVisible()
    assert not panel.text.isVisible()
    assert not panel.find_button.isVisible()


@pytest.mark.parametrize(("width", "scale"), [(272, 1.0), (480, 1.75), (1100, 1.0)])
def test_line_numbers_have_their_room(qtbot, theme, width: int, scale: float) -> None:
    theme.set_scale(scale)
    panel = opened(qtbot, Scene(theme), width, 400)
    text = panel.text
    assert QFontInfo(text.font()).pixelSize() == theme.font("mono").pixelSize()
    assert text.viewport().x() >= text.margin()
    assert text.margin() > text.fontMetrics().horizontalAdvance(str(text.blockCount()))
    digits = text._numbers.grab().toImage()
    first = text.fontMetrics().height()
    inked = [
        x for x in range(digits.width()) for y in range(first) if digits.pixelColor(x, y).lightness() < 140
    ]
    assert inked, "the first line's number"
    assert max(inked) < text._numbers.width() - 2
