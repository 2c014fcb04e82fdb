"""The program through its real entry: scripts, exit codes, pictures, what is remembered."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from genplay.cli import main
from genplay.lab.options import GuiOptions
from genplay.ui import app
from genplay.ui.app import App
from genplay.ui.main_window import MainWindow
from tests.ui.support import Until, flush


def write_script(folder: Path, *lines: object) -> str:
    path = folder / "demo.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def test_a_script_drives_the_window(qapp: QApplication, tmp_path: Path) -> None:
    picture, report = tmp_path / "a.png", tmp_path / "d.json"
    script = write_script(
        tmp_path,
        {"do": "data.choose", "name": "rings"},
        {"do": "data.stroke", "points": [[-1, 0], [1, 0.5]], "size": 0.3},
        {"do": "model.choose", "name": "gmm"},
        {"do": "train.start"},
        {"wait": {"steps": 5}},
        {"do": "train.pause"},
        {"do": "window.theme", "name": "dark"},
        {"do": "window.screenshot", "path": str(picture)},
        {"do": "diagnostics.write", "path": str(report)},
        {"do": "app.quit"},
    )
    interval = sys.getswitchinterval()
    assert main(["gui", "--script", script, "--size", "1100x760"]) == 0
    with Image.open(picture) as file:
        image = np.asarray(file.convert("RGB"))
    assert image.shape == (760, 1100, 3)
    assert image.mean() < 90
    assert json.loads(report.read_text())["step"] >= 5
    assert sys.getswitchinterval() == interval
    flush()


def test_a_line_that_fails_ends_with_its_number(
    qapp: QApplication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = write_script(tmp_path, {"do": "train.pause"}, {"do": "data.choose", "name": "tow-moons"})
    assert main(["gui", "--script", script]) == 1
    error = capsys.readouterr().err
    assert "line 2" in error
    assert "Did you mean 'two-moons'" in error
    assert "Traceback" not in error
    flush()


def test_a_screenshot_after_some_seconds(qapp: QApplication, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    code = main(
        ["gui", "--screenshot", str(picture), "--quit-after", "0.2", "--size", "1000x700", "--theme", "light"]
    )
    assert code == 0
    with Image.open(picture) as image:
        assert image.size == (1000, 700)
    flush()


def test_the_last_picture_is_of_a_window_in_view(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hidden stage asks the run for nothing, and its picture would lack what was learned."""
    wanted: list[tuple[str, ...]] = []

    def picture(window: MainWindow, path: Path) -> None:
        wanted.append(tuple(request.name for request in window.stage.fields()))

    monkeypatch.setattr(app, "save_picture", picture)
    script = write_script(tmp_path, {"do": "train.step"}, {"do": "app.quit"})
    assert main(["gui", "--script", script, "--screenshot", str(tmp_path / "a.png")]) == 0
    assert wanted == [("density",)]
    flush()


def test_a_screenshot_that_cannot_be_written_is_said(
    qapp: QApplication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["gui", "--screenshot", str(tmp_path / "no" / "folder.png"), "--quit-after", "0.1"])
    assert code == 1
    assert "cannot be written" in capsys.readouterr().err
    flush()


def test_looks_and_layout_are_remembered(qapp: QApplication, until: Until) -> None:
    def session(**options: object) -> App:
        made = App(qapp, GuiOptions(**options))  # type: ignore[arg-type]
        made.show()
        until(made.window.isVisible)
        return made

    first = session(theme="dark", scale=1.25)
    first.window.docks.docks["gallery"].hide()
    first.window.close()
    first.close()
    flush()
    second = session()
    assert second.theme.name == "dark"
    assert second.theme.scale == 1.25
    assert not second.window.docks.docks["gallery"].isVisible()
    second.close()
    flush()


def test_unsaved_work_is_offered_again(qapp: QApplication, until: Until) -> None:
    async def offer(app: App) -> None:
        app._offer_recovery()

    first = App(qapp, GuiOptions())
    first.show()
    first.dispatch.run("data.choose", name="spiral")
    first.experiment.warm_up()
    first.experiment.bench.wait_warm()
    first.close()
    flush()
    second = App(qapp, GuiOptions())
    second.show()
    asyncio.run(offer(second))
    (toast,) = second.window.toasts.toasts
    assert "unsaved work" in toast.notice.text
    second._recover(__import__("genplay.lab.autosave", fromlist=["recoverable"]).recoverable()[0])
    assert second.experiment.data_spec.name == "spiral"
    second.experiment.set_dirty(False)
    second.close()
    flush()


def test_every_panel_is_there_at_first(qapp: QApplication, until: Until) -> None:
    for options in (GuiOptions(size=(1280, 800)), GuiOptions(size=(1280, 800), quit_after=1000)):
        session = App(qapp, options)
        session.show()
        until(session.window.isVisible)
        docks = session.window.docks.docks.values()
        missing = [dock.name for dock in docks if not dock.toggleViewAction().isChecked()]
        assert missing == ["world"], "on the plane there are no images to be counted"
        assert [dock.name for dock in docks if not dock.visibleRegion().isEmpty()] == [
            "data",
            "model",
            "curves",
        ]
        session.experiment.set_dirty(False)
        session.close()
        flush()
