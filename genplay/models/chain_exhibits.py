"""The chain rule as pictures: the conditionals of one image or one point, one after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.exhibits import Curves, Exhibit, Matrix, Pictures

__all__ = ["conditional_curves", "exposure", "pixel_by_pixel", "reach"]

Array = NDArray[np.float64]

_UNKNOWN = 0.5
_CELLS = 240
_COMPARED = 200


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


def exposure(log_conditionals: Callable[[Tensor], Tensor], own: Tensor, data: Tensor) -> tuple[Exhibit, ...]:
    """What changes when the model reads its own draws (m, 25) instead of the truth: exposure bias, place by place.

    Both are judged against the same ``_COMPARED`` training images; the true ones shown are not among these.
    """
    data = data[: _COMPARED + len(own)]
    fresh, known = data[: max(1, len(data) // 2)][: len(own)], data[max(1, len(data) // 2) :][:_COMPARED]
    known = known if len(known) else fresh
    places = np.arange(1, own.shape[1] + 1, dtype=np.float64)

    def surprise(x: Tensor) -> tuple[Array, Array]:
        return places, -log_conditionals(x).mean(dim=0).double().cpu().numpy()

    def distance(x: Tensor) -> tuple[Array, Array]:
        apart = (x[:, None] != known[None]).float().cumsum(dim=2).amin(dim=1).mean(dim=0)
        return places, apart.double().cpu().numpy()

    return (
        Curves(
            "Surprise, place by place",
            {"true pixels before (teacher forcing)": surprise(fresh), "own pixels before (free running)": surprise(own)},
            "place in the order", "nats",
            "Mean −log p(x_j | those before): on real images, and on the model's own samples, where it is the uncertainty that "
            "the model believes it has. A perfect model has both curves alike; where they part, it misjudges itself.",
        ),
        Curves(
            "Drift: pixels that differ from the nearest known image so far",
            {"real images": distance(fresh), "own samples": distance(own)},
            "pixels drawn", "pixels that differ",
            "Exposure bias: the model learns on true beginnings and goes on from its own. If small errors breed more errors, "
            "its samples drift away faster than real images do.",
        ),
    )  # fmt: skip


def reach(influence: Tensor) -> tuple[Exhibit, ...]:
    """How each pixel's log odds change with each pixel before it, (25, 25) with a row for each that is predicted."""
    strength = influence.double().cpu().numpy()
    d = len(strength)
    table = np.where(np.tri(d, k=-1) > 0, strength, np.nan)
    names = tuple(f"x{j + 1}" for j in range(d))
    shown = (d // 2, d // 2 + d // 5, d - 2, d - 1)
    tops = [max(float(strength[i].max()), 1e-12) for i in shown]
    return (
        Matrix(
            "Who looks at whom", table, names, names,
            help="How much the log odds of the row's pixel change with the column's pixel, at the chosen image. The empty half is "
            "the future: no change there can reach a prediction.",
        ),
        Pictures(
            "What some predictions look at",
            np.stack([strength[i] / top for i, top in zip(shown, tops, strict=True)]),
            tuple(f"for pixel {i + 1}" for i in shown),
            help="The same for four pixels, each on its own scale. Dark among the pixels before: out of reach (a blind spot) or of "
            "no use.",
        ),
    )  # fmt: skip
