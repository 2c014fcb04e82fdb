"""Where the lanes of a race and their curves go: of all arrangements the one with the largest pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Measures", "Places", "Rect", "places"]

Rect = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""

_CURVES_BELOW, _CURVES_BESIDE = 0.27, 0.3
"""The share of height or width that the curves get."""

_TALL = 1.12
"""So much higher than a square picture needs may a cell be."""

_PREFERRED = 1.06
"""So much larger must the pictures become for the curves to leave their usual place below the lanes."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What the parts need, in pixels: the gap between them, a lane's head and border, its figures beside or below, the curves.

    A lane is at least ``lane_width`` wide where that can be, and a picture with a side below ``side`` is too small.
    """

    gap: int
    head: int
    border: int
    figures_width: int
    figures_height: int
    curves_width: int
    curves_height: int
    lane_width: int
    side: int


@dataclass(frozen=True, slots=True)
class Places:
    """A rectangle for each lane and for the curves; whether the figures of a lane stand beside its picture; the picture's side.

    ``curves`` is None where there is no room for both: curves and lanes are then to be seen in turn.
    """

    lanes: tuple[Rect, ...]
    curves: Rect | None
    figures_beside: bool
    side: int


def places(width: int, height: int, lanes: int, measures: Measures) -> Places:
    """The arrangement of so many lanes (1 to 4) and their curves in a room of this size."""
    found = list(_all(width, height, lanes, measures))
    both = [entry for entry in found if entry[1].curves is not None]
    best = max(both, key=_worth)
    if best[1].side >= measures.side and best[0] > 0:
        return best[1]
    return max(found, key=_worth)[1]


def _worth(entry: tuple[float, Places]) -> float:
    return entry[0]


def _all(width: int, height: int, lanes: int, m: Measures) -> Iterator[tuple[float, Places]]:
    """Every arrangement with what it is worth: the side of its pictures, less where lanes are too narrow for their heads."""
    for columns in range(1, lanes + 1):
        rows = -(-lanes // columns)
        for cells, curves, preferred in _divided(width, height, lanes, rows, columns, m):
            for beside in (False, True):
                side = max(_side(cells[0], beside, m), 1)
                narrow = m.lane_width if cells[0][2] < m.lane_width else 0
                yield side * preferred - narrow, Places(tuple(cells[:lanes]), curves, beside, side)


def _side(cell: Rect, beside: bool, measures: Measures) -> int:
    """The side of the square that a picture holds in a cell."""
    wide = cell[2] - 2 * measures.border - (measures.figures_width if beside else 0)
    high = cell[3] - 2 * measures.border - measures.head - (0 if beside else measures.figures_height)
    return min(wide, high)


def _divided(
    width: int, height: int, lanes: int, rows: int, columns: int, m: Measures
) -> Iterator[tuple[list[Rect], Rect | None, float]]:
    """Cells, the place of the curves, and how much this is preferred: curves below, beside, in the last free cell, or nowhere."""
    below = max(m.curves_height, round(height * _CURVES_BELOW))
    cells = _cells(width, height - below - m.gap, rows, columns, m.gap)
    # Pictures that cannot grow in width need no more height than for a square: the curves have better use for it.
    square = cells[0][2] - 2 * m.border + m.head + m.figures_height + 2 * m.border
    spare = rows * max(0, cells[0][3] - round(_TALL * square))
    below = min(below + spare, height // 2)
    yield (
        _cells(width, height - below - m.gap, rows, columns, m.gap),
        (0, height - below, width, below),
        _PREFERRED,
    )
    beside = max(m.curves_width, round(width * _CURVES_BESIDE))
    yield (
        _cells(width - beside - m.gap, height, rows, columns, m.gap),
        (width - beside, 0, beside, height),
        1.0,
    )
    whole = _cells(width, height, rows, columns, m.gap)
    if len(whole) == lanes + 1 and whole[-1][2] >= m.curves_width and whole[-1][3] >= m.curves_height:
        yield whole, whole[-1], _PREFERRED
    yield whole, None, 1.0


def _cells(width: int, height: int, rows: int, columns: int, gap: int) -> list[Rect]:
    """A grid of cells of one size, row by row."""
    wide, high = (width - gap * (columns - 1)) // columns, (height - gap * (rows - 1)) // rows
    return [(j * (wide + gap), i * (high + gap), wide, high) for i in range(rows) for j in range(columns)]
