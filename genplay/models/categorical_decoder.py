"""A decoder that knows no shape: each coordinate of x | z falls into one of B bins, with any probabilities.

    p(x | z) = Π_i π_i,b(z) / w,     b the bin of x_i, w its width, π_i(z) = softmax(f_i(z))

The bins divide the box of the data; the outermost ones run on as exponential tails, so that the density is normalised
over the whole plane and nowhere 0. Given nodes z_k with weights w_k, Σ_k w_k p(x | z_k) is a table of B × B numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, softmax

from genplay.models.layers import Standardise, double
from genplay.spaces.plane import Box

__all__ = ["CategoricalDecoder"]

LEAST = 1e-30


class CategoricalDecoder(nn.Module):
    """``net`` gives 2 B log odds: those of the bins along x, then those along y."""

    low: Tensor
    width: Tensor

    tolerance, least_mass, most_nodes, finer = 1.0, 1e-7, 8_000, 2.0

    def __init__(self, net: nn.Module, units: Standardise, box: Box, bins: int) -> None:
        super().__init__()
        self.net = net
        self.units = units
        self.bins = bins
        self.register_buffer("low", torch.tensor([box.x0, box.y0]))
        self.register_buffer("width", torch.tensor([box.width, box.height]) / bins)

    def inputs(self, x: Tensor) -> Tensor:
        """What the encoder sees of x."""
        out: Tensor = self.units(x)
        return out

    def logits(self, z: Tensor) -> Tensor:
        """(…, latent) → (…, 2, B)."""
        flat: Tensor = self.net(z)
        return flat.view(*flat.shape[:-1], 2, self.bins)

    def _place(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The bin of each coordinate, (…, 2) int64, and the log density inside it for a bin of probability 1."""
        along = (x - self.low) / self.width
        bin = along.floor().clamp(0, self.bins - 1)
        # Beyond the outer edge of an outermost bin: distance from its inner edge in widths.
        first, last = bin == 0, bin == self.bins - 1
        tail = torch.where(first, 1 - along, along - bin)
        inside = torch.where(first | last, -tail, 0.0) - self.width.log()
        return bin.long(), inside

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z) in nats, (n, 2) and (…, n, latent) → (…, n)."""
        bin, inside = self._place(x)
        log_p = log_softmax(self.logits(z), dim=-1)
        chosen = log_p.gather(-1, bin.expand(*log_p.shape[:-1])[..., None])[..., 0]
        return (chosen + inside).sum(dim=-1)

    def mean(self, z: Tensor) -> Tensor:
        """E[x | z], (m, latent) → (m, 2)."""
        centres = torch.arange(self.bins, device=z.device, dtype=z.dtype) + 0.5
        # The mean of an exponential tail is its scale, one bin's width, from the inner edge.
        centres[0], centres[-1] = 0.0, float(self.bins)
        return self.low + self.width * (softmax(self.logits(z), dim=-1) @ centres)

    def draw(self, z: Tensor, normal: Tensor, noisy: bool) -> Tensor:
        """A sample from p(x | z) made of standard normals (m, 2), by the inverse of each coordinate's distribution; or its mean."""
        if not noisy:
            return self.mean(z)
        p = softmax(self.logits(z), dim=-1)
        ends = p.cumsum(dim=-1)
        u = torch.special.ndtr(normal) * ends[..., -1]
        bin = (u[..., None] >= ends).sum(dim=-1, keepdim=True).clamp(max=self.bins - 1)
        share = p.gather(-1, bin)[..., 0]
        left = ends.gather(-1, bin)[..., 0] - u
        # v runs from 0 to 1 through the bin; in the tails it becomes an exponential away from the inner edge.
        v = (1 - left / share.clamp_min(LEAST)).clamp(1e-7, 1 - 1e-7)
        bin = bin[..., 0]
        along = bin + v
        along = torch.where(bin == 0, 1 + v.log(), along)
        along = torch.where(bin == self.bins - 1, bin - (1 - v).log(), along)
        return self.low + self.width * along

    def place(self, z: Tensor) -> Tensor:
        """Where p(x | z) lies, in standard deviations, (m, latent) → (m, 2 B): Fisher's metric is that of 2 √π on the sphere."""
        return 2 * softmax(self.logits(z), dim=-1).sqrt().flatten(1)

    def _table(self, z: Tensor, log_weight: Tensor) -> Tensor:
        """log Σ_k w_k π_1(z_k) π_2(z_k)ᵀ, (B along y, B along x)."""
        p = double(softmax(self.logits(z), dim=-1))
        across, down = p[:, 0], p[:, 1] * double(log_weight).exp()[:, None]
        return (down.T @ across).clamp_min(1e-300).log().to(z)

    def log_marginal(self, x: Tensor, z: Tensor, log_weight: Tensor) -> Tensor:
        """log Σ_k w_k p(x | z_k), (n, 2) → (n,)."""
        bin, inside = self._place(x)
        return self._table(z, log_weight)[bin[:, 1], bin[:, 0]] + inside.sum(dim=1)

    def log_marginal_grid(self, xs: Tensor, ys: Tensor, z: Tensor, log_weight: Tensor) -> Tensor:
        """The same at every (xs[i], ys[j]), (ny, nx)."""
        n = max(len(xs), len(ys))
        both = torch.stack([xs[:1].expand(n).clone(), ys[:1].expand(n).clone()], dim=1)
        both[: len(xs), 0], both[: len(ys), 1] = xs, ys
        bin, inside = self._place(both)
        column, row = bin[: len(xs), 0], bin[: len(ys), 1]
        table = self._table(z, log_weight)[row[:, None], column]
        return table + inside[: len(xs), 0] + inside[: len(ys), 1, None]
