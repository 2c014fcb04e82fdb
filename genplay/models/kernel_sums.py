"""Kernels on the plane and sums of them: the bandwidth's rules of thumb, the density, and each point judged by the others.

A bandwidth h is the kernel's standard deviation along each axis, whatever its shape.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = [
    "PAIRS",
    "leave_one_out",
    "log_kernel_mean",
    "log_kernels",
    "scott",
    "silverman",
    "squared_distances",
]

PAIRS = 1 << 20
"""How many pairs of points are looked at together: a few MB, so that they stay in the cache."""


def scott(x: Tensor) -> float:
    """h = σ n^(−1/(d+4)), best for one Gaussian; σ² is the mean variance over the axes, x (n, d)."""
    n, d = x.shape
    spread = _at_least(float(x.var(dim=0, correction=0).mean().sqrt()))
    return spread * math.pow(n, -1 / (d + 4))


def silverman(x: Tensor) -> float:
    """h = A (n (d+2)/4)^(−1/(d+4)), A the smaller of σ and the interquartile range / 1.349, x (n, d).

    On the plane the factor is Scott's; only the spread A is less moved by outliers.
    """
    n, d = x.shape
    ordered = x.sort(dim=0).values
    quartiles = ordered[(3 * (n - 1)) // 4] - ordered[(n - 1) // 4]
    sigma = float(x.var(dim=0, correction=0).mean().sqrt())
    robust = float(quartiles.mean()) / 1.349
    spread = min(sigma, robust) if robust > 0 else sigma
    return _at_least(spread) * math.pow(n * (d + 2) / 4, -1 / (d + 4))


def _at_least(spread: float) -> float:
    """Points on one spot have no spread to go by: take 1 instead."""
    return spread if spread > 1e-6 else 1.0


def log_kernel_mean(x: Tensor, points: Tensor, h: float, kernel: str) -> Tensor:
    """log 1/n Σᵢ k_h(x − xᵢ), x (m, 2) and points (n, 2) → (m,), in parts that fit the cache."""
    rows = max(1, PAIRS // len(points))
    parts = [
        log_kernels(squared_distances(part, points), h, kernel).logsumexp(dim=1) for part in x.split(rows)
    ]
    return torch.cat(parts) - math.log(len(points)) if parts else x.new_zeros(0)


def leave_one_out(points: Tensor, left_out: Tensor, h: float, kernel: str) -> float:
    """Mean over the points numbered ``left_out`` (m,) of log 1/(n−1) Σ_{j≠i} k_h(xᵢ − xⱼ), in nats."""
    n = len(points)
    if n == 1:
        return -math.inf
    total = 0.0
    for part in left_out.split(max(1, PAIRS // n)):
        squares = squared_distances(points[part], points)
        squares[torch.arange(len(part), device=part.device), part] = math.inf
        total += float(log_kernels(squares, h, kernel).logsumexp(dim=1).double().sum())
    return total / len(left_out) - math.log(n - 1)


def squared_distances(x: Tensor, points: Tensor) -> Tensor:
    """|x − xᵢ|², (m, n); from differences, which keeps near points apart where a matrix product would not."""
    return sum(
        ((x[:, j : j + 1] - points[:, j]).square() for j in range(1, x.shape[1])),
        start=(x[:, :1] - points[:, 0]).square(),
    )


def log_kernels(squares: Tensor, h: float, kernel: str) -> Tensor:
    """log k_h at these squared distances on the plane: N(0, h² I), or a disc of radius 2h, which spreads as much."""
    if kernel == "gaussian":
        return squares * (-0.5 / h**2) - math.log(2 * math.pi * h**2)
    inside = squares <= 4 * h**2
    flat = torch.full_like(squares, -math.log(4 * math.pi * h**2))
    return flat.masked_fill(~inside, -math.inf)
