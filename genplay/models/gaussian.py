"""One Gaussian [1]: p(x) = N(x; μ, Σ), Σ = L Lᵀ. Samples are x = μ + L z with z ~ N(0, I).

The likelihood has its maximum at the mean and covariance of the data; ``gradient`` climbs to the same place.

[1] Gauss 1809; maximum likelihood, Fisher 1922.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.gaussian import CARD, GaussianKnobs
from genplay.models.normals import Covariance, Normals
from genplay.quantity import Kind

__all__ = ["Gaussian"]

FLOOR = 1e-3
"""The least standard deviation, data units: points on one spot would else have an infinite likelihood."""


class Gaussian(Model):
    """N(x; μ, Σ), fitted in closed form or by gradient ascent; it starts as N(0, I)."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "closed form"

    def __init__(self, knobs: GaussianKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        covariance: Covariance = knobs.covariance  # type: ignore[assignment]
        self.normal = Normals(torch.zeros(1, setting.dim), torch.ones(1), covariance, FLOOR)
        self.latent_dim = setting.dim
        self._fitted = False

    def phases(self) -> tuple[Phase, ...]:
        if self.objective == "mle":
            return (Phase("fit", self._fit, full=True),)
        return (Phase("ascend", self._loss, parameters=list(self.parameters())),)

    @property
    def finished(self) -> bool:
        return self._fitted

    def data_changed(self) -> None:
        self._fitted = False

    def _fit(self, batch: Batch) -> Terms:
        self.normal.fit(batch.x, torch.ones(len(batch.x), 1))
        self._fitted = True
        return self._loss(batch)

    def _loss(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    def log_prob(self, x: Tensor) -> Tensor:
        """log N(x; μ, Σ) in nats, (n, d) → (n,)."""
        return self.normal.log_prob(x)[:, 0]

    def score(self, x: Tensor) -> Tensor:
        """−Σ⁻¹ (x − μ), (n, d) → (n, d)."""
        return self.normal.scores(x)[:, 0]

    def encode(self, x: Tensor) -> Tensor:
        """z = L⁻¹ (x − μ), standard normal if the model is right."""
        return self.normal.whiten(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """x = μ + L z."""
        return self.normal.means + z @ self.normal.factors()[0].T

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """z ~ N(0, I), (n, d)."""
        return torch.randn(n, self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.decode(noise)
