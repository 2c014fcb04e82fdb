"""Two things about differentiation that models share: the slope of a function of points, and parameters held still meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["held_still", "slope_of"]


def slope_of(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇f at every row of x, (n, d) → (n, d), by automatic differentiation; f takes (n, d) → (n,), each row by itself."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(f(x).sum(), x)
    return slope


@contextmanager
def held_still(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Within, the parameters take no part in the differentiation: slopes go through them and not to them."""
    still = list(parameters)
    for p in still:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in still:
            p.requires_grad_(True)
