"""Lower bounds on log p(x) of a model with a hidden code, at the same points: the ELBO, and IWAE_k [1].

    IWAE_k = E log 1/k Σ_i p(x, z_i) / q(z_i | x),   z_i ~ q(z | x);      ELBO = IWAE_1 ≤ IWAE_2 ≤ … → log p(x)

The error bars are those of the draws of z alone: the points stand still, and the truth beside them is that of the same points.

[1] Burda, Grosse and Salakhutdinov 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.metrics.density import generator_for
from genplay.metrics.estimators.convergence import Convergence, sizes_up_to
from genplay.metrics.watch import Watch
from genplay.models.base import HasElbo, Model
from genplay.models.precision import device_of, dtype_of
from genplay.quantity import bound

__all__ = ["HasIwae", "elbo_by_draws", "iwae_by_codes", "pointwise", "side_by_side"]

Array = NDArray[np.float64]
Bound = Callable[[Tensor, torch.Generator], Tensor]

ELBO = (
    "Guess one code for each point and take the logarithm first, the mean after: by Jensen's inequality that is below log p(x), by "
    "as much as the guess differs from the true posterior. More draws narrow its bar and never close the gap."
)
IWAE = (
    "Average the weights of k guessed codes before taking the logarithm. The more codes, the nearer to log p(x), always from "
    "below; the ELBO is k = 1."
)
WORK = 200_000
"""Codes that are decoded at a time."""
LEAST_REPEATS = 4


@runtime_checkable
class HasIwae(Protocol):
    """A model with a bound that importance weights make tighter."""

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """log of the mean of k importance weights, (n, d) → (n,)."""
        ...


@torch.no_grad()
def _repeated(
    model: Model, f: Bound, x: Array, repeats: int, seed: int, rows: int, watch: Watch
) -> tuple[Array, Array]:
    """The mean of f over repeats at each point (n,), and the variance of one draw (n,)."""
    device, generator = device_of(model), generator_for(model, seed)
    means, variances = [], []
    points = torch.as_tensor(x, dtype=dtype_of(model), device=device)
    for at, part in enumerate(points.split(rows)):
        watch.at(at * rows / len(x), f"bounds of {len(x):,} points")
        drawn = torch.stack([f(part, generator).double() for _ in range(repeats)])
        means.append(drawn.mean(dim=0))
        variances.append(drawn.var(dim=0, correction=1) if repeats > 1 else drawn[0] * torch.inf)
    return torch.cat(means).cpu().numpy(), torch.cat(variances).cpu().numpy()


def pointwise(
    model: Model, x: Array, k: int, repeats: int, seed: int = 0, watch: Watch | None = None
) -> tuple[Array, Array]:
    """The mean over ``repeats`` of IWAE_k (k = 0: the ELBO) at each point x (n, d), and its standard error, (n,) twice.

    Raises ``TypeError`` if the model has no such bound.
    """
    if k == 0 and isinstance(model, HasElbo):
        f: Bound = model.elbo
    elif k > 0 and isinstance(model, HasIwae):
        f = partial(_weighted, model, k)
    else:
        raise TypeError(f"{type(model).__name__} has no such bound")
    rows = max(1, WORK // max(k, 1))
    mean, variance = _repeated(model, f, x, repeats, seed, rows, watch or Watch())
    return mean, np.sqrt(variance / repeats)


@dataclass(frozen=True, eq=False)
class SideBySide:
    """ELBO and IWAE_k at the same points with their standard errors, each (n,)."""

    elbo: Array
    elbo_error: Array
    iwae: Array
    iwae_error: Array


@torch.no_grad()
def side_by_side(model: HasIwae, x: Array, k: int, repeats: int, seed: int = 0) -> SideBySide:
    """Both bounds at each point x (n, d) from the same ``repeats`` times k codes, k and repeats at least 2.

    The mean of k log weights is never above the logarithm of their mean, so here no chance puts ELBO above IWAE_k.
    """
    assert isinstance(model, Model)
    device, generator = device_of(model), generator_for(model, seed)
    points = torch.as_tensor(x, dtype=torch.float32, device=device)
    logs, bounds = [], []
    for part in points.split(max(1, WORK // k)):
        weights = [
            model.iwae(part.repeat(k, 1), 1, generator).double().reshape(k, len(part)) for _ in range(repeats)
        ]
        logs.append(torch.stack([w.mean(dim=0) for w in weights]))
        bounds.append(torch.stack([torch.logsumexp(w, dim=0) - math.log(k) for w in weights]))
    found = [torch.cat(rows, dim=1).cpu().numpy() for rows in (logs, bounds)]
    errors = [rows.std(axis=0, ddof=1) / math.sqrt(repeats) for rows in found]
    return SideBySide(found[0].mean(axis=0), errors[0], found[1].mean(axis=0), errors[1])


def _weighted(model: HasIwae, k: int, x: Tensor, generator: torch.Generator) -> Tensor:
    return model.iwae(x, k, generator)


def iwae_by_codes(
    model: Model, x: Array, most: int, repeats: int = LEAST_REPEATS, seed: int = 0, watch: Watch | None = None
) -> Convergence:
    """The mean of IWAE_k over points x (n, d) for k = 1, 2, 5, 10 … ``most``."""
    watch = watch or Watch()
    ks = _codes_up_to(most)
    found, done = [], 0
    for k in ks:
        part = watch.part(done / sum(ks), (done + k) / sum(ks))
        # Few codes cost little: as much work goes into each k, up to 16 repeats.
        often = max(repeats, min(16, most // k))
        mean, error = pointwise(model, x, k, often, seed, part)
        found.append((float(mean.mean()), _joint(error)))
        done += k
    rows = np.array(found)
    method = f"importance weighted bound with {ks[-1]} codes a point, mean over {len(x):,} test points"
    return Convergence(
        "iwae", "IWAE", "codes (k)", IWAE, np.array(ks, float), rows[:, 0], rows[:, 1],
        bound(float(rows[-1, 0]), "lower", method, float(rows[-1, 1])),
    )  # fmt: skip


def elbo_by_draws(
    model: Model, x: Array, draws: int, seed: int = 0, watch: Watch | None = None
) -> Convergence:
    """The mean of the ELBO over points x (n, d) from 2, 3 … ``draws`` codes a point."""
    watch = watch or Watch()
    assert isinstance(model, HasElbo)
    device, generator = device_of(model), generator_for(model, seed)
    points = torch.as_tensor(x, dtype=dtype_of(model), device=device)
    total, squares, found = np.zeros(len(x)), np.zeros(len(x)), []
    sizes = sizes_up_to(max(draws, 2), least=2, count=10)
    for s in range(1, int(sizes[-1]) + 1):
        watch.at(s / sizes[-1], "evidence lower bound")
        with torch.no_grad():
            one = np.concatenate(
                [model.elbo(p, generator).double().cpu().numpy() for p in points.split(WORK)]
            )
        total, squares = total + one, squares + one**2
        if s in sizes:
            variance = np.maximum(squares / s - (total / s) ** 2, 0.0) * s / (s - 1)
            found.append((float((total / s).mean()), _joint(np.sqrt(variance / s))))
    rows = np.array(found)
    method = f"evidence lower bound, {sizes[-1]} draws at each of {len(x):,} test points"
    return Convergence(
        "elbo", "ELBO", "draws", ELBO, sizes.astype(float), rows[:, 0], rows[:, 1],
        bound(float(rows[-1, 0]), "lower", method, float(rows[-1, 1])),
    )  # fmt: skip


def _joint(errors: Array) -> float:
    """The standard error of a mean of independent numbers with these standard errors."""
    return float(np.sqrt(np.square(errors).sum())) / max(len(errors), 1)


def _codes_up_to(most: int) -> list[int]:
    steps = [m * 10**e for e in range(5) for m in (1, 2, 5)]
    known = [k for k in steps if k < most]
    return [*known, most]
