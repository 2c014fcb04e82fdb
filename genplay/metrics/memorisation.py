"""Has the model learned its training data by heart?

    ratio = mean over samples of the distance to the nearest training point
            / mean over samples of the distance to the nearest of equally many points it has not seen
    gap   = NLL(test) − NLL(training)

A ratio far below 1 means that samples are copies; a gap far above 0 that training points are thought likelier than others.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation, Split
from genplay.metrics.likelihood import elbo_values
from genplay.models.base import HasDensity
from genplay.quantity import Quantity, estimate

__all__ = ["generalisation_gap", "nearest_distances", "nearest_neighbour"]

Array = NDArray[np.float64]


def nearest_distances(x: Array, points: Array) -> Array:
    """Distance of each row of x (n, d) to the nearest of ``points`` (m, d), (n,)."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(points).query(x)
    return np.asarray(distances)


def nearest_neighbour(on: Evaluation) -> Quantity:
    """The ratio of distances, with its standard error by the delta method."""
    train = on.rows("train")
    n = min(len(train), len(on.truth))
    seen = train[on.rng(30).permutation(len(train))[:n]]
    on.watch.at(0.3, "nearest training points")
    a, b = nearest_distances(on.samples, seen), nearest_distances(on.samples, on.truth[:n])
    if b.mean() == 0:
        raise Missing("every sample is also among the true points: their distances are all 0.")
    ratio = float(a.mean() / b.mean())
    stderr = float((a - ratio * b).std(ddof=1)) / math.sqrt(len(a)) / float(b.mean())
    method = (
        f"mean distance of {len(a):,} samples to the nearest of {n:,} training points, over that to the nearest of "
        f"{on.true_ones(n)}; standard error by the delta method"
    )
    return estimate(ratio, stderr, method, unit="")


def generalisation_gap(on: Evaluation) -> Quantity:
    """NLL(test) − NLL(training) in nats, with the standard error of both means."""
    train, test = _log_q(on, "train"), _log_q(on, "test")
    value = float(train.mean() - test.mean())
    if math.isnan(value):
        raise Missing("the model gives density 0 to training and test points.")
    enough = math.isfinite(value) and min(len(train), len(test)) > 1
    variance = train.var(ddof=1) / len(train) + test.var(ddof=1) / len(test) if enough else math.nan
    of = "−log q" if isinstance(on.model, HasDensity) else "−ELBO"
    method = (
        f"mean of {of} over {len(test):,} test points less that over {len(train):,} training points; "
        "standard error of both means"
    )
    return estimate(value, math.sqrt(variance) if enough else None, method)


def _log_q(on: Evaluation, split: Split) -> Array:
    return on.log_q(split) if isinstance(on.model, HasDensity) else elbo_values(on, split)
