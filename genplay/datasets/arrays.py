"""NumPy files: NPY and NPZ, never unpickled, their size checked before they are unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.columns import ColumnChoice, table_from_columns
from genplay.datasets.delimited import MOST_ROWS
from genplay.datasets.table import Table
from genplay.errors import BadInput

__all__ = ["read_arrays"]

_MOST_BYTES = 400_000_000
_DATA_NAMES = ("x", "X", "data", "points", "samples", "images", "x_train", "arr_0")
_LABEL_NAMES = ("y", "Y", "labels", "label", "target", "y_train")


def read_arrays(path: Path, choice: ColumnChoice) -> Table:
    """The table in a NumPy file. In an NPZ, x is the array with a telling name (x, data, points …) or the only one that
    fits; labels are in y, labels or target, or in the array that ``label`` names."""
    try:
        if zipfile.is_zipfile(path):
            return _from_archive(path, choice)
        with path.open("rb") as file:
            if file.read(6) != b"\x93NUMPY":
                raise ValueError("it does not begin as one")
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return _from_array(path, np.asarray(array), None, choice)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        if "pickle" in str(error).lower() or "object" in str(error).lower():
            raise BadInput(
                f"{path} holds Python objects, which are never loaded. Save plain numbers with numpy.save."
            ) from None
        raise BadInput(
            f"{path} is not a readable NumPy file ({error}). Save it again with numpy.save."
        ) from None


def _from_archive(path: Path, choice: ColumnChoice) -> Table:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_BYTES:
        raise BadInput(
            f"{path} unpacks to {size / 1e6:,.0f} MB. Allowed: at most {_MOST_BYTES / 1e6:.0f} MB."
        )
    with np.load(path, allow_pickle=False) as arrays:
        names = list(arrays.files)
        x_name = next((n for n in _DATA_NAMES if n in names), None)
        if x_name is None:
            fitting = [n for n in names if arrays[n].ndim >= 2]
            if len(fitting) != 1:
                raise BadInput(
                    f"{path}: which array holds the points? Name it x. Found: {', '.join(names) or 'none'}."
                )
            x_name = fitting[0]
        wanted = (choice.label,) if choice.label in names else _LABEL_NAMES if choice.label is None else ()
        y_name = next((n for n in wanted if n in names and n != x_name), None)
        labels = None if y_name is None else np.asarray(arrays[y_name]).ravel()
        if y_name is not None:
            choice = ColumnChoice(choice.columns, None, choice.world, choice.skip_missing)
        return _from_array(path, arrays[x_name], labels, choice)


def _from_array(
    path: Path, array: NDArray[np.generic], labels: NDArray[np.generic] | None, choice: ColumnChoice
) -> Table:
    if array.dtype.kind not in "biuf":
        raise BadInput(f"{path} holds values of type {array.dtype}. Allowed: numbers.")
    if array.ndim == 3 and choice.world == "digits":
        array = array.reshape(len(array), -1)
    if array.ndim != 2 or not array.size:
        raise BadInput(
            f"{path} holds an array of shape {array.shape}. "
            f"Allowed: rows and columns{' (n, 25) or (n, 5, 5)' if choice.world == 'digits' else ' (n, 2 or more)'}."
        )
    if len(array) > MOST_ROWS:
        raise BadInput(
            f"{path} has {len(array):,} rows. Allowed: at most {MOST_ROWS:,}. Give a sample of them."
        )
    if labels is not None and (len(labels) != len(array) or labels.dtype.kind not in "biuf"):
        raise BadInput(
            f"{path}: {len(labels):,} labels of type {labels.dtype} for {len(array):,} rows. "
            "Allowed: one number for each row."
        )
    return table_from_columns(path, np.asarray(array, dtype=np.float64), labels, choice)
