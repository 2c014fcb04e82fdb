"""What a model's code z tells of x.

    I(x; z) = E_x E_{q(z|x)} [log q(z | x) − log 1/N Σ_j q(z | x_j)]      the mixture over the data in place of q(z) [1]
    I(x; k) = H(mean of r(x)) − mean of H(r(x))                           for a mixture with responsibilities r(x)
    a unit is active if the variance over x of E[z_j | x] is above 0.01   [2]
    linear probe: how often a linear classifier reads the class off z

Averaged over N points, I(x; z) cannot come out above log N.

[1] Hoffman and Johnson 2016. [2] Burda, Grosse and Salakhutdinov 2015. Probe: Alain and Bengio 2016.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation, Split
from genplay.metrics.jackknife import SAID, jackknife
from genplay.metrics.likelihood import standard_error
from genplay.models.base import HasCodePosterior, HasLatent, HasResponsibilities
from genplay.quantity import Quantity, estimate, exact

__all__ = [
    "active_units", "gaussian_information", "linear_probe", "mutual_information", "probe", "responsibility_information",
]  # fmt: skip

Array = NDArray[np.float64]
POINTS = 2000
ACTIVE = 0.01


def gaussian_information(mean: Array, log_std: Array, noise: Array) -> Array:
    """log q(z_i | x_i) − log 1/N Σ_j q(z_i | x_j) at z = mean + std · noise, each (N, k) → (N,): their mean is I(x; z)."""
    z = mean + np.exp(log_std) * noise
    # −½ Σ_k (z − m)² / s² − log s, the square multiplied out so that two matrix products give all pairs.
    precision = np.exp(-2 * log_std)
    own = -0.5 * np.square(noise).sum(axis=1) - log_std.sum(axis=1)
    constant = -0.5 * (np.square(mean) * precision).sum(axis=1) - log_std.sum(axis=1)
    pairs = -0.5 * np.square(z) @ precision.T + z @ (mean * precision).T + constant
    top = pairs.max(axis=1)
    return np.asarray(own - top - np.log(np.exp(pairs - top[:, None]).mean(axis=1)))


def responsibility_information(responsibilities: Array) -> float:
    """I(x; k) in nats from rows P(k | x) (n, K)."""

    def entropy(p: Array) -> Array:
        return np.asarray(-(p * np.log(np.maximum(p, np.finfo(np.float64).tiny))).sum(axis=-1))

    return float(entropy(responsibilities.mean(axis=0)) - entropy(responsibilities).mean())


def mutual_information(on: Evaluation) -> Quantity:
    """I(x; z) over training points, in nats."""
    model, x = on.model, on.rows("train")[:POINTS]
    on.watch.at(0.1, "mutual information of x and z")
    with torch.no_grad():
        if isinstance(model, HasCodePosterior):
            mean, log_std = (t.double().cpu().numpy() for t in model.code_posterior(on.tensor(x)))
            values = gaussian_information(mean, log_std, on.rng(60).standard_normal(mean.shape))
            method = (
                f"Gaussian q(z | x) against their mixture over {len(x):,} training points (at most log {len(x):,} = "
                f"{math.log(len(x)):.2f}); standard error of the mean"
            )
            return estimate(float(values.mean()), standard_error(values), method)
        if isinstance(model, HasResponsibilities):
            r = model.responsibilities(on.tensor(x)).double().cpu().numpy()
            stderr = jackknife(lambda a, _: responsibility_information(r[a]), len(r), len(r))
            method = f"z is the component; responsibilities of {len(x):,} training points; {SAID}"
            return estimate(responsibility_information(r), stderr, method)
    if isinstance(model, HasLatent):
        raise Missing(
            "no distribution q(z | x) of the code can be had: where z follows from x alone, I(x; z) has no bound."
        )
    raise Missing("the model has no code z of x.")


def _codes(on: Evaluation, split: Split) -> Array:
    def compute() -> Array:
        assert isinstance(on.model, HasLatent)
        parts = []
        with torch.no_grad():
            for rows in on.tensor(on.rows(split)[:POINTS]).split(1000):
                on.watch.at(0.1, "codes")
                parts.append(on.model.encode(rows).double().cpu().numpy())
        z = np.concatenate(parts)
        if not np.isfinite(z).all():
            raise Missing("the codes are not finite numbers: the model has diverged.")
        return z

    return on.once(("codes", split), compute)


def active_units(on: Evaluation) -> Quantity:
    """How many dimensions of the code move with x."""
    z = _codes(on, "test")
    variance = z.var(axis=0)
    method = f"dimensions of {z.shape[1]} whose mean code varies by more than {ACTIVE:g} over {len(z):,} test points"
    return exact(int((variance > ACTIVE).sum()), method, unit=f"of {z.shape[1]}")


def probe(train: Array, labels: NDArray[np.int64], test: Array) -> NDArray[np.int64]:
    """Labels of ``test`` (m, k) by logistic regression learned on ``train`` (n, k), in standardised coordinates."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    centre, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    with warnings.catch_warnings():
        # Classes that can be parted without error have no best weights: it may stop on the way.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(max_iter=300).fit((train - centre) / scale, labels)
    return np.asarray(fitted.predict((test - centre) / scale))


def linear_probe(on: Evaluation) -> Quantity:
    """Share of test points whose class is read rightly off their code, beside the same off x itself."""
    labels, truth = on.labels("train")[:POINTS], on.labels("test")[:POINTS]
    if len(np.unique(labels)) < 2:
        raise Missing("the training points are all of one class.")
    z, z_test = _codes(on, "train"), _codes(on, "test")
    on.watch.at(0.5, "linear probe")
    right = probe(z, labels, z_test) == truth
    raw = probe(on.rows("train")[:POINTS], labels, on.rows("test")[:POINTS]) == truth
    share = float(right.mean())
    method = (
        f"logistic regression on {z.shape[1]} dimensions of the code, learned from {len(labels):,} training points, of "
        f"{len(right):,} test points; off x itself {raw.mean():.3f}; binomial standard error"
    )
    return estimate(share, math.sqrt(share * (1 - share) / len(right)), method, unit="")
