"""Mode collapse: samples look like data, but only like some of them.

Data and samples are sorted into the same bins (``bins``). A bin is missed where samples fall into it less than a tenth as
often as data do, and so seldom that chance is ruled out: P(so few | the data's share) < 10⁻⁴ / bins, by the binomial law.
Mode collapse is that a tenth of the data's mass is missed while at least half of the samples lie where data are: a model
that has learned nothing yet misses much too, but its samples do not look like anything. This is the count of
statistically different bins [1], of those that are too empty.

[1] Richardson and Weiss 2018.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data
from genplay.models.exhibits import Bars, Exhibit, Pictures, PlanePicture, Polyline
from genplay.quantity import estimate
from genplay.training.health.bins import Bins, nearest
from genplay.training.health.finding import Reading

__all__ = ["collapsed"]

Array = NDArray[np.float64]

FEWEST = 200
SELDOM = 0.1
MISSED = 0.1
LIKE_DATA = 0.5
_CHANCE = 1e-4
_SHOWN = 300
_PICTURES = 8


def collapsed(samples: Array, bins: Bins, data: Data) -> Reading:
    """Judge samples (n, d) against the bins of the data."""
    n = len(samples)
    if n < FEWEST:
        return Reading("open", f"{FEWEST} samples are needed to judge.")
    if len(bins.centres) < 2:
        return Reading("open", "There are too few data to tell their parts apart.")
    counts = np.bincount(bins.of(samples), minlength=len(bins.centres))
    missed = _too_empty(counts, n, bins.share)
    mass = float(bins.share[missed].sum())
    like = float(_like_data(samples, bins, data).mean())
    what = "modes" if bins.bumps else "parts"
    how = f"{n} samples, {len(bins.centres)} {what} of the data"
    figures = (
        ("data in missed parts", estimate(mass, math.sqrt(mass * (1 - mass) / n), how, "of the data")),
        ("samples that look like data", estimate(like, math.sqrt(like * (1 - like) / n), f"{n} samples, by distance to data", "of the samples")),
    )  # fmt: skip
    evidence = _evidence(samples, counts / n, missed, bins, data)
    if mass >= MISSED and like >= LIKE_DATA:
        seen = (
            f"{int(missed.sum())} of {len(missed)} {what} of the data are hardly ever drawn; they hold {mass:.0%} of the data. "
            f"The samples themselves look right ({like:.0%} lie among data), but they are always the same few kinds."
        )
        return Reading("ill", seen, figures, evidence)
    if like < LIKE_DATA:
        seen = f"Only {like:.0%} of the samples look like data as yet, so what they miss ({mass:.0%}) means little."
        return Reading("well", seen, figures, evidence)
    return Reading(
        "well",
        f"Samples fall into all {what} of the data that matter ({mass:.0%} missed).",
        figures,
        evidence,
    )


def _too_empty(counts: NDArray[np.int64], n: int, share: Array) -> NDArray[np.bool_]:
    """Bins with less than a tenth of what is expected, beyond chance."""
    expected = n * share
    few = counts < SELDOM * expected
    with np.errstate(divide="ignore"):
        logs = np.array([_log_at_most(int(c), n, float(p)) for c, p in zip(counts, share, strict=True)])
    return np.asarray(few & (logs < math.log(_CHANCE / len(share))))


def _log_at_most(count: int, n: int, p: float) -> float:
    """log P(Binomial(n, p) ≤ count)."""
    if p <= 0:
        return 0.0
    if p >= 1:
        return 0.0 if count >= n else -math.inf
    terms = [
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(p)
        + (n - k) * math.log1p(-p)
        for k in range(count + 1)
    ]
    top = max(terms)
    return min(0.0, top + math.log(sum(math.exp(t - top) for t in terms)))


def _like_data(samples: Array, bins: Bins, data: Data) -> NDArray[np.bool_]:
    """Whether a sample is as near to a training example as 97 of 100 fresh data are."""
    reach = np.quantile(bins.usual, 0.97) if len(bins.usual) else 0.0
    return np.asarray(np.sqrt(nearest(samples, data.x_train)[1]) <= reach + 1e-9)


def _evidence(
    samples: Array, share: Array, missed: NDArray[np.bool_], bins: Bins, data: Data
) -> tuple[Exhibit, ...]:
    n, kept = len(samples), bins.share > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(kept, share / bins.share, 0.0)
        errors = np.where(kept, np.sqrt(np.maximum(bins.share * (1 - bins.share), 0) / n) / bins.share, 0.0)
    order = np.argsort(times)
    names = tuple(("missed " if missed[i] else "") + f"#{i + 1}" for i in order)
    bars = Bars(
        "How often each part of the data is drawn", names, times[order], "times as often as in the data", errors[order],
        help="1 is just right. The bars are in order; a missed part is one with next to no samples.",
    )  # fmt: skip
    if data.world == "plane":
        lines = (
            Polyline(data.x_train[:_SHOWN], "data", dots=True, label="data"),
            Polyline(samples[:_SHOWN], "model", dots=True, label="samples"),
            *(_cross(centre, data) for centre in bins.centres[missed]),
        )
        where = PlanePicture(
            "What is missed", data.box, lines, legend=("× a part that is hardly ever drawn",) if missed.any() else (),
            help="Data and samples; a cross stands in each part of the data that is missed.",
        )  # fmt: skip
        return (where, bars)
    worst = order[: min(_PICTURES, len(order))]
    captions = tuple(f"{bins.share[i]:.1%} of data, {share[i]:.1%} of samples" for i in worst)
    pictures = Pictures(
        "Parts that are drawn least", bins.centres[worst], captions,
        help="Each picture is the mean of one part of the data.",
    )  # fmt: skip
    return (pictures, bars)


def _cross(centre: Array, data: Data) -> Polyline:
    r = 0.03 * (data.box.x1 - data.box.x0)
    arms = np.array([[-r, -r], [r, r], [0, 0], [-r, r], [r, -r]])
    return Polyline(centre + arms, "error")
