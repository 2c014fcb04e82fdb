"""The class as one more dimension of a code: u ~ N(0, 1), and y is the class whose share of the bell curve holds u.

Cut the bell curve at the quantiles of P(y ≤ 0), P(y ≤ 1) …: a standard normal u then picks each class with its own
probability. So a class-conditional model has a standard normal code like any other, (z, u), and its p(x) = Σ_y p(y) p(x | y)
is an integral over that code. The shares are those of the training labels, with half an example added to each class.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["ByClass", "ClassCode"]


class ClassCode(nn.Module):
    """Turns labels (n,) into u (n,) and back; ``log_share`` (C,) is log p(y)."""

    log_share: Tensor
    cuts: Tensor
    middles: Tensor
    unit: Tensor

    def __init__(self, y: Tensor, classes: int) -> None:
        super().__init__()
        self.classes = classes
        counts = torch.bincount(y, minlength=classes).double() + 0.5
        share = counts / counts.sum()
        end = share.cumsum(dim=0)
        self.register_buffer("log_share", share.log().float())
        self.register_buffer("cuts", torch.special.ndtri(end[:-1]).float())
        self.register_buffer("middles", torch.special.ndtri(end - share / 2).float())
        self.register_buffer("unit", torch.eye(classes))

    def label(self, u: Tensor) -> Tensor:
        """The class that u (…) stands for."""
        return torch.bucketize(u.contiguous(), self.cuts)

    def code(self, y: Tensor) -> Tensor:
        """The u in the middle of the share of class y (…)."""
        return self.middles[y]

    def one_hot(self, y: Tensor) -> Tensor:
        """What a network sees of the class, (…) → (…, C)."""
        return self.unit[y]

    def joined(self, z: Tensor, y: Tensor) -> Tensor:
        """(z, u), (…, n, k) and (n,) → (…, n, k + 1)."""
        u = self.code(y)[:, None].to(z)
        return torch.cat([z, u.expand(*z.shape[:-1], 1)], dim=-1)


class ByClass(nn.Module):
    """A network that reads the last dimension of its input as the code of a class."""

    def __init__(self, net: nn.Module, classes: ClassCode) -> None:
        super().__init__()
        self.net = net
        self.classes = classes

    def forward(self, code: Tensor) -> Tensor:
        y = self.classes.label(code[..., -1])
        return cast(Tensor, self.net(torch.cat([code[..., :-1], self.classes.one_hot(y).to(code)], dim=-1)))
