"""Nodes and weights on the plane, ∫ f(x) dx ≈ Σ_i w_i f(x_i): Gauss–Legendre on tiles that are small where f is fine.

On each tile the rule converges exponentially, whatever the size of its neighbours and wherever f jumps at a tile's edge.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.plane import Box

__all__ = ["Nodes", "product_nodes", "refined_edges", "tube_nodes"]

Array = NDArray[np.float64]
Nodes = tuple[Array, Array]

_ORDER = 8
"""Nodes a side of a tile; a tile is at most ``_TILE`` scales wide, which leaves an error below 1e-7."""
_TILE = 4.0


def _tile_nodes(centres: Array, size: float, order: int) -> Nodes:
    """Tensor Gauss–Legendre nodes of square tiles with the given centres (m, 2) and side."""
    t, w = np.polynomial.legendre.leggauss(order)
    gx, gy = np.meshgrid(t, t)
    offsets = np.stack([gx.ravel(), gy.ravel()], axis=1) * (size / 2)
    points = (centres[:, None, :] + offsets).reshape(-1, 2)
    return points, np.tile(np.outer(w, w).ravel() * (size / 2) ** 2, len(centres))


def tube_nodes(means: Array, reach: Array, scale: Array, box: Box, smallest: float = 1e-3) -> Nodes:
    """Nodes that cover the discs of radius ``reach`` (k,) around ``means`` (k, 2), and the rest of a square box coarsely.

    A function that varies near mean i on the length ``scale_i`` is resolved there. Tiles line up with the edges of
    the box and never get smaller than ``smallest``.
    """
    size = box.width
    low = (means - reach[:, None]).min(axis=0)
    high = (means + reach[:, None]).max(axis=0)
    columns = np.arange(
        min(0, np.floor((low[0] - box.x0) / size)), max(1, np.ceil((high[0] - box.x0) / size))
    )
    rows = np.arange(min(0, np.floor((low[1] - box.y0) / size)), max(1, np.ceil((high[1] - box.y0) / size)))
    gx, gy = np.meshgrid(box.x0 + size * (columns + 0.5), box.y0 + size * (rows + 0.5))
    tiles = np.stack([gx.ravel(), gy.ravel()], axis=1)
    by_scale = np.argsort(scale, kind="stable")
    means, reach, scale = means[by_scale], reach[by_scale], scale[by_scale]
    points: list[Array] = []
    weights: list[Array] = []
    while len(tiles):
        finest = _finest_scale(tiles, size, means, reach, scale)
        fine_enough = (finest >= size / _TILE) | (size / 2 < smallest)
        rest = np.isinf(finest)
        inside = rest & box.contains(tiles)
        coarse = size > box.width / 8
        for chosen, order in ((~rest & fine_enough, _ORDER), (inside & (not coarse), _ORDER // 2)):
            if chosen.any():
                p, w = _tile_nodes(tiles[chosen], size, order)
                points.append(p)
                weights.append(w)
        split = (~rest & ~fine_enough) | (inside & coarse)
        half = size / 4
        corners = np.array([[-half, -half], [half, -half], [-half, half], [half, half]])
        tiles = (tiles[split][:, None, :] + corners).reshape(-1, 2)
        size /= 2
    return np.concatenate(points), np.concatenate(weights)


def _finest_scale(tiles: Array, size: float, means: Array, reach: Array, scale: Array) -> Array:
    """For each tile the smallest scale of a mean whose disc touches it, ∞ where none does; scales come sorted."""
    finest = np.full(len(tiles), np.inf)
    open_tiles = np.arange(len(tiles))
    for start in range(0, len(means), 256):
        part = slice(start, start + 256)
        away = np.maximum(np.abs(tiles[open_tiles, None, :] - means[None, part]) - size / 2, 0.0)
        touched = (away**2).sum(axis=2) <= reach[part] ** 2
        first = touched.argmax(axis=1)
        hit = touched[np.arange(len(open_tiles)), first]
        finest[open_tiles[hit]] = scale[part][first[hit]]
        open_tiles = open_tiles[~hit]
        if not len(open_tiles):
            break
    return finest


def product_nodes(x_edges: Array, y_edges: Array, order: int = _ORDER) -> Nodes:
    """Tensor Gauss–Legendre nodes of the rectangles between sorted edges, x running fastest."""
    (x, wx), (y, wy) = _line_nodes(x_edges, order), _line_nodes(y_edges, order)
    gx, gy = np.meshgrid(x, y)
    return np.stack([gx.ravel(), gy.ravel()], axis=1), np.outer(wy, wx).ravel()


def _line_nodes(edges: Array, order: int) -> tuple[Array, Array]:
    t, w = np.polynomial.legendre.leggauss(order)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * t).ravel(), (half[:, None] * w).ravel()


def refined_edges(edges: Array, widest: float) -> Array:
    """The same edges, sorted and without repeats, with more put between them until none is wider than ``widest``."""
    edges = np.unique(edges)
    pieces = [
        np.linspace(a, b, max(1, int(np.ceil((b - a) / widest))), endpoint=False)
        for a, b in itertools.pairwise(edges)
    ]
    return np.concatenate([*pieces, edges[-1:]])
