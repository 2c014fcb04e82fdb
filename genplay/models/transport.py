"""How far two clouds of points lie apart, as losses: sliced Wasserstein, MMD and the Sinkhorn divergence.

    W₂²(a, b)    = min over plans P with equal margins of Σ_ij P_ij ‖a_i − b_j‖²       in one dimension: sort both
    SW₂²         = mean of W₂² over directions on which both clouds are projected [1]
    MMD²         = E k(a, a′) + E k(b, b′) − 2 E k(a, b),   k a sum of Gaussian kernels of several widths [2]
    OT_ε         = min_P Σ P_ij ½ ‖a_i − b_j‖² + ε KL(P ‖ uniform), by Sinkhorn's iteration on logarithms [3]
    S_ε          = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b)                            0 exactly where a = b [4]

[1] Rabin et al. 2011.  [2] Gretton et al. 2012; Li, Swersky and Zemel 2015.  [3] Cuturi 2013.
[4] Genevay, Peyré and Cuturi 2018; Feydy et al. 2019.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = [
    "directions",
    "mmd",
    "own_potential",
    "potentials",
    "sinkhorn_divergence",
    "sinkhorn_plan",
    "sliced_wasserstein",
    "squared_distances",
    "wasserstein_1d",
]

MOST_POINTS = 500
"""Sinkhorn on 500 points takes some tenths of a second on one core, on 2,000 a minute: more than this are refused."""
OWN = 20
"""The potential of a cloud against itself is there to seven digits after so many turns."""


def directions(normal: Tensor) -> Tensor:
    """Unit vectors from standard normals (m, d): even over the sphere."""
    unit: Tensor = normal / torch.linalg.vector_norm(normal, dim=1, keepdim=True).clamp_min(1e-12)
    return unit


def wasserstein_1d(a: Tensor, b: Tensor, p: int = 2) -> Tensor:
    """W_p^p between the columns of a (n, m) and b (n, m), two clouds of numbers a column, (m,): sorted, the k-th meets the k-th."""
    apart = (a.sort(dim=0).values - b.sort(dim=0).values).abs()
    return apart.pow(p).mean(dim=0) if p != 1 else apart.mean(dim=0)


def sliced_wasserstein(a: Tensor, b: Tensor, along: Tensor) -> Tensor:
    """SW₂² of a (n, d) and b (n, d) along unit vectors (m, d), 0-dim."""
    return wasserstein_1d(a @ along.T, b @ along.T).mean()


def mmd(a: Tensor, b: Tensor, widths: tuple[float, ...]) -> Tensor:
    """MMD² of a (n, d) and b (m, d), the unbiased estimate (it may be a little below 0), 0-dim."""
    n, m = len(a), len(b)
    both = torch.cat([a, b])
    squares = squared_distances(both, both)
    k = torch.zeros_like(squares)
    for width in widths:
        k = k + torch.exp(squares * (-0.5 / width**2))
    k = k / len(widths)
    # The diagonal is 1: no pair of a point with itself, unless there is no other.
    within_a = (k[:n, :n].sum() - n) / (n * (n - 1)) if n > 1 else 1.0
    within_b = (k[n:, n:].sum() - m) / (m * (m - 1)) if m > 1 else 1.0
    return within_a + within_b - 2 * k[:n, n:].mean()


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """‖a_i − b_j‖², (n, d) and (m, d) → (n, m)."""
    out = torch.addmm(a.square().sum(dim=1, keepdim=True) + b.square().sum(dim=1), a, b.T, alpha=-2)
    return out.clamp_min(0.0)


@torch.no_grad()
def potentials(cost: Tensor, epsilon: float, iterations: int) -> tuple[Tensor, Tensor]:
    """Sinkhorn's f (n,) and g (m,) for uniform weights.

    For the first half of the iterations ε falls from the largest cost to its value: that is far quicker than at once.
    """
    n, m = cost.shape
    f, g = cost.new_zeros(n), cost.new_zeros(m)
    for e in _falling(cost, epsilon, iterations):
        f = e * (math.log(m) - torch.logsumexp((g - cost) / e, dim=1))
        g = e * (math.log(n) - torch.logsumexp((f[:, None] - cost) / e, dim=0))
    return f, g


@torch.no_grad()
def own_potential(cost: Tensor, epsilon: float, iterations: int) -> Tensor:
    """f = g of a cloud against itself: the mean of the old and the new settles in a few turns."""
    f = cost.new_zeros(len(cost))
    for e in _falling(cost, epsilon, min(iterations, OWN)):
        f = 0.5 * (f + e * (math.log(len(cost)) - torch.logsumexp((f - cost) / e, dim=1)))
    return f


def _falling(cost: Tensor, epsilon: float, iterations: int) -> list[float]:
    top = max(float(cost.max()), epsilon)
    return [top * (epsilon / top) ** min(1.0, 2 * (i + 1) / iterations) for i in range(iterations)]


def _optimal_transport(a: Tensor, b: Tensor, epsilon: float, iterations: int) -> Tensor:
    """OT_ε, whose slope by the points is that of Σ P_ij C_ij with the plan held still (the envelope theorem)."""
    cost = 0.5 * squared_distances(a, b)
    if a is b:
        f = g = own_potential(cost.detach(), epsilon, iterations)
    else:
        f, g = potentials(cost.detach(), epsilon, iterations)
    plan = torch.exp((f[:, None] + g - cost.detach()) / epsilon) / cost.numel()
    moved = (plan * cost).sum()
    return moved + (f.mean() + g.mean() - moved.detach())


def sinkhorn_divergence(a: Tensor, b: Tensor, epsilon: float, iterations: int = 40) -> Tensor:
    """S_ε of a (n, d) and b (m, d) with n, m ≤ 500, 0-dim."""
    if max(len(a), len(b)) > MOST_POINTS:
        raise ValueError(f"Sinkhorn takes at most {MOST_POINTS} points")
    own = _optimal_transport(a, a, epsilon, iterations) + _optimal_transport(b, b, epsilon, iterations)
    return _optimal_transport(a, b, epsilon, iterations) - 0.5 * own


@torch.no_grad()
def sinkhorn_plan(a: Tensor, b: Tensor, epsilon: float, iterations: int = 60) -> Tensor:
    """P (n, m) of OT_ε with uniform margins: how much of a_i goes to b_j."""
    cost = 0.5 * squared_distances(a, b)
    f, g = potentials(cost, epsilon, iterations)
    return torch.exp((f[:, None] + g - cost) / epsilon) / cost.numel()
