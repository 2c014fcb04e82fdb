"""How the lanes of a race stand to each other: by test likelihood, with its error, and only as far as it is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genplay.quantity import Quantity, bound, estimate

if TYPE_CHECKING:
    from genplay.lab.lanes import Lane
    from genplay.training.snapshot import RunState, Snapshot

__all__ = ["Standing", "standings"]

ERRORS = 2.0
"""So many standard errors apart two lanes are called different."""


@dataclass(frozen=True)
class Standing:
    """One lane now. ``seconds`` and ``steps_per_second`` are of its own training.

    ``nll``: −mean log p of the test points, in nats. ``gap``: the same above the entropy of the law, an estimate of
    KL(p‖q) or a bound on it. ``place``: 1 is best; None while it is not known, or within error of another's.
    """

    run_id: int
    title: str
    state: RunState
    step: int
    seconds: float
    steps_per_second: float
    nll: Quantity | None
    gap: Quantity | None
    place: int | None


def standings(lanes: Sequence[Lane], snapshots: Sequence[Snapshot]) -> tuple[Standing, ...]:
    """The lanes as they stand, in lane order."""
    known = {snapshot.run_id: snapshot for snapshot in snapshots}
    here = [(lane, known[lane.run_id]) for lane in lanes if lane.run_id in known]
    return tuple(
        Standing(
            lane.run_id, lane.title, snapshot.state, snapshot.step, snapshot.seconds, snapshot.steps_per_second,
            snapshot.nll_test, gap(snapshot), _place(snapshot, [other for _, other in here if other is not snapshot]),
        )
        for lane, snapshot in here
    )  # fmt: skip


def gap(snapshot: Snapshot) -> Quantity | None:
    """NLL − H: what the model still loses to the law of the data, over the test points; None where either is not known."""
    nll, floor = snapshot.nll_test, snapshot.entropy
    if nll is None or floor is None:
        return None
    method = f"test NLL − entropy; {nll.method}"
    value = nll.value - floor.value
    error = _error(snapshot)
    total = math.hypot(error, floor.stderr or 0.0) if error is not None else None
    if nll.kind == "bound" and nll.direction is not None:
        return bound(value, nll.direction, method, total)
    return estimate(value, total if nll.kind == "exact" else nll.stderr, method)


def _error(snapshot: Snapshot) -> float | None:
    """The standard error of the NLL as a mean over test points."""
    values = snapshot.test_log_prob
    if values is None or len(values) < 2:
        return None
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def _place(mine: Snapshot, others: Sequence[Snapshot]) -> int | None:
    # What has no likelihood cannot be placed, and holds no place.
    rivals = [other for other in others if other.nll_test is not None]
    if mine.nll_test is None or not rivals:
        return None
    better = 0
    for other in rivals:
        if surely_better(other, mine):
            better += 1
        elif not surely_better(mine, other):
            return None
    return 1 + better


def surely_better(a: Snapshot, b: Snapshot) -> bool:
    """Whether a's test likelihood is better than b's beyond error, and no bound or estimate can turn it round.

    Of the same test points the differences log p_a(x) − log p_b(x) are compared point by point: most of what makes each
    mean uncertain is common to both.
    """
    mine, theirs = a.nll_test, b.nll_test
    if mine is None or theirs is None or "estimate" in (mine.kind, theirs.kind):
        return False
    if mine.direction == "lower" or theirs.direction == "upper":
        return False
    lead, error = theirs.value - mine.value, _error_of_difference(a, b)
    return error is not None and lead > ERRORS * error


def _error_of_difference(a: Snapshot, b: Snapshot) -> float | None:
    x, y = a.test_log_prob, b.test_log_prob
    if x is None or y is None:
        return None
    if len(x) == len(y) and len(x) > 1:
        return float(np.std(x - y, ddof=1) / math.sqrt(len(x)))
    first, second = _error(a), _error(b)
    return math.hypot(first, second) if first is not None and second is not None else None
