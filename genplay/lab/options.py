"""What the command line asks of the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["GuiOptions"]


@dataclass(frozen=True)
class GuiOptions:
    """The options of ``genplay gui``; None leaves the choice to the user's settings."""

    file: Path | None = None
    script: Path | None = None
    size: tuple[int, int] | None = None
    theme: Literal["light", "dark"] | None = None
    scale: float | None = None
    screenshot: Path | None = None
    quit_after: float | None = None
