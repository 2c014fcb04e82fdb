"""The law of noised data, known exactly: what a learned score can be held against.

x_t = a u + s ε blurs each Gaussian N(μ, Σ) of a mixture into N(aμ, a²Σ + s² I), so a law that is a mixture of Gaussians stays
one at any noise. Where the law is none, the training data stand for it, each of them a Gaussian of no width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.datasets.base import Law
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.models.layers import Standardise

__all__ = ["NoisedLaw"]

MOST = 2000


class NoisedLaw(nn.Module):
    """Weights (k,), means (k, 2) and covariances (k, 2, 2) in standardised units; ``source`` says whose law it is."""

    log_weights: Tensor
    means: Tensor
    covariances: Tensor

    def __init__(self, law: Law | None, data: Tensor, units: Standardise) -> None:
        super().__init__()
        if isinstance(law, GaussianMixtureLaw) and len(law.means) <= MOST:
            kept = law.weights > 0
            self.source = "the data's law"
            weights, means, cov = (
                torch.from_numpy(a[kept]).float() for a in (law.weights, law.means, law.cov)
            )
            means, cov = units(means), cov / units.scale.square()
        else:
            self.source = "the training data, each one point"
            means = units(data[:MOST])
            weights = torch.full((len(means),), 1 / len(means))
            cov = torch.zeros(len(means), 2, 2)
        self.register_buffer("log_weights", weights.log(), persistent=False)
        self.register_buffer("means", means, persistent=False)
        self.register_buffer("covariances", cov, persistent=False)

    def score(self, u: Tensor, a: Tensor, s: Tensor) -> Tensor:
        """∇ log Σ_k w_k N(u; a μ_k, a² Σ_k + s² I), (n, 2) → (n, 2)."""
        blurred = a**2 * self.covariances
        blurred = blurred + s**2 * torch.eye(2, device=u.device, dtype=u.dtype)
        precision = torch.linalg.inv(blurred)
        away = u[:, None] - a * self.means
        pulled = torch.einsum("kij,nkj->nki", precision, away)
        log_mass = -0.5 * (away * pulled).sum(dim=2) - 0.5 * torch.logdet(blurred) + self.log_weights
        return -(log_mass.softmax(dim=1)[:, :, None] * pulled).sum(dim=1)
