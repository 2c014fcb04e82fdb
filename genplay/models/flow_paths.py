"""What a flow in continuous time shows: the paths of samples, the velocity at some times, and who is paired with whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.exhibits import Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.spaces.plane import Box, Grid

__all__ = ["digit_paths", "plane_pairs", "plane_paths"]

ARROWS = 14
TIMES = (0.1, 0.5, 0.9)
STATES = 6


def _numpy(x: Tensor) -> NDArray[np.float64]:
    out: NDArray[np.float64] = x.double().cpu().numpy()
    return out


def plane_paths(
    ways: Tensor, velocity: Callable[[Tensor, Tensor], Tensor], data: Tensor
) -> tuple[PlanePicture, ...]:
    """Paths (steps + 1, n, 2) from noise to samples, and dx/dt as short strokes at a few times."""
    paths = _numpy(ways).swapaxes(0, 1)
    box = Box.around(np.concatenate([paths.reshape(-1, 2), _numpy(data)]))
    lines = [Polyline(path, role="dim") for path in paths]
    lines.append(Polyline(paths[:, 0], role="error", dots=True, label="noise"))
    lines.append(Polyline(paths[:, -1], role="model", dots=True, label="samples"))
    pictures = [
        PlanePicture(
            "Paths from noise to samples", box, tuple(lines),
            help="Each sample follows the velocity from t = 0 to t = 1. Paths never cross at the same time.",
            legend=("noise", "samples"),
        )
    ]  # fmt: skip
    places = Grid(box, ARROWS).points()
    points = torch.tensor(places).to(data)
    for t in TIMES:
        v = _numpy(velocity(points, torch.full((len(points),), t).to(data)))
        longest = max(float(np.hypot(*v.T).max()), 1e-9)
        ends = places + v * (box.width / ARROWS / longest)
        strokes = [Polyline(np.stack(pair), role="model") for pair in zip(places, ends, strict=True)]
        strokes.append(Polyline(places, role="dim", dots=True))
        pictures.append(
            PlanePicture(
                f"Velocity at t = {t:g}", box, tuple(strokes), unit=f"longest stroke: {longest:.2g} a unit of time",
                help="From each dot a stroke leads where points there are moving.",
            )
        )  # fmt: skip
    return tuple(pictures)


def plane_pairs(noise: Tensor, data: Tensor, transported: bool) -> PlanePicture:
    """Noise (n, 2) and the standardised data (n, 2) it is paired with."""
    starts, ends = _numpy(noise), _numpy(data)
    lines = [Polyline(np.stack(pair), role="dim") for pair in zip(starts, ends, strict=True)]
    lines.append(Polyline(starts, role="error", dots=True, label="noise"))
    lines.append(Polyline(ends, role="data", dots=True, label="data"))
    how = (
        "Paired by the least total squared distance: lines hardly cross."
        if transported
        else "Paired at random: lines cross everywhere, and the velocity is their mean."
    )
    return PlanePicture(
        "Pairs of noise and data in a batch", Box.around(np.concatenate([starts, ends])), tuple(lines),
        help=how, legend=("noise", "data"),
    )  # fmt: skip


def digit_paths(ways: Tensor, x: Tensor, code: Tensor, back: Tensor) -> tuple[Exhibit, ...]:
    """States (steps + 1, n, 25) on the way to images, the chosen image (1, 25), its code and what that decodes to."""
    last = len(ways) - 1
    shown = sorted({round(i * last / (STATES - 1)) for i in range(STATES)})
    rows, captions = [], []
    for sample in range(ways.shape[1]):
        rows.append(ways[shown, sample])
        captions += [f"step {i} of {last}" for i in shown]
    return (
        Pictures(
            "From noise to images", _numpy(torch.cat(rows).clamp(0, 1)), tuple(captions),
            help="A few draws of noise on their way along the velocity; at the end pixels are rounded.",
        ),
        Pictures(
            "The chosen image there and back", _numpy(torch.cat([x, back])), ("image", "back from its code"),
            help="Against the flow to the noise it comes from, and with the flow back again.",
        ),
        Pictures("Its code", _numpy(code), scale="signed", help="The noise that flows to the chosen image."),
        Facts(
            "There and back",
            (
                ("Largest error of a pixel", f"{float((back - x).abs().max()):.1e}"),
                ("Pixels that round to another value", str(int((back.round() != x).sum()))),
            ),
        ),
    )  # fmt: skip
