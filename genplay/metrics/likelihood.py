"""Likelihood: how surprised a model is by data.

NLL = −(1/n) Σ log q(x_i) in nats; bits a dimension NLL / (d ln 2); perplexity e^NLL, the number of equally likely images
that would surprise as much. The kind of each is that of the model's log q: exact, bound or estimate.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch

from genplay.datasets.base import Data, has_density
from genplay.metrics.density import generator_for, log_prob
from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity, HasElbo, HasLogZ, Model
from genplay.models.precision import device_of, dtype_of
from genplay.quantity import Quantity, bound, estimate, exact

__all__ = ["bits_per_dim", "elbo", "entropy", "log_z", "nll", "perplexity"]

Split = Literal["train", "test"]


def nll(
    model: Model, data: Data, split: Split = "test", seed: int = 0, watch: Watch | None = None
) -> Quantity | None:
    """Mean −log q(x) over a split in nats; None where the model has neither density nor bound, or there are no points."""
    x = data.x_train if split == "train" else data.x_test
    if len(x) == 0:
        return None
    where = f"mean over {len(x):,} {'training' if split == 'train' else 'test'} points"
    if not isinstance(model, HasDensity):
        lower = elbo(model, data, split, seed, watch)
        return None if lower is None else lower.negated()
    values = log_prob(model, x, device_of(model), watch)
    impossible = int(np.isneginf(values).sum())
    method = f"{model.density_method}; {where}"
    if impossible:
        method += f"; {impossible:,} of them have density 0 under the model"
    mean = -float(values.mean())
    if model.density_kind == "bound":
        return bound(mean, "upper", method)
    if model.density_kind == "estimate":
        return estimate(mean, _standard_error(values), method)
    return exact(mean, method)


def elbo(
    model: Model, data: Data, split: Split = "test", seed: int = 0, watch: Watch | None = None
) -> Quantity | None:
    """Mean evidence lower bound over a split in nats, with the standard error of its one-sample noise and the points."""
    x = data.x_train if split == "train" else data.x_test
    if not isinstance(model, HasElbo) or len(x) == 0:
        return None
    if watch is not None:
        watch.at(0.0, "evidence lower bound")
    device, generator = device_of(model), generator_for(model, seed)
    parts = []
    with torch.no_grad():
        for rows in torch.as_tensor(x, dtype=dtype_of(model), device=device).split(4096):
            parts.append(model.elbo(rows, generator).double().cpu().numpy())
    values = np.concatenate(parts)
    where = f"{len(x):,} {'training' if split == 'train' else 'test'} points"
    return bound(
        float(values.mean()), "lower", f"one-sample ELBO, mean over {where}", _standard_error(values)
    )


def bits_per_dim(surprise: Quantity, dim: int) -> Quantity:
    """NLL in bits a dimension; on the plane it may be negative, since a density may exceed 1."""
    scale = 1 / (dim * math.log(2))
    stderr = None if surprise.stderr is None else surprise.stderr * scale
    return Quantity(
        surprise.value * scale, surprise.kind, stderr, f"NLL / ({dim} ln 2); {surprise.method}", "bits/dim",
        surprise.direction,
    )  # fmt: skip


def perplexity(surprise: Quantity) -> Quantity:
    """e^NLL: so many equally likely images would surprise as much (of 2^25 = 33,554,432)."""
    value = math.exp(surprise.value) if surprise.value < 700 else math.inf
    stderr = None if surprise.stderr is None else surprise.stderr * value
    return Quantity(
        value, surprise.kind, stderr, f"exp(NLL); {surprise.method}", "images", surprise.direction
    )


def log_z(model: Model) -> Quantity | None:
    """log of the normalising constant of exp(−energy), where the model has an energy and knows it."""
    if not isinstance(model, HasLogZ):
        return None
    method = model.density_method if isinstance(model, HasDensity) else "sum over the whole space"
    return exact(model.log_z(), method)


def entropy(data: Data) -> Quantity | None:
    """H(p) of the data's law: the floor that no NLL gets below, except by luck of the sample."""
    return data.law.entropy() if data.law is not None and has_density(data.law) else None


def _standard_error(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
