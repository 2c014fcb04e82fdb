"""Counting a small table: a spam example by hand, and scikit-learn's classifier of categories."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import CategoricalNB

from genplay.models.count_table import CountTable

ROWS = [
    ("win", "link"),
    ("win", "no"),
    ("hi", "link"),
    ("win", "link"),
    ("hi", "no"),
    ("hi", "no"),
    ("win", "no"),
    ("hi", "no"),
]
LABELS = ["spam", "spam", "spam", "spam", "ham", "ham", "ham", "ham"]  # fmt: skip


def test_the_spam_table_by_hand() -> None:
    found = CountTable(ROWS, LABELS).naive(("win", "link"))
    assert found.prior == {"spam": 0.5, "ham": 0.5}
    assert found.likelihoods == {"spam": (0.75, 0.75), "ham": (0.25, 0.0)}
    assert found.evidence == pytest.approx(0.5 * 0.75**2)
    assert found.posterior == {"spam": 1.0, "ham": 0.0}
    assert found.joint["spam"] == pytest.approx(0.28125)


def test_coupled_counts_see_what_is_there_and_nothing_else() -> None:
    table = CountTable(ROWS, LABELS)
    assert table.seen(("win", "no")) == {"spam": 1, "ham": 1}
    assert table.coupled(("win", "no")).posterior == {"spam": 0.5, "ham": 0.5}
    # Naive Bayes has an opinion where the coupled counts have not.
    sparse = CountTable([("a", "b"), ("b", "a"), ("a", "b"), ("b", "a")], ["x", "x", "y", "y"])
    assert sparse.coupled(("a", "a")).posterior == {}
    assert sparse.coupled(("a", "a")).evidence == 0
    assert sparse.naive(("a", "a")).posterior == {"x": 0.5, "y": 0.5}
    assert table.numbers == (2, 3)
    assert table.combinations == 4


@pytest.mark.parametrize("smoothing", [0.5, 1.0])
def test_naive_with_smoothing_is_scikit_learns(smoothing: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 3, (60, 4)), rng.integers(0, 3, 60)
    reference = CategoricalNB(alpha=smoothing).fit(x, y)
    table = CountTable(x.tolist(), y.tolist(), smoothing)
    for row, expected in zip(x[:10].tolist(), reference.predict_proba(x[:10]), strict=True):
        posterior = table.naive(row).posterior
        np.testing.assert_allclose([posterior[k] for k in range(3)], expected, rtol=1e-9)


def test_smoothed_coupled_counts_are_shares_of_all_combinations() -> None:
    table = CountTable(ROWS, LABELS, smoothing=1.0)
    total = {y: sum(table.coupled((a, b)).likelihoods[y][0] for a in ("win", "hi") for b in ("link", "no")) for y in ("spam", "ham")}  # fmt: skip
    assert total == pytest.approx({"spam": 1.0, "ham": 1.0})


def test_a_table_needs_rows_and_a_class_for_each() -> None:
    with pytest.raises(ValueError, match="one class a row"):
        CountTable([("a",)], [])
