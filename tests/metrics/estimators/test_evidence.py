"""ELBO and IWAE beside the exact log p(x) of a linear Gaussian model, whose every integral has a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from genplay.metrics.estimators import evidence


class Linear(nn.Module):
    """z ~ N(0, 1), x | z ~ N(z, 1) in two coordinates sharing z; q(z | x) is deliberately too wide and off centre."""

    dim = 2

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(1))

    def log_weight(self, x, k, generator):
        mean, std = x.mean(dim=1) * 0.5, 0.9
        noise = torch.randn(k, len(x), generator=generator)
        z = mean + std * noise
        log_q = -0.5 * noise**2 - math.log(std) - 0.5 * math.log(2 * math.pi)
        log_joint = -0.5 * z**2 - 1.5 * math.log(2 * math.pi)
        log_joint = log_joint - 0.5 * (x[None] - z[:, :, None]).square().sum(dim=2)
        return log_joint - log_q

    def elbo(self, x, generator):
        return self.log_weight(x, 1, generator)[0]

    def iwae(self, x, k, generator):
        return torch.logsumexp(self.log_weight(x, k, generator), dim=0) - math.log(k)


def exact(x):
    cov = np.eye(2) + 1.0
    return -0.5 * np.einsum("ni,ij,nj->n", x, np.linalg.inv(cov), x) - 0.5 * math.log(
        np.linalg.det(2 * math.pi * cov)
    )


MODEL, X = Linear(), np.random.default_rng(0).standard_normal((40, 2)) * 1.3


def test_elbo_below_iwae_below_exact_at_every_point():
    elbo, elbo_error = evidence.pointwise(MODEL, X, 0, 400)
    iwae, iwae_error = evidence.pointwise(MODEL, X, 50, 400, seed=1)
    truth = exact(X)
    assert (elbo <= iwae + 3 * np.hypot(elbo_error, iwae_error)).all()
    assert (iwae <= truth + 3 * iwae_error).all()
    assert (elbo < truth).all()
    assert np.mean(truth - iwae) < 0.02 < 0.05 < np.mean(truth - elbo)


def test_iwae_rises_with_k_to_the_exact_mean():
    way = evidence.iwae_by_codes(MODEL, X, 500)
    truth = float(exact(X).mean())
    assert list(way.n[:4]) == [1, 2, 5, 10]
    assert way.n[-1] == 500
    assert (np.diff(way.value) > -3 * way.error[1:]).all()
    assert way.value[-1] == pytest.approx(truth, abs=3 * way.error[-1] + 0.005)
    assert (way.final.kind, way.final.direction) == ("bound", "lower")


def test_more_draws_narrow_the_bar_of_the_elbo_and_keep_its_gap():
    way = evidence.elbo_by_draws(MODEL, X, 200)
    first = evidence.iwae_by_codes(MODEL, X, 1, repeats=400)
    assert way.error[-1] < way.error[0] / 3
    assert way.value[-1] == pytest.approx(first.value[0], abs=3 * (way.error[-1] + first.error[0]))
    assert way.high[-1] < exact(X).mean()


def test_a_model_without_importance_weights_has_no_iwae():
    with pytest.raises(TypeError, match="no such bound"):
        evidence.pointwise(nn.Linear(1, 1), X, 5, 2)
