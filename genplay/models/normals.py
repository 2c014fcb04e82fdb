"""K Gaussians side by side: N(x; μₖ, Σₖ) with Σₖ = Lₖ Lₖᵀ, L lower triangular with diagonal exp(log_scale).

The building block of ``gaussian`` (K = 1) and ``gmm``: log-densities, maximum-likelihood fit from weights, samples.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["Covariance", "Normals"]

Covariance = Literal["full", "diagonal", "spherical"]
_LOG_2PI = math.log(2 * math.pi)


class Normals(nn.Module):
    """K Gaussians in d dimensions; no entry of L's diagonal falls below ``floor`` (data units), and in a fit no deviation.

    ``full`` learns every entry of Lₖ, ``diagonal`` its diagonal, ``spherical`` one number for the whole diagonal.
    """

    def __init__(self, means: Tensor, scale: Tensor, covariance: Covariance, floor: float) -> None:
        """Start round, at means (K, d) with standard deviations ``scale`` (K,)."""
        super().__init__()
        k, d = means.shape
        self.covariance = covariance
        self.floor = floor
        self.means = nn.Parameter(means.clone())
        width = 1 if covariance == "spherical" else d
        self.log_scale = nn.Parameter(scale.clamp(min=floor).log()[:, None].expand(k, width).clone())
        corners = d * (d - 1) // 2 if covariance == "full" else 0
        self.lower = nn.Parameter(means.new_zeros(k, corners)) if corners else None
        self._rows, self._cols = torch.tril_indices(d, d, offset=-1).unbind()

    def factors(self) -> Tensor:
        """Lₖ, (K, d, d)."""
        k, d = self.means.shape
        factors = torch.diag_embed(self.log_scale.clamp(min=math.log(self.floor)).exp().expand(k, d))
        if self.lower is None:
            return factors
        below = torch.zeros_like(factors)
        below[:, self._rows, self._cols] = self.lower
        return factors + below

    def covariances(self) -> Tensor:
        """Σₖ, (K, d, d)."""
        factors = self.factors()
        return factors @ factors.mT

    def whiten(self, x: Tensor) -> Tensor:
        """Lₖ⁻¹ (x − μₖ), (n, d) → (K, n, d): each Gaussian's own coordinates, in which it is standard."""
        centred = x[None] - self.means[:, None]
        whitened: Tensor = torch.linalg.solve_triangular(self.factors(), centred.mT, upper=False)
        return whitened.mT

    def log_prob(self, x: Tensor) -> Tensor:
        """log N(x; μₖ, Σₖ) in nats, (n, d) → (n, K)."""
        d = x.shape[1]
        squares = self.whiten(x).square().sum(dim=2)
        log_det = self.factors().diagonal(dim1=1, dim2=2).log().sum(dim=1)
        return (-0.5 * (squares + d * _LOG_2PI) - log_det[:, None]).T

    def scores(self, x: Tensor) -> Tensor:
        """∇ₓ log N(x; μₖ, Σₖ) = −Σₖ⁻¹ (x − μₖ), (n, d) → (n, K, d)."""
        whitened = self.whiten(x)
        pulled: Tensor = torch.linalg.solve_triangular(self.factors().mT, whitened.mT, upper=True)
        return -pulled.permute(2, 0, 1)

    @torch.no_grad()
    def fit(self, x: Tensor, weights: Tensor) -> None:
        """The weighted maximum of the likelihood, x (n, d) and weights (n, K).

        μₖ = Σᵢ wᵢₖ xᵢ / Nₖ and Σₖ the weighted scatter about it. Under the constraint that no standard deviation is
        below the floor the maximum is the same scatter with its eigenvalues lifted to floor², so that EM never
        loses likelihood to the floor. A component of no weight stays where it is.
        """
        x64, w64 = x.double(), weights.double()
        mass = w64.sum(dim=0)
        share = w64 / mass.clamp(min=1e-12)
        means = share.T @ x64
        centred = x64[None] - means[:, None]
        scatter = torch.einsum("nk,kni,knj->kij", share, centred, centred)
        factors = self._nearest_factor(scatter)
        alive = (mass > 1e-8)[:, None]
        scale = factors.diagonal(dim1=1, dim2=2)[:, : self.log_scale.shape[1]]
        self.means.copy_(torch.where(alive, means, self.means.double()))
        self.log_scale.copy_(torch.where(alive, scale.log(), self.log_scale.double()))
        if self.lower is not None:
            below = factors[:, self._rows, self._cols]
            self.lower.copy_(torch.where(alive, below, self.lower.double()))

    def _nearest_factor(self, scatter: Tensor) -> Tensor:
        """Cholesky factors of the scatter (K, d, d), reduced to the form that is learned and lifted to the floor."""
        low = self.floor**2
        if self.covariance == "full":
            values, vectors = torch.linalg.eigh(scatter)
            lifted = vectors @ torch.diag_embed(values.clamp(min=low)) @ vectors.mT
            factors: Tensor = torch.linalg.cholesky(lifted)
            return factors
        variances = scatter.diagonal(dim1=1, dim2=2)
        if self.covariance == "spherical":
            variances = variances.mean(dim=1, keepdim=True).expand_as(variances)
        return torch.diag_embed(variances.clamp(min=low).sqrt())
