"""Two figures that judge generated images by a classifier: Fréchet distance and the inception score.

    FID = ‖μ − ν‖² + tr(A + B − 2 (A½ B A½)½)        means and covariances of the features of samples and true draws [1]
    IS  = exp E_x KL(P(y | x) ‖ P(y))                 between 1 and the number of classes: sure of each, and of all kinds [2]

The square root is taken by eigenvalues in float64, those below 0 by rounding counted as 0.

[1] Heusel et al. 2017. [2] Salimans et al. 2016.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.features import class_posterior, features
from genplay.metrics.jackknife import SAID, jackknife
from genplay.quantity import Quantity, estimate

__all__ = ["fid", "frechet_distance", "inception", "inception_score"]

Array = NDArray[np.float64]


def frechet_distance(x: Array, y: Array) -> float:
    """Between Gaussians fitted to two sets of features (n, k) and (m, k)."""
    a, b = (np.atleast_2d(np.cov(v, rowvar=False)) for v in (x, y))
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0.0)).sum()
    apart = x.mean(axis=0) - y.mean(axis=0)
    return float(apart @ apart + np.trace(a) + np.trace(b) - 2 * shared)


def fid(on: Evaluation) -> Quantity:
    """Fréchet distance of features."""
    name, x, y = features(on)
    if min(len(x), len(y)) < 2:
        raise Missing("there are too few points for a covariance.")
    on.watch.at(0.5, "Fréchet distance")
    stderr = jackknife(lambda a, b: frechet_distance(x[a], y[b]), len(x), len(y))
    method = f"Fréchet distance of {name}, {len(x):,} samples against {on.true_ones(len(y))}; {SAID}"
    return estimate(frechet_distance(x, y), stderr, method, unit="")


def inception(posterior: Array) -> float:
    """exp of the mean of KL(P(y | x) ‖ P(y)) from P(y | x) (n, classes)."""
    tiny = np.finfo(np.float64).tiny
    whole = posterior.mean(axis=0)
    gain = posterior * (np.log(np.maximum(posterior, tiny)) - np.log(np.maximum(whole, tiny)))
    return float(np.exp(gain.sum(axis=1).mean()))


def inception_score(on: Evaluation) -> Quantity:
    """The inception score by a classifier's, or the truth's, opinion of the samples."""
    whose, posterior = class_posterior(on)
    n = len(posterior)
    stderr = jackknife(lambda a, _: inception(posterior[a]), n, n)
    method = f"opinion: {whose}; {n:,} samples, at most {posterior.shape[1]} classes; {SAID}"
    return estimate(inception(posterior), stderr, method, unit="classes")
