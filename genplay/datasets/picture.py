"""A picture as a density of the plane: every pixel is a small Gaussian whose weight is the pixel's ink.

The pixels stand on a lattice and their Gaussians are round and equal, so the sum factors,
p(x, y) = Σ_ij W_ij N(x; x_j, σ²) N(y; y_i, σ²) = k_y(y)ᵀ W k_x(x): two small tables and one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.json_arrays import array_from_json, array_to_json, strings
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.quadrature import Nodes, product_nodes, refined_edges
from genplay.spaces.plane import Box

__all__ = ["Picture", "PictureLaw"]

Array = NDArray[np.float64]

_HALF = 1.7
_CHUNK = 8192
_SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Picture:
    """Ink per pixel (h, w), at least 0 and somewhere above it, first row on top; from the named file."""

    ink: Array
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ink = np.array(self.ink, dtype=np.float64)
        ink.flags.writeable = False
        object.__setattr__(self, "ink", ink)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Picture):
            return NotImplemented
        return (self.source, self.notes) == (other.source, other.notes) and np.array_equal(
            self.ink, other.ink
        )

    def __hash__(self) -> int:
        return hash((self.source, self.notes, self.ink.shape, float(self.ink.sum())))

    def to_json(self) -> dict[str, object]:
        return {"ink": array_to_json(self.ink), "source": self.source, "notes": list(self.notes)}

    @classmethod
    def from_json(cls, data: dict[str, object]) -> Self:
        ink = array_from_json(data["ink"]).astype(np.float64)
        if ink.ndim != 2 or not ink.size or not np.isfinite(ink).all() or ink.min() < 0 or ink.max() == 0:
            raise ValueError(f"a picture of shape {ink.shape}")
        return cls(ink, str(data["source"]), strings(data["notes"]))


class PictureLaw(GaussianMixtureLaw):
    """The mixture over pixels; ``blur`` is σ in pixels. The longer side of the picture spans [−1.7, 1.7]."""

    def __init__(self, picture: Picture, blur: float) -> None:
        h, w = picture.ink.shape
        pitch = 2 * _HALF / max(h, w)
        inked = picture.ink > 0
        columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
        self.xs = (columns - (w - 1) / 2) * pitch
        self.ys = ((h - 1) / 2 - rows) * pitch
        self.std = blur * pitch
        gx, gy = np.meshgrid(self.xs, self.ys)
        means = np.stack([gx.ravel(), gy.ravel()], axis=1)
        super().__init__(picture.ink[np.ix_(rows, columns)].ravel(), means, self.std)
        self.mass = self.weights.reshape(len(rows), len(columns))

    def log_prob(self, x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        out = np.empty(len(x))
        for start in range(0, len(x), _CHUNK):
            part = x[start : start + _CHUNK]
            kx, top_x = self._kernel(part[:, 0], self.xs)
            ky, top_y = self._kernel(part[:, 1], self.ys)
            total = ((ky @ self.mass) * kx).sum(axis=1)
            # Between the ink of far rows and far columns the factors underflow: there the sum is taken whole.
            lost = total < _SMALLEST
            total[lost] = 1.0
            out[start : start + _CHUNK] = np.log(total) + top_x + top_y
            if lost.any():
                out[start + np.flatnonzero(lost)] = super().log_prob(part[lost])
        return out

    def _kernel(self, t: Array, centres: Array) -> tuple[Array, Array]:
        """exp of log N(t; centre, σ²) less its largest, (n, k), and that largest (n,)."""
        log_k = -0.5 * ((t[:, None] - centres) / self.std) ** 2 - np.log(self.std * np.sqrt(2 * np.pi))
        top = log_k.max(axis=1)
        return np.exp(log_k - top[:, None]), top

    def quadrature(self, box: Box) -> Nodes:
        reach = 8 * self.std
        x_edges = np.r_[self.xs.min() - reach, self.xs.max() + reach, box.x0, box.x1]
        y_edges = np.r_[self.ys.min() - reach, self.ys.max() + reach, box.y0, box.y1]
        return product_nodes(refined_edges(x_edges, 4 * self.std), refined_edges(y_edges, 4 * self.std))
