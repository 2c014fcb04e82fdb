"""Columns side by side, dealt like cards: each widget goes to the column that is shortest so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

__all__ = ["deal"]


def deal(
    row: QHBoxLayout,
    before: list[QVBoxLayout],
    n: int,
    spacing: int,
    parts: Iterable[tuple[QWidget, Callable[[], int]]],
) -> list[QVBoxLayout]:
    """Put n columns into the row in place of those before; each part is a widget and how high it will be in its column."""
    for column in before:
        while column.count():
            column.takeAt(0)
        row.removeItem(column)
        column.deleteLater()
    columns = []
    for _ in range(n):
        column = QVBoxLayout()
        column.setSpacing(spacing)
        row.addLayout(column, 1)
        columns.append(column)
    heights = [0] * n
    for widget, height in parts:
        shortest = heights.index(min(heights))
        columns[shortest].addWidget(widget)
        heights[shortest] += height()
    for column in columns:
        column.addStretch(1)
    return columns
