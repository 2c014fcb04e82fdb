"""Are samples and true draws of one law? Two tests that give a false alarm in a share α of cases at most.

    classifier test [1]   a classifier learns on one half to tell them apart; its right answers on the n others are
                          Binomial(n, ½) if they are of one law, so p = P(Binomial(n, ½) ≥ right answers)
    permutation test [2]  MMD² of the two sets among its values when all points are dealt out anew B times:
                          p = (1 + times it was as large) / (1 + B)

[1] Lopez-Paz and Oquab 2017. [2] Gretton et al. 2012.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.kernels import gaussian_kernel, median_distance
from genplay.quantity import Quantity, estimate
from genplay.spaces.one_thread import one_thread

__all__ = ["TestResult", "c2st", "classifier_test", "mmd_test", "permutation_test"]

Array = NDArray[np.float64]

POINTS = 500
"""Of each set in the permutation test."""
PERMUTATIONS = 1000
LEARNED = 500
"""Of each set in the classifier test; all others are asked about."""
WIDTHS = (1.0, 0.3, 0.1, 0.03)
"""Of the classifier's kernel, as shares of the root mean square distance."""


@dataclass(frozen=True)
class TestResult:
    """The statistic of a test, its p-value, and on how many points or permutations it rests."""

    __test__ = False

    statistic: float
    p_value: float
    n: int

    def verdict(self, alpha: float) -> str:
        """What follows at level α, in words."""
        said = "told apart" if self.p_value <= alpha else "not told apart"
        p = f"p = {self.p_value:.2g}" if self.p_value >= 1e-4 else "p < 0.0001"
        return f"{p}: {said} at α = {alpha:g}"


def classifier_test(x: Array, y: Array, rng: np.random.Generator) -> TestResult:
    """A kernel classifier learns on one half of x (n, d) and y (n, d), at most 500 of each, and is asked about the rest."""
    from scipy.stats import binom

    half = min(len(x) // 2, LEARNED)
    x, y = x[rng.permutation(len(x))], y[rng.permutation(len(y))]
    said = _learned(x[:half], y[:half])(np.concatenate([x[half:], y[half:]]))
    truth = np.repeat([False, True], [len(x) - half, len(y) - half])
    right = int((said == truth).sum())
    return TestResult(right / len(said), float(binom.sf(right - 1, len(said), 0.5)), len(said))


@one_thread()
def _learned(x: Array, y: Array) -> Callable[[Array], NDArray[np.bool_]]:
    """Least squares on a Gaussian kernel: x (n, d) is to be −1 and y (n, d) +1. Of several widths it takes that which is best
    when each point is left out in turn; the errors of that are α_i / (A⁻¹)_ii with A = K + I, α = A⁻¹ labels."""
    from scipy.spatial.distance import cdist

    known, label = np.concatenate([x, y]), np.repeat([-1.0, 1.0], [len(x), len(y)])
    squares = cdist(known, known, "sqeuclidean")
    usual = math.sqrt(float(squares.mean())) or 1.0
    best, width, weights = -1.0, usual, label
    for share in WIDTHS:
        inverse = np.linalg.inv(np.exp(squares / (-2 * (share * usual) ** 2)) + np.eye(len(known)))
        alpha = inverse @ label
        right = float((label * (label - alpha / np.diag(inverse)) > 0).mean())
        if right > best:
            best, width, weights = right, share * usual, alpha
    return lambda asked: np.exp(cdist(asked, known, "sqeuclidean") / (-2 * width**2)) @ weights > 0


def c2st(on: Evaluation) -> Quantity:
    """How often a classifier tells samples from true draws: ½ is as good as it gets."""
    n = min(len(on.samples), len(on.truth))
    if n < 8:
        raise Missing("there are too few points to learn from.")
    on.watch.at(0.1, "classifier test")
    found = classifier_test(on.samples[:n], on.truth[:n], on.rng(20))
    stderr = math.sqrt(found.statistic * (1 - found.statistic) / found.n)
    method = (
        f"right answers of a kernel classifier, learned from part of {n:,} samples and {on.true_ones(n)}, on the "
        f"other {found.n:,}; {found.verdict(on.alpha)}; binomial standard error"
    )
    return estimate(found.statistic, stderr, method, unit="")


def permutation_test(
    x: Array, y: Array, rng: np.random.Generator, permutations: int = PERMUTATIONS
) -> TestResult:
    """MMD² with a Gaussian kernel of the median width, x (n, d) and y (n, d) equally many; raises ``Missing`` without a width."""
    n = len(x)
    width = median_distance(x, y)
    if width == 0:
        raise Missing("most points are one and the same.")
    kernel = gaussian_kernel(np.concatenate([x, y]), width)
    # For equally many points MMD² rises with sᵀ K s, s = +1 for one set and −1 for the other; the diagonal is the same for all.
    signs = np.repeat([1.0, -1.0], n)
    dealt = rng.permuted(np.tile(signs, (permutations, 1)), axis=1)
    now = float(signs @ kernel @ signs)
    others = np.einsum("bi,bi->b", dealt @ kernel, dealt)
    # Equal deals must count as equal, whatever the last digit says.
    as_large = int((others >= now - 1e-9 * abs(now)).sum())
    return TestResult(now / n**2, (1 + as_large) / (1 + permutations), permutations)


def mmd_test(on: Evaluation) -> Quantity:
    """p-value of the permutation test."""
    n = min(len(on.samples), len(on.truth), POINTS)
    if n < 4:
        raise Missing("there are too few points to test.")
    on.watch.at(0.1, f"{PERMUTATIONS:,} permutations")
    found = permutation_test(on.samples[:n], on.truth[:n], on.rng(21))
    stderr = math.sqrt(found.p_value * (1 - found.p_value) / found.n)
    method = (
        f"p-value of MMD² of {n:,} samples against {on.true_ones(n)} among {found.n:,} permutations; "
        f"{found.verdict(on.alpha)}; binomial standard error of the permutations"
    )
    return estimate(found.p_value, stderr, method, unit="")
