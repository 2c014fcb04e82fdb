"""Exploding: a loss that runs away, or is no number any more.

The scale of a loss is the spread between the best and the first median of its run (at least 1 nat). It explodes where
its recent median lies more than 50 scales above the best one, and above the first.
"""

from __future__ import annotations

import math

import numpy as np

from genplay.models.exhibits import Curves
from genplay.quantity import exact
from genplay.training.health.finding import Reading
from genplay.training.history import History

__all__ = ["exploding", "no_number"]

_RECENT = 32
_FAR = 50.0
_SHOWN = 400


def exploding(history: History) -> Reading:
    """Whether a loss of the run is running away; its curve is the evidence."""
    curves: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    looked = False
    for name in history.names():
        if name != "loss" and not name.endswith("_loss"):
            continue
        values = history.decimated(name, 2000)[1]
        curve = history.decimated(name, _SHOWN)
        curves[name.replace("_", " ")] = (curve[0].astype(np.float64), curve[1])
        if len(values) < 3 * _RECENT:
            continue
        looked = True
        blocks = values[: len(values) // _RECENT * _RECENT].reshape(-1, _RECENT)
        medians = np.median(blocks, axis=1)
        now = float(np.median(values[-_RECENT:]))
        best = float(medians[:-1].min())
        scale = max(1.0, abs(float(medians[0]) - best))
        if now - best > _FAR * scale and now > float(medians[0]):
            what = name.replace("_", " ")
            over = math.log10((now - best) / scale)
            figures = (
                (
                    "above its best, powers of ten",
                    exact(over, "in units of all that the loss has fallen", ""),
                ),
            )
            seen = f"the {what} is exploding: {_shown(now)} now after {_shown(best)} at its best."
            return Reading("ill", seen, figures, _plotted({what: curves[what]}))
    if not looked:
        return Reading("open", f"A loss is judged from {3 * _RECENT} steps on.", (), _plotted(curves))
    return Reading("well", "No loss lies far above its best value.", (), _plotted(curves))


def no_number(message: str, history: History) -> Reading:
    """The run was stopped because a loss was no finite number."""
    curves = {}
    for name in history.names():
        if name == "loss" or name.endswith("_loss"):
            steps, values = history.decimated(name, _SHOWN)
            curves[name.replace("_", " ")] = (steps.astype(np.float64), values)
    return Reading("ill", message, (), _plotted(curves))


def _plotted(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[Curves, ...]:
    kept = {name: line for name, line in curves.items() if len(line[0])}
    if not kept:
        return ()
    return (Curves("Loss so far", kept, "step", "loss", help="A healthy loss falls and then stays low."),)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
