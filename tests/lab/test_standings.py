"""Places in a race: against paired tests by scipy, and never where a bound or an error could turn them round."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from genplay.lab.lanes import Lane
from genplay.lab.standings import standings
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.training.history import History
from genplay.training.snapshot import Snapshot
from tests.training import fakes

N = 400


def logs(mean: float, seed: int, common: float = 1.0) -> np.ndarray:
    """log p of test points: mostly common to all lanes, as points that are unlikely under one are under all."""
    shared = np.random.default_rng(0).standard_normal(N)
    own = np.random.default_rng(seed).standard_normal(N)
    return (mean + common * shared + 0.1 * (own - own.mean())).astype(np.float32)


def snapshot(
    run_id: int, nll: Quantity | None, values: np.ndarray | None, floor: Quantity | None = None
) -> Snapshot:
    return Snapshot(
        run_id, "running", "plane", "normal", 10, 1.0, 10.0, "cpu", {}, History(), nll_test=nll,
        test_log_prob=values, entropy=floor,
    )  # fmt: skip


def lane(values: np.ndarray, run_id: int, kind: str = "exact") -> Snapshot:
    nll = -float(values.mean())
    made = {
        "exact": exact(nll, ""),
        "upper": bound(nll, "upper", ""),
        "lower": bound(nll, "lower", ""),
        "estimate": estimate(nll, None, ""),
    }
    return snapshot(run_id, made[kind], values)


def places(*snapshots: Snapshot) -> list[int | None]:
    lanes = [Lane(s.run_id, f"lane {s.run_id}", fakes.plan()) for s in snapshots]
    return [standing.place for standing in standings(lanes, snapshots)]


@pytest.mark.parametrize("lead", [0.0, 0.005, 0.01, 0.02, 0.05, 0.3])
def test_a_place_is_told_where_a_paired_test_tells_the_lanes_apart(lead: float) -> None:
    a, b = logs(-1.0 + lead, 1), logs(-1.0, 2)
    told = abs(stats.ttest_rel(a, b).statistic) > 2
    assert places(lane(a, 1), lane(b, 2)) == ([1, 2] if told else [None, None])


def test_unpaired_figures_need_a_wider_gap() -> None:
    a, b = logs(-0.95, 1), logs(-1.0, 2)
    assert places(lane(a, 1), lane(b, 2)) == [1, 2]
    # Of other points: each mean is uncertain by 0.05 by itself.
    assert places(lane(a[:-1], 1), lane(b, 2)) == [None, None]
    assert places(lane(a[:-1] + 1, 1), lane(b, 2)) == [1, 2]


def test_three_in_a_row_and_two_that_cannot_be_told_apart() -> None:
    good, fair, poor = logs(-1.0, 1), logs(-1.5, 2), logs(-2.0, 3)
    assert places(lane(fair, 1), lane(good, 2), lane(poor, 3)) == [2, 1, 3]
    assert places(lane(fair, 1), lane(good, 2), lane(logs(-1.0, 4), 3)) == [3, None, None]


def test_a_bound_is_placed_only_where_it_decides() -> None:
    high, low = logs(-1.0, 1), logs(-2.0, 2)
    # NLL ≤ 1 against = 2: surely better. NLL ≤ 2 against = 1: the truth may be lower still.
    assert places(lane(high, 1, "upper"), lane(low, 2)) == [1, 2]
    assert places(lane(low, 1, "upper"), lane(high, 2)) == [None, None]
    assert places(lane(high, 1, "upper"), lane(low, 2, "upper")) == [None, None]
    assert places(lane(low, 1, "lower"), lane(high, 2)) == [2, 1]
    assert places(lane(high, 1, "estimate"), lane(low, 2)) == [None, None]


def test_what_has_no_likelihood_holds_no_place() -> None:
    assert places(lane(logs(-1.0, 1), 1), snapshot(2, None, None)) == [None, None]
    assert places(lane(logs(-1.0, 1), 1), snapshot(2, None, None), lane(logs(-2.0, 2), 3)) == [1, None, 2]


def test_the_gap_says_what_it_is() -> None:
    values = logs(-1.5, 1)
    error = float(stats.sem(values))

    def gap(nll: Quantity, floor: Quantity) -> Quantity | None:
        return standings([Lane(1, "", fakes.plan())], [snapshot(1, nll, values, floor)])[0].gap

    found = gap(exact(1.5, ""), exact(1.0, ""))
    assert found is not None
    assert (found.value, found.kind) == (0.5, "estimate")
    assert found.stderr == pytest.approx(error, rel=1e-5)
    found = gap(bound(1.5, "upper", ""), exact(1.0, ""))
    assert found is not None
    assert (found.kind, found.direction) == ("bound", "upper")
    found = gap(exact(1.5, ""), estimate(1.0, 0.3, ""))
    assert found is not None
    assert found.stderr == pytest.approx(np.hypot(error, 0.3), rel=1e-5)
    assert standings([Lane(1, "", fakes.plan())], [snapshot(1, exact(1.5, ""), values)])[0].gap is None
