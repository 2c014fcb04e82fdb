"""Drawing a sample x from a chain of conditionals, x_j = f(conditional of x_j given x_<j, noise_j).

    ancestral    x_1, then x_2 given x_1, … : d passes, one after another
    Jacobi [1]   x ← f(conditionals at x, noise) for all dimensions at once, again and again

The second is a fixed-point iteration. After s sweeps the first s dimensions are settled for good, so d sweeps always end
at the ancestral sample; often far fewer do, since most pixels are as good as decided by a rough idea of those before them.

[1] Song, Meng, Liao and Ermon 2021, arXiv:2002.03629.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from genplay.models.base import About
from genplay.models.coordinate_heads import Head
from genplay.models.exhibits import Curves, Exhibit, Facts
from genplay.quantity import estimate, exact

__all__ = ["MEASURED", "Predict", "Step", "ancestral", "decoding_exhibits", "jacobi", "jacobi_sweeps"]

Predict = Callable[[Tensor], Tensor]
"""All conditionals at once, x (n, d) → their parameters (n, d, size)."""
Step = Callable[[int, Tensor], Tensor]
"""The conditional at one place of the order, given x (n, d) with all places before it filled in → (n, size). Called for
the places one after another, so that it may keep what it has computed."""

MEASURED = 16
"""So many samples are drawn to see what sampling costs."""


@torch.no_grad()
def ancestral(step: Step, head: Head, noise: Tensor, order: list[int], temperature: float) -> Tensor:
    """One dimension after another, noise (n, d, k) → (n, d)."""
    x = noise.new_zeros(noise.shape[:2])
    for place, j in enumerate(order):
        x[:, j] = head.draw(step(place, x), noise[:, j], temperature)
    return x


@torch.no_grad()
def jacobi_sweeps(predict: Predict, head: Head, noise: Tensor, temperature: float) -> Iterator[Tensor]:
    """x after each sweep, (n, d), until a sweep has changed nothing or there have been d."""
    x = noise.new_zeros(noise.shape[:2])
    for _ in range(noise.shape[1]):
        before, x = x, head.draw(predict(x), noise, temperature)
        yield x
        if torch.equal(before, x):
            return


def jacobi(predict: Predict, head: Head, noise: Tensor, temperature: float) -> Tensor:
    """All dimensions at once until nothing changes, noise (n, d, k) → (n, d)."""
    *_, x = jacobi_sweeps(predict, head, noise, temperature)
    return x


def decoding_exhibits(
    predict: Predict, step: Step, head: Head, order: list[int], about: About, temperature: float
) -> tuple[Tensor, tuple[Exhibit, ...]]:
    """A few samples (m, d), and what they cost, measured now: a pass a dimension against all at once."""
    d = len(order)
    noise = head.noise(MEASURED, d, about.generator).to(about.x)
    predict(noise.new_zeros(MEASURED, d))
    clock = [time.perf_counter()]

    def timed(place: int, x: Tensor) -> Tensor:
        if place > 0:
            clock.append(time.perf_counter())
        return step(place, x)

    samples = ancestral(timed, head, noise, order, temperature)
    clock.append(time.perf_counter())
    sweeps = list(jacobi_sweeps(predict, head, noise, temperature))
    swept = time.perf_counter() - clock[-1]
    # Every sweep is one pass over all places.
    one_pass = swept / len(sweeps)
    drawn = 1e3 * (np.array(clock) - clock[0])
    places = np.arange(d + 1, dtype=np.float64)
    settled = np.array([0.0, *(float((x == sweeps[-1]).double().mean()) * d for x in sweeps)])
    what = "pixels" if d > 2 else "coordinates"
    method = f"measured just now on {MEASURED} samples"
    shown = (
        Curves(
            "What sampling costs",
            {"ancestral": (places, drawn), "one pass over all": (places, np.full(d + 1, 1e3 * one_pass))},
            f"{what} drawn", "ms",
            f"Each of the {d} {what} needs those before it, so ancestral sampling takes {d} steps in a row; training "
            "predicts all of them in one pass.",
        ),
        Curves(
            "Parallel (Jacobi) decoding",
            {"Jacobi": (np.arange(len(settled), dtype=np.float64), settled), "ancestral": (places, places)},
            "steps in a row", f"{what} settled",
            f"All {what} are guessed at once, again and again, from the same random numbers: the same sample in fewer steps. "
            "The last sweep only sees that nothing changes any more.",
        ),
        Facts(
            "Sampling, measured",
            (
                ("steps, ancestral", exact(d, "one a dimension", unit="")),
                ("sweeps, Jacobi", exact(len(sweeps), "until nothing changes, for all of the samples", unit="")),
                ("ancestral", estimate(drawn[-1], None, method, unit="ms")),
                ("Jacobi", estimate(1e3 * swept, None, method, unit="ms")),
                ("one pass", estimate(1e3 * one_pass, None, method, unit="ms")),
            ),
            "A sweep costs a whole pass, so on a processor with one thread fewer steps are not always less time.",
        ),
    )  # fmt: skip
    return samples, shown
