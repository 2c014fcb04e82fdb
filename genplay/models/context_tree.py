"""log p of all 2^25 images where each pixel depends on the few before it: one doubling of a table for each pixel.

With L_i the logarithm of the probability of every prefix of i pixels (the pixel at place j is bit j of its index),
    L_{i+1}[prefix + bit · 2^i] = L_i[prefix] + log p_i(bit | the last c_i bits of the prefix),
and since the last bits are the highest ones, the sum needs no search: it is a row of the table for each context. One array
of 2^25 float32 (134 MB) holds it all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.prefix_tree import path_blocks
from genplay.spaces.binary import PIXELS

__all__ = ["context_tree_blocks"]


@torch.no_grad()
def context_tree_blocks(
    log_dark: Tensor, log_lit: Tensor, lengths: list[int], order: NDArray[np.int64]
) -> Callable[[int, int], NDArray[np.float64]]:
    """The function (start, stop) → (stop − start, 4096) of log p that ``HasBlocks`` asks for.

    ``log_dark``, ``log_lit`` (25, ≥ 2^c) hold each place's log probabilities by context, ``lengths[i]`` is c_i, and
    ``order[i]`` the pixel at place i.
    """
    table = torch.zeros(1 << PIXELS)
    for place, length in enumerate(lengths):
        size, contexts = 1 << place, 1 << length
        # Highest bits first: the context of a prefix is its row.
        paths = table[:size].view(contexts, -1)
        torch.add(
            paths, log_lit[place, :contexts, None].float(), out=table[size : 2 * size].view(contexts, -1)
        )
        paths += log_dark[place, :contexts, None].float()
    return path_blocks(table.numpy(), order)
