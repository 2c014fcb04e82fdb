"""A perceptron's slope and curvature along chosen directions, carried forward beside its value, layer by layer.

Along x + s v a linear layer turns value, first and second derivative in s by the same matrix; a bend f turns them into
f(z), f'(z) z' and f''(z) z'² + f'(z) z''. So Σⱼ over the unit vectors gives the exact trace of the Hessian, and a single
random direction an unbiased estimate of it, without differentiating twice backwards.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

__all__ = ["along"]


def _relu(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return z.relu(), (z > 0).to(z.dtype), torch.zeros_like(z)


def _tanh(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    value = z.tanh()
    first = 1 - value.square()
    return value, first, -2 * value * first


def _silu(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    gate = z.sigmoid()
    value = z * gate
    first = torch.addcmul(gate, value, 1 - gate)
    return value, first, (1 - gate) * (gate + first - value * gate)


def _softplus(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    gate = z.sigmoid()
    return functional.softplus(z), gate, gate * (1 - gate)


_BENDS: dict[type[nn.Module], Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]] = {
    nn.ReLU: _relu,
    nn.Tanh: _tanh,
    nn.SiLU: _silu,
    nn.Softplus: _softplus,
}
"""Each activation with its first and second derivative."""


def _normalised(
    part: nn.LayerNorm, value: Tensor, first: Tensor, second: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """γ ∘ c / s + β with c the centred units and s their spread, and its first and second derivative along the directions."""
    second = torch.zeros_like(first) if second is None else second
    c, dc, ddc = (t - t.mean(dim=-1, keepdim=True) for t in (value, first, second))
    s = (c.square().mean(dim=-1, keepdim=True) + part.eps).sqrt()
    ds = (c * dc).mean(dim=-1, keepdim=True) / s
    dds = ((dc.square() + c * ddc).mean(dim=-1, keepdim=True) - ds.square()) / s
    unit = c / s
    turned = (dc - unit * ds) / s
    bent = (ddc - 2 * turned * ds - unit * dds) / s
    return unit * part.weight + part.bias, turned * part.weight, bent * part.weight


def along(net: nn.Sequential, x: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """vᵀ∇f(x) and vᵀ∇²f(x) v of a perceptron f with one output, at x (n, d) for directions (k, n or 1, d), both (k, n)."""
    value, first = x, directions
    second: Tensor | None = None
    for part in net:
        if isinstance(part, nn.Linear):
            value, first = part(value), first @ part.weight.T
            second = None if second is None else second @ part.weight.T
        elif isinstance(part, nn.LayerNorm):
            value, first, second = _normalised(part, value, first, second)
        else:
            value, slope, bend = _BENDS[type(part)](value)
            curved = bend * first.square()
            second = curved if second is None else torch.addcmul(curved, slope, second)
            first = slope * first
    if second is None:
        second = torch.zeros_like(first)
    return first.squeeze(2).expand(-1, len(x)), second.squeeze(2).expand(-1, len(x))
