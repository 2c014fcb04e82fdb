"""A number with its kind in a project file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genplay.quantity import Quantity

__all__ = ["quantity_from_json", "quantity_to_json"]


def quantity_to_json(found: Quantity | None) -> list[Any] | None:
    """All of it; the value as text, for JSON has no infinity."""
    if found is None:
        return None
    return [repr(found.value), found.kind, found.stderr, found.method, found.unit, found.direction]


def quantity_from_json(given: Sequence[Any] | None) -> Quantity | None:
    """The same again; raises ``ValueError`` for what is none."""
    if given is None:
        return None
    value, kind, stderr, method, unit, direction = given
    if kind not in ("exact", "bound", "estimate") or direction not in (None, "lower", "upper"):
        raise ValueError(f"a figure of the kind {kind!r}, {direction!r}")
    error = None if stderr is None else float(stderr)
    return Quantity(float(value), kind, error, str(method), str(unit), direction)
