"""The wheel holds the resources, and what is installed from it finds them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = out.glob("*.whl")
    return found


def test_wheel_holds_every_resource(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    resources = [p for p in (ROOT / "resources").rglob("*") if p.is_file()]
    assert len(resources) > 50
    missing = [
        p
        for p in resources
        if f"genplay/resources/{p.relative_to(ROOT / 'resources').as_posix()}" not in names
    ]
    assert missing == []


def test_unpacked_wheel_finds_its_own_resources(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from genplay.paths import resource; print(resource('fonts', 'Inter-Regular.ttf'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "genplay/resources/fonts/Inter-Regular.ttf"


def test_checkout_finds_its_resources() -> None:
    from genplay.paths import resource

    assert resource("fonts", "Inter-Regular.ttf") == ROOT / "resources/fonts/Inter-Regular.ttf"


def test_missing_resource_is_named() -> None:
    from genplay.errors import Failure
    from genplay.paths import resource

    with pytest.raises(Failure, match=r"fonts/none\.ttf"):
        resource("fonts", "none.ttf")
