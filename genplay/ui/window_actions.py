"""What the actions do that need the window: bound here, under the same names that scripts use."""

from __future__ import annotations

import platform
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QTimer, qVersion

from genplay.errors import Failure, GenplayError
from genplay.lab.actions import ActionRegistry
from genplay.lab.own_models import OwnModels, warning_of
from genplay.lab.state import Notice
from genplay.paths import log_dir
from genplay.ui.diagnostics import Diagnostics
from genplay.ui.main_window import MainWindow
from genplay.ui.shortcuts import ShortcutsPage

__all__ = ["bind_window", "picture_later", "save_picture"]


def bind_window(
    registry: ActionRegistry, window: MainWindow, diagnostics: Diagnostics, own_models: OwnModels
) -> None:
    """Bind every action of the window."""
    theme, docks = window.theme, window.docks

    def set_theme(name: str | None) -> None:
        theme.set(name or ("light" if theme.tokens.dark else "dark"))

    def size(width: int, height: int) -> None:
        window.showNormal()
        window.resize(width, height)

    def about() -> None:
        from genplay import __version__

        window.tell(
            Notice(
                "info",
                f"genplay {__version__}, MIT licence. Python {platform.python_version()}, Qt {qVersion()}. "
                f"Logs are kept in {log_dir()}.",
            )
        )

    def shortcuts() -> None:
        ShortcutsPage(registry.specs(), theme, window).show_over()

    def open_model(path: Path, trust: bool) -> None:
        if trust or own_models.trusts(path):
            own_models.open(path, True)
            return
        window.toasts.show(
            Notice("warning", warning_of(path)),
            ("Run it", lambda: window.dispatch.run("model.open_file", path=str(path), trust=True)),
            ("Leave it", lambda: None),
        )

    bindings: dict[str, Callable[..., Any]] = {
        "window.theme": set_theme,
        "window.scale": lambda factor: theme.set_scale(factor),
        "window.screenshot": lambda path: picture_later(window, path),
        "window.panel": docks.show,
        "window.focus": docks.focus,
        "window.palette": window.palette_panel.open,
        "evaluate.page": window.evaluate.show_page,
        "window.size": size,
        "diagnostics.write": diagnostics.write,
        "model.open_file": open_model,
        "app.quit": window.close,
        "help.about": about,
        "help.shortcuts": shortcuts,
    }
    for id, callback in bindings.items():
        registry.bind(id, callback)


SETTLE_MS = 120
"""Layouts, style sheets and the views' own short timers have settled after this time."""


def picture_later(window: MainWindow, path: Path) -> Future[Path]:
    """Write the window as a PNG as soon as everything that changes in this moment has settled."""
    out: Future[Path] = Future()

    def take() -> None:
        try:
            out.set_result(save_picture(window, path))
        except GenplayError as error:
            out.set_exception(error)

    QTimer.singleShot(SETTLE_MS, window, take)
    return out


def save_picture(window: MainWindow, path: Path) -> Path:
    """Write the window as a PNG, everything drawn up to date; raises ``Failure`` if the file cannot be written."""
    snapshot = window.experiment.snapshot()
    if snapshot is not None:
        window.render_now(snapshot)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    target = path if path.suffix else path.with_suffix(".png")
    if not target.parent.is_dir() or not window.grab().save(str(target)):
        raise Failure(
            f"The picture {target} cannot be written: is the folder there, and may you write to it?"
        )
    return target
