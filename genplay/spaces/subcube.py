"""Some pixels are known: what a table of log p over all images says of the others, exactly.

The images that agree with the known pixels are a sub-cube of {0,1}^n. Split into two halves of the pixels it is a table of rows
(high pixels) and columns (low pixels), and everything asked is a sum over its rows or its columns:
    P(known) = Σ p(x)      P(x_j = 1 | known) = Σ_{x_j = 1} p(x) / P(known)      argmax p(x)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.basins import Codes, Tick, pixels_of, silent
from genplay.spaces.binary import half_images

__all__ = ["Known", "Subcube"]

Array = NDArray[np.float64]
Known = Sequence[int | None]
"""One entry a pixel: 1, 0, or None where it is not known."""
ROWS = 64


@dataclass(frozen=True, eq=False)
class Subcube:
    """The images that agree with ``known``.

    ``log_mass`` is log P(known) (−∞ where no such image is possible), ``lit`` (n,) is P(x_j = 1 | known), 0 or 1 for known pixels,
    ``best`` the code of the most probable completion and ``best_log_p`` its log p.
    """

    known: tuple[int | None, ...]
    images: int
    log_mass: float
    lit: Array
    best: int
    best_log_p: float
    _log_p: Array
    _rows: Codes
    _columns: Codes
    _row_mass: Array

    @staticmethod
    def of(log_p: Array, known: Known, tick: Tick = silent) -> Subcube:
        """Sum over the sub-cube; raises ``ValueError`` for a wrong number of pixels."""
        n = pixels_of(log_p)
        if len(known) != n or not all(k in (None, 0, 1) for k in known):
            raise ValueError(f"known pixels are {n} entries of 1, 0 or None")
        low = n // 2
        columns, rows = _agreeing(known[:low]), _agreeing(known[low:])
        table = log_p.reshape(-1, 1 << low)
        row_mass, column_mass = np.zeros(len(rows)), np.zeros(len(columns))
        top, best = -np.inf, (0, 0)
        for start in range(0, len(rows), ROWS):
            block = table[rows[start : start + ROWS]]
            if len(columns) < table.shape[1]:
                block = block[:, columns]
            highest = float(block.max())
            if highest > top:
                scale = np.exp(top - highest)
                row_mass *= scale
                column_mass *= scale
                top = highest
                r, c = divmod(int(block.argmax()), len(columns))
                best = (start + r, c)
            if top > -np.inf:
                block = np.exp(block - top)
                row_mass[start : start + ROWS] = block.sum(axis=1)
                column_mass += block.sum(axis=0)
            tick(min(1.0, (start + ROWS) / len(rows)))
        total = float(row_mass.sum())
        lit = np.array([np.nan if k is None else float(k) for k in known])
        if total > 0:
            lit[:low] = column_mass @ half_images(low)[columns] / total
            lit[low:] = row_mass @ half_images(n - low)[rows] / total
            lit = np.array([x if k is None else float(k) for x, k in zip(lit, known, strict=True)])
        log_mass = top + float(np.log(total)) if total > 0 else -np.inf
        code = int(rows[best[0]] << low | columns[best[1]])
        return Subcube(
            tuple(known), len(rows) * len(columns), log_mass, lit, code, top, log_p, rows, columns, row_mass
        )

    def sample(self, rng: np.random.Generator) -> int:
        """The code of one completion drawn from p(x | known); raises ``ValueError`` if there is none."""
        if self.log_mass == -np.inf:
            raise ValueError("no image with these pixels has a probability above 0")
        row = self._rows[_draw(self._row_mass, rng)]
        values = self._log_p.reshape(-1, 1 << (len(self.known) // 2))[row][self._columns]
        column = self._columns[_draw(np.exp(values - values.max()), rng)]
        return int(row << (len(self.known) // 2) | column)


def _agreeing(known: Known) -> Codes:
    """The codes of one half that agree with what is known of it, rising."""
    code = np.arange(1 << len(known), dtype=np.int64)
    keep = np.ones(len(code), np.bool_)
    for j, k in enumerate(known):
        if k is not None:
            keep &= (code >> j & 1) == k
    return code[keep]


def _draw(weights: Array, rng: np.random.Generator) -> int:
    sums = np.cumsum(weights)
    return min(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")), len(sums) - 1)
