"""log p of all 2^25 images under an autoregressive model, by the tree of their prefixes.

In the model's own order the conditional at place i depends on the i pixels before it: it takes 2^i values, not 2^25.
All 25 together are 2^25 − 1 numbers, one for each inner node of a binary tree; an image is a path from root to leaf.

Node (i, prefix) lives at index 2^i + prefix, so the nodes of place i fill [2^i, 2^(i+1)): just the room that paths one
pixel longer need when the tree is folded, and one array of 2^25 float32 (134 MB) serves for both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from genplay.spaces.binary import HIGH, LOW, PIXELS, half_images

__all__ = ["path_blocks", "prefix_tree_blocks"]

NEAR = 10
"""Places whose prefixes go through the network together: 2^10 rows of a hidden layer stay in a core's cache."""
PIECE = 1 << 18


def prefix_tree_blocks(
    weight: Tensor, bias: Tensor, log_odds: Callable[[Tensor, slice], Tensor], order: NDArray[np.int64]
) -> Callable[[int, int], NDArray[np.float64]]:
    """The function (start, stop) → (stop − start, 4096) of log p that ``HasBlocks`` asks for.

    ``order[i]`` is the pixel at place i. ``weight`` (w, 25) and ``bias`` (w,) are the network's first layer on pixels 0
    and 1; ``log_odds(sums, places)`` turns its sums (n, w) into the log odds of the pixels at those places.
    """
    tree = _nodes(weight[:, torch.as_tensor(order)], bias, log_odds)
    _fold(tree)
    return path_blocks(tree.numpy(), order)


def path_blocks(
    table: NDArray[np.floating], order: NDArray[np.int64]
) -> Callable[[int, int], NDArray[np.float64]]:
    """A ``table`` (2^25,) by path, the pixel ``order[i]`` being bit i of its index, as blocks of images (``HasBlocks``)."""
    place_bit = np.empty(PIXELS, dtype=np.int64)
    place_bit[order] = 1 << np.arange(PIXELS)
    low = half_images(LOW).astype(np.int64) @ place_bit[:LOW]
    high = half_images(HIGH).astype(np.int64) @ place_bit[LOW:]
    return lambda start, stop: table[high[start:stop, None] + low].astype(np.float64)


@torch.no_grad()
def _nodes(weight: Tensor, bias: Tensor, log_odds: Callable[[Tensor, slice], Tensor]) -> Tensor:
    """The log odds at every node, (2^25,). One pass through the network serves a prefix at every place it can have.

    A prefix of the first 24 places whose last pixels are dark is also a shorter prefix: the masks keep places that come
    later out of the conditionals.
    """
    low = torch.as_tensor(half_images(NEAR)).to(weight) @ weight[:, :NEAR].T + bias
    high = torch.as_tensor(half_images(PIXELS - 1 - NEAR)).to(weight) @ weight[:, NEAR:-1].T
    tree = torch.empty(1 << PIXELS)
    for state in range(len(high)):
        first = NEAR + state.bit_length() if state else 0
        odds = log_odds(low + high[state], slice(first, PIXELS)).cpu()
        begin = state << NEAR
        for column, place in enumerate(range(first, PIXELS)):
            here = min(1 << NEAR, 1 << place)
            at = (1 << place) + begin
            tree[at : at + here] = odds[:here, column]
    return tree


def _fold(tree: Tensor) -> None:
    """Turn the log odds of the nodes into log p of the leaves, in place, one place after another."""
    tree[0] = 0.0
    for place in range(PIXELS):
        paths = 1 << place
        for a in range(0, paths, PIECE):
            b = min(a + PIECE, paths)
            lit = logsigmoid(tree[paths + a : paths + b])
            dark = lit - tree[paths + a : paths + b]
            tree[paths + a : paths + b] = tree[a:b] + lit
            tree[a:b] += dark
