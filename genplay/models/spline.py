"""Monotone rational-quadratic spline [1]: an exactly invertible map of [−B, B] to itself, the identity outside.

K bins of widths w and heights h, slopes d at the knots (1 at both ends). In a bin, θ = (x − x₀)/w and s = h/w,

    y = y₀ + h (s θ² + d₀ θ(1−θ)) / D,    D = s + (d₀ + d₁ − 2s) θ(1−θ),
    dy/dx = s² q / D²,                     q = d₁ θ² + 2s θ(1−θ) + d₀ (1−θ)².

Every one of n numbers has its own spline: raw parameters are (3K − 1, n), K widths, K heights and K − 1 inner slopes.

[1] Gregory and Delbourgo 1982; as a flow: Durkan, Bekasov, Murray and Papamakarios 2019.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

__all__ = ["RationalQuadratic"]

_LEAST_BIN = 1e-3
"""No bin is narrower or lower than this share of the box."""

_LEAST_SLOPE = 1e-3

_UNIT = math.log(math.expm1(1 - _LEAST_SLOPE))
"""softplus(_UNIT) + _LEAST_SLOPE = 1, so that raw zeros (equal bins, slopes 1) are the identity."""


class RationalQuadratic(nn.Module):
    """Splines with the given number of bins on [−bound, bound]; their parameters come from outside.

    ``pull_back`` is the gradient of ``bend`` written out: a third of the operator calls that autograd would make.
    """

    start: Tensor
    sums: Tensor

    def __init__(self, bins: int, bound: float) -> None:
        super().__init__()
        self.bound = bound
        # Knots = start + sums · shares: running sums of the bins as one matrix product.
        least = 2 * bound * _LEAST_BIN
        start = least * torch.arange(bins + 1)[:, None] - bound
        sums = torch.ones(bins + 1, bins).tril(diagonal=-1) * (2 * bound - bins * least)
        self.register_buffer("start", start.expand(2, -1, -1), persistent=False)
        self.register_buffer("sums", sums.expand(2, -1, -1), persistent=False)

    def bend(self, x: Tensor, raw: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """x (n,), raw (3K − 1, n) → y (n,), log dy/dx (n,), and what ``pull_back`` needs.

        Names as in the formulas: t is θ, u is 1 − θ, f is (y − y₀)/h.
        """
        n = len(x)
        table, shares, bare = self._knots(raw)
        inside = x.clamp(-self.bound, self.bound)
        index = _bin(inside, table[0])
        ends = table.gather(1, index)
        x0, _, y0, _, d0, d1 = ends.view(6, n).unbind()
        w, h = (ends[:2, 1] - ends[:2, 0]).unbind()
        s = h / w
        t = (inside - x0).div_(w)
        u = 1 - t
        tu = t * u
        c = (d0 + d1).sub_(s, alpha=2)
        D = torch.addcmul(s, c, tu)
        f = torch.addcmul(s * t, d0, u).mul_(t).div_(D)
        q = torch.addcmul(d1 * t, s, u, value=2).mul_(t).addcmul_(d0, u * u)
        y = torch.addcmul(y0, h, f).add_(x - inside)
        slope = (s / D).square_().mul_(q)
        return y, slope.log(), (x, inside, index, shares, bare, w, h, s, t, u, tu, c, D, f, q, d0, d1, slope)

    def pull_back(self, kept: tuple[Tensor, ...], by_y: Tensor, by_log: Tensor) -> tuple[Tensor, Tensor]:
        """A loss's derivatives by y and log dy/dx, both (n,), to those by x (n,) and raw (3K − 1, n)."""
        x, inside, index, shares, bare, w, h, s, t, u, tu, c, D, f, q, d0, d1, slope = kept
        bins, n = shares.shape[1:]
        # First by what the formulas are made of: f's numerator, D, q.
        by_q = by_log / q
        double = by_log / D
        by_top = by_y * h / D
        by_D = torch.addcmul(double * -2, by_top, f, value=-1)
        # Then by s, d₀, d₁, θ.
        tilt = u - t
        by_s = torch.addcmul(by_D + by_top.mul(t).mul_(t), tu, by_q - by_D, value=2)
        by_s.addcdiv_(by_log, s, value=2)
        by_d0 = torch.addcmul((by_top + by_D).mul_(tu), by_q * u, u)
        by_d1 = torch.addcmul(by_D * tu, by_q * t, t)
        by_t = torch.addcmul((by_y * w).mul_(slope), double, c * tilt, value=-2)
        by_t.addcmul_(by_q, torch.addcmul(d1 * t, s, tilt).addcmul_(d0, u, value=-1), value=2)
        # Then by the two ends of the bin: its width is their difference, and θ is measured from the left one.
        by_x = by_t / w
        by_h = torch.addcmul(by_s / w, by_y, f)
        by_w = torch.addcmul(by_s * s, by_t, t).div_(w)
        ends = torch.stack([by_w - by_x, -by_w, by_y - by_h, by_h, by_d0, by_d1]).view(3, 2, n)
        # Then by all knots, and through the running sum, the softmax and the softplus.
        table = torch.zeros(3, bins + 1, n, dtype=x.dtype, device=x.device).scatter_(1, index, ends)
        by_share = torch.bmm(self.sums.mT, table[:2]).mul_(shares)
        by_places = torch.addcmul(by_share, shares, by_share.sum(dim=1, keepdim=True), value=-1)
        by_slopes = bare.sigmoid().mul_(table[2, 1:-1])
        return torch.where(x == inside, by_x, by_y), torch.cat([by_places.view(2 * bins, n), by_slopes])

    def inverse(self, y: Tensor, raw: Tensor) -> Tensor:
        """y (n,), raw (3K − 1, n) → x (n,): the root of a quadratic, in the form that does not cancel."""
        table, _, _ = self._knots(raw)
        inside = y.clamp(-self.bound, self.bound)
        (x0, y0, d0), (x1, y1, d1) = table.gather(1, _bin(inside, table[1])).unbind(dim=1)
        w, h, up = x1 - x0, y1 - y0, inside - y0
        s = h / w
        bend = up * (d0 + d1 - 2 * s)
        a, b, c = h * (s - d0) + bend, h * d0 - bend, -s * up
        theta = 2 * c / (-b - (b.square() - 4 * a * c).clamp(min=0).sqrt())
        x: Tensor = x0 + theta * w + (y - inside)
        return x

    def _knots(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x, y and slope of all knots (3, K + 1, n); each bin's share of the box (2, K, n); slopes before softplus."""
        bins, n = self.sums.shape[2], raw.shape[1]
        shares = raw[: 2 * bins].view(2, bins, n).softmax(dim=1)
        places = torch.baddbmm(self.start, self.sums, shares)
        bare = raw[2 * bins :] + _UNIT
        end = raw.new_ones(1, n)
        rows = [places.view(2 * bins + 2, n), end, functional.softplus(bare) + _LEAST_SLOPE, end]
        return torch.cat(rows).view(3, bins + 1, n), shares, bare


def _bin(value: Tensor, places: Tensor) -> Tensor:
    """Where to gather a bin's two ends for each number: indices (3, 2, n) along the knots (K + 1, n)."""
    left = (value >= places[1:-1]).sum(dim=0)
    return torch.stack([left, left + 1]).expand(3, 2, -1)
