"""The cards of all measures, in the order in which they are shown."""

from __future__ import annotations

from genplay.metrics.card import MetricCard
from genplay.metrics.cards import codes, divergences, estimators, likelihood, samples

__all__ = ["ALL"]

ALL: tuple[MetricCard, ...] = (
    *likelihood.CARDS, *divergences.CARDS, *samples.CARDS, *codes.CARDS, *estimators.CARDS,
)  # fmt: skip
