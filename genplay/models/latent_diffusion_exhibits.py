"""What latent diffusion shows of its inside: the space of the codes and that of the data, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from genplay.models.base import About
from genplay.models.diffusion_exhibits import as_array
from genplay.models.exhibits import Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.quantity import Quantity, exact
from genplay.spaces.plane import HOME, Box

if TYPE_CHECKING:
    from genplay.models.latent_diffusion import LatentDiffusion

__all__ = ["both_spaces"]

SAMPLES, WAYS, DATA = 200, 12, 500


def both_spaces(model: LatentDiffusion, about: About) -> tuple[Exhibit, ...]:
    """Codes with ways from noise, the same ways decoded, and how far the autoencoder has come."""
    data = about.data[:DATA]
    codes = model.encode(data)
    path = model.code_path(model.fresh_noise(SAMPLES, about.generator))
    shown: list[Exhibit] = [code_space(as_array(codes), as_array(path), as_array(model.encode(about.x)))]
    seen = model.reconstruct(data)
    missed = float((seen - data).square().sum(dim=1).mean())
    if model.images:
        steps = np.unique(np.linspace(0, len(path) - 1, 10).round().astype(int)).tolist()
        shown.append(
            Pictures(
                "Your image, its reconstruction",
                as_array(torch.cat([about.x, model.reconstruct(about.x)])),
                ("x", "D(E(x))"),
            )
        )
        shown.append(Pictures("One code on its way, decoded", as_array(model.decode(path[steps, 0]))))
    else:
        ways = model.decode(path[:, :WAYS].flatten(0, 1)).view(len(path), WAYS, 2)
        lines = [Polyline(as_array(data), "data", dots=True, label="data")]
        lines.append(Polyline(as_array(model.decode(path[-1])), "truth", dots=True, label="samples"))
        lines += [Polyline(way, "model") for way in as_array(ways).transpose(1, 0, 2)]
        shown.append(
            PlanePicture(
                "The same ways, decoded", HOME, tuple(lines), legend=("data", "samples", "ways of single codes"),
                help="What the decoder makes of each code on its way from noise.",
            )
        )  # fmt: skip
    goal = model.knobs.autoencoder_steps
    rows: tuple[tuple[str, Quantity | str], ...] = (
        ("autoencoder", f"{min(int(model.steps_done), goal):,} of {goal:,} steps"),
        (
            "mean squared error of reconstruction",
            exact(missed, f"mean over {len(data):,} training points", unit=""),
        ),
    )
    return (
        *shown,
        Facts("Two steps of training", rows, help="The diffusion begins when the autoencoder is done."),
    )


def code_space(
    codes: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    path: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    chosen: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> PlanePicture:
    """The first two dimensions of the codes; a single one is drawn on a line."""
    if codes.shape[1] == 1:
        codes, path, chosen = (np.concatenate([v, np.zeros_like(v)], axis=-1) for v in (codes, path, chosen))
    box = Box.around(np.concatenate([codes[:, :2], path[-1, :, :2]]))
    ways = path[:, :WAYS, :2].transpose(1, 0, 2)
    lines = [Polyline(codes[:, :2], "data", dots=True, label="codes of data")]
    lines.append(Polyline(path[-1, :, :2], "truth", dots=True, label="codes of samples"))
    lines += [Polyline(way, "model") for way in ways]
    lines.append(Polyline(chosen[:, :2], "error", dots=True, label="your point"))
    return PlanePicture(
        "The space of the codes", box, tuple(lines),
        help="The first two dimensions. The diffusion has learned its task when codes of samples lie where those of data do.",
        legend=("codes of data", "codes of samples", "ways from noise", "your point"),
    )  # fmt: skip
