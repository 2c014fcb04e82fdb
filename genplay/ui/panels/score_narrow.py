"""How a table of runs is written where there is little room: names and figures in two lines, heads in up to three."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from genplay.lab.metric_groups import first_look
from genplay.metrics.registry import MetricCard

__all__ = ["figure_lines", "head_lines", "in_order_of_interest", "wrapped"]


def in_order_of_interest(columns: Iterable[MetricCard]) -> tuple[MetricCard, ...]:
    """The columns with those first that say most: only a few are seen without scrolling."""
    known = {column.id: column for column in columns}
    return tuple(known[id] for id in first_look(known))


def figure_lines(text: str) -> str:
    """A figure with its error below it."""
    return text.replace(" ± ", "\n± ")


def head_lines(card: MetricCard, metrics: QFontMetrics, width: int) -> str:
    """The title of a column in at most two lines, its unit and which way is better in a line below."""
    arrow = {"lower": "↓", "higher": "↑", "neither": ""}[card.better]
    unit = " ".join(part for part in (card.unit, arrow) if part)
    return "\n".join(part for part in (wrapped(card.title, metrics, width), unit) if part)


def wrapped(text: str, metrics: QFontMetrics, width: int) -> str:
    """The text in one line, or broken at a space into two; the second is cut short in its middle if it must be."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    words = text.split(" ")
    first = words[0]
    k = 1
    while k < len(words) and metrics.horizontalAdvance(f"{first} {words[k]}") <= width:
        first = f"{first} {words[k]}"
        k += 1
    rest = " ".join(words[k:])
    first = _cut(first, metrics, width, Qt.TextElideMode.ElideRight)
    return f"{first}\n{_cut(rest, metrics, width, Qt.TextElideMode.ElideMiddle)}" if rest else first


def _cut(text: str, metrics: QFontMetrics, width: int, mode: Qt.TextElideMode) -> str:
    """The text, cut short if it is too wide; Qt would also cut what just fits."""
    return text if metrics.horizontalAdvance(text) <= width else metrics.elidedText(text, mode, width)
