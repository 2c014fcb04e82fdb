"""The whole window, driven by a script through the real command: offscreen, and under a virtual X server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).resolve().parents[2] / "resources" / "scripts" / "tour.jsonl"
PICTURES = (
    "tour-1-plane-training.png",
    "tour-2-plane-latent.png",
    "tour-3-digits-trained.png",
    "tour-4-digits-interpolation.png",
)


def drive(folder: Path, platform: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the real program on a script, in a folder and with settings of its own."""
    command = [sys.executable, "-m", "genplay", "gui", *options]
    env = {**os.environ, "QT_QPA_PLATFORM": platform, "GENPLAY_HOME": str(folder / "home")}
    if platform == "xcb":
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24", *command]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=200
    )


@pytest.mark.parametrize(
    ("platform", "theme", "size"), [("offscreen", "light", (1280, 800)), ("xcb", "dark", (1440, 900))]
)
def test_tour(tmp_path: Path, platform: str, theme: str, size: tuple[int, int]) -> None:
    if platform == "xcb" and not shutil.which("xvfb-run"):
        pytest.skip("no virtual X server (xvfb) on this system")
    width, height = size
    done = drive(tmp_path, platform, "--script", str(SCRIPT), "--size", f"{width}x{height}", "--theme", theme)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for name in PICTURES:
        picture = np.asarray(Image.open(tmp_path / name).convert("RGB"))
        assert picture.shape == (height, width, 3)
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100
    with zipfile.ZipFile(tmp_path / "tour.genplay") as saved:
        assert json.loads(saved.read("manifest.json"))["schema_version"] >= 1
    diagnostics = json.loads((tmp_path / "tour-diagnostics.json").read_text())
    assert diagnostics["frames_drawn"] > 0


def test_a_failing_line_stops_the_script_with_its_number(tmp_path: Path) -> None:
    script = tmp_path / "bad.jsonl"
    script.write_text(
        '{"do": "data.choose", "name": "two-moons"}\n{"do": "data.choose", "name": "two-mons"}\n'
    )
    done = drive(tmp_path, "offscreen", "--script", str(script))
    assert done.returncode == 1
    assert "line 2" in done.stderr
    assert "two-moons" in done.stderr
    assert "Traceback" not in done.stderr


def test_quit_after_leaves_a_screenshot(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = drive(
        tmp_path, "offscreen", "--screenshot", str(picture), "--size", "1280x800", "--quit-after", "3"
    )
    assert done.returncode == 0, done.stderr
    with Image.open(picture) as image:
        assert image.size == (1280, 800)
