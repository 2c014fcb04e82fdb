"""A small digit classifier that judges images: 25 pixels → 64 → 32 features → P(digit | x).

It is trained here, always the same, on drawn and handwritten digits: 4,000 draws of all hand-designed glyphs with 5 % of their
pixels flipped, and four fifths of the 1,797 handwritten ones. It takes the place that Inception has for photographs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.models.layers import mlp

__all__ = ["DigitClassifier", "digit_classifier"]

Array = NDArray[np.float64]
STEPS, BATCH, RATE = 800, 256, 0.005
GLYPHS = 4000
DECIMALS = 6


@dataclass(frozen=True)
class DigitClassifier:
    """A trained network, and its share of right answers on digits that it has not seen."""

    net: nn.Sequential
    right: float
    width: int

    @property
    def name(self) -> str:
        """What it is, for whoever reads a number that rests on it."""
        return f"a small digit classifier trained here (25 → 64 → {self.width} → 10, {self.right:.0%} right on unseen digits)"

    @torch.no_grad()
    def features(self, x: Array) -> Array:
        """What its last hidden layer says, (n, 25) → (n, width); equal images have equal features."""
        hidden: Tensor = self.net[:-1](torch.as_tensor(x, dtype=torch.float64))
        # The last digits of a product depend on the row that an image has in the batch.
        return np.round(hidden.numpy(), DECIMALS)

    @torch.no_grad()
    def posterior(self, x: Array) -> Array:
        """P(digit | x), (n, 25) → (n, 10)."""
        logits: Tensor = self.net(torch.as_tensor(x, dtype=torch.float64))
        return np.asarray(logits.softmax(dim=1).numpy())


@cache
@torch.enable_grad()
def digit_classifier() -> DigitClassifier:
    """The classifier, trained by the first who asks."""
    parts = [
        build(DataSpec("glyphs", {"flip": 0.05}, DataSettings(n=GLYPHS, test=1000))),
        build(DataSpec("handwritten")),
    ]
    x = torch.as_tensor(np.concatenate([p.x_train for p in parts]), dtype=torch.float64)
    y = torch.as_tensor(np.concatenate([p.y_train for p in parts]))
    width = 32
    generator = torch.Generator().manual_seed(0)
    net = mlp([25, 64, width, 10], generator).double()
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=1e-4, fused=True)
    for rows in torch.randint(len(x), (STEPS, BATCH), generator=generator):
        optimiser.zero_grad()
        cross_entropy(net(x[rows]), y[rows]).backward()
        optimiser.step()
    net.requires_grad_(False)
    unseen = np.concatenate([p.x_test for p in parts])
    with torch.no_grad():
        said = net(torch.as_tensor(unseen, dtype=torch.float64)).argmax(dim=1).numpy()
    right = float((said == np.concatenate([p.y_test for p in parts])).mean())
    return DigitClassifier(net, right, width)
