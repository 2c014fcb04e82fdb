"""Neural spline flow [1]: an invertible map f from data to noise, z = f(x) ~ N(0, I), so that

    log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|.

f is a chain of layers on the plane. In each, one coordinate goes through a spline of its own, and the other through a
spline that a small network chooses from the first; the layers take turns which is which. The Jacobian of a layer is
triangular: its determinant is the product of two slopes.

[1] Durkan, Bekasov, Murray and Papamakarios 2019.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

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
        return torch.add(log_det - math.log(2 * math.pi), z.square().sum(dim=1), alpha=-0.5)

    def warp(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z = f(x) and log |det ∂f/∂x|, (n, 2) → (n, 2) and (n,)."""
        z = self.standardise(x)
        log_det = self.standardise.log_det
        for layer in self.layers:
            z, more = layer(z)
            log_det = log_det + more
        return z, log_det

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
        self.network = mlp(sizes, generator, knobs.activation, last_gain=0.01)
        self.own = nn.Parameter(torch.zeros(parameters, 1))

    def _raw(self, leader: Tensor) -> Tensor:
        """The follower's spline parameters from the leader (n,), (3K − 1, n): the network with units along rows."""
        units = leader[None]
        for part in self.network:
            if isinstance(part, nn.Linear):
                units = torch.addmm(part.bias[:, None], part.weight, units)
            else:
                units = part(units)
        return units

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det ∂y/∂x|, (n, 2) → (n, 2) and (n,)."""
        raw = self._raw(x[:, self.leads])
        y, log_det = _Bend.apply(x, self.own, raw, self.leads, self.spline)  # type: ignore[no-untyped-call]
        return y, log_det

    def inverse(self, y: Tensor) -> Tensor:
        """x, first the coordinate that leads, then the one that follows it, (n, 2) → (n, 2)."""
        lead, follow = y[:, self.leads], y[:, 1 - self.leads]
        first = self.spline.inverse(lead, self.own.expand(-1, len(y)))
        second = self.spline.inverse(follow, self._raw(first))
        return torch.stack([first, second] if self.leads == 0 else [second, first], dim=1)


class _Bend(torch.autograd.Function):
    """Both coordinates through their splines in one call: twice the numbers cost hardly more than once."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, own: Tensor, raw: Tensor, leads: int, spline: RationalQuadratic
    ) -> tuple[Tensor, Tensor]:
        n = len(x)
        common = own.expand(-1, n)
        both = torch.cat([common, raw] if leads == 0 else [raw, common], dim=1)
        y, log_slope, kept = spline.bend(x.T.reshape(-1), both)
        # None of what is kept is an input or an output, so it may hang on ctx as it is, which is the quicker way.
        ctx.leads, ctx.spline, ctx.kept = leads, spline, kept
        return y.view(2, n).T, log_slope.view(2, n).sum(dim=0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_y: Tensor, by_log_det: Tensor) -> tuple[Tensor | None, ...]:
        n = len(by_y)
        by_x, by_both = ctx.spline.pull_back(
            ctx.kept, by_y.T.reshape(-1), torch.cat([by_log_det, by_log_det])
        )
        left, right = by_both[:, :n], by_both[:, n:]
        by_common, by_raw = (left, right) if ctx.leads == 0 else (right, left)
        return by_x.view(2, n).T, by_common.sum(dim=1, keepdim=True), by_raw, None, None
