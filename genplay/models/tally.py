"""A sparse table of counts: how often each whole number was seen, for keys far too many to list.

The building block of every model that counts: images by their code, points by the bin they fall into.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.layers import double
from genplay.spaces.binary import LOW

__all__ = ["Tally", "image_codes", "images_of", "sparse_blocks"]


class Tally(nn.Module):
    """The keys that were seen, sorted (m,), and how often (m,), int64; buffers, so that a run saves them."""

    keys: Tensor
    counts: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("counts", torch.zeros(0, dtype=torch.int64))

    def count(self, keys: Tensor) -> None:
        """Forget what was counted and count these keys (n,)."""
        self.keys, self.counts = torch.unique(keys, return_counts=True)

    @property
    def total(self) -> int:
        """How many keys were counted, repeats included."""
        return int(self.counts.sum())

    def of(self, keys: Tensor) -> Tensor:
        """How often each of these keys (n,) was seen, (n,)."""
        if not len(self.keys):
            return torch.zeros_like(keys)
        place = torch.searchsorted(self.keys, keys.contiguous()).clamp(max=len(self.keys) - 1)
        return torch.where(self.keys[place] == keys, self.counts[place], 0)

    def pick(self, uniform: Tensor, first: Tensor | int = 0, many: Tensor | int | None = None) -> Tensor:
        """A key for each uniform number (n,), each as often as it was seen, (n,).

        Only ``many`` of all that was counted, in the order of the keys, starting with number ``first``, are in the draw.
        """
        edges = self.counts.cumsum(dim=0)
        most = torch.as_tensor(edges[-1] if many is None else many, device=edges.device)
        number = (double(uniform) * double(most)).long().to(edges.device)
        wanted = first + torch.minimum(number, most - 1)
        place = torch.searchsorted(edges, wanted, right=True)
        return self.keys[place.clamp(max=len(edges) - 1)]


def sparse_blocks(
    codes: Tensor, values: Tensor, elsewhere: float
) -> Callable[[int, int], NDArray[np.float64]]:
    """log p of the 2^25 images by blocks (see ``spaces.binary``): ``values`` at these codes, the same number at all others."""
    row, column = (part.cpu().numpy() for part in (codes >> LOW, codes & ((1 << LOW) - 1)))
    known = values.detach().cpu().numpy()

    def block(start: int, stop: int) -> NDArray[np.float64]:
        out = np.full((stop - start, 1 << LOW), elsewhere)
        here = (row >= start) & (row < stop)
        out[row[here] - start, column[here]] = known[here]
        return out

    return block


def image_codes(x: Tensor) -> Tensor:
    """The code Σ x_j 2^j of each image (n, d), (n,) int64."""
    powers = 2 ** torch.arange(x.shape[1], device=x.device)
    return ((x > 0.5).long() * powers).sum(dim=1)


def images_of(codes: Tensor, dim: int) -> Tensor:
    """The images (n, dim) of 0 and 1 that have these codes (n,), float32."""
    return ((codes[:, None] >> torch.arange(dim, device=codes.device)) & 1).float()
