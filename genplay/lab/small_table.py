"""A small table of counts for Bayes' rule by hand: how often each combination of a few columns was seen in each class.

The unknown class of one combination x is named in two ways (see ``models.count_table``): ``naive``, a likelihood for each
column, and ``coupled``, one likelihood for the combination as a whole, which fails where it was never seen.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from genplay.errors import BadInput, suggest
from genplay.models.count_table import Bayes, CountTable

__all__ = [
    "MOST_COUNT",
    "MOST_FEATURES",
    "MOST_SMOOTHING",
    "SPAM",
    "Combination",
    "SmallTable",
    "read_small_table",
]

Combination = tuple[str, ...]

MOST_FEATURES, MOST_COUNT, MOST_SMOOTHING = 6, 99_999, 100.0
MOST_CLASSES, MOST_VALUES, MOST_ROWS = 6, 8, 64
"""A table is small: what is larger is for a model."""
_YES, _NO = "yes", "no"


@dataclass(frozen=True)
class SmallTable:
    """Columns with their values, classes, and for each combination that was seen its counts, one a class.

    ``smoothing`` is the α of Laplace: so many imaginary sightings of everything there could be.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    label: str
    classes: tuple[str, ...]
    counts: Mapping[Combination, tuple[int, ...]] = field(default_factory=dict)
    smoothing: float = 0.0

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """All that there could be, where they are few; else those that were seen, and at least one."""
        if math.prod(len(v) for v in self.values) <= MOST_ROWS:
            return tuple(itertools.product(*self.values))
        return tuple(sorted(self.counts))[:MOST_ROWS] or (tuple(v[0] for v in self.values),)

    @property
    def total(self) -> int:
        """How many examples were counted."""
        return sum(map(sum, self.counts.values()))

    def count(self, x: Combination) -> tuple[int, ...]:
        """How often x was seen in each class."""
        return self.counts.get(x, (0,) * len(self.classes))

    def checked(self, given: Mapping[str, object] | Sequence[object]) -> Combination:
        """A combination given by column or in order; raises ``BadInput`` naming what is allowed."""
        if not isinstance(given, Mapping):
            if len(given) != len(self.columns):
                raise BadInput(f"A row has {len(self.columns)} values: {', '.join(self.columns)}.")
            given = dict(zip(self.columns, given, strict=True))
        for name in given:
            if name not in self.columns:
                raise BadInput(
                    f"The table has no column '{name}'.{suggest(name, self.columns)} Its columns: {', '.join(self.columns)}."
                )
        missing = [name for name in self.columns if name not in given]
        if missing:
            raise BadInput(f"The row lacks {', '.join(missing)}. Give each column as name=value.")
        x = tuple(str(given[name]) for name in self.columns)
        for name, value, known in zip(self.columns, x, self.values, strict=True):
            if value not in known:
                raise BadInput(
                    f"{name} is never '{value}'.{suggest(value, known)} Allowed: {', '.join(known)}."
                )
        return x

    def with_count(self, x: Combination, label: str, n: int) -> SmallTable:
        """The same with another count; raises ``BadInput`` for an unknown class or combination."""
        x = self.checked(x)
        if label not in self.classes:
            raise BadInput(
                f"There is no class '{label}'.{suggest(label, self.classes)} Allowed: {', '.join(self.classes)}."
            )
        row = tuple(
            n if name == label else old for name, old in zip(self.classes, self.count(x), strict=True)
        )
        return replace(self, counts={**self.counts, x: row})

    def with_features(self, n: int) -> SmallTable:
        """The same with n columns: a new one says yes or no and was never seen as yes; the last ones are summed away."""
        table = self
        while len(table.columns) < n:
            names = [f"x{k}" for k in range(1, n + len(table.columns) + 1)]
            name = next(name for name in names[len(table.columns) :] + names if name not in table.columns)
            counts = {(*x, _NO): row for x, row in table.counts.items()}
            table = replace(
                table, columns=(*table.columns, name), values=(*table.values, (_YES, _NO)), counts=counts
            )
        while len(table.columns) > n:
            summed: dict[Combination, tuple[int, ...]] = {}
            for x, row in table.counts.items():
                old = summed.get(x[:-1], (0,) * len(row))
                summed[x[:-1]] = tuple(a + b for a, b in zip(old, row, strict=True))
            table = replace(table, columns=table.columns[:-1], values=table.values[:-1], counts=summed)
        return table

    # Bayes' rule

    def counted(self) -> CountTable:
        """The table as what Bayes' rule is applied to; raises ``BadInput`` while nothing was counted."""
        if not self.total:
            raise BadInput("Nothing was counted yet: give some row of the table a count.")
        seen = [(x, y, n) for x, row in self.counts.items() for y, n in zip(self.classes, row, strict=True)]
        return CountTable(
            [x for x, _, _ in seen],
            [y for _, y, _ in seen],
            self.smoothing,
            counts=[n for _, _, n in seen],
            values=self.values,
        )

    def naive(self, x: Combination) -> Bayes:
        """P(y | x) ∝ P(y) Π_j P(x_j | y)."""
        return self.counted().naive(self.checked(x))

    def coupled(self, x: Combination) -> Bayes:
        """P(y | x) ∝ P(y) P(x | y), x counted as a whole."""
        return self.counted().coupled(self.checked(x))

    # As JSON

    def to_json(self) -> dict[str, object]:
        """What a project file holds."""
        return {
            "columns": list(self.columns),
            "values": [list(v) for v in self.values],
            "label": self.label,
            "classes": list(self.classes),
            "counts": [[list(x), list(row)] for x, row in self.counts.items()],
            "smoothing": self.smoothing,
        }

    @staticmethod
    def from_json(given: Mapping[str, object]) -> SmallTable:
        """The table again; raises ``ValueError``, ``KeyError``, ``TypeError`` or ``BadInput`` for what is no such table."""
        columns, classes = _texts(given["columns"]), _texts(given["classes"])
        values = tuple(_texts(v) for v in given["values"])  # type: ignore[attr-defined]
        smoothing = float(given["smoothing"])  # type: ignore[arg-type]
        small = 1 <= len(columns) == len(values) <= MOST_FEATURES and 1 <= len(classes) <= MOST_CLASSES
        if (
            not small
            or not 0 <= smoothing <= MOST_SMOOTHING
            or not all(1 <= len(v) <= MOST_VALUES for v in values)
        ):
            raise ValueError("the small table is no small table")
        table = SmallTable(columns, values, str(given["label"]), classes, {}, smoothing)
        for x, row in given["counts"]:  # type: ignore[attr-defined]
            for label, n in zip(classes, row, strict=True):
                if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MOST_COUNT:
                    raise ValueError(f"a count is {n!r}")
                table = table.with_count(_texts(x), label, n)
        return table


SPAM = SmallTable(
    ("free", "link"),
    ((_YES, _NO), (_YES, _NO)),
    "mail",
    ("spam", "not spam"),
    {(_YES, _NO): (4, 1), (_NO, _YES): (3, 1), (_NO, _NO): (1, 10)},
)
"""Twenty mails: is something free in it, is there a link? None of them has both: the coupled count has no answer for one that has."""


def _texts(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(v, str) for v in given):
        raise ValueError(f"{given!r} is no list of texts")
    return tuple(given)


def read_small_table(path: Path, label: str | None = None) -> SmallTable:
    """The table of a CSV or TSV with a few columns of words; the class is in the column ``label``, else in the last.

    Each row is one example. Raises ``BadInput`` naming file, line and column for what cannot be read or is not small.
    """
    from genplay.datasets.delimited import read_cells

    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    cells = read_cells(path)
    width = len(cells.rows[0])
    header = cells.header or (*(f"x{k + 1}" for k in range(width - 1)), "class")
    if not 2 <= width <= MOST_FEATURES + 1:
        raise BadInput(
            f"{path} has {width} columns. A small table has 2 to {MOST_FEATURES + 1}: a few columns and the class."
        )
    if len(set(header)) < width:
        raise BadInput(f"{path} has two columns of the same name: {', '.join(header)}. Give each its own.")
    if label is not None and label not in header:
        raise BadInput(
            f"{path} has no column '{label}'.{suggest(label, header)} Its columns: {', '.join(header)}."
        )
    at = header.index(label) if label is not None else width - 1
    for row, line in zip(cells.rows, cells.lines, strict=True):
        if "" in row:
            name = header[row.index("")]
            raise BadInput(
                f"{path}, line {line}: column '{name}' is empty. Fill it in, or leave the row out."
            )
    names = tuple(name for j, name in enumerate(header) if j != at)
    found = [(tuple(v for j, v in enumerate(row) if j != at), row[at]) for row in cells.rows]
    values = tuple(tuple(sorted({x[j] for x, _ in found})) for j in range(width - 1))
    classes = tuple(sorted({y for _, y in found}))
    for name, several, most in (
        (header[at], classes, MOST_CLASSES),
        *((n, v, MOST_VALUES) for n, v in zip(names, values, strict=True)),
    ):
        if len(several) > most:
            raise BadInput(
                f"{path}: column '{name}' has {len(several)} different values, more than {most}. "
                "A small table counts words that come again and again; put numbers into a few ranges."
            )
    counts: dict[Combination, tuple[int, ...]] = {}
    for x, y in found:
        old = counts.get(x, (0,) * len(classes))
        counts[x] = tuple(n + (name == y) for name, n in zip(classes, old, strict=True))
    return SmallTable(names, values, header[at], classes, counts)
