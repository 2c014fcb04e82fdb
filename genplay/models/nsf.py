"""Neural spline flow [1]: an invertible map f from data to noise, z = f(x) ~ N(0, I), so that

    log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|.

f is a chain of layers on the plane. In each, one coordinate goes through a spline of its own, and the other through a
spline that a small network chooses from the first; the layers take turns which is which. The Jacobian of a layer is
triangular: its determinant is the product of two slopes.

[1] Durkan, Bekasov, Murray and Papamakarios 2019.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.nsf import CARD, SplineFlowKnobs
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.spline import RationalQuadratic
from genplay.quantity import Kind

__all__ = ["SplineFlow", "SplineLayer"]


class SplineFlow(Model):
    """A stack of ``layers`` over standardised data; each layer has ``forward`` and ``inverse``, (n, 2) → (n, 2)."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "change of variables"
    knobs: SplineFlowKnobs

    def __init__(self, knobs: SplineFlowKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.standardise = Standardise(setting.x)
        self.layers = nn.ModuleList(
            SplineLayer(knobs, leads=i % 2, generator=setting.generator) for i in range(knobs.layers)
        )
        self.latent_dim = setting.dim
        self._noise = NoiseTape("normal")

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("likelihood", self._loss, parameters=list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        x = batch.x
        if self.knobs.jitter > 0:
            noise = self._noise.draw(tuple(x.shape), x, batch.generator)
            x = x + noise * (self.knobs.jitter * self.standardise.scale)
        return {"loss": -self.log_prob(x).mean()}

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,)."""
        z, log_det = self.warp(x)
        return log_det - 0.5 * z.square().sum(dim=1) - math.log(2 * math.pi)

    def warp(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z = f(x) and log |det ∂f/∂x|, (n, 2) → (n, 2) and (n,)."""
        z = self.standardise(x)
        log_slopes = torch.zeros_like(z)
        for layer in self.layers:
            z, more = layer(z)
            log_slopes = log_slopes + more
        return z, log_slopes.sum(dim=1) + self.standardise.log_det

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), by automatic differentiation, (n, 2) → (n, 2)."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.log_prob(x).sum(), x)
        return slope

    def encode(self, x: Tensor) -> Tensor:
        """z = f(x)."""
        return self.warp(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """x = f⁻¹(z)."""
        for layer in reversed(self.layers):
            assert isinstance(layer, SplineLayer)
            z = layer.inverse(z)
        return self.standardise.inverse(z)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """z ~ N(0, I), (n, 2)."""
        return torch.randn(n, self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.decode(noise)


class SplineLayer(nn.Module):
    """(x₁, x₂) ↦ (S(x₁; φ), S(x₂; network(x₁))), or with the coordinates exchanged when ``leads`` is 1."""

    def __init__(self, knobs: SplineFlowKnobs, leads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.leads = leads
        self.spline = RationalQuadratic(knobs.bins, knobs.bound)
        parameters = 3 * knobs.bins - 1
        # Small last weights: the flow begins near the identity.
        sizes = [1] + [knobs.width] * knobs.depth + [parameters]
        network = mlp(sizes, generator, knobs.activation, last_gain=0.01)
        self.hidden = network[:-1]
        self.last: nn.Linear = network[-1]  # type: ignore[assignment]
        self.own = nn.Parameter(torch.zeros(parameters))

    def _raw(self, leader: Tensor) -> Tensor:
        """The follower's spline parameters from the leader (n,), (3K − 1, n)."""
        hidden = self.hidden(leader[:, None])
        return torch.addmm(self.last.bias[:, None], self.last.weight, hidden.T)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and the log-slopes of both coordinates, (n, 2) → (n, 2) and (n, 2)."""
        n = len(x)
        rows = x.T.contiguous()
        own = self.own[:, None].expand(-1, n)
        raw = self._raw(rows[self.leads])
        both = torch.cat([own, raw] if self.leads == 0 else [raw, own], dim=1)
        # One call bends both coordinates: twice the numbers cost hardly more than once.
        y, log_slope = self.spline(rows.view(-1), both)
        return y.view(2, n).T, log_slope.view(2, n).T

    def inverse(self, y: Tensor) -> Tensor:
        """x, first the coordinate that leads, then the one that follows it, (n, 2) → (n, 2)."""
        lead, follow = y[:, self.leads], y[:, 1 - self.leads]
        first = self.spline.inverse(lead, self.own[:, None].expand(-1, len(y)))
        second = self.spline.inverse(follow, self._raw(first))
        return torch.stack([first, second] if self.leads == 0 else [second, first], dim=1)
