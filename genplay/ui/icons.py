"""Icons: outline SVGs whose ``currentColor`` is replaced by a token's colour; Qt draws them crisp at any size."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from genplay.errors import Failure
from genplay.paths import resource, settings_dir

__all__ = ["IconSet", "svg_text"]

_log = logging.getLogger(__name__)
_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>'


@lru_cache(maxsize=256)
def svg_text(name: str, colour: str) -> str:
    """The SVG of one icon in one colour; an empty picture, and a line in the log, where there is no such file."""
    try:
        text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    except Failure:
        _log.warning("no icon named %s", name)
        return _EMPTY
    return text.replace("currentColor", colour)


class IconSet:
    """Icons by name and colour; the recoloured files are kept among the settings, so that they are written only once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], QIcon] = {}
        self._folder = settings_dir() / "icons"
        self._folder.mkdir(exist_ok=True)

    def icon(self, name: str, colour: str, disabled: str) -> QIcon:
        """The icon in one colour, and in another where the button is disabled."""
        key = (name, colour, disabled)
        if key not in self._made:
            icon = QIcon(self.file(name, colour))
            icon.addFile(self.file(name, disabled), QSize(), QIcon.Mode.Disabled)
            self._made[key] = icon
        return self._made[key]

    def file(self, name: str, colour: str) -> str:
        """A path for ``url(...)`` in a style sheet."""
        text = svg_text(name, colour)
        path = self._folder / f"{name}-{hashlib.sha1(text.encode()).hexdigest()[:12]}.svg"
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return path.as_posix()
