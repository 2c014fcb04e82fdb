"""What a measure of samples comes to when the samples are true draws: no sampler is better, but for luck."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import MetricCard, Missing
from genplay.metrics.evaluation import Evaluation
from genplay.quantity import Quantity

__all__ = ["of_true_draws"]


class _TrueDraws(Evaluation):
    """An evaluation of the truth against itself: a second set of draws stands in for the model's samples."""

    @cached_property
    def samples(self) -> NDArray[np.float64]:
        other = self.other_truth
        if other is None:
            raise Missing("nobody knows the true law of these data.")
        return other


def of_true_draws(measure: MetricCard, on: Evaluation) -> Quantity | None:
    """The measure between two sets of true draws; None where the law is not known, or the measure cannot be had."""
    try:
        return measure.load()(_TrueDraws(on.model, on.data, seed=on.seed, watch=on.watch))
    except Missing:
        return None
