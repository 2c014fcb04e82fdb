"""What the commands read and print in common: knob=value words, JSON, tables, complaints."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence

from genplay.errors import BadInput

__all__ = ["INTERRUPTED", "complain", "pairs", "print_columns", "print_json"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended."""


def complain(text: str) -> None:
    print(f"genplay: {' '.join(text.split())}", file=sys.stderr)


def pairs(words: Sequence[str], option: str) -> dict[str, object]:
    """knob=value words as a mapping."""
    out: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"{option} takes knob=value, not '{word}'.")
        out[name.strip()] = value.strip()
    return out


def print_json(value: object) -> None:
    print(json.dumps(_finite(value), ensure_ascii=False))


def _finite(value: object) -> object:
    """The value with null for numbers that JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def print_columns(rows: Sequence[Mapping[str, str]]) -> None:
    """A table with a line of names on top, two spaces between its columns."""
    names = list(rows[0])
    lines = [{name: name.replace("_", " ") for name in names}, *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in names}
    for line in lines:
        print("  ".join(f"{line[name]:<{widths[name]}}" for name in names).rstrip())
