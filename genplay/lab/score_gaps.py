"""Which cells of a table of runs hold no number, and why: told once for all that share the reason."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.lab.score_table import FAILED, NONE, Figure, ScoreTable

__all__ = ["Gap", "gaps"]


@dataclass(frozen=True)
class Gap:
    """Measures (their titles) that some rows (keys and titles) lack for one reason; ``failed``: they should have been had."""

    measures: tuple[str, ...]
    rows: tuple[str, ...]
    titles: tuple[str, ...]
    reason: str
    failed: bool

    @property
    def where(self) -> str:
        """What is lacking, of which runs."""
        return f"{', '.join(self.measures)} of {', '.join(dict.fromkeys(self.titles))}"

    def __str__(self) -> str:
        return f"{FAILED if self.failed else NONE} {self.where}: {self.reason}"


def gaps(table: ScoreTable, row: str = "") -> tuple[Gap, ...]:
    """The gaps of a table, or of one of its rows, in the order of the rows."""
    found: dict[tuple[bool, str, tuple[str, ...]], list[tuple[str, str]]] = {}
    for one in table.rows:
        if row and one.key != row:
            continue
        lacking: dict[tuple[bool, str], list[str]] = {}
        for column in table.columns:
            figure = one.figure(column.id)
            if figure is not None and figure.quantity is None:
                lacking.setdefault((bool(figure.trouble), _reason(figure)), []).append(column.title)
        for (failed, reason), measures in lacking.items():
            found.setdefault((failed, reason, tuple(measures)), []).append((one.key, one.title))
    return tuple(
        Gap(measures, tuple(key for key, _ in rows), tuple(title for _, title in rows), reason, failed)
        for (failed, reason, measures), rows in found.items()
    )


def _reason(figure: Figure) -> str:
    return figure.why_not.rstrip(".") + "."
