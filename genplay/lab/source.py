"""The source of a model as the program runs it, found without importing it (and so without torch)."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from genplay.errors import Failure
from genplay.models.card import Card
from genplay.spaces import World

__all__ = ["Source", "source_of"]


@dataclass(frozen=True)
class Source:
    """One file of Python: where it is, its text, and the line (from 1) where the model's class, or what makes it, begins."""

    path: Path
    text: str
    line: int


def source_of(card: Card, world: World) -> Source:
    """The file that defines a card's model in this world; raises ``Failure`` where there is none to read."""
    target = card.target if isinstance(card.target, str) else card.target[world]
    module, _, name = target.partition(":")
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None or not spec.has_location:
        raise Failure(f"The source of {card.title} cannot be found: there is no file of the module {module}.")
    path = Path(spec.origin)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The source {path} cannot be read: {error}") from None
    lines = text.splitlines()
    # A function makes a model of one of several classes, which stand below it.
    heads = (f"class {name}(", f"class {name}:", f"def {name}(")
    line = next((i for i, text in enumerate(lines, 1) if text.startswith(heads)), 1)
    return Source(path, text, line)
