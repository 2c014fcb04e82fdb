"""Annealed importance sampling [1] with more and more temperatures, from below and from above [2].

Chains start at draws of a broad q and pass f_β = q^{1−β} f^β for β = 0 … 1; their log weight grows by (β' − β) log f/q and
Metropolis' moves let them settle on each f_β. The mean weight is Z at any number of temperatures, but with few of them
some chains carry all of it, and the logarithm of the mean falls short. Run backwards from exact draws of p the mean weight is
1/Z, and minus the mean *logarithm* of the weights is above log Z: the two close in on it from both sides. (The logarithm of
the backward mean would hang on places that p hardly visits, as the harmonic mean does.)

[1] Neal 2001.  [2] Grosse, Ghahramani and Adams 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.estimators.base_law import BaseLaw
from genplay.metrics.estimators.convergence import Convergence
from genplay.metrics.estimators.log_weights import log_mean_with_error
from genplay.metrics.watch import Watch
from genplay.quantity import bound, estimate

__all__ = ["Annealing", "annealed", "temperatures_up_to"]

Array = NDArray[np.float64]
Density = Callable[[Array], Array]

FORWARD = (
    "Chains walk from a broad law to the model through ever colder laws and keep the books. With few temperatures most chains "
    "arrive in the wrong place and the estimate is too low; more temperatures mend that."
)
REVERSE = (
    "The same way walked backwards, from exact draws of the model. It errs upwards, so the truth lies between the two: a bracket "
    "that can only be had where the model can be drawn from exactly."
)
WALKS = 4
"""Random walks a temperature on the plane; for images every pixel has its turn."""


@dataclass(frozen=True)
class Annealing:
    """What is annealed: ``log_f`` and a base law, points of the plane or images, and how wide a walk may be."""

    log_f: Density
    base: BaseLaw
    images: bool
    reach: float = 1.0

    def log_weights(
        self, x: Array, temperatures: int, backwards: bool, rng: np.random.Generator, watch: Watch
    ) -> Array:
        """The log weight of a chain from each row of x (n, d), drawn from q or (``backwards``) from p."""
        betas = np.linspace(0.0, 1.0, temperatures + 1)
        log_f, log_q = self.log_f(x), self.base.log_prob(x)
        total = np.zeros(len(x))
        order = range(temperatures, 0, -1) if backwards else range(1, temperatures + 1)
        for count, i in enumerate(order):
            watch.at(count / temperatures, f"{temperatures} temperatures")
            step = (betas[i - 1] - betas[i]) if backwards else (betas[i] - betas[i - 1])
            total = total + step * (log_f - log_q)
            after = i - 1 if backwards else i
            if 0 < after < temperatures:
                x, log_f, log_q = self._settle(x, log_f, log_q, float(betas[after]), rng)
        return total

    def _settle(
        self, x: Array, log_f: Array, log_q: Array, beta: float, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        for turn in rng.permutation(x.shape[1]) if self.images else range(WALKS):
            if self.images:
                y = x.copy()
                y[:, turn] = 1 - y[:, turn]
            else:
                scale = self.reach * 4.0 ** -rng.uniform(0.0, 3.0, (len(x), 1))
                y = x + scale * rng.standard_normal(x.shape)
            new_f, new_q = self.log_f(y), self.base.log_prob(y)
            with np.errstate(invalid="ignore"):
                gain = beta * (new_f - log_f) + (1 - beta) * (new_q - log_q)
            # A chain in a place of no density takes any way out.
            gain = np.where(np.isneginf(log_f), np.where(np.isneginf(new_f), -np.inf, np.inf), gain)
            taken = np.log(rng.random(len(x))) < gain
            x = np.where(taken[:, None], y, x)
            log_f, log_q = np.where(taken, new_f, log_f), np.where(taken, new_q, log_q)
        return x, log_f, log_q


def temperatures_up_to(most: int) -> tuple[int, ...]:
    """Powers of two from 2, and the last number itself."""
    powers = [2**i for i in range(1, max(2, most).bit_length()) if 2**i <= most]
    return tuple(powers if powers and powers[-1] == most else [*powers, most])


def annealed(
    what: Annealing,
    temperatures: tuple[int, ...],
    chains: int,
    rng: np.random.Generator,
    draw_exactly: Callable[[int, np.random.Generator], Array] | None = None,
    watch: Watch | None = None,
) -> Convergence:
    """log Z at each number of temperatures: forwards, or with ``draw_exactly`` (exact draws of p) backwards."""
    watch = watch or Watch()
    backwards, sign = draw_exactly is not None, -1.0 if draw_exactly is not None else 1.0
    found, done, all_of_them = [], 0, sum(temperatures)
    starts = (draw_exactly or what.base.draw)(chains * len(temperatures), rng)
    for many, x in zip(temperatures, np.split(starts, len(temperatures)), strict=True):
        part = watch.part(done / all_of_them, (done + many) / all_of_them)
        log_w = what.log_weights(x, many, backwards, rng, part)
        if backwards:
            value, error = float(log_w.mean()), float(log_w.std(ddof=1)) / math.sqrt(chains)
        else:
            value, error = log_mean_with_error(log_w, log_normal=True)
        found.append((sign * value, error))
        done += many
    rows = np.array(found)
    way = "backwards from exact draws of the model" if backwards else "forwards"
    method = f"annealed importance sampling {way}, {chains:,} chains, {temperatures[-1]} temperatures"
    last, bar = float(rows[-1, 0]), float(rows[-1, 1]) if math.isfinite(rows[-1, 1]) else None
    final = (
        bound(last, "upper", f"{method}: above log Z on average", bar)
        if backwards
        else estimate(last, bar, method)
    )
    return Convergence(
        "ais_reverse" if backwards else "ais", "AIS, backwards" if backwards else "AIS, forwards", "temperatures",
        REVERSE if backwards else FORWARD, np.array(temperatures, float), rows[:, 0], rows[:, 1],
        final,
    )  # fmt: skip
