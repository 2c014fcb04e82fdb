"""What there is to say of a table of runs: of the chosen cell, of the chosen row, else of the whole table."""

from __future__ import annotations

from genplay.lab.disagreements import disagreements
from genplay.lab.score_gaps import gaps
from genplay.lab.score_table import ScoreTable

__all__ = ["explanations"]

_NOTHING_YET = (
    "Nothing measured yet",
    "Measure the open run, keep it, train on or take another model, and measure again. Where two measures disagree, the "
    "reason is told here in plain words. Add › Trap shows two famous ones.",
)
_AGREED = ("Nothing to explain", "No two measures disagree here by more than their errors.")


def explanations(table: ScoreTable, picked: str = "", cell: str = "") -> list[tuple[str, str]]:
    """Titles and texts; ``picked`` is the key of the chosen row, ``cell`` the measure of the chosen cell."""
    parts: list[tuple[str, str]] = []
    row = next((row for row in table.rows if row.key == picked), None)
    column = next((c for c in table.columns if c.id == cell), None)
    if row is not None and column is not None and row.figure(column.id) is not None:
        parts.append((f"{column.title} of {row.title}", table.tip(row, column).partition(": ")[2]))
    found = disagreements(table, picked)
    told = {key for one in found for key in one.rows[:1]}
    notes = [row] if row is not None else [r for r in table.rows if r.key not in told]
    parts += [(r.title, r.note) for r in notes if r.note]
    if column is not None:
        found = tuple(one for one in found if column.id in one.metrics) or found
    parts += [(one.title, one.text) for one in found]
    if not parts:
        parts = [_AGREED if any(r.figures for r in table.rows) else _NOTHING_YET]
    if column is None:
        lacking = gaps(table, picked)
        if lacking:
            parts.append(("What has no number here", "\n".join(str(gap) for gap in lacking)))
    return parts
