"""Mixtures of products, log Σ_k w_k Π_j p_k(x_j): what a latent variable model becomes once its code is a list of nodes.

On the plane each component is a round Gaussian, exp(−½ (x − a_k)²/σ²) exp(−½ (y − b_k)²/σ²): over a lattice of points the
whole sum is one matrix product, without an exponential for each pair. For images each component is a
product of Bernoullis and the same holds for the two halves of an image.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from genplay.models.layers import double
from genplay.spaces.binary import HIGH, LOW, half_images

__all__ = ["bernoulli_blocks", "log_bernoullis", "log_gaussians", "log_gaussians_on_lattice"]

LOG_2PI = math.log(2 * math.pi)
LEAST = 1e-290
"""Sums of products below this have lost digits to float64's least number."""
BLOCK = 16
"""Points that share a list of components."""
NEGLIGIBLE = 40.0
PAIRS = 1 << 22
"""At most this many (point, component) pairs are held at once."""


def log_gaussians(x: Tensor, log_weight: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """log Σ_k w_k N(x; mean_k, σ² I), (n, 2) → (n,); ``mean`` (k, 2), one ``sigma`` for all (0-dim).

    Points that share coordinates, as the rows of a picture do, are computed as a lattice.
    """
    xs, column = x[:, 0].unique(return_inverse=True)
    ys, row = x[:, 1].unique(return_inverse=True)
    if len(xs) * len(ys) <= 4 * len(x):
        return log_gaussians_on_lattice(xs, ys, log_weight, mean, sigma)[row, column]
    return log_gaussians_one_by_one(x, log_weight, mean, sigma)


def log_gaussians_one_by_one(x: Tensor, log_weight: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """The same by logarithms throughout: it cannot underflow.

    Points are taken in blocks that lie close together, each with the components that count anywhere in its rectangle: those
    left out are e^−40 times the greatest or less.
    """
    order = _by_neighbourhood(x)
    parts = []
    for rows in x[order].split(BLOCK):
        low, high = rows.amin(dim=0), rows.amax(dim=0)
        nearest = (torch.maximum(low - mean, mean - high)).clamp_min_(0).square().sum(dim=1)
        farthest = torch.maximum(mean - low, high - mean).square().sum(dim=1)
        least = (log_weight - 0.5 * farthest / sigma**2).max()
        counts = torch.nonzero(log_weight - 0.5 * nearest / sigma**2 > least - NEGLIGIBLE).squeeze(1)
        near, weight = mean[counts], log_weight[counts]
        for few in rows.split(max(1, PAIRS // len(near))):
            squares = (few[:, :1] - near[:, 0]).square_() + (few[:, 1:] - near[:, 1]).square_()
            parts.append(torch.logsumexp(weight - 0.5 * squares / sigma**2, dim=1))
    out = torch.empty_like(x[:, 0])
    out[order] = torch.cat(parts)
    return out - 2 * sigma.log() - LOG_2PI


def _by_neighbourhood(x: Tensor) -> Tensor:
    """An order of points (n, 2) → (n,) in which neighbours follow one another: strips of x, each in order of y."""
    strips = max(1, round(math.sqrt(len(x) / BLOCK)))
    strip = x[:, 0].argsort().argsort() * strips // max(len(x), 1)
    by_y = x[:, 1].argsort()
    return by_y[strip[by_y].argsort(stable=True)]


def log_gaussians_on_lattice(
    xs: Tensor, ys: Tensor, log_weight: Tensor, mean: Tensor, sigma: Tensor
) -> Tensor:
    """The same at every (xs[i], ys[j]), (ny, nx): one matrix product. What underflows is taken again by logarithms."""
    weight = double(log_weight).exp()
    across = torch.exp(-0.5 * double((xs[:, None] - mean[:, 0]) / sigma).square())
    down = torch.exp(-0.5 * double((ys[:, None] - mean[:, 1]) / sigma).square()) * weight
    total = down @ across.T
    out = (total.log() - LOG_2PI).to(xs) - 2 * sigma.log()
    row, column = torch.nonzero(total.to(xs.device) < LEAST, as_tuple=True)
    if len(row):
        far = torch.stack([xs[column], ys[row]], dim=1)
        out[row, column] = log_gaussians_one_by_one(far, log_weight, mean, sigma)
    return out


def log_bernoullis(x: Tensor, log_weight: Tensor, logits: Tensor) -> Tensor:
    """log Σ_k w_k Π_j Bernoulli(x_j; σ(logits_kj)), (n, d) → (n,); ``logits`` (k, d)."""
    base = log_weight - softplus(logits).sum(dim=1)
    return torch.logsumexp(torch.addmm(base, x, logits.T), dim=1)


def bernoulli_blocks(log_weight: Tensor, logits: Tensor) -> Callable[[int, int], NDArray[np.float64]]:
    """log Σ_k … of all 2^25 images by blocks (see ``spaces.binary``), ``logits`` (k, 25): no exponential per image.

    Float64 throughout, and torch's matrix product: for these shapes it is three times as fast as numpy's.
    """
    with torch.no_grad():
        odds = double(logits.detach()).cpu()
        base = double(log_weight.detach()).cpu() - softplus(odds).sum(dim=1)
        low = torch.from_numpy(half_images(LOW)) @ odds[:, :LOW].T
        high = torch.from_numpy(half_images(HIGH)) @ odds[:, LOW:].T + base
        # Each factor is scaled by its largest value: what remains of a sum of 25 log odds fits into an exponential.
        low_top = low.amax(dim=0)
        high += low_top
        high_top = high.amax(dim=1, keepdim=True)
        low_table = torch.exp(low - low_top).T.contiguous()

    def block(start: int, stop: int) -> NDArray[np.float64]:
        top = high_top[start:stop]
        out: NDArray[np.float64] = (torch.exp(high[start:stop] - top) @ low_table).log_().add_(top).numpy()
        return out

    return block
