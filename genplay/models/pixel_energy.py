"""An energy of binary images by one network that sees all pixels: E(x) = aᵀ relu(W x + c) + a₀ − bᵀx.

Flipping one pixel changes the first layer by one column of W, so a Gibbs sweep carries W x + c along and never takes a
matrix product: x_j ~ σ(−ΔE_j), ΔE_j = aᵀ [relu(h + w_j) − relu(h)] − b_j with h the layer as it is without pixel j.
All 2^25 images are visited with the first layer as a sum of two tables (see ``spaces.binary``). Both need the units to stand
apart from each other, so there is no normalisation; dropout only where training sweeps nothing (noise contrast).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.layers import Dropout, double, linear
from genplay.spaces.binary import HIGH, LOW, half_images

__all__ = ["PixelEnergy"]


class PixelEnergy(nn.Module):
    """``first`` is W and c, ``last`` a and a₀, ``bias`` b."""

    def __init__(self, lit: Tensor, width: int, generator: torch.Generator, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = linear(len(lit), width, generator, 1.5)
        self.last = linear(width, 1, generator, 0.3)
        self.drop = Dropout(dropout, generator) if dropout > 0 else nn.Identity()
        # A pixel that no unit speaks for is lit as often as in the data: the units learn the rest.
        self.bias = nn.Parameter(torch.logit(lit.clamp(0.02, 0.98)))

    def forward(self, x: Tensor) -> Tensor:
        """E(x), (n, 25) → (n,)."""
        out: Tensor = self.net(x) - x @ self.bias
        return out

    def net(self, x: Tensor) -> Tensor:
        """The part of E that is not a sum over pixels, (n, 25) → (n,)."""
        out: Tensor = self.last(self.drop(self.first(x).relu())).squeeze(1)
        return out

    @torch.no_grad()
    def sweep(self, x: Tensor, u: Tensor, beta: float = 1.0, share: float = 1.0) -> Tensor:
        """One Gibbs sweep of e^{−β (share · net − bᵀx)} over the pixels in raster order, from uniforms u (n, 25)."""
        hidden = self.first(x)
        columns, out = self.first.weight.T.contiguous(), self.last.weight[0]
        # σ(z) > u where z > logit(u): the chance is turned once for the whole sweep.
        bar = torch.logit(u.clamp(1e-7, 1 - 1e-7)).div_(beta).T.contiguous()
        pixels, seen = [], x.T.contiguous()
        for j in range(x.shape[1]):
            dark = torch.addcmul(hidden, seen[j][:, None], columns[j], value=-1)
            lit = dark + columns[j]
            rise = torch.mv(lit.relu().sub_(dark.relu()), out)
            on = (self.bias[j] - share * rise) > bar[j]
            hidden = torch.where(on[:, None], lit, dark)
            pixels.append(on)
        return torch.stack(pixels, dim=1).to(x)

    def minus_energy_blocks(self, beta: float) -> Callable[[int, int], NDArray[np.float64]]:
        """−βE of whole blocks of the 2^25 images in float64, (start, stop) → (stop − start, 4096)."""
        W, c, a, b = (
            double(t.detach()).cpu()
            for t in (self.first.weight, self.first.bias, self.last.weight[0], self.bias)
        )
        constant = double(self.last.bias.detach()).cpu()
        low_bits, high_bits = (torch.from_numpy(half_images(k)) for k in (LOW, HIGH))
        low, high = low_bits @ W[:, :LOW].T, high_bits @ W[:, LOW:].T + c
        low_bias, high_bias = low_bits @ b[:LOW], high_bits @ b[LOW:] - constant

        def block(start: int, stop: int) -> NDArray[np.float64]:
            # Its own at each call: blocks may be asked for by several threads.
            hidden = torch.empty_like(low)
            out = torch.empty(stop - start, len(low), dtype=torch.float64)
            for row in range(start, stop):
                torch.add(low, high[row], out=hidden)
                torch.mv(hidden.relu_(), a, out=out[row - start])
            values = low_bias + high_bias[start:stop, None] - out
            return np.asarray((beta * values).numpy())

        return block
