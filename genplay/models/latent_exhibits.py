"""What models with a code show of it: where the data lie in it, what its points decode to, and numbers as plain arrays."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import About
from genplay.models.exhibits import Pictures, PlanePicture, Polyline
from genplay.spaces.plane import Box

__all__ = ["a_few", "array", "circle", "code_map", "decoded_codes", "decoded_lines", "quantile_codes"]

CODE_BOX = Box(-4.0, 4.0, -4.0, 4.0)
SHOWN = 400


def array(t: Tensor) -> NDArray[np.float64]:
    """A tensor as float64 numbers of its own."""
    return t.detach().cpu().double().numpy().copy()


def a_few(about: About, most: int = SHOWN) -> tuple[Tensor, Tensor]:
    """At most so many of the training data and their labels, the same ones each time."""
    every = max(1, -(-len(about.data) // most))
    return about.data[::every], about.labels[::every]


def circle(radius: float = 1.0, corners: int = 48) -> NDArray[np.float64]:
    """Points (corners, 2) of a circle around 0."""
    angle = np.arange(corners) * (2 * math.pi / corners)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def code_map(codes: Tensor, labels: Tensor, help: str, title: str = "Codes of the data") -> PlanePicture:
    """Where the data lie in a code of two dimensions, coloured by class, over the rings of the prior N(0, I)."""
    z, y = array(codes), labels.cpu().numpy()
    reach = max(3.2, 1.05 * float(np.abs(z).max(initial=0.0)))
    rings = tuple(
        Polyline(circle(r), role="truth", closed=True, label=f"{r} σ of the prior") for r in (1, 2, 3)
    )
    clouds = tuple(
        Polyline(z[y == k], role="class", index=int(k), dots=True, label=f"class {k}") for k in np.unique(y)
    )
    return PlanePicture(title, Box(-reach, reach, -reach, reach), (*rings, *clouds), help=help)


def quantile_codes(dim: int, per_side: int, like: Tensor) -> Tensor:
    """Codes at evenly spaced quantiles of N(0, I): a line for one dimension, else a square grid, its rows from the top.

    Dimensions after the second are 0, (per_side or per_side², dim).
    """
    steps = (torch.arange(per_side, dtype=torch.float64) + 0.5) / per_side
    line: Tensor = torch.special.ndtri(steps).to(like)
    if dim == 1:
        return line[:, None]
    out = like.new_zeros(per_side**2, dim)
    out[:, 0], out[:, 1] = line.repeat(per_side), line.flip(0).repeat_interleave(per_side)
    return out


def decoded_codes(
    decode: Callable[[Tensor], Tensor],
    dim: int,
    like: Tensor,
    help: str = "",
    title: str = "What the codes decode to",
) -> Pictures:
    """Images: a grid of codes at the quantiles of the prior, decoded."""
    z = quantile_codes(dim, 5, like)
    names = tuple(", ".join(f"{v:.1f}".replace("-", "−") for v in row[:2]) for row in z.tolist())
    said = (
        help
        or "Codes at the 10, 30, 50, 70 and 90 % points of the prior in each dimension, row by row from the top."
    )
    return Pictures(title, array(decode(z)), names, help=said)


def decoded_lines(
    decode: Callable[[Tensor], Tensor], dim: int, box: Box, like: Tensor, title: str = "The decoded code"
) -> PlanePicture:
    """The plane: a line or a grid of codes from −3 to 3, decoded into the data space."""
    t = torch.linspace(-3, 3, 61).to(like)
    if dim == 1:
        z = t[:, None]
        ways = 1
    else:
        at = torch.linspace(-3, 3, 13).to(like)
        z = like.new_zeros(26 * 61, dim)
        z[:, 0] = torch.cat([at.repeat_interleave(61), t.repeat(13)])
        z[:, 1] = torch.cat([t.repeat(13), at.repeat_interleave(61)])
        ways = 26
    points = array(decode(z)).reshape(ways, 61, 2)
    lines = tuple(Polyline(way, role="dim" if i % 2 else "model") for i, way in enumerate(points))
    said = "The axis of the code" if dim == 1 else "A square grid over the first two dimensions of the code"
    return PlanePicture(
        title, box, lines, help=f"{said}, from −3 to 3, as the decoder lays it into the data space."
    )
