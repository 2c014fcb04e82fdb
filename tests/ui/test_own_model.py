"""A model of the user's own in the window: it asks before it runs a file, and the families show it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from genplay.models import registry
from genplay.paths import resource
from genplay.ui.app import App
from tests.ui.support import Until


@pytest.fixture(autouse=True)
def no_model_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_opened", {})


def answer(session: App, text: str) -> QPushButton:
    buttons = session.window.toasts.parent().findChildren(QPushButton)
    return next(b for b in buttons if b.text() == text and b.isVisible())


def test_a_file_is_run_only_after_the_answer(session: App, until: Until, tmp_path: Path) -> None:
    path = tmp_path / "circle.py"
    path.write_bytes(resource("templates/my_model.py").read_bytes())
    session.dispatch.run("model.open_file", path=str(path))
    assert "is a program" in session.window.toasts.texts()[0]
    assert session.experiment.model_id == "nsf"
    QTest.mouseClick(answer(session, "Run it"), Qt.MouseButton.LeftButton)
    until(lambda: session.experiment.model_id == "circle", "for the model")
    families = session.window.model.families
    assert "circle" in families.rows
    assert families.rows["circle"].isChecked()
    session.dispatch.run("train.step", n=3)
    until(
        lambda: (s := session.experiment.snapshot()) is not None and s.model == "circle" and s.step == 3,
        "for three steps",
    )


def test_a_file_that_is_left_alone_changes_nothing(session: App, tmp_path: Path) -> None:
    path = tmp_path / "circle.py"
    path.write_text("raise SystemExit('it ran')\n", encoding="utf-8")
    session.dispatch.run("model.open_file", path=str(path))
    QTest.mouseClick(answer(session, "Leave it"), Qt.MouseButton.LeftButton)
    assert session.experiment.model_id == "nsf"
