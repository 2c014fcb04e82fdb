"""Rows that are too narrow for all that stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QLayout

__all__ = ["give_up"]


def give_up(row: QLayout, width: int, steps: Iterable[Callable[[], object]]) -> None:
    """Take these steps, each of which makes the row narrower, one after another until it fits the width."""
    for step in steps:
        row.invalidate()
        if row.sizeHint().width() <= width:
            break
        step()
