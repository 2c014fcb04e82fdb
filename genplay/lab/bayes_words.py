"""Bayes' rule for one row of a small table, in numbers to follow by hand: for the window, the command line and Python."""

from __future__ import annotations

import numpy as np

from genplay.lab.small_table import Combination, SmallTable
from genplay.models.count_table import Bayes
from genplay.models.exhibits import Bars, Facts
from genplay.quantity import Quantity, exact

__all__ = ["bayes_json", "bayes_lines", "posteriors", "rule"]

_NAIVE = "Naive: each column counted by itself"
_COUPLED = "Coupled: the whole row counted at once"
_HELP = "Prior × likelihoods / evidence = posterior. The evidence is the sum over the classes, so the posteriors sum to 1."


def _rows(found: Bayes) -> list[tuple[str, str]]:
    """For each class its name and the rule in numbers."""
    out = []
    for y, prior in found.prior.items():
        product = " × ".join(f"{p:.3g}" for p in (prior, *found.likelihoods[y]))
        end = f"{found.posterior[y]:.1%}" if found.posterior else "no answer"
        out.append((str(y), f"{product} / {found.evidence:.3g} = {end}"))
    return out


def rule(table: SmallTable, x: Combination) -> tuple[Facts, Facts]:
    """The rule by the independent counts and by the coupled ones; raises ``BadInput`` while nothing was counted."""
    shown = []
    for title, found, numbers in zip(
        (_NAIVE, _COUPLED), (table.naive(x), table.coupled(x)), table.counted().numbers, strict=True
    ):
        rows: list[tuple[str, Quantity | str]] = [
            *_rows(found),
            ("evidence p(x)", exact(found.evidence, "sum over the classes", "")),
        ]
        if not found.posterior:
            rows.append(
                ("why", "0 / 0: in no class was this seen, so the counts cannot say. Smoothing would.")
            )
        rows.append(("numbers to learn", f"{numbers:,} for each class"))
        shown.append(Facts(title, tuple(rows), _HELP))
    return shown[0], shown[1]


def posteriors(table: SmallTable, x: Combination) -> Bars:
    """P(y | x) by both, side by side; raises ``BadInput`` while nothing was counted."""
    names, values = [], []
    for word, found in (("naive", table.naive(x)), ("coupled", table.coupled(x))):
        for y in table.classes:
            names.append(f"{y}, {word}")
            values.append(found.posterior.get(y, 0.0))
    return Bars("Posterior P(y | x)", tuple(names), np.array(values))


def bayes_lines(table: SmallTable, x: Combination) -> list[str]:
    """The same for a reader at a terminal."""
    said = ", ".join(f"{name} = {value}" for name, value in zip(table.columns, x, strict=True))
    lines = [f"{table.label}, given {said}  ({table.total:,} examples)"]
    for facts in rule(table, x):
        width = max(len(name) for name, _ in facts.rows)
        lines += [facts.title, *(f"  {name:<{width}}  {value}" for name, value in facts.rows)]
    return lines


def bayes_json(table: SmallTable, x: Combination) -> dict[str, object]:
    """The same for a program: ``posterior`` is null where the evidence is 0."""

    def told(found: Bayes) -> dict[str, object]:
        return {
            "prior": {str(y): p for y, p in found.prior.items()},
            "likelihoods": {str(y): list(p) for y, p in found.likelihoods.items()},
            "evidence": found.evidence,
            "posterior": {str(y): p for y, p in found.posterior.items()} or None,
        }

    row = dict(zip(table.columns, x, strict=True))
    return {
        "row": row, "class": table.label, "examples": table.total, "smoothing": table.smoothing,
        "naive": told(table.naive(x)), "coupled": told(table.coupled(x)),
    }  # fmt: skip
