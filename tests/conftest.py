"""What all tests share: the core is tested as if Qt were not installed, and no test touches the user's own files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

QT = {"PySide6", "shiboken6", "pyqtgraph", "qasync"}


class _NoQt:
    """An import hook that answers for Qt's packages as an environment without them would."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in QT:
            raise ModuleNotFoundError(f"No module named {name!r} (hidden by --without-qt)", name=name)
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-qt", action="store_true", help="hide Qt's packages from every import")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-qt"):
        loaded = sorted(QT & {name.partition(".")[0] for name in sys.modules})
        if loaded:
            raise pytest.UsageError(f"--without-qt needs -p no:pytest-qt; already imported: {loaded}")
        sys.meta_path.insert(0, _NoQt())


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and autosaves of a test go to a folder of its own."""
    monkeypatch.setenv("GENPLAY_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    """Small nets on few cores are fastest with one thread, and their sums are then always taken in one order."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
