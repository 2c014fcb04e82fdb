"""From a law or a table to training and test samples, spoilt as the settings ask.

Every draw has its own stream of random numbers, so changing one setting leaves the others' draws as they were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import DataSettings, Labels, Law
from genplay.datasets.plane_law import balanced_weights
from genplay.datasets.table import Table
from genplay.spaces import World
from genplay.spaces.plane import Box

__all__ = ["Split", "from_law", "from_table", "with_label_noise"]

Array = NDArray[np.float64]
Split = tuple[Array, Labels, Array, Labels]

_TRAIN, _TEST, _LABELS, _ORDER, _BALANCE, _OUTLIERS = range(6)
_TEST_SHARE = 0.2


def _stream(settings: DataSettings, which: int) -> np.random.Generator:
    return np.random.default_rng([settings.seed, which])


def from_law(law: Law, settings: DataSettings) -> Split:
    """n training and ``test`` test points, drawn independently from the same law."""
    x, y = law.sample(settings.n, _stream(settings, _TRAIN))
    x_test, y_test = law.sample(settings.test, _stream(settings, _TEST))
    return x, y, x_test, y_test


def from_table(table: Table, x: Array, box: Box, settings: DataSettings) -> tuple[Split, tuple[str, ...]]:
    """Split rows x (n, d) at random, 80 % to train and 20 % to test, at most as many as asked; and notes on it."""
    rows = _stream(settings, _ORDER).permutation(len(x))
    held = max(1, round(_TEST_SHARE * len(rows)))
    train, test = rows[held:], rows[:held]
    if settings.balance and len(table.class_names) > 1:
        train, test = (_rebalanced(r, table.labels, settings) for r in (train, test))
    all_train, all_test = len(train), len(test)
    train, test = train[: settings.n], test[: settings.test]
    notes = [
        f"{table.source}: no law is known, so {len(rows):,} rows were split at random: "
        f"{len(train):,} of {all_train:,} train, {len(test):,} of {all_test:,} test."
    ]
    out = []
    for i, part in enumerate((train, test)):
        values, labels = x[part], table.labels[part].copy()
        if settings.outliers:
            values, labels = _with_outliers(
                values, labels, len(table.class_names), table.world, box, settings, i
            )
        out += [values, labels]
    if settings.outliers:
        notes.append(f"{settings.outliers:.0%} of the rows were replaced by outliers.")
    return (out[0], out[1], out[2], out[3]), tuple(notes)


def _rebalanced(rows: NDArray[np.int64], labels: Labels, settings: DataSettings) -> NDArray[np.int64]:
    """Drop rows of the other classes until the first class has the share it would have in a law."""
    count = np.bincount(labels[rows], minlength=int(labels.max()) + 1).astype(np.float64)
    wanted = balanced_weights(count / count.sum(), settings.balance)
    ratio = np.divide(wanted, count, out=np.zeros_like(count), where=count > 0)
    keep = ratio / ratio.max()
    kept = _stream(settings, _BALANCE).random(len(rows)) < keep[labels[rows]]
    return np.asarray(rows[kept])


def _with_outliers(
    x: Array, y: Labels, classes: int, world: World, box: Box, settings: DataSettings, part: int
) -> tuple[Array, Labels]:
    rng = np.random.default_rng([settings.seed, _OUTLIERS, part])
    out = rng.random(len(x)) < settings.outliers
    if world == "plane":
        spread = rng.uniform((box.x0, box.y0), (box.x1, box.y1), x.shape)
    else:
        spread = rng.integers(0, 2, x.shape).astype(np.float64)
    return np.where(out[:, None], spread, x), np.where(out, rng.integers(0, classes, len(y)), y)


def with_label_noise(labels: Labels, classes: int, settings: DataSettings) -> Labels:
    """Training labels, a share of them drawn at random."""
    rng = _stream(settings, _LABELS)
    changed = rng.random(len(labels)) < settings.label_noise
    return np.where(changed, rng.integers(0, classes, len(labels)), labels)
