"""From cells or an array to a ``Table``: which columns are the coordinates, which the label, and is every cell a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.delimited import Cells, is_number
from genplay.datasets.table import Table
from genplay.errors import BadInput, suggest
from genplay.spaces import DIMENSIONS, World

__all__ = ["ColumnChoice", "table_from_cells", "table_from_columns"]

Array = NDArray[np.float64]

MOST_CLASSES = 100
_AUTOMATIC = 30
_LABEL_NAMES = ("label", "labels", "class", "target", "digit", "species", "group", "category")
_SKIP = "Fill it in, or leave such rows out with skip_missing=true."


@dataclass(frozen=True)
class ColumnChoice:
    """What the user asked for: columns by name or by number counted from 1, a label column, the world."""

    columns: tuple[str, ...] | None
    label: str | None
    world: World
    skip_missing: bool

    @staticmethod
    def of(
        columns: Sequence[str | int] | None, label: str | int | None, world: World, skip_missing: bool
    ) -> ColumnChoice:
        chosen = None if columns is None else tuple(str(c) for c in columns)
        return ColumnChoice(chosen, None if label is None else str(label), world, skip_missing)


def table_from_cells(path: Path, cells: Cells, choice: ColumnChoice) -> Table:
    """The table in a text file."""
    notes: list[str] = []
    numeric = [_mostly_numbers(cells, i) for i in range(cells.width)]
    label = _label_column(path, cells, choice, numeric, notes)
    picked = _picked(path, cells, choice, numeric, label, notes)
    values = np.stack([_numbers(path, cells, i, choice.skip_missing) for i in picked], axis=1)
    texts = None if label is None else [row[label] for row in cells.rows]
    where = tuple(f"line {line}" for line in cells.lines)
    kept: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    if texts is not None:
        for i in np.flatnonzero(kept):
            if not texts[i]:
                if not choice.skip_missing:
                    raise BadInput(
                        f"{path}, {where[i]}, {cells.name(label or 0)}: the label is missing. {_SKIP}"
                    )
                kept[i] = False
    names = cells.header or tuple(f"column {i + 1}" for i in range(cells.width))
    return _finish(path, values, texts, tuple(names[i] for i in picked), kept, choice.world, notes)


def table_from_columns(
    path: Path, values: Array, labels: NDArray[np.generic] | None, choice: ColumnChoice
) -> Table:
    """The table in an array (n, d) that is all numbers; columns are chosen by number."""
    names = tuple(f"column {i + 1}" for i in range(values.shape[1]))
    cells = Cells(None, [list(names)], [1], "")
    notes: list[str] = []
    label = None if choice.label is None else _index(path, cells, choice.label, "label ")
    picked = _picked(path, cells, choice, [True] * values.shape[1], label, notes)
    texts = None
    if label is not None:
        labels = values[:, label]
    x = values[:, picked]
    used = x if labels is None else np.column_stack([x, np.asarray(labels, dtype=np.float64)])
    bad: NDArray[np.bool_] = np.asarray(~np.isfinite(used))
    if bad.any() and (not choice.skip_missing or np.isinf(used).any()):
        row, column = np.argwhere(np.isinf(used) if choice.skip_missing else bad)[0]
        which = names[picked[column]] if column < len(picked) else "the label"
        raise BadInput(f"{path}, row {row + 1}, {which}: {used[row, column]} is not a finite number. {_SKIP}")
    if labels is not None:
        texts = [f"{v:g}" for v in np.asarray(labels, dtype=np.float64)]
    return _finish(
        path, x, texts, tuple(names[i] for i in picked), np.asarray(~bad.any(axis=1)), choice.world, notes
    )


def _mostly_numbers(cells: Cells, column: int) -> bool:
    """Whether a column is meant as numbers: at least half of the cells that are filled in are."""
    filled = [row[column] for row in cells.rows[:2000] if row[column]]
    return bool(filled) and 2 * sum(is_number(_with_point(c, cells)) for c in filled) >= len(filled)


def _with_point(cell: str, cells: Cells) -> str:
    """1,5 as 1.5 where the comma does not separate columns."""
    return cell.replace(",", ".") if cells.delimiter != "," and cell.count(",") == 1 else cell


def _index(path: Path, cells: Cells, name: str, role: str) -> int:
    """A column by its name, or by its number counted from 1."""
    header = cells.header or ()
    if name in header:
        return header.index(name)
    if name.lstrip("+-").isdigit() and 1 <= int(name) <= cells.width:
        return int(name) - 1
    listed = f"{', '.join(header)} or " if header else ""
    raise BadInput(
        f"{path} has no {role}column '{name}'.{suggest(name, header)} Allowed: {listed}1 to {cells.width}."
    )


def _label_column(
    path: Path, cells: Cells, choice: ColumnChoice, numeric: list[bool], notes: list[str]
) -> int | None:
    """The label's column: the one asked for, else one with a telling name, else the only text column."""
    if choice.label is not None:
        return _index(path, cells, choice.label, "label ")
    if choice.columns is not None:
        return None
    named = [i for i, name in enumerate(cells.header or ()) if name.lower() in _LABEL_NAMES]
    texts = [i for i, is_numeric in enumerate(numeric) if not is_numeric]
    for found in (named, texts):
        if len(found) == 1 and 1 < len({row[found[0]] for row in cells.rows}) <= _AUTOMATIC:
            notes.append(f"{cells.name(found[0]).capitalize()} was taken as the label.")
            return found[0]
    return None


def _picked(
    path: Path, cells: Cells, choice: ColumnChoice, numeric: list[bool], label: int | None, notes: list[str]
) -> list[int]:
    """The columns that become x: the ones asked for, else the first numeric ones."""
    need = DIMENSIONS[choice.world]
    if choice.columns is not None:
        picked = [_index(path, cells, name, "") for name in choice.columns]
        if len(picked) != need or len(set(picked)) != need:
            raise BadInput(
                f"{path}: {len(picked)} columns were chosen. Allowed: {need} different ones ({_asked(choice.world)})."
            )
        return picked
    picked = [i for i, is_numeric in enumerate(numeric) if is_numeric and i != label]
    if len(picked) < need or (choice.world == "digits" and len(picked) > need):
        count = (
            "no numeric column" if not picked else f"{len(picked)} numeric column{'s' * (len(picked) > 1)}"
        )
        texts = [i for i, is_numeric in enumerate(numeric) if not is_numeric and i != label]
        example = (
            f" ({cells.name(texts[0])} holds text such as '{_shown(cells.rows[0][texts[0]])}')"
            if texts and len(picked) < need
            else ""
        )
        which = " Say which ones, or which one is the label." if len(picked) > need else ""
        raise BadInput(
            f"{path}, line {cells.lines[0]}: there {'are' if len(picked) > 1 else 'is'} {count}{example}. "
            f"Needed: {need} ({_asked(choice.world)}).{which}"
        )
    if len(picked) > need:
        notes.append(f"Of {len(picked)} numeric columns the first {need} were taken.")
    return picked[:need]


def _asked(world: World) -> str:
    return "x and y" if world == "plane" else "one for each of the 5×5 pixels"


def _numbers(path: Path, cells: Cells, column: int, skip_missing: bool) -> Array:
    """One column as numbers; NaN where a cell is missing and may be. Raises ``BadInput`` at the first bad cell."""
    texts = [row[column] for row in cells.rows]
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError:
        values = np.array([_number(path, cells, column, i, text) for i, text in enumerate(texts)])
    if np.isfinite(values).all():
        return values
    for i in np.flatnonzero(~np.isfinite(values)):
        where = f"{path}, line {cells.lines[i]}, {cells.name(column)}"
        if np.isinf(values[i]):
            raise BadInput(f"{where}: '{texts[i]}' is not a finite number. Correct it or take the row away.")
        if not skip_missing:
            said = f"'{texts[i]}' stands for a missing number" if texts[i] else "the number is missing"
            raise BadInput(f"{where}: {said}. {_SKIP}")
    return values


def _number(path: Path, cells: Cells, column: int, row: int, text: str) -> float:
    if text.lower() in ("", "na", "n/a", "null", "none", "-"):
        return float("nan")
    try:
        return float(_with_point(text, cells))
    except ValueError:
        raise BadInput(
            f"{path}, line {cells.lines[row]}, {cells.name(column)}: '{_shown(text)}' is not a number. "
            "Correct the cell, or choose other columns."
        ) from None


def _shown(text: str) -> str:
    """A cell in one short line."""
    line = " ".join(text.split())
    return line if len(line) <= 30 else line[:29] + "…"


def _finish(
    path: Path,
    values: Array,
    texts: list[str] | None,
    names: tuple[str, ...],
    kept: NDArray[np.bool_],
    world: World,
    notes: list[str],
) -> Table:
    """Leave out what is missing, number the labels, make pixels black and white."""
    skipped = int((~kept).sum())
    if skipped:
        notes.append(f"{skipped:,} row{'s' * (skipped > 1)} with a missing value left out.")
    values = values[kept]
    if len(values) < 2:
        found = "one row" if len(values) == 1 else "no row"
        raise BadInput(f"{path} has {found} of values{' left' * bool(skipped)}. Give it at least two.")
    if np.abs(values).max() > 1e100:
        raise BadInput(f"{path}: the numbers go up to {np.abs(values).max():.3g}. Allowed: up to 1e100.")
    labels = np.zeros(len(values), dtype=np.int64)
    class_names: tuple[str, ...] = ("all",)
    if texts is not None:
        labels, class_names = _numbered(path, [t for t, k in zip(texts, kept, strict=True) if k])
    if world == "digits":
        values = _black_and_white(path, values, notes)
    return Table(values, labels, class_names, names, path.name, world, tuple(notes))


def _numbered(path: Path, texts: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels as numbers from 0, in the order of the numbers they are, or of the alphabet."""
    distinct = set(texts)
    if len(distinct) > MOST_CLASSES:
        raise BadInput(
            f"{path}: the label column has {len(distinct):,} different values. Allowed: at most {MOST_CLASSES}. "
            "Choose another label column."
        )
    if all(is_number(t) for t in distinct):
        # 1, 1.0 and 01 are one label.
        texts = [f"{float(t):g}" for t in texts]
        names = sorted(set(texts), key=float)
    else:
        names = sorted(distinct)
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[t] for t in texts], dtype=np.int64), tuple(names)


def _black_and_white(path: Path, values: Array, notes: list[str]) -> Array:
    """Pixels lit above 0.5, or above half of the largest value where values go beyond 1."""
    if values.min() < 0:
        raise BadInput(
            f"{path}: a pixel is {values.min():g}. Allowed: from 0 to 1, or from 0 to any largest ink."
        )
    top = float(values.max())
    threshold = 0.5 if top <= 1 else top / 2
    if top > 1:
        notes.append(f"Values go up to {top:g}: pixels above {threshold:g} are lit.")
    return (values > threshold).astype(np.float64)
