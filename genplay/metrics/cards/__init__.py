"""The cards of all measures, in the order in which they are shown."""

from __future__ import annotations

from genplay.metrics.card import MetricCard
from genplay.metrics.cards import divergences, estimators, likelihood

__all__ = ["ALL"]

ALL: tuple[MetricCard, ...] = (*likelihood.CARDS, *divergences.CARDS, *estimators.CARDS)
