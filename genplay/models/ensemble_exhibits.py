"""The inside of a mixture of experts or runs: the weights, who answers for one x, what each expert makes, and coverage against quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from genplay.models.base import About, HasDensity
from genplay.models.exhibits import Bars, Exhibit, Facts, Matrix, Pictures, PlanePicture, Polyline
from genplay.models.latent_exhibits import a_few, array
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.spaces.plane import Box

if TYPE_CHECKING:
    from genplay.models.ensemble import _Ensemble
    from genplay.models.run_mixture import RunMixture

__all__ = ["coverage_and_quality", "ensemble_exhibits", "mixture_exhibits"]

POINTS = 200
EACH = 60
NEIGHBOUR = 3
"""A place counts as the data's own if it is no farther from a datum than that one's third neighbour."""


@torch.no_grad()
def ensemble_exhibits(model: _Ensemble, about: About) -> tuple[Exhibit, ...]:
    """All that an ensemble shows."""
    noise = model.bank.noise(EACH, about.generator).to(about.x)
    made = [model.bank.draw(k, noise) for k in range(len(model.weights()))]
    names = tuple(f"expert {k + 1}" for k in range(len(made)))
    return _shared(model, about, model.weights(), made, names, "expert")


@torch.no_grad()
def mixture_exhibits(model: RunMixture, about: About) -> tuple[Exhibit, ...]:
    """All that a mixture of trained runs shows."""
    noise = model.member_noise(EACH, about.generator)
    made = [model.draw(k, noise).to(about.x) for k in range(len(model.names))]
    data, _ = a_few(about, POINTS)
    rows: list[tuple[str, Quantity | str]] = []
    for k, name in enumerate(model.names):
        known = cast(HasDensity, model.models[k])
        rows.append((name, _nll(known, data)))
    rows.append(("all together", _nll(cast(HasDensity, model), data)))
    told = Facts(
        "NLL of each run", tuple(rows),
        help="How surprised each run is by the training data, and all of them together: the mixture is at least as good as the "
        "best of them if its weights were fitted to all of these data.",
    )  # fmt: skip
    first, *rest = _shared(model, about, model.weights, made, model.names, "run")
    return (first, told, *rest)


def _nll(model: HasDensity, data: Tensor) -> Quantity:
    value = -float(model.log_prob(data).double().mean())
    method = f"{model.density_method}; mean over {len(data):,} training points"
    if model.density_kind == "exact":
        return exact(value, method)
    return bound(value, "upper", method) if model.density_kind == "bound" else estimate(value, None, method)


def _shared(
    model: _Ensemble | RunMixture,
    about: About,
    weights: Tensor,
    made: list[Tensor],
    names: tuple[str, ...],
    what: str,
) -> tuple[Exhibit, ...]:
    """What both kinds of mixture show, from the samples (m, d) that each member has made."""
    data, _ = a_few(about, POINTS)
    whole = model.sample(EACH, about.generator)
    rows = [coverage_and_quality(samples, data) for samples in (*made, whole)]
    table = torch.tensor([[w, q, c] for w, (c, q) in zip([*weights.tolist(), 1.0], rows, strict=True)])
    used = float(torch.exp(-(weights * weights.clamp_min(1e-30).log()).sum()))
    shown: list[Exhibit] = [
        Bars("The gate's weights" if what == "expert" else "The weights", names, array(weights), help=f"How often each {what} is asked for a sample."),
        Bars("Who answers for the chosen x", names, array(model.responsibilities(about.x)[0]),
             help="The share of each in the density there: π_k p_k(x) / p(x)."),
        Matrix("Mode coverage against quality", array(table), (*names, "all together"), ("weight", "quality", "coverage"),
               help=f"From {EACH} samples each. Quality: the share of them that fall among the data. Coverage: the share of the "
               f"data that have a sample nearby. One {what} may be good and narrow; the mixture should be good and wide."),
        Facts(f"The {what}s", ((f"{what}s in use", exact(used, "exponential of the weights' entropy", f"of {len(names)}")),)),
    ]  # fmt: skip
    if model.world == "plane":
        clouds = tuple(
            Polyline(array(points), role="class", index=k, dots=True, label=names[k])
            for k, points in enumerate(made)
        )
        shown.append(PlanePicture(f"Samples of each {what}", Box.around(array(about.data), 0.3), clouds))
    else:
        few = torch.cat([points[:4] for points in made])
        captions = tuple(name for name in names for _ in range(4))
        shown.append(Pictures(f"Samples of each {what}", array(few), captions))
        means = torch.stack([points.mean(dim=0) for points in made])
        shown.append(Pictures(f"The mean image of each {what}", array(means), names))
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
