"""Bayes' rule as something to look at: prior × likelihood / evidence = posterior at one point, and the classes behind it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from genplay.models.boundaries import class_boundaries
from genplay.models.ellipses import ellipses
from genplay.models.exhibits import Bars, Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.models.normals import Normals
from genplay.quantity import exact
from genplay.spaces.plane import Box

__all__ = ["bayes_rule", "class_names", "classes_on_the_plane", "pixel_evidence", "prototypes"]


def class_names(classes: int) -> tuple[str, ...]:
    """What the classes are called in pictures."""
    return tuple(f"class {k}" for k in range(classes))


def _number(log_value: float) -> str:
    """e to this, also where it is below the least float: mantissa and power of ten."""
    if log_value == -math.inf:
        return "0"
    power = math.floor(log_value / math.log(10))
    if -4 < power < 4:
        return f"{math.exp(log_value):.3g}"
    return f"{math.exp(log_value - power * math.log(10)):.2f}·10^{power}"


def bayes_rule(log_prior: Tensor, log_likelihood: Tensor, posterior: Tensor) -> tuple[Exhibit, ...]:
    """The rule in numbers for each class, and prior, likelihood and posterior as bars; all (C,)."""
    prior, likelihood = log_prior.tolist(), log_likelihood.tolist()
    names = class_names(len(prior))
    joint = log_prior + log_likelihood
    evidence = float(joint.logsumexp(dim=0))
    rows = [
        (name, f"{_number(a)} × {_number(b)} / {_number(evidence)} = {p:.1%}" if evidence > -math.inf else "0 / 0")
        for name, a, b, p in zip(names, prior, likelihood, posterior.tolist(), strict=True)
    ]  # fmt: skip
    best = log_likelihood.max()
    relative = (log_likelihood - best).exp() if bool(best.isfinite()) else torch.zeros_like(log_likelihood)
    rule = Facts(
        "Prior × likelihood / evidence = posterior, for the chosen point",
        (*rows, ("evidence, log p(x)", exact(evidence, "sum over the classes"))),
        "Where the evidence is 0 the point is impossible in every class: nothing is learned from it, and the prior stays.",
    )
    return (
        rule,
        Bars("Prior P(y)", names, log_prior.exp().cpu().double().numpy()),
        Bars(
            "Likelihood p(x | y), in parts of the largest",
            names,
            relative.nan_to_num(0.0).cpu().double().numpy(),
        ),
        Bars("Posterior P(y | x)", names, posterior.cpu().double().numpy()),
    )


def prototypes(lit: Tensor) -> Pictures:
    """The probability of each pixel in each class, (C, 25)."""
    return Pictures(
        "Each class: how likely each pixel is lit", lit.cpu().double().numpy(), class_names(len(lit))
    )


def pixel_evidence(log_odds: Tensor, log_joint: Tensor, x: Tensor) -> tuple[Pictures, ...]:
    """What each pixel of x (1, 25) says for the likeliest class and against the next, in nats."""
    if len(log_joint) < 2:
        return ()
    first, second = log_joint.topk(2).indices.tolist()
    signs = 2 * x[0].to(log_odds) - 1
    said = logsigmoid(signs * log_odds[first]) - logsigmoid(signs * log_odds[second])
    return (
        Pictures(
            "What each pixel of the chosen image says",
            said[None].cpu().double().numpy(),
            (f"for class {first}, against class {second}: {float(said.sum()):.1f} nats in all",),
            "signed",
            "log p(pixel | one class) − log p(pixel | the other). Naive Bayes adds these up as if each were news.",
        ),
    )


def classes_on_the_plane(
    log_joint: Callable[[Tensor], Tensor], normals: Normals, box: Box, x: Tensor
) -> PlanePicture:
    """The Gaussian of each class, and where the likeliest class changes."""
    lines = ellipses(normals.means, normals.covariances(), "class")
    border = class_boundaries(log_joint, box, x, "boundary")
    chosen = Polyline(x.cpu().double().numpy(), "data", dots=True, label="chosen point")
    return PlanePicture(
        "The classes and the boundary between them",
        box,
        (*lines, *border, chosen),
        legend=("ellipses: one and two standard deviations", "line: two classes equally likely"),
    )
