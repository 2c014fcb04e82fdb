"""A table of runs by measures: figures with their kind and error, which of them is surely the best, and what is stale.

Two figures a, b with standard errors s_a, s_b differ when |a − b| > 2 √(s_a² + s_b²). A bound differs only in the
direction in which it binds: what is at most 1.4 may still be 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from genplay.datasets.base import DataSpec
from genplay.metrics.registry import MetricCard
from genplay.quantity import Quantity
from genplay.spaces import World

__all__ = [
    "ERRORS", "FAILED", "NONE", "Figure", "RowKind", "ScoreRow", "ScoreTable", "columns_of", "head", "kind_words", "short", "surely_better",
]  # fmt: skip

RowKind = Literal["open", "kept", "file", "trap"]
NONE, FAILED = "–", "failed"
ERRORS = 2.0
"""So many combined standard errors two figures must lie apart."""

_THEMSELVES_BOUNDS = ("elbo", "iwae")
"""Measures of the bound itself: two of them are compared as they stand."""


@dataclass(frozen=True)
class Figure:
    """What one measurement gave, and the step of the run that it belongs to.

    ``quantity`` is None where the model or the data have no such number, ``missing`` says why; ``trouble`` says why a
    measurement failed.
    """

    quantity: Quantity | None
    step: int
    trouble: str = ""
    missing: str = ""

    @property
    def why_not(self) -> str:
        """Why there is no number, '' where there is one."""
        if self.quantity is not None:
            return ""
        return self.trouble or self.missing or "there is no such number for this model and these data."


@dataclass(frozen=True)
class ScoreRow:
    """One run. ``step`` is where the run stands now; a figure of an earlier step is stale.

    ``base`` is the key of the row that a trap was made from, ``note`` the words that explain a trap;
    ``altered``: the run was changed since (data, a live knob, a hand), so that every figure is stale.
    """

    key: str
    title: str
    kind: RowKind
    model: str
    world: World
    data: DataSpec
    step: int
    figures: Mapping[str, Figure] = field(default_factory=dict)
    note: str = ""
    base: str = ""
    altered: bool = False

    def figure(self, metric: str) -> Figure | None:
        """What was measured last, fresh or stale."""
        return self.figures.get(metric)

    def stale(self, metric: str) -> bool:
        """Whether the run has gone on since this was measured."""
        figure = self.figures.get(metric)
        return figure is not None and (self.altered or figure.step != self.step)

    def fresh(self, metric: str) -> Quantity | None:
        """The figure of the present step, if there is one that is a number."""
        figure = self.figures.get(metric)
        if figure is None or figure.quantity is None or self.stale(metric):
            return None
        return figure.quantity if not math.isnan(figure.quantity.value) else None

    def with_figures(self, figures: Mapping[str, Figure]) -> ScoreRow:
        """The same row with some figures more."""
        return replace(self, figures={**self.figures, **figures})

    @property
    def measured_steps(self) -> tuple[int, ...]:
        """The steps that its figures belong to, each once."""
        return tuple(sorted({figure.step for figure in self.figures.values()}))


def surely_better(a: Quantity, b: Quantity, card: MetricCard) -> bool:
    """Whether a is better than b by more than their errors, and neither being a bound can turn it round."""
    if card.better == "neither" or math.isnan(a.value) or math.isnan(b.value):
        return False
    lower = card.better == "lower"
    if card.id not in _THEMSELVES_BOUNDS:
        hopeful, modest = ("lower", "upper") if lower else ("upper", "lower")
        if a.direction == hopeful or b.direction == modest:
            return False
    if math.isinf(a.value) or math.isinf(b.value):
        return not math.isinf(a.value) and (b.value > 0) == lower
    gap = b.value - a.value if lower else a.value - b.value
    error = math.hypot(a.stderr or 0.0, b.stderr or 0.0)
    # What looks the same on the screen is not called a difference.
    seen = 0.5 * math.pow(10, -max(a.digits(), b.digits()))
    return gap > max(ERRORS * error, seen)


def _law(spec: DataSpec) -> tuple[object, ...]:
    """What decides the law of the data: how many points were drawn, and which, does not."""
    settings = replace(spec.settings, n=2000, test=1000, seed=0)
    return (spec.name, dict(spec.knobs), settings, spec.content)


@dataclass(frozen=True)
class ScoreTable:
    """Rows and the columns shown. Only rows about the same law as the first one are compared with it."""

    rows: tuple[ScoreRow, ...]
    columns: tuple[MetricCard, ...]

    def comparable(self, row: ScoreRow) -> bool:
        """Whether a row is about the same law of the data as the first one."""
        first = self.rows[0]
        return row is first or (row.world == first.world and _law(row.data) == _law(first.data))

    def best(self, card: MetricCard) -> str | None:
        """The key of the row that is surely the best in a column; None where none is, or nothing is compared."""
        known = [
            (row, quantity)
            for row in self.rows
            if self.comparable(row) and (quantity := row.fresh(card.id)) is not None
        ]
        if len(known) < 2 or card.better == "neither":
            return None
        sign = 1.0 if card.better == "lower" else -1.0
        row, quantity = min(known, key=lambda pair: sign * pair[1].value)
        sure = all(surely_better(quantity, other, card) for r, other in known if r is not row)
        return row.key if sure else None

    def sorted_by(self, metric: str, descending: bool = False) -> tuple[ScoreRow, ...]:
        """The rows by a column; what has no figure comes last either way."""
        known = [(row.figures[metric].quantity, row) for row in self.rows if metric in row.figures]
        valued = [(q.value, row) for q, row in known if q is not None and not math.isnan(q.value)]
        inside = [row for _, row in sorted(valued, key=lambda pair: pair[0], reverse=descending)]
        return (*inside, *(row for row in self.rows if row not in inside))

    def text(self, row: ScoreRow, metric: str) -> str:
        """What stands in a cell: sign, value, error; the unit is in the head of the column."""
        figure = row.figure(metric)
        if figure is None:
            return ""
        if figure.trouble:
            return FAILED
        return short(figure.quantity) if figure.quantity is not None else NONE

    def tip(self, row: ScoreRow, card: MetricCard) -> str:
        """What a cell's tooltip explains: how the figure was taken, what it is, and of which step."""
        figure = row.figure(card.id)
        if figure is None:
            return f"{card.title}: not measured yet."
        said = [f"{card.title}: {card.summary}"]
        if figure.quantity is None:
            why = figure.why_not
            said.append(f"{'Failed' if figure.trouble else 'Not to be had'}: {why}")
        else:
            said.append(
                f"{figure.quantity} — {kind_words(figure.quantity)}.\nMethod: {figure.quantity.method}."
            )
        if not row.stale(card.id):
            said.append(f"Measured at step {figure.step:,}.")
        elif figure.step != row.step:
            said.append(f"Stale: measured at step {figure.step:,}, the run stands at step {row.step:,}.")
        else:
            said.append("Stale: the run or its data have been changed since.")
        if not self.comparable(row):
            said.append("It belongs to other data than the first row: not compared.")
        elif self.best(card) == row.key:
            said.append(f"The best of this column, by more than {ERRORS:g} standard errors.")
        return "\n".join(said)


def short(quantity: Quantity) -> str:
    """A figure without its unit; numbers of five digits and more without decimals."""
    if math.isfinite(quantity.value) and abs(quantity.value) >= 10_000:
        error = f" ± {quantity.stderr:,.0f}" if quantity.stderr is not None else ""
        return f"{quantity.symbol} {quantity.value:,.0f}{error}".replace("-", "−")
    return str(replace(quantity, unit=""))


def kind_words(quantity: Quantity) -> str:
    """What kind of number it is, in words."""
    if quantity.kind == "exact":
        return "exact"
    if quantity.kind == "bound":
        side = "at least" if quantity.direction == "lower" else "at most"
        return f"a bound: the truth is {side} this"
    if quantity.stderr is None:
        return "an estimate without a standard error"
    return "an estimate with its standard error"


def head(card: MetricCard) -> str:
    """The title of a column with its unit and which way is better."""
    unit = f", {card.unit}" if card.unit else ""
    arrow = {"lower": " ↓", "higher": " ↑", "neither": ""}[card.better]
    return f"{card.title}{unit}{arrow}"


def columns_of(names: Sequence[str], known: Mapping[str, MetricCard]) -> tuple[MetricCard, ...]:
    """The cards of the names, in the order of the groups."""
    return tuple(card for id, card in known.items() if id in names)
