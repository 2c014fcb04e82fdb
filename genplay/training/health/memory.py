"""Memorisation: the model knows its training data by heart, and the law behind them worse.

Two signs, each beyond chance. The train/test gap: mean log p at training data above that at fresh data of the same law,
with its standard error. Copies: on the plane samples lie much nearer to training data than fresh data do (the ratio of the
median distances); of images far more samples than fresh data are exact copies of training images.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data
from genplay.models.exhibits import Bars, Curves, Exhibit
from genplay.quantity import Quantity, estimate
from genplay.training.health.bins import nearest
from genplay.training.health.finding import Reading

__all__ = ["memorised"]

Array = NDArray[np.float64]

GAP = {"plane": 1.0, "digits": 4.0}
"""Nats by which training data may be likelier than fresh ones."""
NEAR = 0.5
COPIES = 0.3
IMPOSSIBLE = 0.02
_ERRORS = 5.0
_FEWEST = 100
_BOOTSTRAP = 100


def memorised(
    data: Data, usual: Array, log_prob: tuple[Array, Array] | None = None, samples: Array | None = None
) -> Reading:
    """Judge log p at some training and some fresh data (a,) and (b,), and samples (n, d); either may be missing.

    ``usual`` (m,) are the distances of fresh data to the nearest training example.
    """
    figures: list[tuple[str, Quantity]] = []
    evidence: list[Exhibit] = []
    troubles: list[str] = []
    good: list[str] = []
    if log_prob is not None and min(len(part) for part in log_prob) >= _FEWEST:
        _gap(data, log_prob, figures, evidence, troubles, good)
    if samples is not None and len(samples) >= _FEWEST and len(data.x_test) >= _FEWEST:
        (_copies if data.world == "digits" else _distances)(
            data, usual, samples, figures, evidence, troubles, good
        )
    if troubles:
        return Reading("ill", "; ".join(troubles) + ".", tuple(figures), tuple(evidence))
    if not good:
        return Reading("open", "It takes fresh data, and a density or samples, to tell.", (), ())
    return Reading("well", f"{'; '.join(good)}.".capitalize(), tuple(figures), tuple(evidence))


def _gap(
    data: Data,
    log_prob: tuple[Array, Array],
    figures: list[tuple[str, Quantity]],
    evidence: list[Exhibit],
    troubles: list[str],
    good: list[str],
) -> None:
    train, test = log_prob
    lost = float(np.isneginf(test).mean()) - float(np.isneginf(train).mean())
    if np.isneginf(test).any() or np.isneginf(train).any():
        error = math.sqrt(max(lost * (1 - lost), 0.0) / len(test))
        figures.append(
            ("fresh data with probability 0", estimate(lost, error, f"{len(test)} fresh data", "of them"))
        )
        if lost > IMPOSSIBLE and lost > _ERRORS * error:
            troubles.append(
                f"{lost:.0%} of fresh data have probability 0, though they come from the same law"
            )
        train, test = train[np.isfinite(train)], test[np.isfinite(test)]
        if min(len(train), len(test)) < _FEWEST // 4:
            return
    gap = float(train.mean() - test.mean())
    error = math.sqrt(train.var() / len(train) + test.var() / len(test))
    figures.append(
        (
            "train/test gap",
            estimate(gap, error, f"mean log p of {len(train)} training and {len(test)} fresh data"),
        )
    )
    evidence.append(
        Bars(
            "Negative log-likelihood", ("training data", "fresh data"), np.array([-train.mean(), -test.mean()]), "nats",
            np.array([train.std() / math.sqrt(len(train)), test.std() / math.sqrt(len(test))]),
            help="Both come from the same law. Where training data are much likelier, they are known by heart.",
        )
    )  # fmt: skip
    if gap > GAP[data.world] and gap > _ERRORS * error:
        troubles.append(
            f"training data are {gap:.2f} ± {error:.2f} nats likelier than fresh data of the same law"
        )
    else:
        good.append(f"training and fresh data are as likely within {abs(gap):.2f} ± {error:.2f} nats")


def _distances(
    data: Data,
    usual: Array,
    samples: Array,
    figures: list[tuple[str, Quantity]],
    evidence: list[Exhibit],
    troubles: list[str],
    good: list[str],
) -> None:
    near = np.sqrt(nearest(samples, data.x_train)[1])
    middle = float(np.median(usual))
    if middle <= 1e-9:
        return
    ratio = float(np.median(near)) / middle
    rng = np.random.default_rng(0)
    again = [
        np.median(rng.choice(near, len(near))) / max(float(np.median(rng.choice(usual, len(usual)))), 1e-12)
        for _ in range(_BOOTSTRAP)
    ]
    error = float(np.std(again))
    figures.append(
        (
            "distance to training data, samples over fresh data",
            estimate(ratio, error, f"medians, {len(near)} samples, bootstrap", ""),
        )
    )
    evidence.append(
        Curves(
            "Distance to the nearest training example", {"fresh data": _cumulative(usual), "samples of the model": _cumulative(near)},
            "distance", "share below",
            help="Samples of a model that has learned the law are as far from the training data as fresh data are.",
        )
    )  # fmt: skip
    if ratio < NEAR and ratio + _ERRORS * error < 1:
        troubles.append(
            f"samples lie {ratio:.2f} ± {error:.2f} times as far from the training data as fresh data do"
        )
    else:
        good.append(f"samples lie no nearer to the training data than fresh data do (× {ratio:.2f})")


def _cumulative(distances: Array) -> tuple[Array, Array]:
    ordered = np.sort(distances)
    at = np.linspace(0, len(ordered) - 1, min(100, len(ordered))).astype(np.int64)
    return ordered[at], (at + 1.0) / len(ordered)


def _copies(
    data: Data,
    usual: Array,
    samples: Array,
    figures: list[tuple[str, Quantity]],
    evidence: list[Exhibit],
    troubles: list[str],
    good: list[str],
) -> None:
    drawn = float((nearest(np.round(samples), data.x_train)[1] < 0.5).mean())
    known, fresh = float((usual < 0.5).mean()), len(usual)
    errors = [math.sqrt(p * (1 - p) / n) for p, n in ((drawn, len(samples)), (known, fresh))]
    error = math.hypot(*errors)
    figures.append(
        ("samples that are training images", estimate(drawn, errors[0], f"{len(samples)} samples", "of them"))
    )
    figures.append(
        ("fresh data that are training images", estimate(known, errors[1], f"{fresh} fresh data", "of them"))
    )
    evidence.append(
        Bars(
            "Exact copies of training images", ("samples", "fresh data"), np.array([drawn, known]), "share", np.array(errors),
            help="Some fresh images are in the training data by chance. Samples should be so no oftener.",
        )
    )  # fmt: skip
    if drawn - known > COPIES and drawn - known > _ERRORS * error:
        troubles.append(
            f"{drawn:.0%} of the samples are copies of training images, of fresh data only {known:.0%}"
        )
    else:
        good.append(f"{drawn:.0%} of the samples are training images, of fresh data {known:.0%}")
