"""A chain that does not mix: persistent chains stay where they are, or short chains never come where the model has its mass.

Of persistent chains a trace is kept, a few numbers of each chain every now and then while the model trains. Split R̂
compares the spread between chains with the spread within each: near 1 they all have been everywhere. In the worlds of
this program the model can also be sampled without a chain; chains whose mean energy lies well above that of true samples
have not found the model's wells.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genplay.models.exhibits import Bars, Curves, Exhibit
from genplay.quantity import Quantity, estimate
from genplay.training.health.finding import Reading

__all__ = ["ChainTrace", "mixing"]

Array = NDArray[np.float64]

R_HAT = 1.3
GAP = 1.0
"""Nats by which the chains' mean energy may lie above that of the model's own samples."""
_ERRORS = 5.0
_MOST_ROWS = 256
_FEWEST_ROWS = 24
_MOST_CHAINS = 128
_LINES = 5


class ChainTrace:
    """A bounded trace of chains, (rows, chains, numbers): when full every second row goes, so that it spans the run."""

    def __init__(self) -> None:
        self._rows: list[Array] = []
        self._steps: list[int] = []
        self._stride = 1

    def add(self, step: int, numbers: Array) -> None:
        """Take the numbers (chains, m) of all chains at a step, if it is time."""
        if self._steps and step < self._steps[-1] + self._stride:
            return
        self._rows.append(np.asarray(numbers[:_MOST_CHAINS], np.float64))
        self._steps.append(step)
        if len(self._rows) > _MOST_ROWS:
            self._rows, self._steps = self._rows[::2], self._steps[::2]
            self._stride = max(1, (self._steps[-1] - self._steps[0]) // max(1, len(self._steps) - 1))

    def later_half(self) -> tuple[NDArray[np.int64], Array]:
        """Steps (rows,) and trace (rows, chains, m) of the later half of the run: chains have left their starts by then."""
        half = len(self._rows) // 2
        if not self._rows:
            return np.empty(0, np.int64), np.empty((0, 0, 0))
        return np.array(self._steps[half:]), np.stack(self._rows[half:])


def split_r_hat(trace: Array) -> float:
    """R̂ of the halves of each chain, (rows, chains): √((n − 1)/n + variance between / variance within); nan if nothing moves.

    Gelman and Rubin 1992; split: Gelman et al. 2013.
    """
    half = len(trace) // 2
    halves = np.concatenate([trace[:half], trace[-half:]], axis=1)
    within, between = halves.var(axis=0, ddof=1).mean(), halves.mean(axis=0).var(ddof=1)
    if within <= 1e-300:
        return math.nan if between <= 1e-300 else math.inf
    return float(math.sqrt((half - 1) / half + between / within))


def mixing(steps: NDArray[np.int64], trace: Array, energy: tuple[Array, Array] | None = None) -> Reading:
    """Judge a trace (rows, chains, m) of persistent chains, and energies at the ends of chains (a,) against those of the
    model's own samples (b,). Either may be missing: no rows, None."""
    figures: list[tuple[str, Quantity]] = []
    evidence: list[Exhibit] = []
    troubles, good = [], []
    if len(trace) >= _FEWEST_ROWS:
        values = [split_r_hat(trace[:, :, j]) for j in range(trace.shape[2])]
        worst = max(range(len(values)), key=lambda j: values[j] if values[j] == values[j] else math.inf)
        r_hat = values[worst]
        span = int(steps[-1] - steps[0])
        how = f"{len(trace)} looks at {trace.shape[1]} chains over {span:,} training steps"
        figures.append(("split R-hat", estimate(r_hat, None, how, "")))
        evidence.append(_lines(steps, trace[:, :, worst]))
        if not r_hat < R_HAT:
            troubles.append(
                f"the persistent chains stay where they are: split R-hat ≈ {r_hat:.2f} over {span:,} steps, 1 is mixed"
            )
        else:
            good.append(f"split R-hat ≈ {r_hat:.2f}")
    if energy is not None:
        ends, own = energy
        gap = float(ends.mean() - own.mean())
        error = math.sqrt(ends.var() / len(ends) + own.var() / len(own))
        figures.append(
            (
                "energy of chains above the model's own samples",
                estimate(gap, error, f"{len(ends)} chains, {len(own)} samples"),
            )
        )
        evidence.append(
            Bars(
                "Mean energy", ("ends of chains", "the model's own samples"), np.array([ends.mean(), own.mean()]), "nats",
                np.array([ends.std() / math.sqrt(len(ends)), own.std() / math.sqrt(len(own))]),
                help="Chains that have mixed are samples of the model, so both bars are the same.",
            )
        )  # fmt: skip
        if gap > GAP and gap > _ERRORS * error:
            troubles.append(
                f"the chains' mean energy is {gap:.2f} ± {error:.2f} nats above that of the model's own samples: the model has "
                "wells where its chains never come"
            )
        else:
            good.append(f"chains and samples have the same energy within {abs(gap):.2f} nats")
    if troubles:
        return Reading("ill", "; ".join(troubles) + ".", tuple(figures), tuple(evidence))
    if not good:
        return Reading(
            "open", "The chains have not been followed long enough to judge.", tuple(figures), tuple(evidence)
        )
    return Reading("well", f"The chains mix: {', '.join(good)}.", tuple(figures), tuple(evidence))


def _lines(steps: NDArray[np.int64], trace: Array) -> Curves:
    some = np.linspace(0, trace.shape[1] - 1, min(_LINES, trace.shape[1])).astype(np.int64)
    at = steps.astype(np.float64)
    lines = {f"chain {k + 1}": (at, trace[:, k]) for k in some}
    return Curves(
        "Where some chains were", lines, "training step", "place of the chain",
        help="Lines that cross are chains that move. Lines that keep apart are chains that are stuck.",
    )  # fmt: skip
