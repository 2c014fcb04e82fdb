"""The curves of a run as .npy entries and back: up to 20,000 points each, with the marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from genplay.lab.archive import array_bytes, read_array

if TYPE_CHECKING:
    from genplay.training.history import History

__all__ = ["history_from_json", "history_to_json"]

MOST_POINTS = 20_000


def history_to_json(history: History, prefix: str, entries: dict[str, bytes]) -> dict[str, Any]:
    """Put each curve into ``entries`` as an array (3, k) of step, seconds and value; returns what the manifest says."""
    curves = []
    for i, name in enumerate(history.names()):
        steps, values = history.decimated(name, MOST_POINTS)
        entry = f"{prefix}-curve-{i}.npy"
        entries[entry] = array_bytes(np.stack([steps.astype(np.float64), history.seconds(steps), values]))
        curves.append({"name": name, "curve": entry})
    return {"curves": curves, "marks": [[mark.step, mark.text, mark.subject] for mark in history.marks]}


def history_from_json(given: Mapping[str, Any], entries: Mapping[str, bytes]) -> History:
    """A history with these curves: the ones of the longest steps are terms of each step, the others sparse."""
    from genplay.training.history import History

    curves = {}
    for row in given["curves"]:
        array = np.asarray(read_array(entries[row["curve"]], row["curve"]), np.float64)
        if array.ndim != 2 or array.shape[0] != 3 or not np.isfinite(array).all():
            raise ValueError(f"the curve {row['name']!r} has shape {array.shape}")
        if np.any(np.diff(array[0]) < 0):
            raise ValueError(f"the curve {row['name']!r} runs backwards")
        curves[str(row["name"])] = array
    history = History()
    longest = max(curves.values(), key=lambda a: a.shape[1], default=None)
    if longest is not None and longest.shape[1]:
        dense = {name: a for name, a in curves.items() if np.array_equal(a[0], longest[0])}
        values = np.stack([a[2] for a in dense.values()], axis=1)
        history.extend(longest[0].astype(np.int64), longest[1], tuple(dense), values)
        for name, array in curves.items():
            if name not in dense:
                for step, _, value in array.T:
                    history.record(name, int(step), float(value))
    for step, text, subject in given["marks"]:
        history.mark(int(step), str(text), str(subject))
    return history
