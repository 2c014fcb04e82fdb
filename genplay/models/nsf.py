"""Neural spline flow [1]: the flow whose layers bend each coordinate by a monotone spline.

    y_a = S(x_a; φ),    y_b = S(x_b; network(x_a)),    log |det ∂y/∂x| = Σ_i log S′(x_i)

Each coordinate of the leading half a goes through a spline S of its own (see ``spline``), and each of the other half b through
one that a small network chooses from the leaders; the halves take turns (on the plane they are the two axes). The Jacobian of
a layer is triangular: its determinant is the product of the splines' slopes.

[1] Durkan, Bekasov, Murray and Papamakarios 2019.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from genplay.models.cards.nsf import CARD, SplineFlowKnobs
from genplay.models.dequantise import DigitFlow
from genplay.models.flow import Chain, Flow, Layer, PlaneFlow, Transform, halves_in_turn
from genplay.models.layers import BatchNorm, mlp
from genplay.models.spline import RationalQuadratic

__all__ = ["DigitSplineFlow", "SplineFlow", "SplineLayer"]


class SplineLayers(Flow):
    """The layers of a spline flow in any number of dimensions."""

    card = CARD
    knobs: SplineFlowKnobs

    def make_transform(self, generator: torch.Generator) -> Transform:
        def layer(leads: int) -> Layer:
            return SplineLayer(self.dim, self.knobs, leads, generator)

        return Chain(halves_in_turn(layer, self.knobs.layers, self.dim, generator))


class SplineFlow(SplineLayers, PlaneFlow):
    """A spline flow on the plane."""


class DigitSplineFlow(SplineLayers, DigitFlow):
    """A spline flow of dequantised images."""


class SplineLayer(Layer):
    """(x_a, x_b) ↦ (S(x_a; φ), S(x_b; network(x_a))); with ``leads`` 1 the second half is a, the leaders."""

    def __init__(self, dim: int, knobs: SplineFlowKnobs, leads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.leads = leads
        self.split = dim // 2
        self.spline = RationalQuadratic(knobs.bins, knobs.bound)
        leaders = self.split if leads == 0 else dim - self.split
        self.shape = (3 * knobs.bins - 1, dim - leaders)
        # Small last weights: the flow begins near the identity.
        sizes = [leaders] + [knobs.width] * knobs.depth + [self.shape[0] * self.shape[1]]
        self.network = mlp(
            sizes, generator, knobs.activation, last_gain=0.01, norm=knobs.norm, dropout=knobs.dropout
        )
        self.own = nn.Parameter(torch.zeros(self.shape[0], leaders))

    def _raw(self, leaders: Tensor) -> Tensor:
        """The followers' spline parameters from the leaders (a, n), (3K − 1, b·n): the network with units along rows."""
        units = leaders
        for part in self.network:
            if isinstance(part, nn.Linear):
                units = torch.addmm(part.bias[:, None], part.weight, units)
            elif isinstance(part, nn.LayerNorm | BatchNorm):
                units = part(units.T).T
            else:
                units = part(units)
        return units.view(self.shape[0], -1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = x.T
        raw = self._raw(rows[: self.split] if self.leads == 0 else rows[self.split :])
        y, log_det = _Bend.apply(x, self.own, raw, self.leads, self.spline)  # type: ignore[no-untyped-call]
        return y, log_det

    def inverse(self, y: Tensor) -> Tensor:
        """First the coordinates that lead, then those that follow them."""
        n = len(y)
        rows = [y.T[: self.split], y.T[self.split :]]
        lead, follow = rows[self.leads], rows[1 - self.leads]
        first = self.spline.inverse(lead.reshape(-1), _for_all(self.own, n)).view(-1, n)
        second = self.spline.inverse(follow.reshape(-1), self._raw(first)).view(-1, n)
        return torch.cat([first, second] if self.leads == 0 else [second, first]).T


def _for_all(own: Tensor, n: int) -> Tensor:
    """Each coordinate's own parameters (3K − 1, a) for n points, (3K − 1, a·n)."""
    return own[:, :, None].expand(-1, -1, n).reshape(len(own), -1)


class _Bend(torch.autograd.Function):
    """All coordinates through their splines in one call: twice the numbers cost hardly more than once."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, own: Tensor, raw: Tensor, leads: int, spline: RationalQuadratic
    ) -> tuple[Tensor, Tensor]:
        n, d = x.shape
        common = _for_all(own, n)
        both = torch.cat([common, raw] if leads == 0 else [raw, common], dim=1)
        y, log_slope, kept = spline.bend(x.T.reshape(-1), both)
        # None of what is kept is an input or an output, so it may hang on ctx as it is, which is the quicker way.
        ctx.leads, ctx.spline, ctx.kept, ctx.leaders = leads, spline, kept, own.shape[1]
        return y.view(d, n).T, log_slope.view(d, n).sum(dim=0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_y: Tensor, by_log_det: Tensor) -> tuple[Tensor | None, ...]:
        n, d = by_y.shape
        by_x, by_both = ctx.spline.pull_back(
            ctx.kept, by_y.T.reshape(-1), by_log_det.expand(d, n).reshape(-1)
        )
        cut = n * (ctx.leaders if ctx.leads == 0 else d - ctx.leaders)
        left, right = by_both[:, :cut], by_both[:, cut:]
        by_common, by_raw = (left, right) if ctx.leads == 0 else (right, left)
        by_own = by_common.unflatten(1, (ctx.leaders, n)).sum(dim=2)
        return by_x.view(d, n).T, by_own, by_raw, None, None
