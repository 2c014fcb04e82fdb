"""What a diffusion shows of its inside: the way to noise, the ways back, and the learned score beside the true one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import About, HasElbo
from genplay.models.exhibits import Curves, Exhibit, Pictures, PlanePicture, Polyline
from genplay.quantity import Quantity, bound
from genplay.spaces.plane import HOME, Grid

__all__ = [
    "PlaneProcess",
    "as_array",
    "bound_from",
    "bound_on",
    "levels_of",
    "picture_process",
    "plane_process",
]

STAGES = (0.0, 0.1, 0.25, 0.5, 1.0)
SCORED = 0.25
WAYS, DRAWS, ARROWS, BOUND_DRAWS = 16, 60, 10, 256


class PlaneProcess(Protocol):
    """A diffusion of the plane that knows the true score beside its own."""

    def fresh_noise(self, n: int, generator: torch.Generator) -> Tensor: ...
    def trajectory(self, noise: Tensor) -> Tensor: ...
    def noised(self, x: Tensor, t: float, generator: torch.Generator) -> Tensor: ...
    def noised_score(self, x: Tensor, t: float) -> Tensor: ...
    def true_score(self, x: Tensor, t: float) -> Tensor: ...


def plane_process(model: PlaneProcess, about: About, source: str) -> tuple[Exhibit, ...]:
    """Forward process of the chosen point, reverse trajectories, scores side by side."""
    generator = about.generator
    many = about.x.expand(DRAWS, -1)
    clouds = [model.noised(many, t, generator) for t in STAGES]
    names = tuple(f"t = {t:g}" for t in STAGES)
    forward = PlanePicture(
        "Your point turns to noise", HOME.grown(1.5),
        tuple(Polyline(as_array(c), "class", i, dots=True, label=n) for i, (c, n) in enumerate(zip(clouds, names, strict=True))),
        help="Draws of the noised point: it forgets where it came from. At t = 1 every point has become the same cloud.",
        legend=names,
    )  # fmt: skip
    ways = as_array(model.trajectory(model.fresh_noise(WAYS, generator))).transpose(1, 0, 2)
    lines = [Polyline(as_array(about.data[:500]), "data", dots=True, label="data")]
    lines += [Polyline(way, "model", label="ways back" if i == 0 else "") for i, way in enumerate(ways)]
    back = PlanePicture(
        "Ways from noise to samples", HOME.grown(1.5), tuple(lines),
        help="The path of single samples, from pure noise to where they end.", legend=("data", "ways back"),
    )  # fmt: skip
    return forward, back, scores(model, source)


def scores(model: PlaneProcess, source: str) -> PlanePicture:
    """Arrows of the learned and the true score of the noised data."""
    points = torch.tensor(Grid(HOME, ARROWS).points(), dtype=torch.float32)
    points = points.to(model.noised_score(points[:1], SCORED))
    learned, true = (as_array(f(points, SCORED)) for f in (model.noised_score, model.true_score))
    longest = max(float(np.linalg.norm(true, axis=1).max()), 1e-9)
    reach = HOME.width / ARROWS / longest
    at = as_array(points)
    lines = []
    for field, role in ((true, "truth"), (learned, "model")):
        tips = at + reach * field
        lines += [Polyline(np.stack([a, b]), role) for a, b in zip(at, tips, strict=True)]  # type: ignore[arg-type]
    missed = float(np.square(learned - true).sum() / max(np.square(true).sum(), 1e-12))
    return PlanePicture(
        f"Score of the noised data at t = {SCORED:g}", HOME, tuple(lines),
        help=f"Each arrow points to where noised data are denser. The true one is that of {source}. "
        f"Mean squared error {100 * missed:.1f} % of the true arrows' squared length.",
        legend=("true score", "learned score"),
    )  # fmt: skip


def levels_of(level: Callable[[Tensor], Tensor], signal: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Curves:
    """How much of the data is left and how much noise is there, over time."""
    t = torch.linspace(0, 1, 64)
    a, s = (as_array(v) for v in signal(level(t)))
    lines = {"data a(t)": (as_array(t), a), "noise s(t)": (as_array(t), s)}
    return Curves("Data and noise over time", lines, "t", "data deviations")


def picture_process(
    forward: Sequence[Tensor], guesses: Sequence[Tensor], times: Sequence[float], way: Tensor
) -> tuple[Exhibit, ...]:
    """The image under more and more noise with the network's guess of what was there, and one sample's way back."""
    captions = tuple(f"t = {t:g}" for t in times)
    shown = way[np.unique(np.linspace(0, len(way) - 1, 10).round().astype(int)).tolist()]
    return (
        Pictures("Your image turns to noise", stack(forward), captions),
        Pictures("What the network guesses was there", stack(guesses), captions,
                 help="The probability of each clean pixel, given the noised image alone."),
        Pictures("One sample's way back", as_array(shown.clamp(0, 1))),
    )  # fmt: skip


def bound_on(model: HasElbo, x: Tensor, generator: torch.Generator) -> Quantity:
    """The mean of many one-sample bounds on log p of one point x (1, d)."""
    return bound_from(model.elbo(x.expand(BOUND_DRAWS, -1), generator))


def bound_from(values: Tensor) -> Quantity:
    """The mean of one-sample bounds (n,) with its standard error."""
    error = float(values.double().std()) / math.sqrt(len(values))
    method = f"evidence lower bound, {len(values)} draws"
    return bound(float(values.double().mean()), "lower", method, error)


def stack(rows: Sequence[Tensor]) -> NDArray[np.float64]:
    return as_array(torch.cat([row[:1] for row in rows]).clamp(0, 1))


def as_array(x: Tensor) -> NDArray[np.float64]:
    return np.asarray(x.detach().cpu().double().numpy())
