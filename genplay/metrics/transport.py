"""How far mass must be carried to turn the model's samples into true draws.

    W_p(x, y)  = (min over pairings σ of 1/n Σ_i ‖x_i − y_σ(i)‖^p)^(1/p)        exact assignment
    SW_2(x, y) = (mean over directions θ of W_2²(θ·x, θ·y))^(1/2)               in one dimension: sort both
    OT_ε(x, y) = min_P Σ P_ij ½ ‖x_i − y_j‖² + ε KL(P ‖ uniform)                Sinkhorn's iteration on logarithms
    S_ε(x, y)  = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y)

Two finite sets of the same law are themselves some way apart; where the law is known, that floor is said beside the value.

Villani 2008; Rabin et al. 2011; Cuturi 2013; Feydy et al. 2019; standard error of S_ε: del Barrio et al. 2022.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.jackknife import SAID, jackknife
from genplay.models.transport import own_potential, potentials, squared_distances
from genplay.quantity import Quantity, estimate

__all__ = [
    "sinkhorn", "sinkhorn_divergence", "sliced", "sliced_wasserstein", "wasserstein", "wasserstein_1", "wasserstein_2",
]  # fmt: skip

Array = NDArray[np.float64]

GROUPS, GROUP = 4, 500
DIRECTIONS = 100
SINKHORN_POINTS = 500
ITERATIONS = 200
SOFTNESS = 0.05
"""ε as a share of the mean cost between true draws."""


def wasserstein(x: Array, y: Array, p: int) -> float:
    """W_p of two sets of equally many points (n, d)."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    cost = cdist(x, y) if p == 1 else cdist(x, y, "sqeuclidean")
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].mean() ** (1 / p))


def wasserstein_1(on: Evaluation) -> Quantity:
    """W_1, mean over four groups of 500 samples each."""
    return _in_groups(on, 1)


def wasserstein_2(on: Evaluation) -> Quantity:
    """W_2, mean over four groups of 500 samples each."""
    return _in_groups(on, 2)


def _in_groups(on: Evaluation, p: int) -> Quantity:
    x, y = on.samples, on.truth
    size = min(GROUP, min(len(x), len(y)) // GROUPS)
    if size < 2:
        raise Missing("there are too few points to compare.")

    def values(a: Array, b: Array) -> Array:
        parts = [slice(i * size, (i + 1) * size) for i in range(GROUPS)]
        return np.array([wasserstein(a[part], b[part], p) for part in parts])

    on.watch.at(0.1, f"pairing {size:,} samples with as many true ones")
    found = values(x, y)
    method = (
        f"exact assignment of {size:,} samples to {on.true_ones(size)}, mean over {GROUPS} such groups; "
        "standard error from their spread"
    )
    method += _floor(on, lambda a, b: float(values(a, b).mean()))
    return estimate(float(found.mean()), float(found.std(ddof=1)) / math.sqrt(GROUPS), method, unit="units")


def _floor(on: Evaluation, distance: Callable[[Array, Array], float]) -> str:
    if on.other_truth is None:
        return ""
    on.watch.at(0.6, "the same between two sets of true draws")
    return f"; two sets of true draws are {distance(on.other_truth, on.truth):.3g} apart"


def sliced(x: Array, y: Array, directions: Array) -> float:
    """SW_2 of two sets of equally many points (n, d), along unit vectors (m, d)."""
    apart = np.sort(x @ directions.T, axis=0) - np.sort(y @ directions.T, axis=0)
    return float(np.sqrt(np.square(apart).mean()))


def sliced_wasserstein(on: Evaluation) -> Quantity:
    """SW_2 along 100 random directions."""
    n = min(len(on.samples), len(on.truth))
    x, y = on.samples[:n], on.truth[:n]
    directions = on.rng(10).standard_normal((DIRECTIONS, x.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    on.watch.at(0.1, "sliced Wasserstein")
    stderr = jackknife(lambda a, b: sliced(x[a], y[b], directions), n, n)
    method = f"{n:,} samples against {on.true_ones(n)}, {DIRECTIONS} random directions; {SAID}"
    method += _floor(on, lambda a, b: sliced(a, b, directions))
    return estimate(sliced(x, y, directions), stderr, method, unit="units")


def sinkhorn_divergence(x: Array, y: Array, epsilon: float) -> tuple[float, float]:
    """S_ε of two sets of points (n, d) and (m, d), and its standard error, from the dual potentials: S_ε is the mean of theirs."""
    a, b = torch.as_tensor(x), torch.as_tensor(y)
    f, g = potentials(0.5 * squared_distances(a, b), epsilon, ITERATIONS)
    own_f = own_potential(0.5 * squared_distances(a, a), epsilon, ITERATIONS)
    own_g = own_potential(0.5 * squared_distances(b, b), epsilon, ITERATIONS)
    of_x, of_y = (f - own_f).numpy(), (g - own_g).numpy()
    variance = of_x.var() / max(len(x) - 1, 1) + of_y.var() / max(len(y) - 1, 1)
    return float(of_x.mean() + of_y.mean()), math.sqrt(variance)


def sinkhorn(on: Evaluation) -> Quantity:
    """S_ε of at most 500 points of each, ε a twentieth of the mean cost between true draws."""
    x, y = on.samples[:SINKHORN_POINTS], on.truth[:SINKHORN_POINTS]
    on.watch.at(0.1, f"Sinkhorn on {len(x)} points")
    # The mean of ½ ‖y − y′‖² over all pairs is the sum of the variances.
    epsilon = SOFTNESS * float(y.var(axis=0).sum())
    if epsilon == 0:
        raise Missing("all true points are one and the same.")
    value, stderr = sinkhorn_divergence(x, y, epsilon)
    method = (
        f"Sinkhorn's iteration on logarithms, {len(x):,} samples against {on.true_ones(len(y))}, "
        f"cost ½ ‖x − y‖², ε = {epsilon:.3g}; standard error from the dual potentials"
    )
    method += _floor(
        on, lambda a, b: sinkhorn_divergence(a[:SINKHORN_POINTS], b[:SINKHORN_POINTS], epsilon)[0]
    )
    return estimate(value, stderr, method, unit="units²")
