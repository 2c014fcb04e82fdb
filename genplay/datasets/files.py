"""Opening a user's file: CSV, TSV and other text tables, NPY, NPZ, PNG and JPEG; every refusal is one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genplay.datasets.arrays import read_arrays
from genplay.datasets.columns import ColumnChoice, table_from_cells
from genplay.datasets.delimited import read_cells
from genplay.datasets.picture import Picture
from genplay.datasets.pictures import read_picture
from genplay.datasets.table import Table
from genplay.errors import BadInput, suggest
from genplay.spaces import WORLDS, World

__all__ = ["MOST_BYTES", "SUFFIXES", "read_table"]

MOST_BYTES = 50_000_000
_TEXT = (".csv", ".tsv", ".txt", ".dat")
_ARRAYS = (".npy", ".npz")
_PICTURES = (".png", ".jpg", ".jpeg")
SUFFIXES = (*_TEXT, *_ARRAYS, *_PICTURES)


def read_table(
    path: str | Path,
    columns: Sequence[str | int] | None = None,
    label: str | int | None = None,
    world: World = "plane",
    *,
    skip_missing: bool = False,
) -> Table | Picture:
    """Read a file as the content of the data set ``file``: a ``Table``, or for a picture on the plane a ``Picture``.

    ``columns`` are names, or numbers counted from 1; without them the first numeric ones are taken. ``label`` likewise;
    without it a column with a telling name, or the only text column, is the label. Rows with a missing number are
    refused, or with ``skip_missing`` left out and noted. Raises ``BadInput`` naming file, line and column.
    """
    path = Path(path)
    if world not in WORLDS:
        raise BadInput(f"There is no world '{world}'.{suggest(world, WORLDS)} Allowed: {', '.join(WORLDS)}.")
    suffix = path.suffix.lower()
    _check(path, suffix)
    choice = ColumnChoice.of(columns, label, world, skip_missing)
    try:
        if suffix in _PICTURES:
            if columns is not None or label is not None:
                raise BadInput(f"{path} is a picture: it has no columns to choose from.")
            return read_picture(path, world)
        if suffix in _ARRAYS:
            return read_arrays(path, choice)
        return table_from_cells(path, read_cells(path), choice)
    except PermissionError:
        raise BadInput(f"{path} cannot be read: permission denied. Change its permissions.") from None


def _check(path: Path, suffix: str) -> None:
    """A file, of a kind that can be read, neither empty nor huge."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder. Choose a file in it ({', '.join(SUFFIXES)}).")
        if not path.exists():
            near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            raise BadInput(f"There is no file {path}.{suggest(path.name, near)}")
        if not path.is_file():
            raise BadInput(f"{path} is not an ordinary file. Allowed: {', '.join(SUFFIXES)}.")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be opened ({error}).") from None
    if suffix not in SUFFIXES:
        raise BadInput(f"{path}: files ending in '{suffix}' cannot be read. Allowed: {', '.join(SUFFIXES)}.")
    if size == 0:
        raise BadInput(f"{path} is empty. Give it at least two rows of numbers.")
    if size > MOST_BYTES:
        raise BadInput(
            f"{path} has {size / 1e6:,.0f} MB. Allowed: at most {MOST_BYTES / 1e6:.0f} MB. Give a sample of its rows."
        )
