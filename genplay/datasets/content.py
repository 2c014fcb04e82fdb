"""Content as JSON: strokes, drawn digits, tables and pictures, written and read back without running anything."""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from genplay.datasets.drawn import DrawnDigits
from genplay.datasets.picture import Picture
from genplay.datasets.strokes import Strokes
from genplay.datasets.table import Table
from genplay.errors import BadInput

__all__ = ["Content", "from_json", "to_json"]

Content = Strokes | DrawnDigits | Table | Picture
"""What a ``DataSpec`` may carry: all that no generator can make again."""

_KINDS: dict[str, type[Strokes] | type[DrawnDigits] | type[Table] | type[Picture]] = {
    "strokes": Strokes,
    "drawn-digits": DrawnDigits,
    "table": Table,
    "picture": Picture,
}


def to_json(content: object | None) -> dict[str, object] | None:
    """The content of a ``DataSpec`` as a JSON object; None stays None."""
    if content is None:
        return None
    for name, kind in _KINDS.items():
        if isinstance(content, kind):
            return {"content": name, **content.to_json()}
    raise TypeError(f"{type(content).__name__} is not the content of a data set")


def from_json(data: object) -> Content | None:
    """The content back from ``to_json``; ``BadInput`` if it is damaged or of an unknown kind."""
    if data is None:
        return None
    name = data.get("content") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(name, str) or name not in _KINDS:
        raise BadInput(f"The saved data are of an unknown kind '{name}'. Allowed: {', '.join(_KINDS)}.")
    try:
        return _KINDS[name].from_json(dict(data))
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error) as error:
        raise BadInput(f"The saved {name} are damaged ({type(error).__name__}: {error}).") from None
