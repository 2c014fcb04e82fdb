"""The chain rule as pictures: the conditionals of one image or one point, one after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genplay.models.exhibits import Curves, Exhibit, Pictures

__all__ = ["conditional_curves", "pixel_by_pixel"]

_UNKNOWN = 0.5
_CELLS = 240


def pixel_by_pixel(x: Tensor, lit: Tensor, order: Tensor) -> tuple[Exhibit, ...]:
    """The image x (1, 25) with its conditionals p(x_j = 1 | the ones before j) (1, 25), together and step by step."""
    image, p = (t[0].double().cpu().numpy() for t in (x, lit))
    places = order.cpu().numpy()
    surprise = -np.log(np.where(image > 0.5, p, 1 - p).clip(1e-12))
    top = max(float(surprise.max()), 1e-12)
    frames = np.full((len(places), len(places)), _UNKNOWN)
    for i, j in enumerate(places):
        frames[i, places[:i]] = image[places[:i]]
        frames[i, j] = p[j]
    return (
        Pictures(
            "The chosen image, predicted pixel by pixel",
            np.stack([image, p, surprise / top]),
            (
                "image",
                "p(lit), given the pixels before",
                f"surprise, most {top:.2f} nats, together {surprise.sum():.2f}",
            ),
            help="Each pixel's probability looks only at the pixels before it. The surprises −log p add up to −log p(image).",
        ),
        Pictures(
            "One conditional after another",
            frames,
            tuple(f"{i + 1}: {p[j]:.0%}" for i, j in enumerate(places)),
            help="In each picture the pixels so far are known, the next one shows the probability that it is lit, and those that "
            "are still to come are grey.",
        ),
    )


def conditional_curves(
    log_conditionals: Callable[[Tensor], Tensor], x: Tensor, data: Tensor, order: Tensor
) -> tuple[Exhibit, ...]:
    """p(first coordinate) and p(second | first as in x) along a line through the point x (1, 2)."""
    out: list[Exhibit] = []
    first, second = order.tolist()
    for j in (first, second):
        column = data[:, j]
        low, high = float(column.min()), float(column.max())
        margin = 0.15 * (high - low) + 1e-3
        line = torch.linspace(low - margin, high + margin, _CELLS, device=x.device, dtype=x.dtype)
        points = x.expand(_CELLS, -1).clone()
        points[:, j] = line
        p = log_conditionals(points)[:, j].double().exp().cpu().numpy()
        at = np.full(2, float(x[0, j]))
        here = float(log_conditionals(x)[0, j].double().exp())
        given = "" if j == first else f" | x{first + 1} = {float(x[0, first]):.2f}"
        title = f"p(x{j + 1}{given})"
        lines = {
            title: (line.double().cpu().numpy(), p),
            "the chosen point": (at, np.array([0.0, here])),
        }
        name = "first" if j == first else "second, given the first"
        out.append(
            Curves(
                f"Density of the {name} coordinate",
                lines,
                f"x{j + 1}",
                "density",
                "The two densities multiplied are p(x)." if j == second else "It is drawn first, by itself.",
            )
        )
    return tuple(out)
