"""The score of noised data, against autograd of the blurred mixture and against a Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.models.layers import Standardise
from genplay.models.noised_law import NoisedLaw
from tests.models.harness import two_moons

LAW = GaussianMixtureLaw(
    np.array([0.3, 0.7]),
    np.array([[0.5, 0.1], [-0.6, 0.4]]),
    cov=np.array([[[0.2, 0.05], [0.05, 0.1]], [[0.05, 0.0], [0.0, 0.3]]]),
)


@pytest.mark.parametrize(("a", "s"), [(1.0, 0.2), (0.6, 0.8), (0.01, 1.0)])
def test_a_mixture_stays_one(a: float, s: float) -> None:
    units = Standardise(two_moons(200))
    law = NoisedLaw(LAW, two_moons(10), units).double()
    assert law.source == "the data's law"
    scale, mean = units.scale.double(), units.mean.double()
    u = torch.randn(9, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()

    def log_density(u: Tensor) -> Tensor:
        parts = []
        for w, m, c in zip(LAW.weights, LAW.means, LAW.cov, strict=True):
            centre = a * (torch.tensor(m) - mean) / scale
            cov = a**2 * torch.tensor(c) / scale**2 + s**2 * torch.eye(2)
            normal = torch.distributions.MultivariateNormal(centre, cov)
            parts.append(normal.log_prob(u) + np.log(w))
        return torch.logsumexp(torch.stack(parts), dim=0)

    (wanted,) = torch.autograd.grad(log_density(u).sum(), u)
    at = torch.tensor(a, dtype=torch.float64), torch.tensor(s, dtype=torch.float64)
    torch.testing.assert_close(law.score(u.detach(), *at), wanted, atol=1e-5, rtol=1e-4)


def test_without_a_law_the_data_stand_for_it() -> None:
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    law = NoisedLaw(None, x, Standardise(x))
    assert "training data" in law.source
    # Far to one side only the nearer point pulls.
    s = torch.tensor(0.3)
    point = law.means[1:] + torch.tensor([[0.5, 0.5]])
    torch.testing.assert_close(
        law.score(point, torch.tensor(1.0), s), -(point - law.means[1:]) / s**2, rtol=1e-3, atol=0
    )
