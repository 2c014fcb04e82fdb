"""The second of two steps: a density p(z) on the codes of an autoencoder, so that codes can be drawn.

Running moments give a Gaussian N(m, S). In its own units, w = L⁻¹(z − m) with S = L Lᵀ, a mixture of Gaussians or a flow of
affine couplings may then say more:  log p(z) = log p(w) − log det L.  In one dimension a flow z ↦ Φ⁻¹(F(z)) with F a mixture's
distribution function is that mixture, so there the flow is one.
"""

from __future__ import annotations

import math
from typing import Literal, cast

import torch
from torch import Tensor, nn

from genplay.errors import Failure
from genplay.models.coupling import AffineCouplings

__all__ = ["CodeDensity", "CodeKind"]

CodeKind = Literal["gaussian", "mixture", "flow"]
LOG_2PI = math.log(2 * math.pi)
PACE = 0.05
"""How far the running moments go towards those of a batch at each step."""
LEAST = 1e-4
"""Added to the variances, as a share of their mean: codes may all be equal."""
COUPLINGS, WIDTH = 6, 32


class CodeDensity(nn.Module):
    """``follow`` moves the Gaussian to a batch of codes; ``log_prob`` is trained on codes that are held still."""

    mean: Tensor
    covariance: Tensor
    seen: Tensor

    def __init__(self, kind: CodeKind, dim: int, components: int, generator: torch.Generator) -> None:
        super().__init__()
        self.dim = dim
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("covariance", torch.eye(dim))
        self.register_buffer("seen", torch.zeros(()))
        self.mixture = kind == "mixture" or (kind == "flow" and dim == 1)
        self.flow: AffineCouplings | None = None
        if self.mixture:
            self.logits = nn.Parameter(torch.zeros(components))
            self.means = nn.Parameter(torch.randn(components, dim, generator=generator))
            self.log_std = nn.Parameter(torch.full((components, dim), -0.5))
        elif kind == "flow":
            self.flow = AffineCouplings(dim, COUPLINGS, WIDTH, 2, "tanh", generator)

    @torch.no_grad()
    def follow(self, z: Tensor) -> None:
        """Move the Gaussian's moments towards those of codes z (n, dim)."""
        pace = torch.clamp(1 / (self.seen + 1), min=PACE)
        apart = z - z.mean(dim=0)
        covariance = apart.T @ apart / len(z)
        covariance += (LEAST * covariance.diagonal().mean() + 1e-8) * torch.eye(self.dim).to(z)
        self.mean.lerp_(z.mean(dim=0), pace)
        self.covariance.lerp_(covariance, pace)
        self.seen += 1

    def _factor(self) -> Tensor:
        factor, trouble = torch.linalg.cholesky_ex(self.covariance)
        if int(trouble):
            raise Failure(
                "The codes have gone too far to have a density: lower the learning rate, then train on."
            )
        return cast(Tensor, factor)

    def whitened(self, z: Tensor) -> Tensor:
        """w = L⁻¹(z − m), (n, dim)."""
        w: Tensor = torch.linalg.solve_triangular(self._factor(), (z - self.mean).T, upper=False)
        return w.T

    def coloured(self, w: Tensor) -> Tensor:
        """z = L w + m, (n, dim)."""
        return w @ self._factor().T + self.mean

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (n, dim) → (n,)."""
        w = self.whitened(z)
        volume = self._factor().diagonal().log().sum()
        if self.mixture:
            parts = (w[:, None] - self.means) * torch.exp(-self.log_std)
            each = -0.5 * parts.square().sum(dim=2) - self.log_std.sum(dim=1) - 0.5 * self.dim * LOG_2PI
            return torch.logsumexp(each + self.logits.log_softmax(dim=0), dim=1) - volume
        log_det = torch.zeros(())
        if self.flow is not None:
            w, log_det = self.flow(w)
        return log_det - 0.5 * (w.square().sum(dim=1) + self.dim * LOG_2PI) - volume

    def drawn(self, pick: Tensor, normal: Tensor) -> Tensor:
        """Codes from a uniform (n,) that picks a component and standard normals (n, dim)."""
        w = normal
        if self.mixture:
            ends = self.logits.softmax(dim=0).cumsum(dim=0)
            k = torch.searchsorted(ends, pick.contiguous()).clamp(max=len(ends) - 1)
            w = self.means[k] + self.log_std[k].exp() * normal
        elif self.flow is not None:
            w = self.flow.inverse(normal)
        return self.coloured(w)
