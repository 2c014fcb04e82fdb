"""Likelihood: how surprised a model is by data.

NLL = −(1/n) Σ log q(x_i) in nats; bits a dimension NLL / (d ln 2); perplexity e^NLL, the number of equally likely images
that would surprise as much. The kind of each is that of the model's log q: exact, bound or estimate.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.metrics.density import generator_for
from genplay.metrics.evaluation import Evaluation, Split
from genplay.models.base import HasDensity, HasElbo, HasLogZ
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.spaces import DIMENSIONS

__all__ = [
    "bits_per_dim", "elbo", "elbo_values", "entropy", "log_z", "nll", "nll_train", "perplexity", "standard_error",
]  # fmt: skip

Array = NDArray[np.float64]


def nll(on: Evaluation) -> Quantity:
    """Mean −log q(x) over the test points in nats; from the ELBO where there is no density."""
    return _nll(on, "test")


def nll_train(on: Evaluation) -> Quantity:
    """The same over the training points."""
    return _nll(on, "train")


def _nll(on: Evaluation, split: Split) -> Quantity:
    model = on.model
    if not isinstance(model, HasDensity):
        return _elbo(on, split).negated()
    values = on.log_q(split)
    impossible = int(np.isneginf(values).sum())
    method = f"{model.density_method}; mean over {_points(on, split)}"
    if impossible:
        method += f"; {impossible:,} of them have density 0 under the model"
    mean = -float(values.mean())
    if model.density_kind == "bound":
        return bound(mean, "upper", method)
    if model.density_kind == "estimate":
        return estimate(mean, standard_error(values), method)
    return exact(mean, method)


def elbo(on: Evaluation) -> Quantity:
    """Mean evidence lower bound over the test points, with the standard error of its one-sample noise and the points."""
    return _elbo(on, "test")


def _elbo(on: Evaluation, split: Split) -> Quantity:
    values = elbo_values(on, split)
    method = f"one-sample ELBO, mean over {_points(on, split)}"
    return bound(float(values.mean()), "lower", method, standard_error(values))


def elbo_values(on: Evaluation, split: Split) -> Array:
    """One-sample ELBO of each point of a split, (n,)."""
    model = on.model
    assert isinstance(model, HasElbo)

    def compute() -> Array:
        on.watch.at(0.0, "evidence lower bound")
        generator = generator_for(on.model, on.seed)
        with torch.no_grad():
            parts = [
                model.elbo(rows, generator).double().cpu().numpy()
                for rows in on.tensor(on.rows(split)).split(4096)
            ]
        return np.concatenate(parts)

    return on.once(("elbo", split), compute)


def bits_per_dim(on: Evaluation) -> Quantity:
    """NLL in bits a dimension; on the plane it may be negative, since a density may exceed 1."""
    dim, surprise = DIMENSIONS[on.data.world], nll(on)
    scale = 1 / (dim * math.log(2))
    stderr = None if surprise.stderr is None else surprise.stderr * scale
    method = f"NLL / ({dim} ln 2); {surprise.method}"
    return Quantity(surprise.value * scale, surprise.kind, stderr, method, "bits/dim", surprise.direction)


def perplexity(on: Evaluation) -> Quantity:
    """e^NLL: so many equally likely images would surprise as much (of 2^25 = 33,554,432)."""
    surprise = nll(on)
    value = math.exp(surprise.value) if surprise.value < 700 else math.inf
    stderr = None if surprise.stderr is None else surprise.stderr * value
    return Quantity(
        value, surprise.kind, stderr, f"exp(NLL); {surprise.method}", "images", surprise.direction
    )


def log_z(on: Evaluation) -> Quantity:
    """log of the normalising constant of exp(−energy), where the model has an energy and knows it."""
    model = on.model
    assert isinstance(model, HasLogZ)
    method = model.density_method if isinstance(model, HasDensity) else "sum over the whole space"
    on.watch.at(0.0, "log Z")
    value = model.log_z()
    if isinstance(model, HasDensity) and model.density_kind != "exact":
        return estimate(value, None, method)
    return exact(value, method)


def entropy(on: Evaluation) -> Quantity:
    """H(p) of the data's law: the floor that no NLL gets below, except by luck of the sample."""
    assert on.data.law is not None
    on.watch.at(0.0, "entropy of the data")
    return on.data.law.entropy()


def _points(on: Evaluation, split: Split) -> str:
    return f"{len(on.rows(split)):,} {'training' if split == 'train' else 'test'} points"


def standard_error(values: Array) -> float | None:
    """Of a mean of independent values (n,)."""
    finite = len(values) > 1 and bool(np.isfinite(values).all())
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if finite else None
