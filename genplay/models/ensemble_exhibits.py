"""The inside of an ensemble: the gate, who answers for one x, what each expert makes, and coverage against quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from genplay.models.base import About
from genplay.models.exhibits import Bars, Exhibit, Facts, Matrix, Pictures, PlanePicture, Polyline
from genplay.models.latent_exhibits import a_few, array
from genplay.quantity import exact
from genplay.spaces.plane import Box

if TYPE_CHECKING:
    from genplay.models.ensemble import _Ensemble

__all__ = ["coverage_and_quality", "ensemble_exhibits"]

POINTS = 200
EACH = 60
NEIGHBOUR = 3
"""A place counts as the data's own if it is no farther from a datum than that one's third neighbour."""


@torch.no_grad()
def ensemble_exhibits(model: _Ensemble, about: About) -> tuple[Exhibit, ...]:
    """All that an ensemble shows."""
    data, _ = a_few(about, POINTS)
    weights = model.weights()
    experts = len(weights)
    names = tuple(f"expert {k + 1}" for k in range(experts))
    noise = model.bank.noise(EACH, about.generator).to(data)
    made = [model.bank.draw(k, noise) for k in range(experts)]
    whole = model.sample(EACH, about.generator)
    rows = [coverage_and_quality(samples, data) for samples in (*made, whole)]
    table = torch.tensor([[w, q, c] for w, (c, q) in zip([*weights.tolist(), 1.0], rows, strict=True)])
    used = float(torch.exp(-(weights * weights.clamp_min(1e-30).log()).sum()))
    shown: list[Exhibit] = [
        Bars("The gate's weights", names, array(weights), help="How often each expert is asked for a sample."),
        Bars("Who answers for the chosen x", names, array(model.responsibilities(about.x)[0]),
             help="The gate's posterior: π_k p_k(x) / p(x)."),
        Matrix("Mode coverage against quality", array(table), (*names, "all together"), ("weight", "quality", "coverage"),
               help=f"From {EACH} samples each. Quality: the share of them that fall among the data. Coverage: the share of the "
               "data that have a sample nearby. One expert may be good and narrow; the mixture should be good and wide."),
        Facts("The experts", (("experts in use", exact(used, "exponential of the weights' entropy", f"of {experts}")),)),
    ]  # fmt: skip
    if model.world == "plane":
        clouds = tuple(
            Polyline(array(points), role="class", index=k, dots=True, label=names[k])
            for k, points in enumerate(made)
        )
        shown.append(PlanePicture("Samples of each expert", Box.around(array(about.data), 0.3), clouds))
    else:
        few = torch.cat([points[:4] for points in made])
        captions = tuple(name for name in names for _ in range(4))
        shown.append(Pictures("Samples of each expert", array(few), captions))
        means = torch.stack([points.mean(dim=0) for points in made])
        shown.append(Pictures("The mean image of each expert", array(means), names))
    return tuple(shown)


def coverage_and_quality(samples: Tensor, data: Tensor) -> tuple[float, float]:
    """Coverage and quality of samples (m, d) for data (n, d) [Naeem et al. 2020; Kynkäänniemi et al. 2019], from 0 to 1.

    Each datum has a ball that reaches to its third neighbour. Coverage is the share of balls with a sample inside, quality the
    share of samples inside a ball.
    """
    between = torch.cdist(data, data)
    radius = between.kthvalue(min(NEIGHBOUR + 1, len(data)), dim=1).values
    inside = torch.cdist(data, samples) <= radius[:, None] + 1e-6
    return float(inside.any(dim=1).float().mean()), float(inside.any(dim=0).float().mean())
