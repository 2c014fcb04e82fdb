"""Naive Bayes on a small table, counted as by hand: a few rows of words or numbers, one of them the class. No torch.

    naive    P(y) Π_j P(x_j | y),   P(x_j = a | y) = (rows of y with a in column j + α) / (rows of y + α · values of column j)
    coupled  P(y) P(x_1, … | y),    the whole combination counted at once (+ α for each combination there could be)

The posterior is either of them divided by its sum over the classes, the evidence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

__all__ = ["Bayes", "CountTable"]


@dataclass(frozen=True)
class Bayes:
    """Bayes' rule for one combination: for each class its prior, the likelihoods that are multiplied, and the posterior.

    ``likelihoods`` has one factor a column (naive) or a single one (coupled). ``posterior`` is empty where the evidence
    is 0: the combination was seen in no class, and the rule says 0 / 0.
    """

    prior: dict[Hashable, float]
    likelihoods: dict[Hashable, tuple[float, ...]]
    evidence: float
    posterior: dict[Hashable, float]

    @property
    def joint(self) -> dict[Hashable, float]:
        """Prior × likelihood, the score that classes are compared by."""
        return {y: self.prior[y] * math.prod(self.likelihoods[y]) for y in self.prior}


class CountTable:
    """Rows of values and their classes, with α imaginary counts (Laplace).

    ``counts`` says how often each row was seen (once, if left out), ``values`` what each column could be (what was seen).
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Hashable]],
        labels: Sequence[Hashable],
        smoothing: float = 0.0,
        *,
        counts: Sequence[int] | None = None,
        values: Sequence[Sequence[Hashable]] | None = None,
    ) -> None:
        if len(rows) != len(labels) or not rows:
            raise ValueError("a table has at least one row, and one class a row")
        self.smoothing = smoothing
        self.columns = len(rows[0])
        seen = {j: {row[j] for row in rows} for j in range(self.columns)}
        self.values = [
            sorted(seen[j], key=str) if values is None else list(values[j]) for j in range(self.columns)
        ]
        self.classes: Counter[Hashable] = Counter()
        self._single: Counter[tuple[int, Hashable, Hashable]] = Counter()
        self._whole: Counter[tuple[tuple[Hashable, ...], Hashable]] = Counter()
        for row, y, n in zip(rows, labels, counts or [1] * len(rows), strict=True):
            self.classes[y] += n
            self._whole[tuple(row), y] += n
            for j, value in enumerate(row):
                self._single[j, value, y] += n

    @property
    def combinations(self) -> int:
        """How many combinations of the columns' values there are: what the coupled model must see to know them all."""
        return math.prod(len(v) for v in self.values)

    @property
    def numbers(self) -> tuple[int, int]:
        """How many numbers each class needs: naive Σ (values − 1), coupled Π values − 1."""
        return sum(len(v) - 1 for v in self.values), self.combinations - 1

    def seen(self, combination: Sequence[Hashable]) -> dict[Hashable, int]:
        """How many rows of each class are exactly this combination."""
        return {y: self._whole[tuple(combination), y] for y in self.classes}

    def naive(self, combination: Sequence[Hashable]) -> Bayes:
        """Bayes' rule with the columns independent given the class."""

        def factor(j: int, value: Hashable, y: Hashable) -> float:
            return self._share(self._single[j, value, y], y, len(self.values[j]))

        return self._bayes(
            {y: tuple(factor(j, v, y) for j, v in enumerate(combination)) for y in self.classes}
        )

    def coupled(self, combination: Sequence[Hashable]) -> Bayes:
        """Bayes' rule with whole combinations counted."""
        seen = self.seen(combination)
        return self._bayes({y: (self._share(seen[y], y, self.combinations),) for y in self.classes})

    def _share(self, count: int, y: Hashable, of: int) -> float:
        among = self.classes[y] + self.smoothing * of
        # A class without a single row has no likelihood; its prior is 0, and so is its part.
        return (count + self.smoothing) / among if among > 0 else 0.0

    def _bayes(self, likelihoods: dict[Hashable, tuple[float, ...]]) -> Bayes:
        rows = sum(self.classes.values())
        prior = {y: n / rows for y, n in self.classes.items()}
        joint = {y: prior[y] * math.prod(likelihoods[y]) for y in prior}
        evidence = sum(joint.values())
        posterior = {y: p / evidence for y, p in joint.items()} if evidence > 0 else {}
        return Bayes(prior, likelihoods, evidence, posterior)
